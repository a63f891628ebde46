"""The check of `paired_interval`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib import evaluate
from metalib.course.kit.verdict import Wrong, compare, read_number
from metalib.evaluate import Z
from metalib.runtime import seeded

Case = tuple[Tensor, Tensor]
Pair = tuple[float, float]


def paired_interval(a: Tensor, b: Tensor) -> Pair:
    """The mean of a − b, and the half-width of its 95 % interval, z · s / √E with s the deviation of a − b.

    a, b  [E]: the accuracies of two methods on the same E tasks
    """
    found = evaluate.paired_interval(a, b)
    return found.mean, found.half_width


def judge(function: Callable) -> None:
    """Compare the learner's intervals with the right ones; raises Wrong with the mistake."""
    compare(function, cases(), reference=paired_interval, read=_read, same=_same, mistakes=MISTAKES, show=_show)


def cases() -> list[Case]:
    """Two methods that find the same tasks hard, in few tasks and in more; and two that have nothing in common."""
    generator, found = seeded(0), []
    for n_tasks, common, lead in ((6, 0.2, 0.05), (40, 0.1, -0.03), (15, 0.0, 0.02)):
        hard, first, second = torch.randn(3, n_tasks, generator=generator, dtype=torch.float64)
        found.append((0.8 + lead + common * hard + 0.03 * first, 0.8 + common * hard + 0.05 * second))
    return found


def _read(answer: Any, *case: Any) -> Pair:
    if isinstance(answer, Tensor) and answer.numel() == 2:
        answer = tuple(answer.flatten().tolist())
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        kind = f"{len(answer)} things" if isinstance(answer, (tuple, list)) else f"a {type(answer).__name__}"
        raise Wrong(f"You return {kind}. Return two numbers: `return mean, half`.")
    mean, half = (read_number(part, what) for part, what in zip(answer, ("the mean", "the half-width"), strict=True))
    if not math.isfinite(mean + half):
        raise Wrong(f"You return {mean} and {half}. Both are finite for two or more tasks.")
    return mean, half


def _same(a: Pair, b: Pair) -> bool:
    return all(math.isclose(x, y, rel_tol=1e-3, abs_tol=1e-7) for x, y in zip(a, b, strict=True))


def _show(case: Case, answer: Pair, right: Pair) -> str:
    (mean, half), n_tasks = answer, len(case[0])
    if not math.isclose(mean, right[0], rel_tol=1e-3, abs_tol=1e-7):
        return f"On {n_tasks} tasks the mean of a − b is {right[0]:.4f}, and you return {mean:.4f}."
    return (
        f"The mean is right. The half-width on {n_tasks} tasks is {right[1]:.4f}, and you return {half:.4f}: z times "
        "the standard deviation of the differences, divided by the square root of the number of tasks."
    )


# --- typical mistakes: (message, a function that makes it)


def _half(width: Callable[[Tensor, Tensor], Any]) -> Callable[[Tensor, Tensor], Pair]:
    """The mistake with the right mean and another half-width."""
    return lambda a, b: (float((a - b).mean()), float(width(a, b)))


def _of_differences(width: Callable[[Tensor], Any]) -> Callable[[Tensor, Tensor], Pair]:
    return _half(lambda a, b: width(a - b))


def _ends(a: Tensor, b: Tensor) -> Pair:
    mean, half = paired_interval(a, b)
    return mean - half, mean + half


def _other_way(a: Tensor, b: Tensor) -> Pair:
    return paired_interval(b, a)


def _absolute(a: Tensor, b: Tensor) -> Pair:
    return paired_interval((a - b).abs(), torch.zeros_like(a))


def _alone(values: Tensor) -> Tensor:
    """The half-width of one method's own interval."""
    return Z * values.std() / len(values) ** 0.5


UNPAIRED = (
    "Your half-width is that of two methods on *different* tasks. Here the tasks are the same: take the differences "
    "first, task by task, and their standard deviation."
)
MISTAKES: tuple[tuple[str, Callable[[Tensor, Tensor], Pair]], ...] = (
    ("You subtract the other way round: the mean is that of a − b.", _other_way),
    ("You return the two ends of the interval. Return its mean and half its width.", _ends),
    (
        "You take the absolute value of the differences. Then a method that is ahead as often as behind looks ahead.",
        _absolute,
    ),
    (UNPAIRED, _half(lambda a, b: Z * ((a.var() + b.var()) / len(a)) ** 0.5)),
    (
        "Your half-width is the sum of the two methods' own. That is too wide even for different tasks, and here the "
        "tasks are the same: take the differences first, and their standard deviation.",
        _half(lambda a, b: _alone(a) + _alone(b)),
    ),
    ("Your half-width is that of `a` alone. It is the differences that vary.", _half(lambda a, b: _alone(a))),
    ("Your half-width is that of `b` alone. It is the differences that vary.", _half(lambda a, b: _alone(b))),
    (
        "You subtract the two methods' half-widths. What makes a task easy cancels within the task: take the "
        "differences first.",
        _half(lambda a, b: (_alone(a) - _alone(b)).abs()),
    ),
    ("The 1.96 is missing: this is the standard error.", _of_differences(lambda d: d.std() / len(d) ** 0.5)),
    (
        "You return the standard deviation of the differences. The mean of E tasks varies less: divide by √E.",
        _of_differences(lambda d: d.std()),
    ),
    (
        "You do not divide by √E: so far single tasks are spread, and their mean much less.",
        _of_differences(lambda d: Z * d.std()),
    ),
    ("You divide by E. Divide by its square root.", _of_differences(lambda d: Z * d.std() / len(d))),
    (
        "You take the variance of the differences. The half-width has the standard deviation, its root.",
        _of_differences(lambda d: Z * d.var() / len(d) ** 0.5),
    ),
    (
        "The root is missing: s² / E is the *square* of the standard error.",
        _of_differences(lambda d: Z * d.var() / len(d)),
    ),
    (
        "Your standard deviation divides by E. From a sample it divides by E − 1, as torch's `.std()` does.",
        _of_differences(lambda d: Z * d.std(correction=0) / len(d) ** 0.5),
    ),
    ("You return the whole width. Half of it is wanted.", _of_differences(lambda d: 2 * Z * d.std() / len(d) ** 0.5)),
)
