"""The checks of notebook 05, against right answers and typical wrong ones."""

from copy import deepcopy
from functools import partial

import pytest
import torch
from answers import accept, expect
from torch.func import functional_call, grad
from torch.nn.functional import mse_loss

from metalib.course.reptile import checks
from metalib.course.reptile import exercise_alignment as alignment
from metalib.course.reptile import exercise_reptile_start as start
from metalib.course.reptile.checks import check_inner_product, check_reptile_start, check_reptile_step

# --- reptile_step


def with_func(m, theta, episodes, alpha, k, epsilon, loss_fn=mse_loss, *, start=None, combine=None, sign=-1, base=None):
    """Right, with a dict for φ and torch.func; the keywords make it wrong."""
    phis = []
    for x, y in zip(episodes.support_x, episodes.support_y, strict=True):
        phi = start(phis, theta) if start else theta
        for _ in range(k):
            g = grad(lambda phi, x=x, y=y: loss_fn(functional_call(m, phi, (x,)), y))(phi)
            phi = {name: (base or phi)[name] + sign * alpha * g[name] for name in phi}
        phis.append(phi)
    if combine is None:

        def combine(old, new):
            return old + epsilon * (new - old)

    return {name: combine(theta[name], sum(phi[name] for phi in phis) / len(phis)) for name in theta}


def with_modules(model, theta, episodes, alpha, k, epsilon, loss_fn):
    """Right, the way of most published code: copies of weights, an optimiser, and the old weights put back."""
    own = {name: value.detach().clone() for name, value in model.named_parameters()}
    total = {name: torch.zeros_like(value) for name, value in theta.items()}
    for x, y in zip(episodes.support_x, episodes.support_y, strict=True):
        model.load_state_dict({name: value.detach() for name, value in theta.items()})
        optimizer = torch.optim.SGD(model.parameters(), alpha)
        for _ in range(k):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
        for name, value in model.named_parameters():
            total[name] += (value.detach() - theta[name].detach()) / len(episodes.support_y)
    model.load_state_dict(own)
    return {name: theta[name] + epsilon * total[name] for name in theta}


def with_autograd(model, theta, episodes, alpha, k, epsilon, loss_fn):
    """Right, with leaves that require gradients; what comes back has a graph."""
    moves = dict.fromkeys(theta, 0.0)
    for x, y in zip(episodes.support_x, episodes.support_y, strict=True):
        phi = {name: value.clone().requires_grad_() for name, value in theta.items()}
        for _ in range(k):
            g = torch.autograd.grad(loss_fn(functional_call(model, phi, (x,)), y), list(phi.values()))
            phi = {name: value - alpha * d for (name, value), d in zip(phi.items(), g, strict=True)}
        moves = {name: moves[name] + phi[name] - theta[name] for name in theta}
    return {name: theta[name] + epsilon * moves[name] / len(episodes.support_y) for name in theta}


def with_deepcopy(model, theta, episodes, alpha, k, epsilon, loss_fn):
    """Right, on a copy of the module for each task."""
    phis = []
    for task in range(len(episodes.support_y)):
        copy = deepcopy(model)
        copy.load_state_dict(theta)
        for _ in range(k):
            copy.zero_grad()
            loss_fn(copy(episodes.support_x[task]), episodes.support_y[task]).backward()
            with torch.no_grad():
                for value in copy.parameters():
                    value -= alpha * value.grad
        phis.append(copy.state_dict())
    return {name: (1 - epsilon) * theta[name] + epsilon * sum(p[name] for p in phis) / len(phis) for name in theta}


@pytest.mark.parametrize("answer", [with_func, with_modules, with_autograd, with_deepcopy])
def test_right_steps_pass(answer):
    accept(check_reptile_step(answer))


def in_place_on_the_model(model, theta, *rest):
    model.load_state_dict({name: value.detach() for name, value in theta.items()})
    return with_func(model, theta, *rest)


def in_place_on_theta(model, theta, *rest):
    new = with_func(model, theta, *rest)
    for name in theta:
        theta[name] = new[name]
    return theta


def in_place_on_its_tensors(model, theta, *rest):
    new = with_func(model, theta, *rest)
    for name in theta:
        theta[name] += new[name] - theta[name]
    return theta


