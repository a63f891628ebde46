"""Reptile's step, and the mistakes that learners make with it: each with its message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad
from torch.nn.functional import mse_loss

from metalib import maml, reptile
from metalib.adapt import Loss, Params, adapt, gradient_step
from metalib.course.kit.parameters import values
from metalib.episodes import Episode


def reptile_step(
    model: nn.Module,
    theta: Params,
    episodes: Episode,
    alpha: float,
    k: int,
    epsilon: float,
    loss_fn: Loss = mse_loss,
) -> Params:
    """θ + ε · mean over tasks of (φᵢ − θ), where φᵢ has made k full-batch steps of α on the support set of task i."""
    how = {"inner_lr": alpha, "inner_steps": k, "loss_fn": loss_fn}
    return values(reptile.step(model, theta, episodes, meta_step_size=epsilon, **how))


def _adapted(m: nn.Module, t: Params, e: Episode, a: float, k: int, loss: Loss) -> list[Params]:
    return reptile.adapted(m, t, e, inner_lr=a, inner_steps=k, loss_fn=loss)


def _combine(t: Params, phis: list[Params], rule: Callable[[Tensor, Tensor], Tensor]) -> Params:
    """rule(θ, mean φ), name by name."""
    return {name: rule(value, torch.stack([phi[name] for phi in phis]).mean(dim=0)) for name, value in t.items()}


def _with(rule: Callable[[Tensor, Tensor, float, float, int], Tensor]) -> Callable[..., Params]:
    """The mistake that puts θ, mean φ, ε, α and the number of tasks together by `rule`."""

    def mistaken(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
        return _combine(t, _adapted(m, t, e, a, k, loss), lambda old, new: rule(old, new, epsilon, a, len(e.support_y)))

    return mistaken


def _chained(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
    phi, phis = t, []
    for task in _tasks(e):
        (phi,) = _adapted(m, phi, task, a, k, loss)
        phis.append(phi)
    return _combine(t, phis, lambda old, new: old + epsilon * (new - old))


def _one_after_the_other(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
    for task in _tasks(e):
        t = reptile_step(m, t, task, a, k, epsilon, loss)
    return t


def _moved_in_turn(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
    """All φᵢ start from θ, but θ goes the share ε of the way to each of them in turn."""
    moved = t
    for phi in _adapted(m, t, e, a, k, loss):
        moved = {name: value + epsilon * (phi[name] - value) for name, value in moved.items()}
    return moved


def _back_to_theta(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
    """Each inner step leaves from θ: φ ← θ − α · (gradient at φ)."""
    phis = []
    for x, y in zip(e.support_x, e.support_y, strict=True):
        phi = t
        for _ in range(k):
            g = grad(lambda phi, x=x, y=y: loss(functional_call(m, phi, (x,)), y))(phi)
            phi = gradient_step(t, g, a)
        phis.append(phi)
    return _combine(t, phis, lambda old, new: old + epsilon * (new - old))


def _gradient_averaged(at: str, *, on_queries: bool = False) -> Callable[..., Params]:
    """θ − ε · the mean gradient of the support loss, at "θ" or at "φ"; or of the query loss."""

    def mistaken(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
        moved = []
        for task in _tasks(e):
            (phi,) = _adapted(m, t, task, a, k if at == "φ" else 0, loss)
            x, y = (task.query_x, task.query_y) if on_queries else (task.support_x, task.support_y)
            with torch.no_grad():
                after = adapt(m, phi, x[0], y[0], inner_lr=1, inner_steps=1, loss_fn=loss)
            moved.append({name: value - epsilon * (phi[name] - after[name]) for name, value in t.items()})
        return _combine(t, moved, lambda old, new: new)

    return mistaken


def _maml(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
    def meta_loss(t: Params) -> Tensor:
        return maml.losses(m, t, e, inner_lr=a, inner_steps=k, loss_fn=loss).mean()

    return gradient_step(t, grad(meta_loss)(t), epsilon)


def _from_own_weights(m: nn.Module, t: Params, e: Episode, a: float, k: int, epsilon: float, loss: Loss) -> Params:
    phis = _adapted(m, values(dict(m.named_parameters())), e, a, k, loss)
    return _combine(t, phis, lambda old, new: old + epsilon * (new - old))


def _on_queries(m: nn.Module, t: Params, e: Episode, *rest: Any) -> Params:
    return reptile_step(m, t, e._replace(support_x=e.query_x, support_y=e.query_y), *rest)


def _on_all_points(m: nn.Module, t: Params, e: Episode, *rest: Any) -> Params:
    x, y = torch.cat([e.support_x, e.query_x], dim=1), torch.cat([e.support_y, e.query_y], dim=1)
    return reptile_step(m, t, e._replace(support_x=x, support_y=y), *rest)


def _all_tasks_as_one(m: nn.Module, t: Params, e: Episode, *rest: Any) -> Params:
    return reptile_step(m, t, Episode(*(field.flatten(0, 1)[None] for field in e)), *rest)


def _tasks(e: Episode) -> list[Episode]:
    return [Episode(*(field[i : i + 1] for field in e)) for i in range(len(e.support_y))]


STEP_MISTAKES = (
    (
        "Your new θ is the old one: no inner step went anywhere. The loss has to be that of φ: "
        "`loss_fn(functional_call(model, phi, (x,)), y)`. With `model(x)` it does not depend on φ, and its gradient is "
        "zero.",
        lambda m, t, *rest: t,
    ),
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
        "You return ε · mean φᵢ, without (1 − ε) θ. Both together are θ + ε · mean(φᵢ − θ).",
        _with(lambda old, new, epsilon, a, n: epsilon * new),
    ),
    (
        "Your move is 1/α times too long: you add up gradients. The move of a task is φᵢ − θ, in which α is contained.",
        _with(lambda old, new, epsilon, a, n: old + epsilon / a * (new - old)),
    ),
    (
        "You average gradients at θ: that is a step of joint training. Take k inner steps on each task, and average "
        "where they lead.",
        _gradient_averaged("θ"),
    ),
    (
        "You average the gradients at φᵢ: that is first-order MAML's step, on the support set. Reptile averages "
        "φᵢ − θ, the sum of all inner steps.",
        _gradient_averaged("φ"),
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
        "Your φᵢ are right, but θ moves to each of them in turn, so that the last task counts most. Move once, by the "
        "mean of all φᵢ − θ.",
        _moved_in_turn,
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
        lambda m, t, e, a, k, *rest: reptile_step(m, t, e, a, k - 1, *rest),
    ),
    (
        "You take one inner step too many: k + 1. Count the turns of your loop.",
        lambda m, t, e, a, k, *rest: reptile_step(m, t, e, a, k + 1, *rest),
    ),
    (
        "You take one inner step, whatever k is. With one, Reptile is joint training.",
        lambda m, t, e, a, k, *rest: reptile_step(m, t, e, a, 1, *rest),
    ),
    (
        "All your inner steps use the gradient at θ. After the first step, take the support loss at φ.",
        lambda m, t, e, a, k, *rest: reptile_step(m, t, e, a * k, 1, *rest),
    ),
    (
        "Your inner step climbs: it adds α times the gradient. Write φ = φ − α g.",
        lambda m, t, e, a, *rest: reptile_step(m, t, e, -a, *rest),
    ),
    (
        "Your support loss is a sum over the points. `loss_fn` takes the mean: leave its `reduction` as it is.",
        lambda m, t, e, a, *rest: reptile_step(m, t, e, a * e.support_y.shape[1], *rest),
    ),
    (
        "You use the first task only. A `return` inside the loop over tasks ends it early.",
        lambda m, t, e, *rest: reptile_step(m, t, _tasks(e)[0], *rest),
    ),
    (
        "You use the last task only: its φ overwrites those before it. Collect the φᵢ, and take their mean.",
        lambda m, t, e, *rest: reptile_step(m, t, _tasks(e)[-1], *rest),
    ),
    (
        "Your move is 1/T of the right one, with T tasks: you divide by the number of tasks twice.",
        _with(lambda old, new, epsilon, a, n: old + epsilon / n * (new - old)),
    ),
    (
        "Your move is α times the right one. φᵢ − θ holds α already: scale it by ε alone.",
        _with(lambda old, new, epsilon, a, n: old + epsilon * a * (new - old)),
    ),
    (
        "You add the φᵢ up and subtract θ once. Take their mean, or subtract θ from each.",
        _with(lambda old, new, epsilon, a, n: old + epsilon * (n * new - old)),
    ),
    (
        "All your tasks are one: you adapt once, to the points of all of them together. Adapt to each task on its own.",
        _all_tasks_as_one,
    ),
    (
        "You take as many inner steps as there are tasks. The inner loop has k turns.",
        lambda m, t, e, a, k, *rest: reptile_step(m, t, e, a, len(e.support_y), *rest),
    ),
    (
        "Each of your inner steps leaves from θ. It takes the gradient at φ and has to leave from φ, too: "
        "`phi[name] - alpha * g[name]`.",
        _back_to_theta,
    ),
    (
        "Your inner steps start from the model's own weights. Start each task from `theta`.",
        _from_own_weights,
    ),
    (
        "You use `mse_loss`, whatever `loss_fn` is. Later in this notebook your function learns to classify.",
        lambda m, t, e, a, k, epsilon, loss: reptile_step(m, t, e, a, k, epsilon, mse_loss),
    ),
    (
        "You average the gradients of the query loss at φᵢ: that is first-order MAML. Reptile looks at no query, and "
        "averages φᵢ − θ.",
        _gradient_averaged("φ", on_queries=True),
    ),
    (
        "You differentiate the query loss through the inner steps: that is MAML. Reptile looks at no query, and "
        "averages φᵢ − θ.",
        _maml,
    ),
)
