"""Tasks whose truth is known: few support pictures, as a learner has them, and so many queries that these tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib.banks import load_bank, split
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.few_shot.estimates import one_of_each
from metalib.few_shot.heads import HEADS, Head
from metalib.runtime import seeded
from metalib.training import checkpoints

PIXELS = "pixels"  # no network


@dataclass(frozen=True)
class Arm:
    """What is asked of which pictures. bank  a key of `banks`; network  a checkpoint's name, or PIXELS; head  a name"""

    bank: str
    network: str
    head: str

    @property
    def made(self) -> Head:
        return HEADS[self.head]


class Task(NamedTuple):
    """A task whose pictures have passed the network.

    z [N·K, D], y [N·K]: the support; query [N·Q, D], query_y [N·Q]; others [N'·Q, D], pictures of other classes
    """

    z: Tensor
    y: Tensor
    query: Tensor
    query_y: Tensor
    others: Tensor

    def accuracy(self, head: Head) -> float:
        """The truth: the share of the queries that are right, asked by all support pictures."""
        return self._accuracy(head, torch.ones(len(self.y), dtype=torch.bool))

    def accuracy_of_fewer(self, head: Head) -> float:
        """The same by one picture of each class fewer: the mean over the rounds that leave one of each out."""
        found = []
        for asked in one_of_each(self.y, shuffles=1):
            kept = torch.ones(len(self.y), dtype=torch.bool)
            kept[asked] = False
            found.append(self._accuracy(head, kept))
        return sum(found) / len(found)

    def _accuracy(self, head: Head, kept: Tensor) -> float:
        fitted = head.fit(self.z[kept], self.y[kept], int(self.y.max()) + 1)
        return (fitted.logits(self.query).argmax(dim=1) == self.query_y).double().mean().item()


def banks() -> dict[str, ClassBank]:
    """The pictures, by name: Omniglot's validation and evaluation alphabets, and the far bank."""
    parts = split(load_bank("omniglot", quiet=True))
    digits = load_bank("digits", quiet=True)
    return {"validation": parts.validation, "omniglot": parts.evaluation, "digits": digits}


def features(bank: ClassBank, network: str) -> Tensor:
    """[C, drawings, D]: all pictures of a bank, once; what pads a class stays in its place."""
    if network == PIXELS:
        return bank.images.flatten(2).float() / 255
    model, _ = checkpoints.load(network)
    with torch.no_grad():
        found = [(model if model.head is None else model.features)(x.float() / 255) for x in bank.images]
    return torch.stack(found)


def tasks(
    bank: ClassBank, of_network: list[Tensor], shots: int, settings: dict[str, Any], *, n_way: int | None = None
) -> Iterator[list[Task]]:
    """The same tasks as each network sees them, one Task for each of `of_network` [C, drawings, D].

    settings  tasks, n_way, seed, and queries: how many of a class
    Twice as many classes are drawn as a task has: the second half are the others, where there are so many.
    """
    ways = n_way or settings["n_way"]
    both = min(2 * ways, bank.n_classes)
    spec = EpisodeSpec(both, shots, settings["queries"][bank.source.partition(" ")[0].lower()])
    draw = draw_indices(bank, spec, settings["tasks"], generator=seeded(settings["seed"]))
    y, query_y = (torch.arange(ways).repeat_interleave(n) for n in (shots, spec.n_query))
    for classes, drawings in zip(draw.classes, draw.drawings, strict=True):
        seen = [of_one[classes[:, None], drawings] for of_one in of_network]  # [2N, K + Q, D]
        yield [
            Task(z[:ways, :shots].flatten(0, 1), y, z[:ways, shots:].flatten(0, 1), query_y, z[ways:].flatten(0, 1))
            for z in seen
        ]