def averaged_gradients(model, theta, episodes, alpha, k, epsilon, loss_fn):
    def mean_loss(theta):
        losses = [
            loss_fn(functional_call(model, theta, (x,)), y)
            for x, y in zip(episodes.support_x, episodes.support_y, strict=True)
        ]
        return sum(losses) / len(losses)

    g = grad(mean_loss)(theta)
    return {name: theta[name] - epsilon * g[name] for name in theta}


def outer_gradient(*, through):
    """MAML's step, or first-order MAML's, on the queries."""

    def wrong(model, theta, episodes, alpha, k, epsilon, loss_fn):
        def query_loss(theta, task):
            x, y, query_x, query_y = (field[task] for field in episodes)
            phi = theta
            for _ in range(k):
                g = grad(lambda phi: loss_fn(functional_call(model, phi, (x,)), y))(phi)
                phi = {n: phi[n] - alpha * (g[n] if through else g[n].detach()) for n in phi}
            return loss_fn(functional_call(model, phi, (query_x,)), query_y)

        leaves = {name: value.clone().requires_grad_() for name, value in theta.items()}
        total = sum(query_loss(leaves, task) for task in range(len(episodes.support_y))) / len(episodes.support_y)
        g = torch.autograd.grad(total, list(leaves.values()))
        return {name: value - epsilon * d for (name, value), d in zip(theta.items(), g, strict=True)}

    return wrong


def combining(rule):
    def wrong(model, theta, episodes, alpha, k, epsilon, loss_fn):
        n_tasks = len(episodes.support_y)
        return with_func(
            model,
            theta,
            episodes,
            alpha,
            k,
            epsilon,
            loss_fn,
            combine=lambda old, new: rule(old, new, epsilon, n_tasks),
        )

    return wrong


def steps(change):
    return lambda m, t, e, a, k, *rest: with_func(m, t, e, a, change(k), *rest)


def own_weights(model, *case):
    weights = {name: value.detach() for name, value in model.named_parameters()}
    return with_func(model, *case, start=lambda phis, theta: weights)


def the_loss_of_the_model_itself(model, theta, episodes, alpha, k, epsilon, loss_fn):
    for x, y in zip(episodes.support_x, episodes.support_y, strict=True):
        phi = theta
        for _ in range(k):
            g = grad(lambda phi, x=x, y=y: loss_fn(model(x), y))(phi)
            phi = {name: phi[name] - alpha * g[name] for name in phi}
    return {name: theta[name] + epsilon * (phi[name] - theta[name]) for name in theta}


WRONG_STEPS = {
    "Your sign is wrong": combining(lambda old, new, eps, n: old - eps * (new - old)),
    "You add the moves of all tasks up": combining(lambda old, new, eps, n: old + eps * n * (new - old)),
    "You apply ε twice": combining(lambda old, new, eps, n: old + eps * eps * (new - old)),
    "ε = 1, whatever ε is": combining(lambda old, new, eps, n: new),
    "the share 1 − ε of the way": combining(lambda old, new, eps, n: (1 - eps) * new + eps * old),
    "You return the move alone": combining(lambda old, new, eps, n: eps * (new - old)),
    "You return the mean of φᵢ − θ": combining(lambda old, new, eps, n: new - old),
    "You average gradients at θ": averaged_gradients,
    "changes the model's own weights": in_place_on_the_model,
    "Your function changes `theta`": in_place_on_theta,
    "the next task starts from there": in_place_on_its_tensors,
    "You differentiate the query loss through": outer_gradient(through=True),
    "that is first-order MAML. Reptile looks at no query": outer_gradient(through=False),
    "You use `mse_loss`, whatever": lambda *case: with_func(*case[:-1]),
    "start from the model's own weights": own_weights,
    "no inner step went anywhere": the_loss_of_the_model_itself,
    "Your new θ is the old one": lambda m, t, *rest: {name: value.clone() for name, value in t.items()},
    "divide by the number of tasks twice": combining(lambda old, new, eps, n: old + eps / n * (new - old)),
    "α times the right one": lambda m, t, e, a, k, eps, loss: with_func(m, t, e, a, k, eps * a, loss),
    "You add the φᵢ up and subtract θ once": combining(lambda old, new, eps, n: old + eps * (n * new - old)),
    "All your tasks are one": lambda m, t, e, *rest: with_func(
        m, t, type(e)(*(f.flatten(0, 1)[None] for f in e)), *rest
    ),
    "as many inner steps as there are tasks": lambda m, t, e, a, k, *rest: with_func(m, t, e, a, len(e[0]), *rest),
    "Each of your inner steps leaves from θ": lambda m, t, *rest: with_func(m, t, *rest, base=t),
    "Your support loss is a sum": lambda *case: with_func(*case[:-1], partial(case[-1], reduction="sum")),
    "use the last task only": lambda m, t, e, *rest: with_func(m, t, type(e)(*(f[-1:] for f in e)), *rest),
    "Keep the arguments": lambda m, t, e, a, k, epsilon: t,
    "Each of your tasks starts where the one before": lambda *case: with_func(
        *case, start=lambda phis, theta: phis[-1] if phis else theta
    ),
    "one inner step too few": steps(lambda k: k - 1),
    "one inner step too many": steps(lambda k: k + 1),
    "one inner step, whatever k is": steps(lambda k: 1),
    "Your inner step climbs": lambda *case: with_func(*case, sign=1),
    "You use the first task only": lambda m, t, e, *rest: with_func(m, t, type(e)(*(f[:1] for f in e)), *rest),
    "Your inner steps see the query points": lambda m, t, e, *rest: with_func(
        m, t, e._replace(support_x=e.query_x, support_y=e.query_y), *rest
    ),
    "You return a list": lambda m, t, e, *rest: list(t.values()),
    "These are in one of them only: 0.bias": lambda m, t, e, *rest: {n: v for n, v in t.items() if n != "0.bias"},
    "θ moves by": lambda m, t, *rest: {name: value + 1 for name, value in t.items()},
}


