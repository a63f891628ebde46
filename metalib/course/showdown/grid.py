"""The grid of ways and shots: what each method has in each cell, and one stored episode of each data set.

The stored episode is one of 20 ways and 10 shots with a query a class. That of a smaller cell is its first classes and
drawings, so that from cell to cell the same queries are asked with more classes or pictures beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from metalib.episodes import ClassBank, Episode, EpisodeSpec, draw_indices
from metalib.evaluate import Interval
from metalib.runtime import seeded

SEED = 20_178
Place = tuple[int, int]  # ways, shots
Cells = Mapping[str, Mapping[Place, Interval]]  # method -> place -> result


@dataclass(frozen=True)
class OfBank:
    """What was measured on one data set.

    accuracy  method -> (ways, shots) -> the mean over the cell's tasks
    ahead     the same minus the reference's, on the same tasks
    answers   method -> (ways, shots) -> the label given to each class's query of the stored episode
    """

    accuracy: Cells
    ahead: Cells
    answers: Mapping[str, Mapping[Place, Sequence[int]]]


@dataclass(frozen=True)
class Grid:
    """The whole grid, by the name of the data set.

    reference  the method that the others are compared with
    Raises ValueError where a data set has other methods than the first.
    """

    ways: Sequence[int]
    shots: Sequence[int]
    methods: Sequence[str]
    reference: str
    n_tasks: int
    of_bank: Mapping[str, OfBank]

    def __post_init__(self) -> None:
        for name, found in self.of_bank.items():
            if unknown := sorted(set(found.accuracy) - set(self.methods)):
                raise ValueError(f"{name} has results of {', '.join(unknown)}: list each among the methods")
        if self.reference not in self.methods:
            raise ValueError(f"the reference {self.reference!r} is none of {', '.join(self.methods)}")

    @property
    def places(self) -> list[Place]:
        """The cells, row by row."""
        return [(n, k) for n in self.ways for k in self.shots]


@dataclass(frozen=True)
class Stored:
    """The pictures of the stored episode, uint8: support [N, K, 1, H, W], query [N, 1, H, W], by class."""

    support: Tensor
    query: Tensor

    def episode(self, n_way: int, k_shot: int) -> Episode:
        """Its part of a cell as a task, with one query a class."""
        support, query = self.support[:n_way, :k_shot].float() / 255, self.query[:n_way].float() / 255
        labels = torch.arange(n_way, device=query.device)
        return Episode(support.flatten(0, 1), labels.repeat_interleave(k_shot), query, labels)


def stored(bank: ClassBank, grid: Grid) -> Stored:
    """The stored episode of `bank`, the evaluation part of a data set: equal banks, equal pictures."""
    spec = EpisodeSpec(max(grid.ways), max(grid.shots), 1)
    draw = draw_indices(bank, spec, 1, generator=seeded(SEED))
    pictures = bank.images[draw.classes[0, :, None], draw.drawings[0]]  # [N, K + 1, 1, H, W]
    return Stored(pictures[:, :-1], pictures[:, -1])
