"""Tasks in which hands matter: one hand draws a whole set of pictures, as in the test that people sat.

In Omniglot the number of a drawing, 0 … 19, names its drawer, the same one for all characters of an alphabet (notebook
07 checks it on the pictures). In another alphabet the number may be somebody else.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, draw_indices, gather

LAKE = EpisodeSpec(n_way=20, k_shot=1, n_query=1, within_group=True)  # the form of Lake's runs


def draw_by_hands(bank: ClassBank, spec: EpisodeSpec, n_tasks: int, *, generator: torch.Generator) -> Draw:
    """As `draw_indices`, but the k-th drawing of every class of a task is by one hand: K + n_query hands a task.

    With one shot and one query, a hand drew all candidates of a task and another one all its queries.
    Raises ValueError where classes have unequal numbers of drawings: their numbers name no hands.
    """
    if bank.counts is not None:
        raise ValueError(f"{bank.source} has classes of unequal size: the number of a drawing names no hand there")
    draw = draw_indices(bank, spec, n_tasks, generator=generator)
    hands = torch.rand(n_tasks, 1, bank.n_drawings, generator=generator).topk(draw.drawings.shape[2], dim=2).indices
    return draw._replace(drawings=hands.expand_as(draw.drawings))  # [T, N, K + Q], equal along N


def lake_tasks(bank: ClassBank, n_tasks: int, *, seed: int, batch: int = 20) -> Iterator[Episode]:
    """`n_tasks` tasks of the form of Lake's runs, in batches: 20 characters of one alphabet, one hand and another.

    The same ones for equal bank, seed and batch. Alphabets with fewer than 20 characters are left out.
    """
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, n_tasks, batch):
        draw = draw_by_hands(bank, LAKE, min(batch, n_tasks - start), generator=generator)
        yield gather(bank, LAKE, draw)
