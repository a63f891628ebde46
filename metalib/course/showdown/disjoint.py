"""Tasks that share no picture: each picture of the bank is in one task at most."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from metalib.episodes import ClassBank, Draw, EpisodeSpec


def disjoint_draws(bank: ClassBank, spec: EpisodeSpec, *, generator: torch.Generator) -> Draw:
    """As many tasks of the shape `spec` as the bank has pictures for; its classes have equally many drawings.

    The drawings of each class are cut into sets of K + Q, and in each round every class gives one set: N classes after
    N, in random order, make a task (within one alphabet where `spec` says so). What is left over sits out.
    Source: Lafargue et al. (2024), who call it sampling without replacement.
    Raises ValueError for a bank that has too few pictures for one task.
    """
    size = spec.k_shot + spec.n_query
    order = torch.rand(bank.n_classes, bank.n_drawings, generator=generator).argsort(dim=1)  # [C, D]
    classes, drawings = [], []
    for turn in range(int(bank.sizes.min()) // size):
        for members in _groups(bank, spec):
            mixed = members[torch.randperm(len(members), generator=generator)]
            for start in range(0, len(mixed) - spec.n_way + 1, spec.n_way):
                some = mixed[start : start + spec.n_way]
                classes.append(some)
                drawings.append(order[some, turn * size : (turn + 1) * size])
    if not classes:
        raise ValueError(f"{spec} needs {spec.n_way} classes of {size} pictures: lower n_way, k_shot or n_query")
    return Draw(torch.stack(classes), torch.stack(drawings))


def _groups(bank: ClassBank, spec: EpisodeSpec) -> Iterator[Tensor]:
    """The class numbers among which a task may choose: all, or those of one alphabet after the other."""
    if not spec.within_group:
        yield torch.arange(bank.n_classes)
        return
    for group in bank.group_ids.unique():
        yield (bank.group_ids == group).nonzero().flatten()
