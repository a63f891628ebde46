"""MAML's start in closed form, for tasks of one parameter: the check, and the mistakes that it names."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from metalib.course.kit.digits import beside
from metalib.course.kit.verdict import compare, read_number
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
        "Your weights lack α: the factor is 1 − α aᵢ, and yours is 1 − aᵢ.",
        lambda c, a, alpha: _weighted_mean(c, a * (1 - a) ** 2),
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


def judge(function: Callable) -> None:
    """Compare a learner's start with the right one for three sets of tasks; raises Wrong with the mistake."""
    compare(
        function,
        [_quadratics(n_tasks, alpha) for n_tasks, alpha in ((2, 0.3), (3, 0.15), (6, 0.4))],
        reference=maml_start,
        read=lambda answer, *case: read_number(answer, "the start θ"),
        same=lambda a, b: abs(a - b) < 1e-4 * max(1.0, abs(b)),
        mistakes=START_MISTAKES,
        show=_show,
    )


def _quadratics(n_tasks: int, alpha: float) -> tuple[Tensor, Tensor, float]:
    generator = seeded(n_tasks)
    c = 4 * torch.rand(n_tasks, generator=generator, dtype=torch.float64) - 1
    return c, 0.2 + 2.8 * torch.rand(n_tasks, generator=generator, dtype=torch.float64), alpha


def _show(case: tuple, answer: float, right: float) -> str:
    ours, theirs, why = beside(right, answer)
    return (
        f"For the optima {_listed(case[0])}, the curvatures {_listed(case[1])} and α = {case[2]} the start is {ours}, "
        f"and yours is {theirs}.{why}"
    )


def _listed(values: Tensor) -> str:
    return ", ".join(f"{value:.2f}" for value in values.tolist())
