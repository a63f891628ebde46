"""The exercises of notebook 03: a start in closed form, MAML's gradient, and first-order MAML's."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from metalib.course.kit.verdict import check, compare, read_number
from metalib.course.maml_sinusoids.exercise_meta_gradient import (
    NOT_CHANGED,
    exact,
    first_order,
    first_order_reason,
    gradient_mistakes,
    judge_gradient,
)
from metalib.runtime import seeded


def maml_start(c: Tensor, a: Tensor, alpha: float) -> float:
    """The start that one-step MAML finds for the tasks ½ aᵢ (θ − cᵢ)². c [T], a [T]"""
    return _weighted_mean(c, a * (1 - alpha * a) ** 2)


def _weighted_mean(c: Tensor, weights: Tensor) -> float:
    return ((weights * c).sum() / weights.sum()).item()


START_MISTAKES = (
    (
        "Your weights are the curvatures aᵢ. That is joint training's start, the minimum of the mean loss *before* any "
        "step. Put the adapted point φᵢ into the loss.",
        lambda c, a, alpha: _weighted_mean(c, a),
    ),
    (
        "Your weights are aᵢ (1 − α aᵢ). That is first-order MAML's start: one factor 1 − α aᵢ comes from φᵢ − cᵢ, and "
        "the derivative of φᵢ with respect to θ gives a second one.",
        lambda c, a, alpha: _weighted_mean(c, a * (1 - alpha * a)),
    ),
    (
        "You return the mean of the optima. It ignores the curvatures: steep tasks and flat tasks then weigh the same. "
        "That is where Reptile goes with very many inner steps (notebook 05).",
        lambda c, a, alpha: c.mean().item(),
    ),
    (
        "A factor aᵢ is missing from your weights: the loss after the step is ½ aᵢ (φᵢ − cᵢ)², with aᵢ in front.",
        lambda c, a, alpha: _weighted_mean(c, (1 - alpha * a) ** 2),
    ),
    (
        "Your sign is wrong: φᵢ − cᵢ is (1 − α aᵢ)(θ − cᵢ), with a minus. A step with a plus climbs.",
        lambda c, a, alpha: _weighted_mean(c, a * (1 + alpha * a) ** 2),
    ),
    (
        "Your weights have the fourth power of 1 − α aᵢ. That is for two inner steps; here there is one.",
        lambda c, a, alpha: _weighted_mean(c, a * (1 - alpha * a) ** 4),
    ),
    (
        "Your weights have aᵢ². The derivative of ½ aᵢ (φᵢ − cᵢ)² gives one aᵢ; the others are inside 1 − α aᵢ.",
        lambda c, a, alpha: _weighted_mean(c, a**2 * (1 - alpha * a) ** 2),
    ),
    (
        "You add up weight times optimum, and do not divide by the sum of the weights. Set the derivative to zero and "
        "solve for θ.",
        lambda c, a, alpha: (a * (1 - alpha * a) ** 2 * c).sum().item(),
    ),
    (
        "You divide by the number of tasks. Divide by the sum of the weights: set the derivative to zero, solve for θ.",
        lambda c, a, alpha: (a * (1 - alpha * a) ** 2 * c).mean().item(),
    ),
)


@check
def check_maml_start(function: Callable) -> str:
    """`maml_start(c, a, alpha)`: [T], [T], a number -> the θ that minimises the mean loss after one step."""
    compare(
        function,
        [_quadratics(n_tasks, alpha) for n_tasks, alpha in ((2, 0.3), (3, 0.15), (6, 0.4))],
        reference=maml_start,
        read=lambda answer, *case: read_number(answer, "the start θ"),
        same=lambda a, b: abs(a - b) < 1e-4 * max(1.0, abs(b)),
        mistakes=START_MISTAKES,
        show=lambda case, answer, right: (
            f"For the optima {_listed(case[0])}, the curvatures {_listed(case[1])} and α = {case[2]} the start is "
            f"{right:.4f}, and yours is {answer:.4f}."
        ),
    )
    return "Right. Your start agrees for 2, 3 and 6 tasks and three step sizes."


def _quadratics(n_tasks: int, alpha: float) -> tuple[Tensor, Tensor, float]:
    generator = seeded(n_tasks)
    c = 4 * torch.rand(n_tasks, generator=generator, dtype=torch.float64) - 1
    return c, 0.2 + 2.8 * torch.rand(n_tasks, generator=generator, dtype=torch.float64), alpha


def _listed(values: Tensor) -> str:
    return ", ".join(f"{value:.2f}" for value in values.tolist())


@check
def check_maml_gradient(function: Callable) -> str:
    """`maml_gradient(model, theta, episodes, alpha, k)` -> by name, the gradient of the mean query loss at φ."""
    reason = (first_order_reason(function), first_order)
    judge_gradient(function, exact, (reason, *gradient_mistakes(exact)))
    return "Right. Your gradient is MAML's for 1, 2 and 3 inner steps, second-order part included."


@check
def check_fomaml_gradient(function: Callable) -> str:
    """`fomaml_gradient(model, theta, episodes, alpha, k)` -> a dict: the mean over tasks of ∇L_Q at φ, by name."""
    judge_gradient(function, first_order, ((NOT_CHANGED, exact), *gradient_mistakes(first_order)))
    return "Right. Your gradient is first-order MAML's for 1, 2 and 3 inner steps."
