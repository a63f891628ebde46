"""The exercises of notebook 06: the loss of prototypes, the linear layer that they are, a loss without overflow."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from metalib import runtime
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check
from metalib.course.prototypical_networks import exercise_linear_head, exercise_prototype_loss, exercise_stable_loss
from metalib.course.prototypical_networks.exercise_linear_head import linear_head
from metalib.course.prototypical_networks.exercise_prototype_loss import prototype_loss
from metalib.course.prototypical_networks.exercise_stable_loss import stable_loss

WAYS, QUERIES, DIMENSIONS = 20, 5, 64  # of the tasks that the notebook trains with, and of its network


@check
def check_prototype_loss(function: Callable) -> str:
    """`prototype_loss(support, support_y, query, query_y, distance, scale)` -> one number, differentiable."""
    return exercise_prototype_loss.judge(function)


@check
def check_linear_head(function: Callable) -> str:
    """`linear_head(prototypes)`: [N, D] -> W [N, D], b [N]."""
    return exercise_linear_head.judge(function)


@check
def check_stable_loss(function: Callable) -> str:
    """`stable_loss(distances, labels)`: [Q, N] squared distances, [Q] -> one number."""
    return exercise_stable_loss.judge(function)


def _points(rows: int, seed: int) -> Tensor:
    return torch.randn(rows, DIMENSIONS, generator=runtime.seeded(seed)).to(runtime.pick_device())


def _squared(z: Tensor, c: Tensor) -> Tensor:
    return (z[:, None] - c).square().sum(dim=2)


def _update() -> tuple:
    """One update of the live training."""
    support, query = _points(WAYS, 0).requires_grad_(), _points(WAYS * QUERIES, 1).requires_grad_()
    labels = torch.arange(WAYS, device=support.device)
    return support, labels, query, labels.repeat_interleave(QUERIES), _squared, 0.1


def _distances() -> tuple[Tensor, Tensor]:
    d = _squared(_points(WAYS * QUERIES, 1), _points(WAYS, 0))
    return d, torch.arange(WAYS, device=d.device).repeat_interleave(QUERIES)


_exercises = Exercises(
    Exercise(
        "prototype_loss", check_prototype_loss, course=prototype_loss, example=_update, seconds=0.03, backward=True
    ),
    Exercise("stable_loss", check_stable_loss, course=stable_loss, example=_distances, seconds=0.5),
    Exercise("linear_head", check_linear_head, course=linear_head, example=lambda: (_points(WAYS, 0).cpu(),)),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
