"""Tasks whose truth is known: few support pictures, as a learner has them, and so many queries that these tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.func import vmap

from metalib.banks import load_bank, split
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.few_shot import estimates
from metalib.few_shot.heads import HEADS, Head
from metalib.runtime import seeded
from metalib.training import checkpoints

PIXELS = "pixels"  # no network
IN_MEMORY, AT_ONCE = 60, 10  # tasks, and tasks whose distances are


@dataclass(frozen=True)
class Arm:
    """What is asked of which pictures. bank  a key of `banks`; network  a checkpoint's name, or PIXELS; head  a name"""

    bank: str
    network: str
    head: str

    @property
    def made(self) -> Head:
        return HEADS[self.head]


class Tasks(NamedTuple):
    """T tasks whose pictures have passed the network, all with the same labels.

    z [T, N·K, D], y [N·K]: the support; query [T, N·Q, D], query_y [N·Q]; others [T, N'·Q, D], of other classes
    """

    z: Tensor
    y: Tensor
    query: Tensor
    query_y: Tensor
    others: Tensor

    def each(self, function: Callable[..., Any], *fields: Tensor) -> Any:
        """`function` of each task's `fields`, which have a leading axis T; what it returns has one too."""
        with torch.no_grad():
            return vmap(function, chunk_size=AT_ONCE)(*fields)

    def left_out(self, head: Head, rounds: Sequence[Tensor]) -> Tensor:
        """[T, A, N]: what is said of the pictures that each round leaves out."""
        return self.each(lambda z: estimates.left_out(z, self.y, head, rounds).logits, self.z)

    def logits(self, head: Head) -> Tensor:
        """[T, N·Q, N]: what all support pictures say of the queries."""
        n_classes = int(self.y.max()) + 1
        return self.each(lambda z, query: head.fit(z, self.y, n_classes).logits(query), self.z, self.query)

    def accuracy(self, head: Head) -> Tensor:
        """[T] float64, the truth: the share of the queries that all support pictures get right."""
        return self._share_right(self.logits(head))

    def accuracy_of_fewer(self, head: Head) -> Tensor:
        """[T]: the same by one picture of each class fewer, the mean over the rounds that leave one of each out."""
        found = []
        for asked in estimates.one_of_each(self.y, shuffles=1):
            kept = estimates.others(self.y, asked)
            found.append(self.accuracy_by(head, kept))
        return torch.stack(found).mean(dim=0)

    def accuracy_by(self, head: Head, kept: Tensor) -> Tensor:
        """[T]: the share of the queries that the support pictures `kept`, by their numbers, get right."""
        return self._replace(z=self.z[:, kept], y=self.y[kept]).accuracy(head)

    def _share_right(self, logits: Tensor) -> Tensor:
        return (logits.argmax(dim=2) == self.query_y).double().mean(dim=1)


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
    bank: ClassBank, of_networks: list[Tensor], shots: int, settings: dict[str, Any], *, n_way: int | None = None
) -> Iterator[list[Tasks]]:
    """The same tasks as each network sees them, some at a time: one `Tasks` for each of `of_networks` [C, drawings, D].

    settings  tasks, n_way, seed, and queries: how many of a class
    Twice as many classes are drawn as a task has: the second half are the others, where there are so many.
    """
    ways = n_way or settings["n_way"]
    spec = EpisodeSpec(min(2 * ways, bank.n_classes), shots, settings["queries"][bank.source.partition(" ")[0].lower()])
    draw = draw_indices(bank, spec, settings["tasks"], generator=seeded(settings["seed"]))
    y, query_y = (torch.arange(ways).repeat_interleave(n) for n in (shots, spec.n_query))
    for classes, drawings in zip(draw.classes.split(IN_MEMORY), draw.drawings.split(IN_MEMORY), strict=True):
        seen = [of_network[classes[..., None], drawings] for of_network in of_networks]  # [T, 2N, K + Q, D]
        yield [
            Tasks(
                z[:, :ways, :shots].flatten(1, 2),
                y,
                z[:, :ways, shots:].flatten(1, 2),
                query_y,
                z[:, ways:, shots:].flatten(1, 2),
            )
            for z in seen
        ]
