"""Notebook 07: how many of Lake's 400 questions do three networks miss that were trained for such tasks?

The plan was written first, with the seeds (data/exam-c-plan.md). Each network looks at the runs once in each mode, and
each look is written down. "One to one" uses what people were not told, that each candidate has one query; it is a soft
assignment, which may name a class twice.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from metalib import places, protonet
from metalib.banks import twenty_runs
from metalib.course.kit import one_to_one, views
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.results import looks
from metalib.course.kit.results.sentences import ALONE, BOTH, ONE_TO_ONE, VIEWS
from metalib.course.kit.study import Study
from metalib.evaluate import Interval, evaluate
from metalib.models import Conv4
from metalib.training import checkpoints

SETTINGS: dict[str, Any] = {"checkpoints": ["exam-c-1", "exam-c-2", "exam-c-3"], "start": "protonet"}


def sittings(network: Conv4, runs: twenty_runs.TwentyRuns, maps: Tensor) -> dict[str, Tensor]:
    """The accuracy in each run, [20], for each way of answering.

    maps  [V, 2, 3], the views
    The network is in evaluation mode and a view is the same for all pictures: alone or together, a query gets the same
    answer, unless it is one to one.
    """
    by_views = views.by_views(network, maps)
    ways = {
        ALONE: lambda episodes: protonet.predict(network, episodes),
        VIEWS: lambda episodes: protonet.predict(by_views, episodes),
        ONE_TO_ONE: lambda episodes: one_to_one.predict(network, episodes),
        BOTH: lambda episodes: one_to_one.predict(by_views, episodes),
    }
    return {name: evaluate(predict, twenty_runs.episodes(runs)) for name, predict in ways.items()}


def row(of_network: str, way: str, wrong: float, accuracies: Tensor, start: Tensor) -> dict[str, Any]:
    """What one way of answering found: how many of 400 are wrong, and intervals over the runs.

    accuracies  [20]      start  [20], the same way of the network from which the trainings went on
    """
    return {
        "network": of_network,
        "way": way,
        "wrong": wrong,
        "accuracy": rounded(EXAM_C.interval(accuracies)),
        "minus_start": rounded(EXAM_C.paired(accuracies, start)),
    }


def rounded(interval: Interval) -> list[Any]:
    """The interval as JSON has it, without the noise of sums: a bound that is 0 is 0, and not 5.6e-18."""
    mean, low, high = (round(bound, 9) + 0.0 for bound in interval[:3])
    return [mean, low, high, interval.n, interval.unit]


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each network and way, and for the mean of the three seeds."""
    runs, root = twenty_runs.load(), places.checkout()
    found = {}
    for name in (settings["start"], *settings["checkpoints"]):
        network, info = checkpoints.load(name)
        found[name] = sittings(network, runs, views.maps())
        for way, accuracies in found[name].items():
            if root is not None:
                told = {"seed": info["seed"], "batch_norm": "running statistics", "purpose": "study exam-c"}
                looks.write(accuracies, what=f"{name}: {way}", folder=root / "data", **told)
    rows = [
        row(name, way, looks.wrong(accuracies), accuracies, found[settings["start"]][way])
        for name, ways in found.items()
        for way, accuracies in ways.items()
    ]
    means = []
    for way in found[settings["start"]]:
        of_seeds = torch.stack([found[name][way] for name in settings["checkpoints"]])  # [seeds, 20]
        wrong = round(sum(map(looks.wrong, of_seeds)) / len(of_seeds), 2)
        means.append(row("mean of the seeds", way, wrong, of_seeds.mean(dim=0), found[settings["start"]][way]))
    return {"rows": rows, "means": means}


STUDY = Study(
    question="Three networks for tasks of the form of Lake's runs: how many of the 400 questions do they miss?",
    run=run,
    settings=SETTINGS,
)