@pytest.mark.parametrize("words", WRONG_STEPS)
def test_wrong_steps_are_named(words):
    expect(check_reptile_step(WRONG_STEPS[words]), words)


# --- reptile_start


def by_solving(c, A, alpha, k, *, weight=lambda power, A: torch.eye(len(A[0])).to(A) - power, step=-1):
    """Right; `weight` and `step` make it wrong."""
    W = weight(torch.linalg.matrix_power(torch.eye(len(A[0])).to(A) + step * alpha * A, k), A)
    return torch.linalg.solve(W.sum(dim=0), torch.einsum("tij,tj->i", W, c))


def by_eigenvalues(c, A, alpha, k):
    """Right, task by task, and a list: I − Mᵏ has A's eigenvectors, and the eigenvalues 1 − (1 − αλ)ᵏ."""
    total, pull = 0, 0
    for centre, curvature in zip(c, A, strict=True):
        values, vectors = torch.linalg.eigh(curvature)
        W = vectors @ torch.diag(1 - (1 - alpha * values) ** k) @ vectors.T
        total, pull = total + W, pull + W @ centre
    return (torch.linalg.inv(total) @ pull).tolist()


def by_running_it(c, A, alpha, k, updates=600, epsilon=1.0):
    """Right: Reptile itself, update after update."""
    M, theta = torch.linalg.matrix_power(torch.eye(len(A[0])).to(A) - alpha * A, k), torch.zeros_like(c[0])
    for _ in range(updates):
        phi = c + torch.einsum("tij,tj->ti", M, theta - c)
        theta = theta + epsilon * (phi - theta).mean(dim=0)
    return theta


@pytest.mark.parametrize("answer", [by_solving, by_eigenvalues, by_running_it])
def test_right_starts_pass(answer):
    accept(check_reptile_start(answer))


def test_an_untouched_start_is_not_attempted():
    def reptile_start(c, A, alpha, k):
        """Reptile's start [D] for k inner steps."""
        ...

    assert check_reptile_start(reptile_start).passed is None


def test_the_start_for_very_many_steps_is_the_mean_of_the_optima():
    *_, (c, A, alpha, k) = (start._quadratics(n, d, k) for n, d, k in ((3, 2, 2), (4, 3, 2000)))
    torch.testing.assert_close(checks.reptile_start(c, A, alpha, k), c.mean(dim=0))


def weighing(weight):
    return lambda *case: by_solving(*case, weight=weight)


def moves(c, A, alpha, k):
    return c - torch.einsum("tij,tj->ti", torch.linalg.matrix_power(torch.eye(len(A[0])).to(A) - alpha * A, k), c)


def entry_by_entry(c, A, alpha, k):
    eye = torch.eye(len(A[0])).to(A)
    W = eye - (eye - alpha * A) ** k
    return torch.linalg.solve(W.sum(dim=0), torch.einsum("tij,tj->i", W, c))


