"""The checks of notebook 03, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect
from torch.func import functional_call, grad, vmap
from torch.nn.functional import mse_loss

from metalib.course.maml_sinusoids import checks
from metalib.course.maml_sinusoids import exercise_maml_losses as maml_losses
from metalib.course.maml_sinusoids.checks import (
    check_first_order_losses,
    check_maml_losses,
)

# --- MAML's losses: right answers in two ways


def with_autograd(model, theta, episodes, alpha, k, flaw="", inner={"create_graph": True}):  # noqa: B006
    """The right answer, or the right one with a flaw of one line."""
    losses, phi = [], theta
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = phi if flaw == "carried over" else theta
        for _ in range(k - 1 if flaw == "too few" else k):
            loss = mse_loss(functional_call(model, phi, (sx,)), sy)
            g = torch.autograd.grad(loss, list(phi.values()), **inner)
            g = [gi.detach() for gi in g] if flaw == "detached" else g
            start = theta if flaw == "from theta" else phi
            phi = {name: start[name] - alpha * gi for name, gi in zip(start, g, strict=True)}
        x, y = (sx, sy) if flaw == "support loss" else (qx, qy)
        losses.append(mse_loss(functional_call(model, theta if flaw == "at theta" else phi, (x,)), y))
        if flaw == "returns early":
            return losses[0]
    return {
        "": torch.stack,
        "mean": lambda losses: torch.stack(losses).mean(),
        "list": list,
        "numbers": lambda losses: torch.tensor([loss.item() for loss in losses]),
        "numpy": lambda losses: torch.stack(losses).detach().numpy(),
        "column": lambda losses: torch.stack(losses)[:, None],
        "rounded": lambda losses: torch.stack(losses).round(decimals=3),
    }.get(flaw, torch.stack)(losses)


def with_func(model, theta, episodes, alpha, k, cut=lambda g: g):
    def loss(phi, x, y):
        return (functional_call(model, phi, (x,)) - y).square().mean()

    def task_loss(sx, sy, qx, qy):
        phi = theta
        for _ in range(k):
            g = cut(grad(loss)(phi, sx, sy))
            phi = {name: phi[name] - alpha * g[name] for name in phi}
        return loss(phi, qx, qy)

    return vmap(task_loss)(*episodes)


def flawed(flaw):
    return lambda *case: with_autograd(*case, flaw)


def no_graph(*case):
    return with_autograd(*case, inner={})


def detached(*case):
    return with_autograd(*case, "detached")


def detached_in_func(*case):
    return with_func(*case, cut=lambda g: {name: value.detach() for name, value in g.items()})


def retained(*case):
    return with_autograd(*case, inner={"retain_graph": True})


@pytest.mark.parametrize("answer", [with_autograd, with_func])
def test_right_losses_pass(answer):
    accept(check_maml_losses(answer))
    assert check_first_order_losses(answer).message == maml_losses.NOT_CHANGED


@pytest.mark.parametrize("answer", [detached, no_graph, retained, detached_in_func])
def test_right_first_order_losses_pass(answer):
    accept(check_first_order_losses(answer))


def detached_by_name(model, theta, episodes, alpha, k):
    losses = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = theta
        for _ in range(k):
            loss = mse_loss(functional_call(model, phi, (sx,)), sy)
            g = torch.autograd.grad(loss, list(phi.values()), create_graph=True)
            phi = {name: phi[name] - alpha * gi.detach() for name, gi in zip(phi, g, strict=True)}
        losses.append(mse_loss(functional_call(model, phi, (qx,)), qy))
    return torch.stack(losses)


def no_graph_by_name(model, theta, episodes, alpha, k):
    losses = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = theta
        for _ in range(k):
            g = torch.autograd.grad(mse_loss(functional_call(model, phi, (sx,)), sy), list(phi.values()))
            phi = {name: phi[name] - alpha * gi for name, gi in zip(phi, g, strict=True)}
        losses.append(mse_loss(functional_call(model, phi, (qx,)), qy))
    return torch.stack(losses)


def test_each_road_to_the_first_order_gradient_is_named():
    assert check_maml_losses(detached_by_name).message == maml_losses.DETACHED
    assert check_maml_losses(no_graph_by_name).message == maml_losses.NO_GRAPH


def constant_in(step):
    """The inner gradient of one step, of 0 … k − 1, is a constant."""

    def answer(model, theta, episodes, alpha, k):
        losses = []
        for sx, sy, qx, qy in zip(*episodes, strict=True):
            phi = theta
            for i in range(k):
                graph = {"create_graph": True} if i != step % k else {}
                loss = mse_loss(functional_call(model, phi, (sx,)), sy)
                g = torch.autograd.grad(loss, list(phi.values()), retain_graph=True, **graph)
                phi = {name: phi[name] - alpha * gi for name, gi in zip(phi, g, strict=True)}
            losses.append(mse_loss(functional_call(model, phi, (qx,)), qy))
        return torch.stack(losses)

    return answer


@pytest.mark.parametrize(("step", "which"), [(0, "first"), (-1, "last")])
@pytest.mark.parametrize("check", [check_maml_losses, check_first_order_losses])
def test_one_step_that_differs_from_the_others_is_named(check, step, which):
    assert check(constant_in(step)).message == maml_losses.PARTLY.format(which)


def sums(inside, outside):
    def answer(model, theta, episodes, alpha, k):
        losses = []
        for sx, sy, qx, qy in zip(*episodes, strict=True):
            phi = theta
            for _ in range(k):
                loss = mse_loss(functional_call(model, phi, (sx,)), sy, reduction=inside)
                g = torch.autograd.grad(loss, list(phi.values()), create_graph=True)
                phi = {name: phi[name] - alpha * gi for name, gi in zip(phi, g, strict=True)}
            losses.append(mse_loss(functional_call(model, phi, (qx,)), qy, reduction=outside))
        return torch.stack(losses)

    return answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (sums("mean", "sum"), "Your query loss is a sum"),
        (sums("sum", "mean"), "Your support loss is a sum"),
        (sums("sum", "sum"), "Both your losses are sums"),
    ],
)
@pytest.mark.parametrize("check", [check_maml_losses, check_first_order_losses])
def test_sums_in_place_of_means_are_named(check, answer, words):
    expect(check(answer), words)


def leaves_of_its_own(model, theta, episodes, alpha, k):
    """As notebook 02 fine-tunes: φ begins as a copy that nothing connects with θ."""
    phi = {name: value.detach().clone().requires_grad_() for name, value in theta.items()}
    return with_autograd(model, phi, episodes, alpha, k)


def backward_inside(*case):
    losses = with_autograd(*case)
    losses.mean().backward()
    return losses


def some_cut(model, theta, episodes, alpha, k):
    losses = with_func(model, theta, episodes, alpha, k)
    return torch.cat([losses[:1].detach(), losses[1:]])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (leaves_of_its_own, maml_losses.CUT),
        (flawed("numbers"), maml_losses.CUT),
        (backward_inside, maml_losses.SPENT),
        (some_cut, "the cosine between the two"),
    ],
)
@pytest.mark.parametrize("check", [check_maml_losses, check_first_order_losses])
def test_losses_that_cannot_be_differentiated_are_told_so(check, answer, words):
    expect(check(answer), words)


WRONG_LOSSES = {
    "support loss": "You take the support loss at φ",
    "too few": "one inner step too few",
    "at theta": "You do not adapt at all",
    "carried over": "starts where the one before it ended",
    "from theta": "right for k = 1 only",
    "mean": "You return one number",
    "returns early": "A `return` inside the loop",
    "list": "Your numbers are right, but you return a list",
    "numpy": "Your numbers are right, but you return a ndarray",
    "column": "[3, 1]",
    "rounded": "do you round",
}


@pytest.mark.parametrize("flaw", WRONG_LOSSES)
@pytest.mark.parametrize("check", [check_maml_losses, check_first_order_losses])
def test_wrong_losses_are_named(check, flaw):
    expect(check(flawed(flaw)), WRONG_LOSSES[flaw])


def in_place(model, theta, episodes, alpha, k):
    for sx, sy, _, _ in zip(*episodes, strict=True):
        g = torch.autograd.grad(mse_loss(functional_call(model, theta, (sx,)), sy), list(theta.values()))
        for value, gi in zip(theta.values(), g, strict=True):
            value -= alpha * gi
    return theta


def by_backward(model, theta, episodes, alpha, k):
    losses = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        phi = theta
        for _ in range(k):
            mse_loss(functional_call(model, phi, (sx,)), sy).backward()
            phi = {name: value - alpha * value.grad for name, value in phi.items()}
        losses.append(mse_loss(functional_call(model, phi, (qx,)), qy))
    return torch.stack(losses)


def in_place_data(model, theta, episodes, alpha, k):
    losses = with_autograd(model, theta, episodes, alpha, k)
    for value in theta.values():
        value.data -= alpha
    return losses


def in_the_dict(model, theta, episodes, alpha, k):
    losses = with_autograd(model, theta, episodes, alpha, k)
    theta["0.weight"] = theta["0.weight"] - alpha
    return losses


def in_the_model(model, theta, episodes, alpha, k):
    model.load_state_dict({name: value.detach() for name, value in theta.items()})
    return with_autograd(model, theta, episodes, alpha, k)


def own_weights(model, theta, episodes, alpha, k):
    losses = []
    for sx, sy, qx, qy in zip(*episodes, strict=True):
        torch.autograd.grad(mse_loss(model(sx), sy), list(theta.values()))
        losses.append(mse_loss(model(qx), qy))
    return torch.stack(losses)


def own_queries(model, theta, episodes, alpha, k):
    return torch.stack([mse_loss(model(qx), qy) for *_, qx, qy in zip(*episodes, strict=True)])


def from_own_weights(model, theta, *rest):
    return with_autograd(model, dict(model.named_parameters()), *rest)


FAILING = [
    (in_place, "You change θ in place"),
    (by_backward, "φ is no leaf"),
    (in_place_data, "Your function changes `theta`"),
    (in_the_dict, "Your function changes `theta`"),
    (in_the_model, "changes the model's own weights"),
    (own_weights, "There is no path from θ to that loss"),
    (own_queries, "with its own weights, which know nothing of φ"),
    (from_own_weights, "You start from the model's own weights"),
    (lambda m, t, e, a, k: with_autograd(m, t, e, 0.03, k), "the same for every `alpha`"),
    (lambda m, t, e, a, k: with_autograd(m, t, e, a, 5), "the same for every `k`"),
    (lambda m, t, e, a, k: with_autograd(m, t, e, a, max(k, 1)), "With k = 0 there is no inner step"),
    (lambda *case: torch.ones(len(case[2].query_y)), "the same for every `alpha`"),
    (lambda *case: dict(case[1]), "You return a dict"),
    (lambda *case: "losses", "You return a str"),
    (lambda *case: [].append(1), "returns None"),
]


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
@pytest.mark.parametrize(("answer", "words"), FAILING)
@pytest.mark.parametrize("check", [check_maml_losses, check_first_order_losses])
def test_answers_that_fail_or_change_things_are_explained(check, answer, words):
    expect(check(answer), words)


def test_steps_in_place_are_told_how_to_go_on_from_phi():
    """`theta[name] - alpha * g[name]`, said here before, is wrong for more than one step."""
    assert "phi[name] - alpha * g[name]" in maml_losses.FOR_THETA
    assert "theta[name] - alpha" not in check_maml_losses(in_place).message


def test_numbers_that_differ_never_look_alike():
    message = check_maml_losses(lambda *case: with_autograd(*case) * (1 + 2e-4)).message
    ours, theirs = message.partition(" is ")[2].split(". They")[0].split(", and yours is ")
    assert ours != theirs and "do you round" in message


# --- what the notebook runs


@pytest.mark.parametrize("answer", [with_autograd, with_func])
def test_right_losses_are_fast_enough_and_run(answer, capsys):
    def maml_losses(*case):
        return answer(*case)

    assert checks.mine(maml_losses) is maml_losses
    assert capsys.readouterr().out.startswith("The cells below run your maml_losses")


def test_untouched_stubs_leave_the_courses(capsys):
    for exercise in checks._exercises:

        def stub(*arguments): ...

        stub.__name__ = exercise.name
        assert checks.mine(stub) is exercise.course
    assert capsys.readouterr().out.count("yours is not written yet") == 3
