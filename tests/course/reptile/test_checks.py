"""The checks of notebook 05, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect
from torch.func import functional_call, grad
from torch.nn.functional import mse_loss

from metalib.course.reptile import checks
from metalib.course.reptile import exercise_alignment as alignment
from metalib.course.reptile.checks import check_inner_product, check_reptile_start, check_reptile_step

# --- reptile_step


def with_func(model, theta, episodes, alpha, k, epsilon, *, start=None, combine=None, sign=-1):
    """Right, with a dict for φ and torch.func; the keywords make it wrong."""
    phis = []
    for x, y in zip(episodes.support_x, episodes.support_y, strict=True):
        phi = start(phis, theta) if start else theta
        for _ in range(k):
            g = grad(lambda phi, x=x, y=y: mse_loss(functional_call(model, phi, (x,)), y))(phi)
            phi = {name: phi[name] + sign * alpha * g[name] for name in phi}
        phis.append(phi)
    if combine is None:

        def combine(old, new):
            return old + epsilon * (new - old)

    return {name: combine(theta[name], sum(phi[name] for phi in phis) / len(phis)) for name in theta}


def with_modules(model, theta, episodes, alpha, k, epsilon):
    """Right, the way of most published code: copies of weights, an optimiser, and the old weights put back."""
    own = {name: value.detach().clone() for name, value in model.named_parameters()}
    total = {name: torch.zeros_like(value) for name, value in theta.items()}
    for x, y in zip(episodes.support_x, episodes.support_y, strict=True):
        model.load_state_dict({name: value.detach() for name, value in theta.items()})
        optimizer = torch.optim.SGD(model.parameters(), alpha)
        for _ in range(k):
            optimizer.zero_grad()
            mse_loss(model(x), y).backward()
            optimizer.step()
        for name, value in model.named_parameters():
            total[name] += (value.detach() - theta[name].detach()) / len(episodes.support_y)
    model.load_state_dict(own)
    return {name: theta[name] + epsilon * total[name] for name in theta}


@pytest.mark.parametrize("answer", [with_func, with_modules])
def test_right_steps_pass(answer):
    accept(check_reptile_step(answer))


def in_place_on_the_model(model, theta, episodes, alpha, k, epsilon):
    model.load_state_dict({name: value.detach() for name, value in theta.items()})
    return with_func(model, theta, episodes, alpha, k, epsilon)


def in_place_on_theta(model, theta, episodes, alpha, k, epsilon):
    new = with_func(model, theta, episodes, alpha, k, epsilon)
    for name in theta:
        theta[name] = new[name]
    return theta


def averaged_gradients(model, theta, episodes, alpha, k, epsilon):
    def mean_loss(theta):
        return mse_loss(functional_call(model, theta, (episodes.support_x,)), episodes.support_y)

    g = grad(mean_loss)(theta)
    return {name: theta[name] - epsilon * g[name] for name in theta}


def combining(rule):
    def wrong(model, theta, episodes, alpha, k, epsilon):
        n_tasks = len(episodes.support_y)
        return with_func(
            model, theta, episodes, alpha, k, epsilon, combine=lambda old, new: rule(old, new, epsilon, n_tasks)
        )

    return wrong


def steps(change):
    return lambda m, t, e, a, k, epsilon: with_func(m, t, e, a, change(k), epsilon)


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
    "θ moves by": lambda m, t, e, *rest: t,
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
    *_, (c, A, alpha, k) = (checks._quadratics(n, d, k) for n, d, k in ((3, 2, 2), (4, 3, 2000)))
    torch.testing.assert_close(checks.reptile_start(c, A, alpha, k), c.mean(dim=0))


def weighing(weight):
    return lambda *case: by_solving(*case, weight=weight)


def moves(c, A, alpha, k):
    return c - torch.einsum("tij,tj->ti", torch.linalg.matrix_power(torch.eye(len(A[0])).to(A) - alpha * A, k), c)


def entry_by_entry(c, A, alpha, k):
    eye = torch.eye(len(A[0])).to(A)
    W = eye - (eye - alpha * A) ** k
    return torch.linalg.solve(W.sum(dim=0), torch.einsum("tij,tj->i", W, c))


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


WRONG_PRODUCTS = {
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