def with_ones(
    c,
    A,
    alpha,
    k,
    *,
    M=lambda eye, aA: eye - aA,
    W=lambda eye, Mk: eye - Mk,
    power=torch.linalg.matrix_power,
):
    """Right, and wrong where M or W takes 1 for the identity."""
    eye = torch.eye(len(A[0])).to(A)
    weights = W(eye, power(M(eye, alpha * A), k))
    return torch.linalg.solve(weights.sum(dim=0), torch.einsum("tij,tj->i", weights, c))


def test_the_helper_of_the_wrong_starts_is_right_by_itself():
    accept(check_reptile_start(with_ones))


WRONG_STARTS = {
    "You weigh the optima by their curvatures": weighing(lambda power, A: A),
    "the mean of the optima, whatever k is": lambda c, A, alpha, k: c.mean(dim=0),
    "what is *left* of the way": weighing(lambda power, A: power),
    "`torch.linalg.matrix_power(M, k)`": entry_by_entry,
    "You forgot α": lambda c, A, alpha, k: by_solving(c, A, 1.0, k),
    "Your inner steps climb": lambda *case: by_solving(*case, step=1),
    "one inner step too many": lambda c, A, alpha, k: by_solving(c, A, alpha, k + 1),
    "one inner step too few": lambda c, A, alpha, k: by_solving(c, A, alpha, k - 1),
    "first-order MAML's start": weighing(lambda power, A: A @ power),
    "that is MAML's start": weighing(lambda power, A: power @ A @ power),
    "That is the right-hand side": lambda *case: moves(*case).sum(dim=0),
    "where *one* update leads": lambda *case: moves(*case).mean(dim=0),
    "Your sign is wrong": lambda *case: -by_solving(*case),
    "the first task only": lambda c, A, alpha, k: c[0],
    "Your M is 1 − α A": lambda *case: with_ones(*case, M=lambda eye, aA: 1 - aA),
    "in *every* place, beside the diagonal too. The identity": lambda *case: with_ones(
        *case, M=lambda eye, aA: 1 - aA, W=lambda eye, Mk: 1 - Mk
    ),
    "`torch.eye(D) - alpha * A`": lambda *case: with_ones(*case, M=lambda eye, aA: 1 - aA, power=torch.pow),
    "with I = `torch.eye(D)`": lambda *case: with_ones(*case, W=lambda eye, Mk: 1 - Mk),
    "the power of I − M": lambda *case: with_ones(*case, M=lambda eye, aA: aA, W=lambda eye, Mk: Mk),
    "One side of your equation is a sum": lambda c, *rest: by_solving(c, *rest) / len(c),
    "One side of your equation is a mean": lambda c, *rest: by_solving(c, *rest) * len(c),
    "Return one point, [2]": lambda c, A, alpha, k: c,
    "You return a dict": lambda c, A, alpha, k: {"start": c[0]},
    "the start is": lambda c, A, alpha, k: torch.zeros(c.shape[1]),
}


@pytest.mark.parametrize("words", WRONG_STARTS)
def test_wrong_starts_are_named(words):
    expect(check_reptile_start(WRONG_STARTS[words]), words)


# --- inner_product


def by_autograd(model, theta, x, y, rows, reduction="mean"):
    loss = mse_loss(functional_call(model, theta, (x[rows],)), y[rows], reduction=reduction)
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(theta.values()))])


def drawn(size, batch_size, generator):
    order = torch.randperm(size, generator=generator)
    return order[:batch_size], order[batch_size : 2 * batch_size]


def product(model, theta, x, y, batch_size, generator, *, draw=drawn, combine=torch.dot, reduction="mean"):
    return combine(*(by_autograd(model, theta, x, y, rows, reduction) for rows in draw(len(x), batch_size, generator)))


def name_by_name_tensor(model, theta, x, y, batch_size, generator):
    """Right, written otherwise: torch.func, rows by random keys, a Python sum. It still has a graph."""
    order = torch.rand(len(x), generator=generator).argsort()

    def gradient(rows):
        return grad(lambda theta: (functional_call(model, theta, (x[rows],)) - y[rows]).square().mean())(theta)

    first, second = gradient(order[:batch_size]), gradient(order[-batch_size:])
    return sum((first[name] * second[name]).sum() for name in theta)


def name_by_name(*case):
    return float(name_by_name_tensor(*case))


@pytest.mark.parametrize("answer", [product, name_by_name, name_by_name_tensor])
def test_right_inner_products_pass(answer):
    accept(check_inner_product(answer))


def twice(size, batch_size, generator):
    return (torch.randperm(size, generator=generator)[:batch_size],) * 2


