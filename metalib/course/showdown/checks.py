"""The exercises of notebook 08: a paired interval, how many tasks it takes, steps of a head, a rule that chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check
from metalib.course.showdown import (
    exercise_choose,
    exercise_episodes_needed,
    exercise_head_steps,
    exercise_paired_interval,
)
from metalib.course.showdown.exercise_choose import choose
from metalib.course.showdown.exercise_episodes_needed import episodes_needed
from metalib.course.showdown.exercise_head_steps import head_steps
from metalib.course.showdown.exercise_paired_interval import paired_interval
from metalib.runtime import seeded


@check
def check_paired_interval(function: Callable) -> str:
    """`paired_interval(a, b)` -> mean and half-width of a − b."""
    exercise_paired_interval.judge(function)
    return "Right. What makes a task easy for both methods cancels before anything is counted."


@check
def check_episodes_needed(function: Callable) -> str:
    """`episodes_needed(a, b, difference, paired)` -> how many tasks."""
    exercise_episodes_needed.judge(function)
    return "Right. Half the difference takes four times the tasks, and pairing saves what both methods share."


@check
def check_head_steps(function: Callable) -> str:
    """`head_steps(W, b, s, y, rate, steps)` -> W and b after the steps."""
    exercise_head_steps.judge(function)
    return "Right. From zeros and from elsewhere, with classes of unequal size, your steps go down the loss."


@check
def check_choose(function: Callable) -> str:
    """`choose(project)` -> the name of a method."""
    exercise_choose.judge(function)
    return "Right. In each of the four projects your choice is the best that was measured, or level with it."


def _an_exam() -> tuple[Any, ...]:
    """What two methods reach in 600 tasks."""
    a, b = torch.rand(2, 600, generator=seeded(0), dtype=torch.float64)
    return a, b


def _a_pilot() -> tuple[Any, ...]:
    return *_an_exam(), 0.01, True


def _320_pictures() -> tuple[Any, ...]:
    """Ten classes with 32 pictures each."""
    s = torch.randn(320, 256, generator=seeded(0)) / 16
    return torch.zeros(10, 256), torch.zeros(10), s, torch.arange(10).repeat_interleave(32), 3.0, 100


_exercises = Exercises(
    Exercise("paired_interval", check_paired_interval, course=paired_interval, example=_an_exam, seconds=0.01),
    Exercise("episodes_needed", check_episodes_needed, course=episodes_needed, example=_a_pilot, seconds=0.01),
    Exercise("head_steps", check_head_steps, course=head_steps, example=_320_pictures, seconds=0.15),
    Exercise("choose", check_choose, course=choose),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
