"""You beside each method, on the questions of exam C that you were asked."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from metalib import baselines
from metalib.banks import twenty_runs
from metalib.course.kit.exams import the_runs
from metalib.course.kit.results.sittings import of_checkpoint
from metalib.course.kit.sat import Sat, yours
from metalib.episodes import ClassBank, Episode
from metalib.training.recipes.base import TRANSDUCTIVE

__all__ = ["machines", "on_yours", "right", "yours"]

NETWORKS = ("classifier", "maml-20-way-long", "protonet-stride", "protonet")
LEFT_OUT = ("SimpleShot", "linear probe", "fine-tuned classifier")  # the classifier stands for them
Predict = Callable[[Episode], Tensor]


def machines(bank: ClassBank) -> dict[str, Predict]:
    """Name -> how it answers, each query alone; the networks lie on the device of `bank`."""
    found: dict[str, Predict] = {
        "pixel neighbours": baselines.pixel_neighbour,
        "untrained conv4": baselines.untrained_centroid,
    }
    for name in NETWORKS:
        for sitting in of_checkpoint(name, bank):
            if sitting.batch_norm != TRANSDUCTIVE and sitting.method not in LEFT_OUT:
                found[sitting.method] = sitting.predict
    return found


def right(predict: Predict, device: torch.device) -> Tensor:
    """[runs, items] bool: whether each of the 400 questions is answered rightly, by a way that asks each alone."""
    [runs] = twenty_runs.episodes(the_runs())  # a run's queries at once, so that its pictures are learned from once
    tasks = Episode(*(field.to(device) for field in runs))
    with torch.no_grad():
        return (predict(tasks) == tasks.query_y).cpu()


def on_yours(sat: Sat, of_machine: Tensor) -> tuple[Tensor, Tensor]:
    """Your answers and a machine's on your questions, [Q] float64 each: 1 is right."""
    return sat.right.double(), of_machine[sat.run, sat.item].double()
