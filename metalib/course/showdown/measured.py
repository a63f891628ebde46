"""What the studies of notebook 08 found, as its text, figures and tables name it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from metalib.course.kit.study import read
from metalib.evaluate import Interval

BASELINE = "prototypical network"
Pair = tuple[float, float]  # the mean of a difference and its half-width, as the learner's function gives them
SECONDS, UPDATES = "showdown-seconds", "showdown-updates"


def in_percent(interval: Sequence[Any]) -> str:
    """An accuracy in percent with its half-width; `interval` is as the studies have it: mean, low, high, …"""
    return f"{100 * interval[0]:.1f} ± {50 * (interval[2] - interval[1]):.1f} %"


def in_points(interval: Sequence[Any]) -> str:
    """A difference in points with its half-width and its sign."""
    return f"{100 * interval[0]:+.1f} ± {50 * (interval[2] - interval[1]):.1f} points".replace("-", "−")


def points(pair: Pair) -> str:
    """A difference in points, with its sign; 0.0 has none."""
    return f"{signed(100 * pair[0])} ± {100 * pair[1]:.1f}"


def signed(value: float) -> str:
    """One decimal with its sign; 0.0 has none."""
    text = f"{value:+.1f}"
    return (text if float(text) else text[1:]).replace("-", "−")


def standing(difference: Sequence[Any]) -> str:
    """ "ahead of", "behind" or "level with": what the interval of a difference says."""
    low, high = difference[1:3]
    return "level with" if low <= 0 <= high else "ahead of" if low > 0 else "behind"


def may_stand(ranked: Sequence[Sequence[Any]]) -> bool:
    """Whether intervals, as the studies have them, may stand in this order: none is surely above one before it."""
    return all(later[1] <= earlier[2] for earlier, later in combinations(ranked, 2))


def results(study: str) -> dict[str, Any]:
    """The results of a study. Raises, with the command, where it was not run."""
    return read(study)["results"]


def sat(study: str, exam: str, *, queries: str = "alone", seed: int = 0) -> dict[str, dict[str, Any]]:
    """Method -> its row of `showdown-seconds` or `showdown-updates` in one exam."""
    wanted = {"exam": exam, "queries": queries, "seed": seed}
    return {row["method"]: row for row in results(study)["rows"] if wanted.items() <= row.items()}


def answers(study: str, exam: str) -> dict[str, Tensor]:
    """Method -> [E] float64: the share of right answers in each task of the exam, the same tasks for all."""
    return {method: shares(row) for method, row in sat(study, exam).items()}


def shares(row: dict[str, Any]) -> Tensor:
    """[E]: the share of right answers in each task."""
    return torch.tensor([int(n) for n in row["right"].split()], dtype=torch.float64) / row["questions"]


def steps(domain: str, method: str) -> dict[int, dict[int, Interval]]:
    """Number of pictures -> number of steps -> accuracy, from `showdown-steps`."""
    rows = [row for row in results("showdown-steps")["rows"] if (row["domain"], row["method"]) == (domain, method)]
    return {row["k_shot"]: {int(n): Interval(*of) for n, of in row["by_steps"].items()} for row in rows}


def at_chosen_steps(domain: str, k_shot: int) -> dict[str, Interval]:
    """Method -> its accuracy in one cell of `showdown-steps`, after the steps that validation chose; none for means."""
    rows = [row for row in results("showdown-steps")["rows"] if (row["domain"], row["k_shot"]) == (domain, k_shot)]
    return {row["method"]: Interval(*row["by_steps"][str(row.get("chosen_steps", 0))]) for row in rows}


def crossing(domain: str) -> dict[str, int | None]:
    """Method -> the number of pictures from which on its steps are surely ahead of the prototypes; None: nowhere."""
    found = results("showdown-steps")["crossings"]
    return {row["method"]: row["k_shot"] for row in found if row["domain"] == domain}


def leads(domain: str, method: str, *, in_hindsight: bool = False) -> dict[int, list[Any]]:
    """Number of pictures -> the lead over the prototypes, paired, after the steps that validation chose.

    in_hindsight  after the steps that were best in each cell
    """
    rows = [row for row in results("showdown-steps")["rows"] if (row["domain"], row["method"]) == (domain, method)]
    of = {row["k_shot"]: (row["minus_prototypes"], str(row["chosen_steps"])) for row in rows}
    return {k: max(by_steps.values()) if in_hindsight else by_steps[chosen] for k, (by_steps, chosen) in of.items()}


def errors_by_classes(method: str, exam: str) -> dict[int, list[float]]:
    """Number of training classes -> the error of each seed."""
    found: dict[int, list[float]] = {}
    for row in results("showdown-classes")["rows"]:
        if (row["method"], row["exam"]) == (method, exam):
            found.setdefault(row["classes"], []).append(1 - row["accuracy"][0])
    return found


def slope(method: str, exam: str) -> dict[str, Any]:
    """The fit of one line: by how many powers of ten the error falls for ten times the classes."""
    (row,) = (r for r in results("showdown-classes")["fits"] if (r["method"], r["exam"]) == (method, exam))
    return row


IN_EXAMS = {
    "A": ("NCA", "classifier, SimpleShot", "ANIL", "MAML"),
    "B": ("NCA", "classifier, SimpleShot", "ProtoMAML", "MAML, tied rows"),
}


def rows() -> list[tuple[str, str, str]]:
    """The rows of *What we measured*: which lead over the prototypical network, after equal seconds, equal updates."""
    found = []
    for exam, names in IN_EXAMS.items():
        tables = [sat(study, exam) for study in (SECONDS, UPDATES)]
        for name in names:
            seconds, updates = (in_points(table[name]["minus_prototypes"]).removesuffix(" points") for table in tables)
            found.append((f"{name}, exam {exam}", seconds, updates))
    for k_shot, lead in leads("digits", "linear probe").items():
        if k_shot in (1, 32):
            of_each = f"{k_shot} of each"
            found.append((f"classifier, linear probe, digits, {of_each}", in_points(lead).removesuffix(" points"), "–"))
    return found
