"""The exercises of notebook 07: batch norm by other pictures' statistics, soft k-means, and a detector of leaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from metalib import runtime
from metalib.course.fair_play import exercise_leak_in, exercise_soft_k_means, exercise_with_statistics_of
from metalib.course.fair_play.exercise_leak_in import leak_in
from metalib.course.fair_play.exercise_soft_k_means import soft_k_means
from metalib.course.fair_play.exercise_with_statistics_of import with_statistics_of
from metalib.course.fair_play.networks import layers_of
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check
from metalib.models import conv4
from metalib.runtime import seeded


@check
def check_with_statistics_of(function: Callable) -> str:
    """`with_statistics_of(layers, reference, x)` -> what the layers make of x."""
    exercise_with_statistics_of.judge(function)
    return "Right. Whoever else is asked, the answer to a picture stays the same: only the reference decides."


@check
def check_soft_k_means(function: Callable) -> str:
    """`soft_k_means(support, support_y, query, steps)` -> prototypes [N, D]."""
    exercise_soft_k_means.judge(function)
    return "Right. Your prototypes agree for 0, 1, 2 and 3 steps, with classes of unequal size."


@check
def check_leak_in(function: Callable) -> str:
    """`leak_in(support, query, trained)` -> one word."""
    exercise_leak_in.judge(function)
    return "Right. Yours finds each of the five leaks, in all tasks or in one of forty, and accuses no fair sampler."


def _one_task() -> tuple[Any, ...]:
    """The queries of a task by the statistics of its support set."""
    device = runtime.pick_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = conv4(downsample="stride", n_out=5).requires_grad_(False).eval().to(device)
    x = torch.rand(30, 1, 28, 28, generator=seeded(0)).to(device)
    return layers_of(network), x[:5], x[5:]


def _twenty_ways() -> tuple[Any, ...]:
    """A task of 20 classes with 100 queries."""
    points = torch.rand(120, 64, generator=seeded(0))
    return points[:20], torch.arange(20), points[20:], 5


_exercises = Exercises(
    Exercise("with_statistics_of", check_with_statistics_of, course=with_statistics_of, example=_one_task, seconds=0.2),
    Exercise("soft_k_means", check_soft_k_means, course=soft_k_means, example=_twenty_ways, seconds=0.05),
    Exercise("leak_in", check_leak_in, course=leak_in),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
