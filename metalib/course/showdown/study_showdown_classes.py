"""Notebook 08: the error on new characters against the number of characters to learn from, on logarithmic axes.

20, 60, 200 and 800 characters, each set in the next, drawn by the seed; each turn by 90° is a class of its own, as
everywhere. Updates are the same for all, so few classes are seen more often. Three seeds: other sets, other weights.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from metalib.banks import load_bank, split
from metalib.course.kit.exams import exam_of
from metalib.course.kit.study import Study
from metalib.course.showdown import sitting
from metalib.course.showdown.sitting import as_json
from metalib.course.showdown.study_showdown_trials import chosen
from metalib.course.showdown.trainings import trained
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval
from metalib.runtime import seeded

SETTINGS: dict[str, Any] = {
    "methods": ["prototypical network", "classifier"],
    "ways": ["prototypical network", "classifier, centroid"],
    "classes": [20, 60, 200, 800],
    "seeds": [0, 1, 2],
    "updates": 4000,
    "exams": ["A", "B"],
}


def subset(training: ClassBank, n_classes: int, seed: int) -> ClassBank:
    """The first training characters in an order that `seed` draws: a larger set holds the smaller."""
    order = torch.randperm(training.n_classes, generator=seeded(seed))[:n_classes].tolist()
    return training.select(order, f"{n_classes} characters of {training.source}")


def slope(classes: list[int], errors: list[float]) -> float:
    """b of the line log error = a + b · log classes, by least squares."""
    x, y = (torch.tensor([math.log(value) for value in values], dtype=torch.float64) for values in (classes, errors))
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) / (x @ x))


def rows_of(method: str, n_classes: int, seed: int, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Train one network, or read it, and let it sit the exams."""
    parts = split(load_bank("omniglot", quiet=True))
    few = subset(parts.training, n_classes, seed)
    made = trained(method, few, **{**chosen()[method], "updates": settings["updates"], "seed": seed})
    rows = []
    for way in sitting.ways(method, made, parts.validation):
        for exam in map(exam_of, settings["exams"]):
            if way.method in settings["ways"]:
                right = sitting.right(way, exam, parts.evaluation, made.folder, look={})
                accuracy = as_json(mean_interval(right.double() / exam.questions))
                known = {"method": method, "classes": n_classes, "seed": seed, "exam": exam.letter}
                rows.append({**known, "accuracy": accuracy, "cpu_seconds": round(made.cpu_seconds, 1)})
    return rows


def fits(rows: list[dict[str, Any]], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each method and exam the slope of each seed, their mean, and the smallest and the largest."""
    found = []
    for method in settings["methods"]:
        for letter in settings["exams"]:
            by_seed = {}
            for seed in settings["seeds"]:
                wanted = {"method": method, "exam": letter, "seed": seed}
                line = [row for row in rows if wanted.items() <= row.items()]
                errors = [1 - row["accuracy"][0] for row in line]
                by_seed[str(seed)] = round(slope([row["classes"] for row in line], errors), 4)
            values: Tensor = torch.tensor(list(by_seed.values()))
            known = {"method": method, "exam": letter, "by_seed": by_seed}
            of_all = {"slope": values.mean().item(), "low": values.min().item(), "high": values.max().item()}
            found.append({**known, **of_all})
    return found


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each network and exam; seed after seed, so that a run that is cut off has whole lines."""
    rows = [
        row
        for seed in settings["seeds"]
        for n_classes in settings["classes"]
        for method in settings["methods"]
        for row in rows_of(method, n_classes, seed, settings)
    ]
    return {"rows": rows, "fits": fits(rows, settings)}


STUDY = Study(
    question="How does the error fall with the number of characters to learn from?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
