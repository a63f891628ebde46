"""Six ways to say how good a classifier is, held against tasks whose truth is known."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own.known_tasks import Arm, Tasks, tasks
from metalib.episodes import ClassBank
from metalib.evaluate import Interval, mean_interval, paired_interval, wilson_interval
from metalib.few_shot import estimates
from metalib.few_shot.estimates import Estimate, plain_estimate, resampled_estimate
from metalib.few_shot.heads import Centroid, Head

OURS, PLAIN, ONE, LEVEL, FOLDS, BOOTSTRAP = WAYS = (
    "one of each class",
    "one of each class, Wilson's interval",
    "one picture",
    "one picture, unequal classes made comparable",
    "two folds",
    "bootstrap",
)


def rows(arm: Arm, bank: ClassBank, of_network: Tensor, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each number of shots and way: how far off, how often the interval holds the truth, how wide it is."""
    found = []
    for shots in settings["shots"]:
        truths: list[Tensor] = []
        said: dict[str, list[Interval]] = {}
        half = 0.0
        for [some] in tasks(bank, [of_network], shots, settings):
            half = 0.5 / len(some.query_y)
            truths.append(torch.stack([some.accuracy(arm.made), some.accuracy_of_fewer(arm.made)]))
            for way, intervals in all_ways(some, arm.made).items():
                said.setdefault(way, []).extend(intervals)
        truth, fewer = torch.cat(truths, dim=1)
        found += [
            {**vars(arm), "shots": shots, "way": way, **judged(intervals, truth, fewer, half)}
            for way, intervals in said.items()
        ]
    return found


def all_ways(some: Tasks, head: Head) -> dict[str, list[Interval]]:
    """What each way says of each task: that of the function of `estimates` which has its name."""
    y = some.y
    rounds = {
        OURS: estimates.one_of_each(y),
        ONE: estimates.one_at_a_time(y),
        FOLDS: estimates.in_folds(y, 2),
    }
    right = {way: _right(some.left_out(head, of_way), y, of_way) for way, of_way in rounds.items()}  # [T, A]
    assert isinstance(head, Centroid)
    right[LEVEL] = _right(some.left_out(replace(head, level=True), rounds[ONE]), y, rounds[ONE])
    found = {way: [_interval(plain_estimate(of_task, 0)) for of_task in right[way]] for way in (ONE, LEVEL, FOLDS)}
    found[OURS] = [_interval(estimates.estimate_of(of_task, y)) for of_task in right[OURS]]
    found[PLAIN] = [wilson_interval(i.mean * i.n, i.n, "pictures") for i in found[OURS]]
    drawn, asked = estimates.with_replacement(y)
    logits = some.each(lambda z: estimates.answers(z, y, head, drawn, asked), some.z)
    found[BOOTSTRAP] = [_interval(resampled_estimate(of_task, asked, y)) for of_task in _right(logits, y, asked)]
    return {way: found[way] for way in WAYS}


def _right(logits: Tensor, y: Tensor, asked: list[Tensor]) -> Tensor:
    """[T, A] float64 of logits [T, A, N]: 1 for a right answer."""
    return (logits.argmax(dim=2) == y[torch.cat(asked)]).double()


def _interval(estimate: Estimate) -> Interval:
    assert estimate.accuracy is not None  # with two shots each way has one
    return estimate.accuracy


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
    chosen = {**settings, "tasks": settings["tasks_to_choose"]}
    for n_way, shots in itertools.product(settings["ways_to_choose"], settings["shots"]):
        said: list[tuple[float, float]] = []
        for [some] in tasks(bank, [of_network], shots, chosen, n_way=n_way):
            rounds = estimates.one_of_each(some.y)
            shares = _right(some.left_out(arm.made, rounds), some.y, rounds).mean(dim=1)
            said += zip(shares.tolist(), some.accuracy(arm.made).tolist(), strict=True)
        half = 0.5 / (n_way * settings["queries"]["omniglot"])
        for factor in settings["factors"]:
            held = 0
            for share, truth in said:
                interval = estimates.honest_interval(share, n_way * shots, shots - 1, shared=factor)
                held += interval.low - half <= truth <= interval.high + half
            holds = list(wilson_interval(held, len(said), "tasks"))
            found.append({**vars(arm), "n_way": n_way, "shots": shots, "factor": factor, "holds_the_truth": holds})
    return found
