"""Whether probabilities mean what they say, with three scales of the logits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own.known_tasks import Arm, Tasks, tasks
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval
from metalib.few_shot import calibration, estimates
from metalib.few_shot.heads import Centroid, Head

ONE, OWN, OURS = "1", "the head's own", "by pictures left out"


def scales(some: Tasks, head: Head) -> dict[str, Tensor]:
    """[T], what the logits of each task are multiplied by, by the name of the scale."""
    assert isinstance(head, Centroid)
    own = torch.ones(len(some.z))
    found = {ONE: own / head.scale, OWN: own, OURS: own}
    if estimates.smallest(some.y) > 1:
        rounds = estimates.one_of_each(some.y, shuffles=calibration.SHUFFLES)
        labels, n = some.y[torch.cat(rounds)], estimates.n_asked(some.y)
        found[OURS] = torch.tensor([calibration.factor(x, labels, n) for x in some.left_out(head, rounds)])
    return found


def rows(arm: Arm, bank: ClassBank, of_network: Tensor, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each number of shots and scale: the reliability table, its error, and the surprise of the right class."""
    found = []
    for shots in (1, *settings["shots"]):
        said: dict[str, list[tuple[Tensor, ...]]] = {}
        for [some] in tasks(bank, [of_network], shots, settings):
            logits = some.logits(arm.made)
            for name, times in scales(some, arm.made).items():
                log_shares = (logits * times[:, None, None]).log_softmax(dim=2)  # [T, Q, N]
                confidence, answer = log_shares.exp().max(dim=2)
                right_class = some.query_y.expand(len(logits), -1)[..., None]
                surprise = -log_shares.gather(2, right_class)[..., 0].mean(dim=1)  # [T]
                scale = times * getattr(arm.made, "scale", 1.0)
                said.setdefault(name, []).append((confidence, answer == some.query_y, surprise, scale))
        for name, parts in said.items():
            confidence, right, surprise, scale = (torch.cat(of) for of in zip(*parts, strict=True))
            table = calibration.reliability(confidence.flatten(), right.flatten())
            found.append(
                {
                    **vars(arm),
                    "shots": shots,
                    "scale": name,
                    "median_scale": float(scale.median()),
                    "confidence": float(confidence.mean()),
                    "accuracy": float(right.double().mean()),
                    "calibration_error": calibration.calibration_error(table),
                    "surprise": list(mean_interval(surprise, "tasks")),
                    "reliability": table,
                }
            )
    return found
