"""The checks of notebook 03, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect
from torch.func import functional_call, grad
from torch.nn.functional import mse_loss

from metalib.course.maml_sinusoids import exercise_meta_gradient as meta_gradient
from metalib.course.maml_sinusoids.checks import check_fomaml_gradient, check_maml_gradient, check_maml_start

# --- the start in closed form


def by_sums(c, a, alpha):
    weights = a * (1 - alpha * a).square()
    return (weights @ c) / weights.sum()


def by_descent(c, a, alpha):
    theta = torch.zeros((), dtype=torch.float64)
    for _ in range(3000):
        phi = theta - alpha * a * (theta - c)
        theta = theta - 0.2 * (a * (1 - alpha * a) * (phi - c)).mean()
    return float(theta)


@pytest.mark.parametrize("answer", [by_sums, by_descent])
def test_right_starts_pass(answer):
    accept(check_maml_start(answer))


WRONG_STARTS = {
    "That is joint training's start": lambda c, a, alpha: (a * c).sum() / a.sum(),
    "That is first-order MAML's start": lambda c, a, alpha: (a * (1 - alpha * a) @ c) / (a * (1 - alpha * a)).sum(),
    "the mean of the optima": lambda c, a, alpha: c.mean(),
    "A factor aᵢ is missing": lambda c, a, alpha: ((1 - alpha * a) ** 2 @ c) / ((1 - alpha * a) ** 2).sum(),
    "A step with a plus climbs": lambda c, a, alpha: (a * (1 + alpha * a) ** 2 @ c) / (a * (1 + alpha * a) ** 2).sum(),
    "do not divide by the sum of the weights": lambda c, a, alpha: a * (1 - alpha * a) ** 2 @ c,
    "Divide by the sum of the weights": lambda c, a, alpha: (a * (1 - alpha * a) ** 2 @ c) / len(c),
    "tensor of shape [2]": lambda c, a, alpha: c * a * (1 - alpha * a) ** 2 / (a * (1 - alpha * a) ** 2).sum(),
    "the start is": lambda c, a, alpha: 0.0,
    "changes its input `a`": lambda c, a, alpha: a.mul_(2).sum(),
}


@pytest.mark.parametrize("words", WRONG_STARTS)
def test_wrong_starts_are_named(words):
    expect(check_maml_start(WRONG_STARTS[words]), words)


# --- gradients: right answers in two ways


def meta_gradient_with(inner_gradient, model, theta, episodes, alpha, k):
    """In the order of θ: of the mean query loss, where `inner_gradient` gives those of the support loss."""
    losses = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = theta
        for _ in range(k):
            g = inner_gradient(mse_loss(functional_call(model, phi, (sx,)), sy), list(phi.values()))
            phi = {name: phi[name] - alpha * gi for name, gi in zip(phi, g, strict=True)}
        losses.append(mse_loss(functional_call(model, phi, (qx,)), qy))
    return torch.autograd.grad(torch.stack(losses).mean(), list(theta.values()))


def by_name(theta, gradients):
    return dict(zip(theta, gradients, strict=True))


def as_a_tuple(*case):
    return meta_gradient_with(lambda loss, phi: torch.autograd.grad(loss, phi, create_graph=True), *case)


def with_autograd(model, theta, *rest):
    return by_name(theta, as_a_tuple(model, theta, *rest))


def with_func(model, theta, episodes, alpha, k):
    def loss(phi, x, y):
        return (functional_call(model, phi, (x,)) - y).square().mean()

    def meta_loss(theta):
        total = 0.0
        for t in range(len(episodes.support_y)):
            task, phi = episodes.task(t), theta
            for _ in range(k):
                g = grad(loss)(phi, task.support_x, task.support_y)
                phi = {name: phi[name] - alpha * g[name] for name in phi}
            total = total + loss(phi, task.query_x, task.query_y)
        return total / len(episodes.support_y)

    return grad(meta_loss)(theta)


def detached(model, theta, *rest):
    def inner_gradient(loss, phi):
        return [g.detach() for g in torch.autograd.grad(loss, phi)]

    return by_name(theta, meta_gradient_with(inner_gradient, model, theta, *rest))


def no_graph(model, theta, *rest):
    return by_name(theta, meta_gradient_with(torch.autograd.grad, model, theta, *rest))


def with_respect_to_phi(model, theta, episodes, alpha, k):
    gradients = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = theta
        for _ in range(k):
            g = torch.autograd.grad(mse_loss(functional_call(model, phi, (sx,)), sy), list(phi.values()))
            phi = {name: (phi[name] - alpha * gi).detach() for name, gi in zip(phi, g, strict=True)}
            phi = {name: value.requires_grad_() for name, value in phi.items()}
        outer = torch.autograd.grad(mse_loss(functional_call(model, phi, (qx,)), qy), list(phi.values()))
        gradients.append(dict(zip(theta, outer, strict=True)))
    return {name: torch.stack([g[name] for g in gradients]).mean(dim=0) for name in theta}


def with_respect_to_phi_and_detached(model, theta, episodes, alpha, k):
    found = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = theta
        for _ in range(k):
            loss = mse_loss(functional_call(model, phi, (sx,)), sy)
            g = torch.autograd.grad(loss, list(phi.values()), create_graph=True)
            phi = {name: phi[name] - alpha * gi for name, gi in zip(phi, g, strict=True)}
        outer = torch.autograd.grad(mse_loss(functional_call(model, phi, (qx,)), qy), list(phi.values()))
        found.append([g.detach() for g in outer])
    return {name: torch.stack(gs).mean(dim=0) for name, gs in zip(theta, zip(*found, strict=True), strict=True)}


def with_respect_to_phi_by_func(model, theta, episodes, alpha, k):
    def loss(phi, x, y):
        return mse_loss(functional_call(model, phi, (x,)), y)

    gradients = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = theta
        for _ in range(k):
            g = grad(loss)(phi, sx, sy)
            phi = {name: phi[name] - alpha * g[name] for name in phi}
        gradients.append(grad(loss)(phi, qx, qy))
    return {name: sum(g[name] for g in gradients) / len(gradients) for name in theta}


@pytest.mark.parametrize("answer", [with_autograd, with_func])
def test_right_meta_gradients_pass(answer):
    accept(check_maml_gradient(answer))
    expect(check_fomaml_gradient(answer), "This is MAML's exact gradient")


@pytest.mark.parametrize("answer", [detached, no_graph, with_respect_to_phi, with_respect_to_phi_by_func])
def test_right_first_order_gradients_pass(answer):
    accept(check_fomaml_gradient(answer))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (detached, meta_gradient.DETACHED),
        (no_graph, meta_gradient.NO_GRAPH),
        (with_respect_to_phi, meta_gradient.WITH_RESPECT_TO_PHI),
        (with_respect_to_phi_by_func, meta_gradient.WITH_RESPECT_TO_PHI),
    ],
)
def test_each_road_to_the_first_order_gradient_is_named(answer, message):
    assert check_maml_gradient(answer).message == message


def test_a_gradient_by_phi_that_is_detached_later_is_told_of_theta():
    expect(check_maml_gradient(with_respect_to_phi_and_detached), "differentiate it by `theta.values()`")


def test_right_numbers_in_a_tuple_are_no_dict_and_a_mistake_in_the_numbers_comes_first():
    expect(check_maml_gradient(as_a_tuple), "Your numbers are right, but you return a tuple")
    expect(check_fomaml_gradient(as_a_tuple), "This is MAML's exact gradient")


# --- gradients: wrong answers, each the right one with a flaw of one line


def flawed(flaw):
    def answer(model, theta, episodes, alpha, k):
        losses, phi = [], theta
        for sx, sy, qx, qy in zip(*episodes, strict=True):
            phi = phi if flaw == "carried over" else theta
            for _ in range(k - 1 if flaw == "too few" else k):
                loss = mse_loss(functional_call(model, phi, (sx,)), sy)
                g = torch.autograd.grad(loss, list(phi.values()), create_graph=True)
                phi = {name: phi[name] - alpha * gi for name, gi in zip(phi, g, strict=True)}
            x, y = (sx, sy) if flaw == "support loss" else (qx, qy)
            losses.append(mse_loss(functional_call(model, theta if flaw == "at theta" else phi, (x,)), y))
        total = torch.stack(losses).sum() if flaw == "sum" else torch.stack(losses).mean()
        if flaw == "loss":
            return total
        names = list(theta)[1:] if flaw == "one missing" else list(theta)
        found = torch.autograd.grad(total, [theta[name] for name in names])
        return dict(zip(names, found, strict=True))

    return answer


WRONG_GRADIENTS = {
    "support loss": "You take the support loss at φ",
    "sum": "You sum over the tasks",
    "too few": "one inner step too few",
    "at theta": "You do not adapt at all",
    "carried over": "starts where the one before it ended",
    "loss": "You return the loss",
    "one missing": "in one of them only: 0.weight",
}


@pytest.mark.parametrize("flaw", WRONG_GRADIENTS)
def test_wrong_meta_gradients_are_named(flaw):
    expect(check_maml_gradient(flawed(flaw)), WRONG_GRADIENTS[flaw])


def in_place(model, theta, episodes, alpha, k):
    for sx, sy, _, _ in zip(*episodes, strict=True):
        g = torch.autograd.grad(mse_loss(functional_call(model, theta, (sx,)), sy), list(theta.values()))
        for value, gi in zip(theta.values(), g, strict=True):
            value -= alpha * gi
    return theta


def in_place_data(model, theta, episodes, alpha, k):
    answer = with_func(model, theta, episodes, alpha, k)
    for name, value in theta.items():
        value.data -= alpha * answer[name]
    return answer


def in_the_dict(model, theta, episodes, alpha, k):
    answer = with_func(model, theta, episodes, alpha, k)
    theta["0.weight"] = theta["0.weight"] - alpha * answer["0.weight"]
    return answer


def in_the_model(model, theta, episodes, alpha, k):
    model.load_state_dict({name: value.detach() for name, value in theta.items()})
    return with_func(model, theta, episodes, alpha, k)


def own_weights(model, theta, episodes, alpha, k):
    loss = mse_loss(model(episodes.query_x), episodes.query_y)
    return torch.autograd.grad(loss, list(theta.values()))


def own_weights_unused(model, theta, episodes, alpha, k):
    loss = mse_loss(model(episodes.query_x), episodes.query_y)
    return torch.autograd.grad(loss, list(theta.values()), allow_unused=True)


FAILING = [
    (in_place, "You change θ in place"),
    (in_place_data, "Your function changes `theta`"),
    (in_the_dict, "Your function changes `theta`"),
    (in_the_model, "changes the model's own weights"),
    (own_weights, "There is no path from θ to that loss"),
    (own_weights_unused, "is None: the loss does not depend on it"),
    (lambda *case: {name: torch.zeros(2) for name in case[1]}, "has the shape [6, 1]"),
    (lambda *case: {name: torch.ones_like(value) for name, value in case[1].items()}, "The cosine between the two"),
    (lambda *case: "gradient", "You return a str"),
    (lambda *case: [].append(1), "returns None"),
]


@pytest.mark.parametrize(("answer", "words"), FAILING)
@pytest.mark.parametrize("check", [check_maml_gradient, check_fomaml_gradient])
def test_answers_that_fail_or_change_things_are_explained(check, answer, words):
    expect(check(answer), words)
