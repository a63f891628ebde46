"""What the studies of notebook 07 found, as the notebook's text, figures and last table name it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from metalib.course.fair_play import studies
from metalib.evaluate import Interval


def in_percent(interval: Sequence[Any]) -> str:
    """An accuracy in percent with its half-width; `interval` is as the studies have it: mean, low, high, …"""
    return f"{100 * interval[0]:.1f} ± {50 * (interval[2] - interval[1]):.1f} %"


def in_points(interval: Sequence[Any]) -> str:
    """A difference in points with its half-width."""
    return f"{100 * interval[0]:+.1f} ± {50 * (interval[2] - interval[1]):.1f} points"


def soft_curves(exam: str) -> dict[str, dict[int, Interval]]:
    """The study's gains in one exam's tasks, with 15 or 20 queries: which queries -> steps -> gain."""
    found: dict[str, dict[int, Interval]] = {}
    for row in studies.read("soft-k-means")["results"]["rows"]:
        if row["exam"] == exam and row["n_queries"] <= 20:
            balanced = row["concentration"] is None
            name = "balanced" if balanced else f"unbalanced, a = {row['concentration']:g}"
            found.setdefault(name, {})[row["steps"]] = Interval(*row["gain"])
    return found


def leak_rows() -> list[tuple[str, Interval]]:
    """What leaks are worth beside an honest test: (name, points). Where nothing could leak, it is a control."""
    splits = []
    for row in studies.read("class-leaks")["results"]["rows"]:
        if row["split_by"] != "alphabet":
            leaks = row["measured_on"].startswith("the test")
            what = row["task"] if leaks else f"{row['task']}, control"
            splits.append((f"split by {row['split_by']}, {what}", Interval(*row["minus_alphabet"])))
    chosen = [
        (f"chosen on the test's {row['tasks']} tasks", Interval(*row["optimism"]))
        for row in studies.read("selection")["results"]["rows"]
    ]
    return [*sorted(splits), *chosen]


def beyond_the_control() -> dict[str, tuple[float, float]]:
    """Split and task -> what it gains more where it leaks than where it cannot, in points, and the half-width."""
    rows = dict(leak_rows())
    found = {}
    for name, leak in rows.items():
        if none := rows.get(f"{name}, control"):
            found[name] = 100 * (leak.mean - none.mean), 100 * math.hypot(leak.half_width, none.half_width)
    return found


COMPANY = {
    "one of each": "one of each class",
    "at random": "five of the 25 at random",
    "one class": "all of one class",
}
Measured = tuple[str, str, str]  # what, minus what, points


def rows() -> tuple[list[Measured], list[Measured]]:
    """The rows of *What we measured*: those that carry the story, and the others."""
    company = [
        (f"MAML as published, five queries in one batch: {COMPANY[row['queries']]}", "each with the support set", pair)
        for row in studies.read("transductive-figure")["results"]["rows"]
        for pair in [row["difference"]]
    ]
    curves = soft_curves("B")
    crowd = [
        (f"soft k-means, five steps, exam B's tasks, {name}", "no step", curves[name][5])
        for name in ("balanced", "unbalanced, a = 0.5")
    ]
    (leak,) = [
        row
        for row in studies.read("class-leaks")["results"]["leaks"]
        if row["split_by"] == "picture" and row["task"].startswith("20-way")
    ]
    split = f"split by picture minus split by alphabet, {leak['task']}", "the same, in the control", leak["leak"]
    rest = [
        (f"soft k-means, one step, exam {exam}'s tasks, {name}", "no step", curve[1])
        for exam in "AB"
        for name, curve in soft_curves(exam).items()
    ]
    for name, difference in leak_rows():
        honest = "split by alphabet" if name.startswith("split") else "the same model on fresh tasks"
        rest.append((name, honest, difference))
    return _said([*company, *crowd, split]), _said(rest)


def _said(found: Sequence[tuple[str, str, Sequence[Any]]]) -> list[Measured]:
    return [(name, minus, in_points(difference)) for name, minus, difference in found]
