"""The exercises of notebook 09: a classifier of named pictures, unit length, an honest estimate, a threshold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from metalib import runtime
from metalib.course.draw_your_own import (
    exercise_embed_and_classify,
    exercise_leave_one_of_each_out,
    exercise_threshold,
    exercise_unit_length,
)
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check
from metalib.models import conv4
from metalib.runtime import seeded


@check
def check_embed_and_classify(function: Callable) -> str:
    """`embed_and_classify(embed, support, labels, query)` -> a name a query, and a distance each."""
    exercise_embed_and_classify.judge(function)
    return "Right. Names and distances agree, for pictures in a tensor and in a list, with classes of unequal size."


@check
def check_unit_length(function: Callable) -> str:
    """`unit_length(z)`: [B, D] -> [B, D], each row of length 1."""
    exercise_unit_length.judge(function)
    return "Right. Each row has the length 1, and that of a blank picture stays 0."


@check
def check_leave_one_of_each_out(function: Callable) -> str:
    """`leave_one_of_each_out(classify, z, labels)` -> the share of right answers in each round."""
    exercise_leave_one_of_each_out.judge(function)
    return "Right. No picture has a part in its own answer, and in each round all classes are one picture short."


@check
def check_threshold(function: Callable) -> str:
    """`threshold(distances, false_alarms)` -> a distance."""
    exercise_threshold.judge(function)
    return "Right. Yours promises no more than it can keep, and nothing where there are too few distances."


def _five_drawings() -> tuple[Any, ...]:
    """Twenty-five drawings of five classes, and as many queries."""
    device = runtime.pick_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = conv4().requires_grad_(False).eval().to(device)
    x = torch.rand(50, 1, 28, 28, generator=seeded(0)).to(device)
    return network, x[:25], list("abcde") * 5, x[25:]


def _borrowed_features() -> tuple[Any, ...]:
    """The features of all emoji that the tasks below ask for."""
    return (torch.rand(1500, 1280, generator=seeded(0)),)


def _fifty_pictures() -> tuple[Any, ...]:
    """Five classes of ten pictures."""
    return exercise_leave_one_of_each_out.Asked(), torch.rand(50, 64, generator=seeded(0)), list("abcde") * 10


_exercises = Exercises(
    Exercise(
        "embed_and_classify",
        check_embed_and_classify,
        course=exercise_embed_and_classify.embed_and_classify,
        example=_five_drawings,
        seconds=0.3,
    ),
    Exercise(
        "unit_length",
        check_unit_length,
        course=exercise_unit_length.unit_length,
        example=_borrowed_features,
        seconds=0.1,
    ),
    Exercise(
        "leave_one_of_each_out",
        check_leave_one_of_each_out,
        course=exercise_leave_one_of_each_out.leave_one_of_each_out,
        example=_fifty_pictures,
        seconds=0.3,
    ),
    Exercise("threshold", check_threshold, course=exercise_threshold.threshold),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
