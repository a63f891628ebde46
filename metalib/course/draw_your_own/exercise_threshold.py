"""The check of `threshold`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from metalib.course.kit.verdict import Wrong, compare, read_number
from metalib.runtime import seeded

Case = tuple[Tensor, float]


def threshold(distances: Tensor, false_alarms: float) -> float:
    """The distance beyond which a picture is none of the classes; infinite where so few distances promise nothing.

    distances     [n], of pictures that belong to a class, each left out when the class means were made
    false_alarms  the share of such pictures that may be turned away
    A new one takes each of the n + 1 places among them equally likely: m = ⌊false_alarms · (n + 1)⌋ places may lie
    above, so it is the m-th largest. Source: the rank argument of Vovk, Gammerman and Shafer (2005).
    """
    m = places_above(len(distances), false_alarms)
    return float(distances.sort(descending=True).values[m - 1]) if m else math.inf


def places_above(n: int, false_alarms: float) -> int:
    """How many of n + 1 places may lie above."""
    return math.floor(false_alarms * (n + 1) + 1e-9)


def judge(function: Callable) -> None:
    """Compare the learner's thresholds with the right ones; raises Wrong with the mistake."""
    try:
        compare(
            function,
            cases(),
            reference=threshold,
            read=lambda answer, *case: read_number(answer, "the threshold"),
            same=lambda a, b: a == b or (math.isfinite(a) and math.isclose(a, b, rel_tol=1e-5)),
            mistakes=MISTAKES,
            show=_show,
        )
    except Wrong as wrong:
        if wrong.__cause__ is None and _nothing_where_m_is_0(function):
            raise Wrong("Nothing comes back where m is 0: return `math.inf` there.") from None
        raise


def _nothing_where_m_is_0(function: Callable) -> bool:
    """Whether None comes back in the cases where m is 0, and in no other."""
    return all((function(d.clone(), share) is None) == (places_above(len(d), share) == 0) for d, share in cases())


def cases() -> list[Case]:
    """Distances in no order, and shares; in one case there are too few for what is to be promised."""
    generator = seeded(0)
    sizes = ((9, 0.25), (30, 0.125), (50, 0.06), (14, 0.05), (19, 0.05), (15, 0.3))
    return [(1 + 3 * torch.rand(n, generator=generator), share) for n, share in sizes]


def _show(case: Case, answer: float, right: float) -> str:
    distances, share = case
    n, m = len(distances), places_above(len(distances), share)
    if not m:
        return (
            f"With {n} distances one place of {n + 1} above the largest is {1 / (n + 1):.1%} already, more than "
            f"{share:.1%}: nothing can be promised, so return `math.inf`. You return {answer:.4g}."
        )
    above = int((distances > answer).sum())
    return (
        f"With {n} distances and a share of {share:g}, m = {m} of the {n + 1} places may lie above, so {m - 1} of the "
        f"distances do. You return {answer:.4g}, and {above} lie above it."
    )


# --- typical mistakes: (message, a function that makes it)


def _largest(m_of: Callable[[int, float], float]) -> Callable[[Tensor, float], float]:
    """The mistake with another m."""

    def mistake(distances: Tensor, share: float) -> float:
        m = math.floor(m_of(len(distances), share) + 1e-9)
        return float(distances.sort(descending=True).values[m - 1]) if m > 0 else math.inf

    return mistake


def _never_infinite(distances: Tensor, share: float) -> float:
    return float(distances.sort(descending=True).values[max(places_above(len(distances), share), 1) - 1])


def _wraps_around(distances: Tensor, share: float) -> float:
    """Python's index −1 is the last, here the smallest."""
    return float(distances.sort(descending=True).values[places_above(len(distances), share) - 1])


def _from_below(distances: Tensor, share: float) -> float:
    m = places_above(len(distances), share)
    return float(distances.sort().values[m - 1]) if m else math.inf


def _as_it_comes(distances: Tensor, share: float) -> float:
    m = places_above(len(distances), share)
    return float(distances[m - 1]) if m else math.inf


def _index_m(distances: Tensor, share: float) -> float:
    m = places_above(len(distances), share)
    return float(distances.sort(descending=True).values[m]) if m else math.inf


INTERPOLATED = (
    "You take a quantile of the distances at hand. A *new* picture has n + 1 places among n distances, so for few of "
    "them the quantile promises too much. Count places: the m-th largest, m = ⌊share · (n + 1)⌋."
)
MISTAKES: tuple[tuple[str, Callable[[Tensor, float], float]], ...] = (
    (
        "Where m is 0 you return a distance. So few pictures can promise nothing: return `math.inf`.",
        _never_infinite,
    ),
    (
        "Where m is 0 your index is −1, and Python then takes the last. So few pictures can promise nothing: return "
        "`math.inf`.",
        _wraps_around,
    ),
    ("You count from the smallest distance. The m places lie above: sort with `descending=True`.", _from_below),
    ("You take the m-th distance as they come. Sort them first.", _as_it_comes),
    ("Your index is m. The first is at 0, so the m-th largest is at m − 1.", _index_m),
    (
        "You count among n places. A new picture has one of n + 1: below all, between two of them, or above all.",
        _largest(lambda n, share: share * n),
    ),
    (
        "You round m up. Then more than the share may lie above: round down, `math.floor` or `int`.",
        _largest(lambda n, share: math.ceil(share * (n + 1) - 1e-9)),
    ),
    (
        "You round m to the nearest whole number. Then more than the share may lie above: round down.",
        _largest(lambda n, share: round(share * (n + 1))),
    ),
    (
        "You leave so many places *below*: the threshold lets only that share through. They are to lie above.",
        _largest(lambda n, share: (1 - share) * (n + 1)),
    ),
    (INTERPOLATED, lambda distances, share: float(distances.quantile(1 - share))),
    (INTERPOLATED, lambda distances, share: float(distances.quantile(1 - share, interpolation="higher"))),
    ("You return the largest distance, whatever the share.", lambda distances, share: float(distances.max())),
    (
        "You take mean and spread as if distances were normal. They are not, and with few of them the spread is a "
        "guess. Count places.",
        lambda distances, share: float(distances.mean() + 2 * distances.std()),
    ),
)
