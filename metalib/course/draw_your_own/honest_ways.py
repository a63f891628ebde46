"""Five ways to say how good a classifier is, held against tasks whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own.known_tasks import Arm, Task, tasks
from metalib.episodes import ClassBank
from metalib.evaluate import Interval, mean_interval, paired_interval, wilson_interval
from metalib.few_shot import estimates
from metalib.few_shot.estimates import Estimate
from metalib.few_shot.heads import Head

Way = Callable[[Tensor, Tensor, Head], Estimate]
OURS, PLAIN, ONE, FOLDS, BOOTSTRAP = (
    "one of each class",
    "one of each class, Wilson's interval",
    "one picture",
    "two folds",
    "bootstrap",
)


def plain(z: Tensor, y: Tensor, head: Head) -> Estimate:
    """One of each class left out, with the interval of as many pictures that were asked by one classifier."""
    found = estimates.leave_one_of_each_out(z, y, head)
    assert found.accuracy is not None  # tasks have at least two shots
    n = found.accuracy.n
    return Estimate(wilson_interval(found.accuracy.mean * n, n, "pictures"), found.shots, "")


WAYS: dict[str, Way] = {
    OURS: estimates.leave_one_of_each_out,
    PLAIN: plain,
    ONE: estimates.leave_one_out,
    FOLDS: lambda z, y, head: estimates.k_fold(z, y, head, folds=2),
    BOOTSTRAP: estimates.bootstrap,
}


def rows(arm: Arm, bank: ClassBank, of_network: Tensor, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each number of shots and way: how far off, how often the interval holds the truth, how wide it is."""
    found = []
    for shots in settings["shots"]:
        truths: list[tuple[float, float]] = []
        said: dict[str, list[Interval]] = {way: [] for way in WAYS}
        for [task] in tasks(bank, [of_network], shots, settings):
            truths.append((task.accuracy(arm.made), task.accuracy_of_fewer(arm.made)))
            for name, way in WAYS.items():
                interval = way(task.z, task.y, arm.made).accuracy
                assert interval is not None  # with two shots each way has one
                said[name].append(interval)
        truth, fewer = torch.tensor(truths, dtype=torch.float64).T
        half = 0.5 / len(task.query_y)
        found += [
            {**vars(arm), "shots": shots, "way": name, **judged(intervals, truth, fewer, half)}
            for name, intervals in said.items()
        ]
    return found


def judged(intervals: list[Interval], truth: Tensor, fewer: Tensor, half: float) -> dict[str, Any]:
    """What the intervals [T] are worth, by the truth of all shots and of one fewer, both [T].

    half  of what one query makes of a truth, which is itself a share of queries
    """
    mean, low, high = (torch.tensor([getattr(i, part) for i in intervals]).double() for part in ("mean", "low", "high"))
    below, above = truth > high + half, truth < low - half
    return {
        "truth": list(mean_interval(truth, "tasks")),
        "truth_of_fewer": list(mean_interval(fewer, "tasks")),
        "estimate": list(mean_interval(mean, "tasks")),
        "off": list(paired_interval(mean, truth, "tasks")),
        "off_from_fewer": list(paired_interval(mean, fewer, "tasks")),
        "typical_error": math.sqrt(float((mean - truth).square().mean())),
        "holds_the_truth": list(wilson_interval(int((~(below | above)).sum()), len(truth), "tasks")),
        "truth_above": float(below.double().mean()),
        "truth_below": float(above.double().mean()),
        "width": list(mean_interval(high - low, "tasks")),
    }


def factors(arm: Arm, bank: ClassBank, of_network: Tensor, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """How often the interval holds the truth for other values of `estimates.SHARED`, by ways and shots."""
    found = []
    for n_way in settings["ways_to_choose"]:
        for shots in settings["shots"]:
            chosen = {**settings, "tasks": settings["tasks_to_choose"]}
            asked = [(_share(task, arm.made), task.accuracy(arm.made))
                     for [task] in tasks(bank, [of_network], shots, chosen, n_way=n_way)]  # fmt: skip
            half = 0.5 / (n_way * settings["queries"]["omniglot"])
            for factor in settings["factors"]:
                intervals = [estimates.honest_interval(share, n_way * shots, shots - 1, shared=factor)
                             for share, _ in asked]  # fmt: skip
                held = [i.low - half <= truth <= i.high + half for i, (_, truth) in zip(intervals, asked, strict=True)]
                holds = list(wilson_interval(sum(held), len(held), "tasks"))
                row = {"n_way": n_way, "shots": shots, "factor": factor, "holds_the_truth": holds}
                found.append({**vars(arm), **row})
    return found


def _share(task: Task, head: Head) -> float:
    found = estimates.leave_one_of_each_out(task.z, task.y, head).accuracy
    assert found is not None
    return found.mean
