"""The grid of ways and shots: what each method has in each cell, and one stored episode of each data set.

The stored episode is one of 20 ways and 10 shots with a query a class. That of a smaller cell is its first classes and
drawings, so that from cell to cell the same queries are asked with more classes or pictures beside them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from metalib.banks import load_bank, omniglot, split
from metalib.course.kit.study import read
from metalib.episodes import ClassBank, Episode, EpisodeSpec, draw_indices
from metalib.evaluate import Interval
from metalib.runtime import seeded

STUDY, SEED = "showdown-grid", 20_178
NAMES = {"omniglot": "Omniglot", "glyphs": "glyphs"}  # the study's banks, as the widget has them
REFERENCE = "prototypical network"
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


def measured() -> Grid:
    """What the study found. Raises, with the command, where it was not run."""
    found = read(STUDY)["results"]
    places = [(n, k) for n, k in found["cells"]]
    return Grid(
        ways=sorted({n for n, _ in places}),
        shots=sorted({k for _, k in places}),
        methods=list(dict.fromkeys(row["method"] for row in found["rows"])),
        reference=REFERENCE,
        of_bank={name: _of_bank(bank, found, places) for bank, name in NAMES.items()},
    )


def _of_bank(bank: str, found: dict[str, Any], places: Sequence[Place]) -> OfBank:
    rows = [row for row in found["rows"] if row["bank"] == bank]
    accuracy: dict[str, dict[Place, Interval]] = {}
    ahead: dict[str, dict[Place, Interval]] = {}
    for row in rows:
        at = row["n_way"], row["k_shot"]
        accuracy.setdefault(row["method"], {})[at] = Interval(*row["accuracy"])
        if row["minus_prototypes"]:
            ahead.setdefault(row["method"], {})[at] = Interval(*row["minus_prototypes"])
    given = {said["method"]: said["answers"] for said in found["answers"] if said["bank"] == bank}
    answers = {method: dict(zip(places, labels, strict=True)) for method, labels in given.items()}
    return OfBank(accuracy, ahead, answers)


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


def at_hand(grid: Grid) -> dict[str, Stored | None]:
    """Data set -> its stored episode; None for Omniglot where it is not on this machine."""
    found: dict[str, Stored | None] = {}
    for bank, name in NAMES.items():
        there = bank != "omniglot" or omniglot.find() is not None
        found[name] = stored(split(load_bank(bank, quiet=True)).evaluation, grid) if there else None
    return found
