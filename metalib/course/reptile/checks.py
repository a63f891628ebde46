"""The exercises of notebook 05: Reptile's step, its start for k inner steps, and the inner product of two gradients."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from metalib import sinusoids
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check
from metalib.course.reptile import exercise_alignment, exercise_reptile_start, exercise_reptile_step
from metalib.course.reptile.exercise_alignment import inner_product
from metalib.course.reptile.exercise_reptile_start import reptile_start
from metalib.course.reptile.mistakes_reptile_step import reptile_step
from metalib.models import mlp
from metalib.runtime import seeded


@check
def check_reptile_step(function: Callable) -> str:
    """`reptile_step(model, theta, episodes, alpha, k, epsilon, loss_fn)` -> the new θ, a dict of tensors."""
    exercise_reptile_step.judge(function)
    return "Right. Your θ agrees for 2, 3 and 4 tasks and 2, 3 and 4 inner steps."


@check
def check_reptile_start(function: Callable) -> str:
    """`reptile_start(c, A, alpha, k)`: optima [T, D], curvatures [T, D, D] -> Reptile's start [D] for k inner steps."""
    return exercise_reptile_start.judge(function)


@check
def check_inner_product(function: Callable) -> str:
    """`inner_product(model, theta, x, y, batch_size, generator)` -> g₁ · g₂ of two disjoint random minibatches."""
    return exercise_alignment.judge(function)


def _update() -> tuple:
    """One update of the live training on waves."""
    model = mlp()
    theta = {name: value.detach() for name, value in model.named_parameters()}
    return model, theta, sinusoids.sample_episodes(5, 20, 1, generator=seeded(0)), 0.02, 8, 1.0, mse_loss


def _plane() -> tuple[Tensor, Tensor, float, int]:
    c = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    return c, torch.diag_embed(c + 1), 0.2, 2000


def _one_wave() -> tuple:
    model, theta, episodes, *_ = _update()
    return model, theta, episodes.support_x[0], episodes.support_y[0], 10, seeded(0)


_exercises = Exercises(
    Exercise("reptile_step", check_reptile_step, course=reptile_step, example=_update, seconds=0.3),
    Exercise("reptile_start", check_reptile_start, course=reptile_start, example=_plane, seconds=0.5),
    Exercise("inner_product", check_inner_product, course=inner_product, example=_one_wave, seconds=0.05),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
