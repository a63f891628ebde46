"""The check of Reptile's step, against right answers and typical wrong ones."""

from copy import deepcopy
from functools import partial

import pytest
import torch
from answers import accept, expect
from torch.func import functional_call, grad
from torch.nn.functional import mse_loss

from metalib.course.reptile.checks import check_reptile_step


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


def one_task(e, number):
    return type(e)(*(field[number : number + 1] for field in e))


def serial(model, theta, episodes, *rest):
    for number in range(len(episodes.support_y)):
        theta = with_func(model, theta, one_task(episodes, number), *rest)
    return theta


def moved_in_turn(model, theta, episodes, alpha, k, epsilon, loss_fn):
    moved = theta
    for number in range(len(episodes.support_y)):
        phi = with_func(model, theta, one_task(episodes, number), alpha, k, 1.0, loss_fn)
        moved = {name: moved[name] + epsilon * (phi[name] - moved[name]) for name in theta}
    return moved


def modules_left_changed(model, theta, episodes, *rest):
    """SGD on the model itself, from θ for each task; its own weights are not put back."""
    new = with_modules(model, theta, episodes, *rest)
    model.load_state_dict(new)
    return new


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
    "changes `theta`: leave it as it is": in_place_on_its_tensors,
    "the serial form of the paper": serial,
    "so that the last task counts most": moved_in_turn,
    "You return ε · mean φᵢ": combining(lambda old, new, eps, n: eps * new),
    "You add ε · mean φᵢ to θ": combining(lambda old, new, eps, n: old + eps * new),
    "leave them as they are. Call the model with φ": modules_left_changed,
    "Try two tasks with ε = ½": combining(lambda old, new, eps, n: old + 0.7 * eps * (new - old)),
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
    "has the type list": lambda m, t, e, *rest: list(t.values()),
    "These are in one of them only: 0.bias": lambda m, t, e, *rest: {n: v for n, v in t.items() if n != "0.bias"},
    "θ moves by": lambda m, t, *rest: {name: value + 1 for name, value in t.items()},
}


@pytest.mark.parametrize("words", WRONG_STEPS)
def test_wrong_steps_are_named(words):
    expect(check_reptile_step(WRONG_STEPS[words]), words)
