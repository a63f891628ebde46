"""Tasks as numbers: which class, alphabet and drawing each picture is, and five samplers with a leak each."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from metalib.course.fair_play.study_soft_k_means import unbalanced_counts
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, gather
from metalib.runtime import seeded

LEAKS = ("class", "alphabet", "picture", "order", "place")
ORDER = torch.randperm(len(LEAKS), generator=seeded(2)).tolist()  # that nobody guesses
LEAK_OF = {letter: LEAKS[place] for letter, place in zip("ABCDE", ORDER, strict=True)}  # sampler -> its leak
SPEC, N_TASKS = EpisodeSpec(n_way=5, k_shot=1, n_query=3), 60


class Rows(NamedTuple):
    """The pictures of T tasks as numbers, each [T, R]."""

    labels: Tensor
    classes: Tensor
    alphabets: Tensor
    drawings: Tensor  # which of its class's pictures


class Trained(NamedTuple):
    """What a network was trained on."""

    classes: Collection[int]
    alphabets: Collection[int]


class Sampled(NamedTuple):
    """What a sampler drew: the tasks, and the numbers of their pictures."""

    episodes: Episode
    support: Rows
    query: Rows


def trained_part(bank: ClassBank, training: ClassBank) -> tuple[Trained, list[int]]:
    """Three of four training classes as what was trained on; and the rest, new classes of known alphabets."""
    known = set(training.names)
    numbers = [number for number, name in enumerate(bank.names) if name in known]
    rest = numbers[::4]
    used = sorted(set(numbers) - set(rest))
    return Trained(set(used), set(bank.group_ids[used].tolist())), rest


def sampled(bank: ClassBank, pool: Collection[int], *, leak: str, seed: int) -> Sampled:
    """Tasks of the classes `pool` of `bank`, their rows in random order.

    leak  "picture", "order" or "place" puts one in; any other word draws what the pool gives
    """
    generator, numbers = seeded(seed), torch.tensor(sorted(pool))
    classes = numbers[torch.rand(N_TASKS, len(numbers), generator=generator).argsort(dim=1)[:, : SPEC.n_way]]  # [T, N]
    keys = torch.rand(N_TASKS, SPEC.n_way, bank.n_drawings, generator=generator)
    drawings = keys.argsort(dim=2)[..., : SPEC.k_shot + SPEC.n_query]  # [T, N, K + Q]
    if leak == "order":
        classes = classes.sort(dim=1).values
    if leak == "picture":
        drawings[::7, 0, -1] = drawings[::7, 0, 0]  # one of fifteen queries, in one task of seven
    draw = Draw(classes, drawings)
    return _shuffled(bank, gather(bank, SPEC, draw), draw, generator, same=leak == "place")


def _shuffled(bank: ClassBank, episodes: Episode, draw: Draw, generator: torch.Generator, *, same: bool) -> Sampled:
    """The rows of both sets in random order, the `same` in every task or not, and the pictures as their numbers."""
    found, parts = [], []
    for pictures, labels, drawings in (
        (episodes.support_x, episodes.support_y, draw.drawings[..., : SPEC.k_shot]),
        (episodes.query_x, episodes.query_y, draw.drawings[..., SPEC.k_shot :]),
    ):
        order = torch.rand(labels.shape, generator=generator).argsort(dim=1)  # [T, R]
        order = order[:1].expand_as(order) if same else order
        classes = draw.classes[..., None].expand_as(drawings).flatten(1).gather(1, order)
        on_device = order.to(labels.device)
        labels = labels.gather(1, on_device)
        found.append(Rows(labels.cpu(), classes, bank.group_ids[classes], drawings.flatten(1).gather(1, order)))
        parts += [pictures[torch.arange(len(order), device=labels.device)[:, None], on_device], labels]
    return Sampled(Episode(*parts), *found)


def five_samplers(bank: ClassBank, training: ClassBank, evaluation: ClassBank) -> tuple[dict[str, Sampled], Trained]:
    """Tasks by the samplers "A" to "E", each with its leak of LEAK_OF."""
    trained, rest = trained_part(bank, training)
    new = [number for number, name in enumerate(bank.names) if name in set(evaluation.names)]
    some = sorted(trained.classes)[:40]
    pools = {"class": [*new[: 6 * len(some)], *some], "alphabet": rest}
    made = {
        letter: sampled(bank, pools.get(leak, new), leak=leak, seed=place)
        for place, (letter, leak) in enumerate(LEAK_OF.items())
    }
    return made, trained


def query_counts(n_tasks: int, concentration: float | None, *, seed: int) -> list[Tensor]:
    """How many of 100 queries fall on each of 20 classes, for each task, [20]; None: five each.

    concentration  of the Dirichlet distribution of the classes' shares: the smaller, the more unequal they are
    """
    rng = np.random.default_rng(seed)
    if concentration is None:
        return [torch.full((20,), 5)] * n_tasks
    return [unbalanced_counts(20, 100, concentration, 19, rng) for _ in range(n_tasks)]


def first_rows(sampler: Sampled, n: int = 5) -> list[tuple[str, ...]]:
    """The first query rows of the first task in words, for a table."""
    return [tuple(str(int(field[0, row])) for field in sampler.query) for row in range(n)]