def apart(size, batch_size, generator):
    return [torch.randperm(size, generator=generator)[:batch_size] for _ in range(2)]


def halves(size, batch_size, generator):
    return torch.randperm(size, generator=generator).chunk(2)


def repeating(size, batch_size, generator):
    return [torch.randint(size, (batch_size,), generator=generator) for _ in range(2)]


def first_is_fixed(size, batch_size, generator):
    rest = torch.randperm(size - batch_size, generator=generator) + batch_size
    return torch.arange(batch_size), rest[:batch_size]


def a_block(size, batch_size, generator):
    place = torch.randint(size - 2 * batch_size + 1, (1,), generator=generator).item()
    return torch.arange(place, place + 2 * batch_size).split(batch_size)


def two_blocks(size, batch_size, generator):
    """A block that may go past the last row, and the one after it."""
    place = torch.randint(size, (1,), generator=generator)
    return ((torch.arange(2 * batch_size) + place) % size).split(batch_size)


def lowest_of_the_rest(size, batch_size, generator):
    first = torch.randperm(size, generator=generator)[:batch_size]
    rest = torch.tensor([row for row in range(size) if row not in first])
    return first, rest[:batch_size]


def highest_of_the_rest(size, batch_size, generator):
    first, _ = lowest_of_the_rest(size, batch_size, generator)
    return first, torch.tensor([row for row in range(size) if row not in first])[-batch_size:]


def one_of_few(size, batch_size, generator):
    """One of six shuffles."""
    return drawn(size, batch_size, torch.Generator().manual_seed(int(torch.randint(6, (1,), generator=generator))))


WRONG_PRODUCTS = {
    "You take the absolute value": lambda *case: abs(product(*case)),
    "Some point comes more than once": lambda *case: product(*case, draw=repeating),
    "is always the same one": lambda *case: product(*case, draw=first_is_fixed),
    "stand next to one another": lambda *case: product(*case, draw=two_blocks),
    "you draw the place of a block": lambda *case: product(*case, draw=a_block),
    "has the first of the rows that are left": lambda *case: product(*case, draw=lowest_of_the_rest),
    "has the last of the rows that are left": lambda *case: product(*case, draw=highest_of_the_rest),
    "Every pair has to have the same chance": lambda *case: product(*case, draw=one_of_few),
    "You take one minibatch twice": lambda *case: product(*case, draw=twice),
    "Your two minibatches share points": lambda *case: product(*case, draw=apart),
    "You use all points for both": lambda *case: product(*case, draw=lambda size, *_: (slice(None), slice(None))),
    "You return the cosine": lambda *case: product(*case, combine=lambda a, b: torch.cosine_similarity(a, b, dim=0)),
    "You return the distance": lambda *case: product(*case, combine=lambda a, b: (a - b).norm()),
    "sums over the points": lambda *case: product(*case, reduction="sum"),
    "the mean over the parameters": lambda *case: product(*case, combine=lambda a, b: (a * b).mean()),
    "You use a single parameter tensor": lambda *case: product(*case, combine=lambda a, b: a[:5] @ b[:5]),
    "Your sign is wrong": lambda *case: -product(*case),
    "have one point each": lambda m, t, x, y, b, g: product(m, t, x, y, 1, g),
    "do not have `batch_size` points each": lambda m, t, x, y, b, g: product(m, t, x, y, 3, g),
    "Halves of the data": lambda *case: product(*case, draw=halves),
    "always take the same two": lambda *case: product(*case, draw=lambda size, b, g: (slice(0, b), slice(b, 2 * b))),
    "you draw from elsewhere": lambda m, t, x, y, b, g: product(m, t, x, y, b, None),
    "Return one number": lambda *case: product(*case, combine=lambda a, b: a * b),
    "You return a dict": lambda *case: {"0.weight": 1.0},
    "No two disjoint minibatches": lambda *case: product(*case) + 100,
}


@pytest.mark.parametrize("words", WRONG_PRODUCTS)
def test_wrong_inner_products_are_named(words):
    expect(check_inner_product(WRONG_PRODUCTS[words]), words)


def test_every_value_that_a_mistake_can_give_is_told_from_the_right_ones():
    for shape in alignment.SHAPES:
        case = alignment._case(*shape)
        for message, values in alignment.MISTAKES[:-1]:  # pairs that may overlap hold all right ones
            assert not all(alignment._all_in([value], alignment._disjoint(case)) for value in values(case)), message
