"""Notebook 02: what SimpleShot's two lines gain over the nearest centroid, line by line, and for which networks.

Every row has the same episodes, so that differences are paired.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from metalib import baselines, protonet
from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAMS
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, Episode
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4
from metalib.training import checkpoints

PLAIN, LENGTH, CENTRE, BOTH = "nearest centroid", "length 1", "centred", "centred, length 1"
BOTH_TRAINING = "centred on training classes, length 1"
SETTINGS: dict[str, Any] = {
    "checkpoints": ["classifier", "protonet-stride"],
    "exams": ["A", "B"],
    "training_classes": 200,  # the centre of training classes is the mean of so many, spread over all of them
}

Change = Callable[[Tensor], Tensor]


def changes(network: Conv4, validation: ClassBank, training: ClassBank) -> dict[str, Change]:
    """What is done to the features [B, D] before the nearest centroid is taken, by name."""
    centre, other = (baselines.mean_feature(network, bank) for bank in (validation, training))
    return {
        PLAIN: lambda z: z,
        LENGTH: lambda z: normalize(z, dim=1),
        CENTRE: lambda z: z - centre,
        BOTH: lambda z: normalize(z - centre, dim=1),
        BOTH_TRAINING: lambda z: normalize(z - other, dim=1),
    }


def rows(network: Conv4, known: dict[str, Change], evaluation: ClassBank, exams: list[str]) -> list[dict[str, Any]]:
    """A row for each exam and change, with its paired difference to the plain features."""
    found = []
    for exam in (exam for exam in EXAMS if exam.letter in exams):
        right = torch.cat([_right(network, known, batch) for batch in exam.episodes(evaluation)])  # [E, changes]
        plain = right[:, list(known).index(PLAIN)]
        found += [
            {
                "exam": exam.letter,
                "features": name,
                "accuracy": list(mean_interval(values)),
                "minus_plain": list(paired_interval(values, plain)),
            }
            for name, values in zip(known, right.unbind(dim=1), strict=True)
        ]
    return found


def _right(network: Conv4, known: dict[str, Change], episodes: Episode) -> Tensor:
    """[T, changes]: the accuracy on each task; each picture passes the network once."""
    found = []
    for task in (episodes.task(t) for t in range(len(episodes.support_y))):
        with torch.no_grad():
            support, query = network.features(task.support_x), network.features(task.query_x)
        n_way, accuracies = int(task.support_y.max()) + 1, []
        for change in known.values():
            prototypes = protonet.prototypes(change(support), task.support_y, n_way)
            answers = protonet.logits(change(query), prototypes).argmax(dim=1)
            accuracies.append((answers == task.query_y).double().mean())
        found.append(torch.stack(accuracies))
    return torch.stack(found)


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """The rows of each network."""
    parts = split(load_bank("omniglot", quiet=True))
    step = parts.training.n_classes // settings["training_classes"]
    training = parts.training.select(range(0, parts.training.n_classes, step))
    found = []
    for name in settings["checkpoints"]:
        network, info = checkpoints.load(name)
        with torch.no_grad():
            known = changes(network, parts.validation, training)
        found += [
            {"network": info["method"], **row} for row in rows(network, known, parts.evaluation, settings["exams"])
        ]
    return {"rows": found}


STUDY = Study(
    question="Features centred and made as long as 1: what does each of the two gain over the nearest centroid?",
    run=run,
    settings=SETTINGS,
)
