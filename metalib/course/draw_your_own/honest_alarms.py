"""Whether a threshold for *none of these* keeps its promise, and what it catches."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own.known_tasks import Arm, Tasks, tasks
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval
from metalib.few_shot.none_of_these import class_means, distances, left_out_distances, threshold_of

FAR = 200  # pictures of the other bank that each task is asked


def rows(arm: Arm, bank: ClassBank, of_network: Tensor, far: Tensor, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each number of shots and rate: the false alarms, and which share of other pictures is turned away.

    far  [B, D], pictures of the other bank as the network sees them
    """
    found = []
    for shots in settings["shots"]:
        n = settings["n_way"] * shots
        rates = [rate for rate in settings["false_alarms"] if rate * (n + 1) >= 1]
        shares: dict[float, list[tuple[float, ...]]] = {rate: [] for rate in rates}
        for [some] in tasks(bank, [of_network], shots, settings):
            for rate, of_tasks in turned_away(arm, some, far, rates).items():
                shares[rate] += of_tasks
        for rate, of_tasks in shares.items():
            alarms, caught, caught_far = torch.tensor(of_tasks, dtype=torch.float64).T
            found.append(
                {
                    **vars(arm),
                    "shots": shots,
                    "promised": rate,
                    "kept": math.floor(rate * (n + 1) + 1e-9) / (n + 1),  # ranks are whole numbers
                    "false_alarms": list(mean_interval(alarms, "tasks")),
                    "caught": list(mean_interval(caught, "tasks")),
                    "caught_far": list(mean_interval(caught_far, "tasks")),
                }
            )
    return found


def some(of_bank: Tensor) -> Tensor:
    """[FAR, D] of [C, drawings, D], from all over a bank; of each class the first twenty, which none pads."""
    all_of_them = of_bank[:, :20].flatten(0, 1)
    return all_of_them[:: len(all_of_them) // FAR][:FAR]


def turned_away(arm: Arm, some: Tasks, far: Tensor, rates: list[float]) -> dict[float, list[tuple[float, ...]]]:
    """For each rate and task the share turned away of the classes' own pictures, of other classes', and of `far`."""
    head, y = arm.made, some.y

    def off(z: Tensor, x: Tensor) -> Tensor:
        fitted = head.fit(z, y, int(y.max()) + 1)
        return distances(fitted, class_means(fitted, z, y), x)

    left_out = some.each(lambda z: left_out_distances(z, y, head), some.z)  # [T, n]
    asked = [some.each(off, some.z, x) for x in (some.query, some.others, far.expand(len(some.z), *far.shape))]
    return {
        rate: [
            tuple(float(threshold_of(of_task, rate).turns_away(x[t]).double().mean()) for x in asked)
            for t, of_task in enumerate(left_out)
        ]
        for rate in rates
    }
