"""Whether a threshold for *none of these* keeps its promise, and what it catches."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own.known_tasks import Arm, Task, tasks
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval
from metalib.few_shot.none_of_these import class_means, distances, threshold

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
        for [task] in tasks(bank, [of_network], shots, settings):
            for rate, of_task in zip(rates, turned_away(arm, task, far, rates), strict=True):
                shares[rate].append(of_task)
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


def turned_away(arm: Arm, task: Task, far: Tensor, rates: list[float]) -> list[tuple[float, ...]]:
    """For each rate the share that is turned away of the classes' pictures, of other classes', and of `far`."""
    head = arm.made
    fitted = head.fit(task.z, task.y, int(task.y.max()) + 1)
    means = class_means(fitted, task.z, task.y)
    off = [distances(fitted, means, x) for x in (task.query, task.others, far)]
    found = []
    for rate in rates:
        limit = threshold(task.z, task.y, head, false_alarms=rate)
        found.append(tuple(float(limit.turns_away(x).double().mean()) for x in off))
    return found
