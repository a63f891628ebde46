"""Whether probabilities mean what they say, with three scales of the logits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from metalib.course.draw_your_own.known_tasks import Arm, Task, tasks
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval
from metalib.few_shot.calibration import calibration_error, reliability, scaled
from metalib.few_shot.heads import Centroid, Head

ONE, OWN, OURS = "1", "the head's own", "by pictures left out"


def heads(head: Head, task: Task) -> dict[str, Head]:
    """The head with each scale."""
    assert isinstance(head, Centroid)
    return {ONE: replace(head, scale=1.0), OWN: head, OURS: scaled(head, task.z, task.y)}


def rows(arm: Arm, bank: ClassBank, of_network: Tensor, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each number of shots and scale: the reliability table, its error, and the surprise of the right class."""
    found = []
    for shots in (1, *settings["shots"]):
        said: dict[str, list[tuple[Tensor, Tensor, Tensor]]] = {}
        scales: dict[str, list[float]] = {}
        for [task] in tasks(bank, [of_network], shots, settings):
            for name, head in heads(arm.made, task).items():
                logits = head.fit(task.z, task.y, int(task.y.max()) + 1).logits(task.query)
                confidence, answer = logits.softmax(dim=1).max(dim=1)
                surprise = cross_entropy(logits, task.query_y)
                said.setdefault(name, []).append((confidence, answer == task.query_y, surprise))
                scales.setdefault(name, []).append(getattr(head, "scale", 1.0))
        for name, parts in said.items():
            confidence, right, surprise = (torch.cat([x.flatten() for x in of]) for of in zip(*parts, strict=True))
            table = reliability(confidence, right)
            found.append(
                {
                    **vars(arm),
                    "shots": shots,
                    "scale": name,
                    "median_scale": float(torch.tensor(scales[name]).median()),
                    "confidence": float(confidence.mean()),
                    "accuracy": float(right.double().mean()),
                    "calibration_error": calibration_error(table),
                    "surprise": list(mean_interval(surprise, "tasks")),
                    "reliability": table,
                }
            )
    return found
