"""The check of `episodes_needed`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib.course.kit.verdict import Wrong, compare, read_number
from metalib.runtime import seeded

CERTAINTY, POWER = 1.96, 0.84  # the 97.5 % and the 80 % point of the normal distribution
Case = tuple[Tensor, Tensor, float, bool]


def episodes_needed(a: Tensor, b: Tensor, difference: float, paired: bool) -> int:
    """How many tasks tell two methods apart that truly are `difference` apart, with a chance of 80 %.

    a, b    [E]: their accuracies in a pilot, on the same tasks
    paired  whether the methods will get the same tasks; if not, so many for each
    ⌈((z₀.₉₇₅ + z₀.₈) · s / δ)²⌉, with s² the variance of a − b, unpaired the sum of both variances: then the 95 %
    interval of the difference leaves out 0 in 80 % of such tests.
    """
    return math.ceil(((CERTAINTY + POWER) / difference) ** 2 * _variance(a, b, paired))


def _variance(a: Tensor, b: Tensor, paired: bool) -> float:
    return float((a - b).var() if paired else a.var() + b.var())


def judge(function: Callable) -> None:
    """Compare the learner's numbers with the right ones; raises Wrong with the mistake."""
    compare(
        function,
        cases(),
        reference=episodes_needed,
        read=_read,
        same=lambda a, b: math.isclose(a, b, rel_tol=1e-9),
        mistakes=MISTAKES,
        show=_show,
    )


def cases() -> list[Case]:
    """Two methods that find the same tasks hard, and so vary together; both ways to ask, for small and large leads."""
    generator, found = seeded(0), []
    for n_tasks, common, lead in ((8, 0.2, 0.05), (30, 0.1, 0.03), (20, 0.02, 0.04)):
        hard, first, second = torch.randn(3, n_tasks, generator=generator, dtype=torch.float64)
        a, b = 0.8 + lead + common * hard + 0.05 * first, 0.8 + common * hard + 0.06 * second
        found += [(a, b, lead, paired) for paired in (True, False)]
    return found


def _read(answer: Any, *case: Any) -> float:
    found = read_number(answer, "how many tasks")
    if not math.isfinite(found):
        raise Wrong(f"You return {found}. A number of tasks is finite, for a difference above 0.")
    return found


def _show(case: Case, answer: float, right: float) -> str:
    _, _, difference, paired = case
    how = "on the same tasks" if paired else "on tasks of their own"
    return (
        f"For a difference of {difference:g}, {how}, it takes {right:,} tasks. You return {answer:,.6g}. The variance "
        f"is {'that of the differences' if paired else 'the sum of both'}, and the factor (1.96 + 0.84) / difference "
        "is squared."
    )


# --- typical mistakes: (message, a function that makes it)


def _mistake(
    *,
    factor: Callable[[float], float] = lambda difference: ((CERTAINTY + POWER) / difference) ** 2,
    variance: Callable[[Tensor, Tensor, bool], Any] = _variance,
    whole: Callable[[float], float] = math.ceil,
) -> Callable[..., float]:
    """The right answer but for one part."""
    return lambda a, b, difference, paired: whole(factor(difference) * float(variance(a, b, paired)))


def _points(*of: float) -> Callable[[float], float]:
    """The factor with these points of the normal distribution."""
    return lambda difference: (sum(of) / difference) ** 2


def _added(a: Tensor, b: Tensor, paired: bool) -> Tensor:
    """Unpaired, the deviations are added and not the variances."""
    return (a - b).var() if paired else (a.std() + b.std()).square()


def _with(correction: int) -> Callable[[Tensor, Tensor, bool], Tensor]:
    def variance(a: Tensor, b: Tensor, paired: bool) -> Tensor:
        of_a, of_b, of_both = (values.var(correction=correction) for values in (a, b, a - b))
        return of_both if paired else of_a + of_b

    return variance


def _first_only(a: Tensor, b: Tensor, paired: bool) -> Tensor:
    return (a - b).var() if paired else a.var()


MISTAKES: tuple[tuple[str, Callable[..., float]], ...] = (
    (
        "You round to the nearest. That may be one task too few: round up, `math.ceil`.",
        _mistake(whole=round),
    ),
    ("You round down. That is one task too few: round up, `math.ceil`.", _mistake(whole=math.floor)),
    ("You round down and add 1 to a number that you rounded up already.", _mistake(whole=lambda n: math.ceil(n) + 1)),
    ("There is no part of a task: round up, `math.ceil`.", _mistake(whole=float)),
    (
        "You leave out the 0.84. With 1.96 alone the interval leaves out 0 in half of the tests: then the difference "
        "that is measured is as often below the true one as above it.",
        _mistake(factor=_points(CERTAINTY)),
    ),
    ("You take 0.84 alone. The half-width of the interval has 1.96: add both.", _mistake(factor=_points(POWER))),
    (
        "You add the squares of 1.96 and 0.84. Add the two, then square.",
        _mistake(factor=lambda difference: (CERTAINTY**2 + POWER**2) / difference**2),
    ),
    ("You multiply 1.96 by 0.84. Add them.", _mistake(factor=lambda difference: (CERTAINTY * POWER / difference) ** 2)),
    (
        "You take 1.64, the point of a test to one side. The interval has two ends: 1.96.",
        _mistake(factor=_points(1.64, POWER)),
    ),
    (
        "You do not square (1.96 + 0.84) / difference. Half the difference takes four times the tasks.",
        _mistake(factor=lambda difference: (CERTAINTY + POWER) / difference),
    ),
    (
        "You forget to square the difference. Half of it takes four times the tasks.",
        _mistake(factor=lambda difference: (CERTAINTY + POWER) ** 2 / difference),
    ),
    (
        "You take half the difference. The half-width is compared with the whole of it.",
        _mistake(factor=lambda difference: (2 * (CERTAINTY + POWER) / difference) ** 2),
    ),
    (
        "You take the variance of the differences in both cases. On tasks of their own the two methods vary "
        "independently: the sum of both variances.",
        _mistake(variance=lambda a, b, paired: (a - b).var()),
    ),
    (
        "You take the sum of both variances in both cases. On the same tasks what they have in common cancels: the "
        "variance of `a - b`.",
        _mistake(variance=lambda a, b, paired: a.var() + b.var()),
    ),
    (
        "You have the two cases the wrong way round: `a - b` is for the same tasks.",
        _mistake(variance=lambda a, b, paired: _variance(a, b, not paired)),
    ),
    (
        "On tasks of their own you add the standard deviations. The variances add.",
        _mistake(variance=_added),
    ),
    ("On tasks of their own you count one method's variance. Both vary: add them.", _mistake(variance=_first_only)),
    (
        "On tasks of their own you take the mean of the two variances. The difference varies by their sum.",
        _mistake(variance=lambda a, b, paired: (a - b).var() if paired else (a.var() + b.var()) / 2),
    ),
    (
        "You take the standard deviation where the variance belongs: s is squared, too.",
        _mistake(variance=lambda a, b, paired: _variance(a, b, paired) ** 0.5),
    ),
    (
        "Your variance divides by E. From a sample it divides by E − 1, as torch's `.var()` does.",
        _mistake(variance=_with(correction=0)),
    ),
    (
        "On tasks of their own you count the tasks of both methods. So many *for each* is asked.",
        lambda a, b, difference, paired: episodes_needed(a, b, difference, paired) * (1 if paired else 2),
    ),
    (
        "You divide by the number of tasks in the pilot. It tells the variance; how many it had is not in the formula.",
        _mistake(variance=lambda a, b, paired: _variance(a, b, paired) / len(a)),
    ),
)
