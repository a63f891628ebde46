"""One query and those who may stand beside it in a batch: its answers there, and the choice of one that moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import torch
from torch import Tensor
from torch.func import vmap

from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes

Logits = Callable[[Episode], Tensor]
Places = tuple[int, ...]

N_WAY, MOST = 5, 4  # classes; neighbours at most, so that a batch can hold one query of each class
OTHERS = 2  # pictures to choose from of each other class; of the query's own class there are MOST
POOL = MOST + OTHERS * (N_WAY - 1)
TASKS = 8  # whose queries are tried; that, and the answers in all batches of one, take some 2 s on one core
SPREAD = 4  # batches with neighbours at random, by which queries are chosen
AT_ONCE = 128  # batches under vmap: a CPU is slower with more

ITS_CLASS: Places = tuple(range(MOST))
ONE_OF_EACH: Places = tuple(range(MOST, POOL, OTHERS))
# All neighbourhoods: the small ones first, and those of one size by their last picture, then the last but one, …
SUBSETS: list[Places] = [
    places for size in range(MOST + 1) for places in sorted(combinations(range(POOL), size), key=lambda s: s[::-1])
]


class Query(NamedTuple):
    """One query that stays, and the pictures that may stand beside it.

    task   where it comes from      label  its class
    x      [1, H, W]                pool   [P, 1, H, W]: MOST of its class, then OTHERS of each other class in turn
    """

    task: Episode
    label: int
    x: Tensor
    pool: Tensor

    @property
    def pool_y(self) -> list[int]:
        """[P]: the class of each picture of the pool."""
        return [self.label] * MOST + [other for other in range(N_WAY) if other != self.label for _ in range(OTHERS)]

    def batch(self, places: Places) -> Tensor:
        """[1 + n, 1, H, W]: the query, and its neighbours from these places of the pool."""
        return torch.cat([self.x[None], self.pool[list(places)]])


class Found(NamedTuple):
    """The chosen query, its class probabilities with the support set [N], and what came of all queries that were tried.

    wrong  name -> how many of the `tried` queries are answered wrongly so
    """

    query: Query
    alone: Tensor
    tried: int
    wrong: dict[str, int]


def queries_of(task: Episode) -> list[Query]:
    """The first query of each class, with its pool. `task` has MOST + 1 queries a class, sorted by label."""
    pictures = task.query_x.unflatten(0, (N_WAY, MOST + 1))  # [N, MOST + 1, 1, H, W]
    others = [[pictures[other, :OTHERS] for other in range(N_WAY) if other != label] for label in range(N_WAY)]
    pools = [torch.cat([pictures[label, 1:], *others[label]]) for label in range(N_WAY)]
    return [Query(task, label, pictures[label, 0], pool) for label, pool in enumerate(pools)]


def first_of_each_batch(together: Logits, task: Episode, batches: Sequence[Tensor]) -> Tensor:
    """[M, N]: the class probabilities of the first picture of each batch. batches: M of [B, 1, H, W], of any sizes.

    Batches of one size go under vmap; what that refuses, in a loop.
    """
    found: list[Tensor] = [torch.empty(0)] * len(batches)

    def first(batch: Tensor) -> Tensor:  # answers need no labels
        return together(task._replace(query_x=batch, query_y=task.support_y.new_zeros(len(batch))))[0]

    for size in {len(batch) for batch in batches}:
        where = [i for i, batch in enumerate(batches) if len(batch) == size]
        of_size = torch.stack([batches[i] for i in where])
        with torch.no_grad():
            try:
                logits = vmap(first, chunk_size=AT_ONCE)(of_size)
            except RuntimeError:
                logits = torch.stack([first(batch) for batch in of_size])
        for i, shares in zip(where, logits.float().softmax(dim=1).cpu(), strict=True):
            found[i] = shares
    return torch.stack(found)


def choose(together: Logits, alone: Logits, bank: ClassBank, *, generator: torch.Generator) -> Found:
    """Of the first queries of all classes of TASKS tasks, the one that is moved most.

    That is, the one for which the probability of its class falls furthest: from each alone, or one of each class where
    that is lower, to the mean of SPREAD batches with neighbours at random.
    """
    spec = EpisodeSpec(N_WAY, 1, MOST + 1)
    tasks = [sample_episodes(bank, spec, 1, generator=generator).task(0) for _ in range(TASKS)]
    batches = [ONE_OF_EACH, ITS_CLASS, *at_random(SPREAD, generator)]
    best, fallen, wrong = None, -float("inf"), dict.fromkeys(("alone", "one of each", "its class"), 0)
    for task in tasks:
        queries = queries_of(task)
        shares = first_of_each_batch(together, task, [query.batch(places) for query in queries for places in batches])
        with_support = probabilities_alone(alone, task, torch.stack([query.x for query in queries]))
        for query, lone, beside in zip(queries, with_support, shares.split(len(batches)), strict=True):
            for name, answer in zip(wrong, (lone, *beside[:2]), strict=True):
                wrong[name] += int(answer.argmax()) != query.label
            lone_share, balanced = lone[query.label], beside[0, query.label]
            fall = float(torch.minimum(lone_share, balanced) - beside[2:, query.label].mean())
            if fall > fallen:
                best, fallen = (query, lone), fall
    assert best is not None
    return Found(*best, TASKS * N_WAY, wrong)


def probabilities_alone(alone: Logits, task: Episode, pictures: Tensor) -> Tensor:
    """[Q, N]: the class probabilities of pictures [Q, 1, H, W] that are judged each without the others."""
    with torch.no_grad():
        logits = alone(task._replace(query_x=pictures, query_y=task.support_y.new_zeros(len(pictures))))
    return logits.float().softmax(dim=1).cpu()


def at_random(count: int, generator: torch.Generator) -> list[Places]:
    """`count` times MOST different places of the pool."""
    return [tuple(torch.randperm(POOL, generator=generator)[:MOST].tolist()) for _ in range(count)]
