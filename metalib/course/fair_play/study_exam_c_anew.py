"""Notebook 07: exam C's aims once more, with three networks from random weights that share nothing.

The second plan of data/exam-c-plan.md was written first, with the seeds. Each network looks at the runs once in each
mode, and the three together plainly and by views; each look is written down.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from metalib import places
from metalib.banks import twenty_runs
from metalib.course.fair_play.study_exam_c import rounded, sittings
from metalib.course.kit import together, views
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.results import looks
from metalib.course.kit.results.sentences import ALONE, TOGETHER, VIEWS
from metalib.course.kit.study import Study
from metalib.evaluate import evaluate
from metalib.training import checkpoints

SETTINGS: dict[str, Any] = {"checkpoints": ["protonet-hands-4", "protonet-hands-5", "protonet-hands-6"]}


def row(of_network: str, way: str, wrong: float, accuracies: Tensor) -> dict[str, Any]:
    """How many of 400 are wrong, and the interval over the runs.

    accuracies  [20]
    """
    return {"network": of_network, "way": way, "wrong": wrong, "accuracy": rounded(EXAM_C.interval(accuracies))}


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each network and way, for the mean of the three seeds, and for the three together."""
    runs, maps, root = twenty_runs.load(), views.maps(), places.checkout()
    loaded = {name: checkpoints.load(name) for name in settings["checkpoints"]}
    seeds = {name: str(info["seed"]) for name, (_, info) in loaded.items()}
    found = {name: sittings(network, runs, maps) for name, (network, _) in loaded.items()}
    seeds[TOGETHER] = ", ".join(seeds.values())
    networks = [network for network, _ in loaded.values()]
    ways = {ALONE: networks, VIEWS: [views.by_views(network, maps) for network in networks]}
    found[TOGETHER] = {
        way: evaluate(partial(together.predict, encoders), twenty_runs.episodes(runs)) for way, encoders in ways.items()
    }
    rows = []
    for name, by_way in found.items():
        for way, accuracies in by_way.items():
            rows.append(row(name, way, looks.wrong(accuracies), accuracies))
            if root is not None:
                looks.write(
                    accuracies,
                    what=f"{name}: {way}",
                    seed=seeds[name],
                    batch_norm="running statistics",
                    purpose="study exam-c-anew",
                    folder=root / "data",
                )
    means = []
    for way in found[settings["checkpoints"][0]]:
        of_seeds = torch.stack([found[name][way] for name in settings["checkpoints"]])  # [seeds, 20]
        wrong = round(sum(map(looks.wrong, of_seeds)) / len(of_seeds), 2)
        means.append(row("mean of the seeds", way, wrong, of_seeds.mean(dim=0)))
    return {"rows": rows, "means": means}


STUDY = Study(
    question="Three networks from random weights: how many of exam C's 400 questions do they miss, alone and together?",
    run=run,
    settings=SETTINGS,
)
