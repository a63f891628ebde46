"""A learner's Reptile step on small networks against the right one, and the mistake behind a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from metalib import reptile
from metalib.adapt import Params, adapt
from metalib.course.kit.parameters import see_that_nothing_changed, small_case, snapshot, values
from metalib.course.kit.verdict import Wrong, compare
from metalib.episodes import Episode


def reptile_step(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float) -> Params:
    """θ + ε · mean over tasks of (φᵢ − θ), where φᵢ has made k full-batch steps of α on the support set of task i."""
    how = {"inner_lr": a, "inner_steps": k, "loss_fn": mse_loss}
    return values(reptile.step(m, t, e, meta_step_size=epsilon, **how))


def _adapted(m: nn.Module, t: Params, e: Episode, a: float, k: int) -> list[Params]:
    return reptile.adapted(m, t, e, inner_lr=a, inner_steps=k, loss_fn=mse_loss)


def _combine(t: Params, phis: list[Params], rule: Callable[[Tensor, Tensor], Tensor]) -> Params:
    """rule(θ, mean φ), name by name."""
    return {name: rule(value, torch.stack([phi[name] for phi in phis]).mean(dim=0)) for name, value in t.items()}


def _with(rule: Callable[[Tensor, Tensor, float, float, int], Tensor]) -> Callable[..., Params]:
    """The mistake that puts θ, mean φ, ε, α and the number of tasks together by `rule`."""

    def mistaken(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float) -> Params:
        return _combine(t, _adapted(m, t, e, a, k), lambda old, new: rule(old, new, epsilon, a, len(e.support_y)))

    return mistaken


def _chained(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float) -> Params:
    phi, phis = t, []
    for task in _tasks(e):
        (phi,) = _adapted(m, phi, task, a, k)
        phis.append(phi)
    return _combine(t, phis, lambda old, new: old + epsilon * (new - old))


def _one_after_the_other(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float) -> Params:
    for task in _tasks(e):
        t = reptile_step(m, t, task, a, k, epsilon)
    return t


def _gradient_averaged(*, at_phi: bool) -> Callable[..., Params]:
    """θ − ε · the mean gradient of the support loss, at θ or at φ."""

    def mistaken(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float) -> Params:
        moved = []
        for task in _tasks(e):
            (phi,) = _adapted(m, t, task, a, k if at_phi else 0)
            with torch.no_grad():
                after = adapt(m, phi, task.support_x[0], task.support_y[0], inner_lr=1, inner_steps=1, loss_fn=mse_loss)
            moved.append({name: value - epsilon * (phi[name] - after[name]) for name, value in t.items()})
        return _combine(t, moved, lambda old, new: new)

    return mistaken


def _on_queries(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float) -> Params:
    return reptile_step(m, t, e._replace(support_x=e.query_x, support_y=e.query_y), a, k, epsilon)


def _on_all_points(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float) -> Params:
    x, y = torch.cat([e.support_x, e.query_x], dim=1), torch.cat([e.support_y, e.query_y], dim=1)
    return reptile_step(m, t, e._replace(support_x=x, support_y=y), a, k, epsilon)


def _tasks(e: Episode) -> list[Episode]:
    return [Episode(*(field[i : i + 1] for field in e)) for i in range(len(e.support_y))]


STEP_MISTAKES = (
    (
        "Your sign is wrong: θ moves away from the adapted parameters. Write θ + ε · mean(φᵢ − θ).",
        _with(lambda old, new, epsilon, a, n: old - epsilon * (new - old)),
    ),
    (
        "You add the moves of all tasks up. Take their mean: divide by the number of tasks.",
        _with(lambda old, new, epsilon, a, n: old + epsilon * n * (new - old)),
    ),
    (
        "You apply ε twice. It scales the mean move once, and the inner steps not at all.",
        _with(lambda old, new, epsilon, a, n: old + epsilon**2 * (new - old)),
    ),
    (
        "You return the mean of the adapted parameters: ε = 1, whatever ε is. Go only the share ε of the way.",
        _with(lambda old, new, epsilon, a, n: new),
    ),
    (
        "You go the share 1 − ε of the way: θ and φ have changed places. Small ε means that θ hardly moves.",
        _with(lambda old, new, epsilon, a, n: new + epsilon * (old - new)),
    ),
    (
        "You return the move alone. Add it to θ.",
        _with(lambda old, new, epsilon, a, n: epsilon * (new - old)),
    ),
    (
        "You return the mean of φᵢ − θ. Scale it by ε and add it to θ.",
        _with(lambda old, new, epsilon, a, n: new - old),
    ),
    (
        "You add ε · mean φᵢ to θ. What is added is the *way* from θ to φᵢ: φᵢ − θ.",
        _with(lambda old, new, epsilon, a, n: old + epsilon * new),
    ),
    (
        "Your move is 1/α times too long: you add up gradients. The move of a task is φᵢ − θ, in which α is contained.",
        _with(lambda old, new, epsilon, a, n: old + epsilon / a * (new - old)),
    ),
    (
        "You average gradients at θ: that is a step of joint training. Take k inner steps on each task, and average "
        "where they lead.",
        _gradient_averaged(at_phi=False),
    ),
    (
        "You average the gradients at φᵢ: that is first-order MAML's step, on the support set. Reptile averages "
        "φᵢ − θ, the sum of all inner steps.",
        _gradient_averaged(at_phi=True),
    ),
    (
        "Each of your tasks starts where the one before it ended. Start each from θ: set φ back inside the loop over "
        "tasks.",
        _chained,
    ),
    (
        "You move θ after each task, so that the next one starts elsewhere. That is the serial form of the paper. Here "
        "all tasks start from the same θ, and θ moves once, by the mean.",
        _one_after_the_other,
    ),
    (
        "Your inner steps see the query points. Reptile needs no query set: adapt to `support_x` and `support_y`.",
        _on_queries,
    ),
    (
        "Your inner steps take support and query points together. That is allowed in training; the exercise asks for "
        "the support points only.",
        _on_all_points,
    ),
    (
        "You take one inner step too few: k − 1. Count the turns of your loop.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, e, a, k - 1, epsilon),
    ),
    (
        "You take one inner step too many: k + 1. Count the turns of your loop.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, e, a, k + 1, epsilon),
    ),
    (
        "You take one inner step, whatever k is. With one, Reptile is joint training.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, e, a, 1, epsilon),
    ),
    (
        "All your inner steps use the gradient at θ. After the first step, take the support loss at φ.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, e, a * k, 1, epsilon),
    ),
    (
        "Your inner step climbs: it adds α times the gradient. Write φ = φ − α g.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, e, -a, k, epsilon),
    ),
    (
        "Your support loss is a sum over the points. `mse_loss` takes the mean, unless you set `reduction`.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, e, a * e.support_y.shape[1], k, epsilon),
    ),
    (
        "You use the first task only. A `return` inside the loop over tasks ends it early.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, _tasks(e)[0], a, k, epsilon),
    ),
    (
        "You use the last task only: its φ overwrites those before it. Collect the φᵢ, and take their mean.",
        lambda m, t, e, a, k, epsilon: reptile_step(m, t, _tasks(e)[-1], a, k, epsilon),
    ),
)


FOR_THETA = (
    "Look for `theta[name] = ...`, `+=` and methods that end in `_`. Make a new dict: "
    "`phi = {name: value - alpha * g[name] ...}`."
)
FOR_MODEL = (
    "All tasks share them, and the second one starts where the first one ended. Call the model with φ: "
    "`functional_call(model, phi, (x,))`."
)


def judge(function: Callable) -> None:
    """Compare the learner's step with Reptile's on three small networks; raises Wrong with the mistake."""
    cases = [(*small_case(3), 0.1, 2, 0.3), (*small_case(2), 0.05, 4, 0.6), (*small_case(4), 0.2, 3, 0.15)]
    before = {id(theta): snapshot(model, theta) for model, theta, *_ in cases}

    def read(answer: Any, model: nn.Module, theta: Params, *rest: Any) -> Params:
        see_that_nothing_changed(model, theta, before[id(theta)], for_theta=FOR_THETA, for_model=FOR_MODEL)
        return _read_params(answer, theta)

    compare(
        function,
        cases,
        reference=reptile_step,
        read=read,
        same=lambda a, b: all(torch.allclose(a[name], b[name], rtol=1e-6, atol=1e-9) for name in b),
        mistakes=STEP_MISTAKES,
        show=_show_step,
    )


def _read_params(answer: Any, theta: Params) -> Params:
    if not isinstance(answer, dict):
        raise Wrong(f"You return a {type(answer).__name__}. Return the new θ: a dict with a tensor for each name.")
    if answer.keys() != theta.keys():
        names = ", ".join(sorted(theta.keys() ^ answer.keys()))
        raise Wrong(f"The names in your dict are not those of `theta`. These are in one of them only: {names}.")
    for name, value in answer.items():
        if not isinstance(value, Tensor) or value.shape != theta[name].shape:
            shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise Wrong(f"Your `{name}` is {shape}, and θ's has the shape {list(theta[name].shape)}.")
    return {name: value.detach().double() for name, value in answer.items()}


def _show_step(case: tuple, answer: Params, right: Params) -> str:
    theta = torch.cat([case[1][name].detach().flatten() for name in right])
    ours, theirs = (torch.cat([p[name].flatten() for name in right]) - theta for p in (right, answer))
    cosine = torch.cosine_similarity(ours, theirs, dim=0).item()
    return (
        f"With {len(case[2].support_y)} tasks, α = {case[3]}, k = {case[4]} and ε = {case[5]}, θ moves by "
        f"{ours.norm():.4f}, and yours by {theirs.norm():.4f}. The cosine between the two moves is {cosine:.3f}. Try "
        "one task with ε = 1: the new θ is then φ."
    )
