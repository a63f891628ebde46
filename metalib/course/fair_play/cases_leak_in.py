"""The cases of the check of `leak_in`: tasks with a leak, in all or in one of them, and fair ones that nearly leak."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib.course.fair_play.drawn import LEAKS, Rows, Trained
from metalib.runtime import seeded

CLASS, ALPHABET, PICTURE, ORDER, PLACE = LEAKS
NONE = "none"
N_TASKS, N_DRAWINGS, N_QUERY = 40, 20, 3
TRAINED = Trained({c for c in range(60) if c % 4}, set(range(6)))  # ten classes an alphabet; 6 … 9 are new
Case = tuple[Rows, Rows, Trained]


def _sorted_in(tasks: slice, labels: slice) -> Callable[[Tensor], Tensor]:
    """Classes [T, N] that rise in these tasks, as far as these labels go."""

    def rise(classes: Tensor) -> Tensor:
        classes = classes.clone()
        classes[tasks, labels] = classes[tasks, labels].sort(dim=1).values
        return classes

    return rise


def _between_ends(classes: Tensor) -> Tensor:
    """The first class is the least and the last the greatest; those between do not rise."""
    rising = classes.sort(dim=1).values
    others = rising[:, 1:-1].roll(1, dims=1)
    return torch.cat([rising[:, :1], others, rising[:, -1:]], dim=1)


def _of_one_alphabet(classes: Tensor) -> Tensor:
    """Classes of the alphabet of each task's first, in random order."""
    return classes[:, :1] // 10 * 10 + classes.argsort(dim=1).argsort(dim=1)


EVERY = slice(None)
NEARLY: dict[str, Callable[[Tensor], Tensor]] = {
    "the first task rises": _sorted_in(slice(1), EVERY),
    "five tasks rise": _sorted_in(slice(5), EVERY),
    "all tasks but the last rise": _sorted_in(slice(-1), EVERY),
    "all tasks but the first rise": _sorted_in(slice(1, None), EVERY),
    "labels 0 to 2 rise": _sorted_in(EVERY, slice(3)),
    "all labels but the last rise": _sorted_in(EVERY, slice(4)),
    "all labels but the first rise": _sorted_in(EVERY, slice(1, None)),
    "the last class is above the first": _between_ends,
    "all tasks fall": lambda classes: classes.sort(dim=1, descending=True).values,
    "the classes of a task are of one alphabet": _of_one_alphabet,
}
SAME_LABELS: dict[str, tuple[Any, slice, int]] = {  # tasks; queries by class; −1: these rows come first, 1: last
    "three tasks have the same labels": ([0, 1, N_TASKS - 1], EVERY, 0),
    "all tasks but the last have the same labels": (slice(-1), EVERY, 0),
    "the first three rows have the same labels": (EVERY, slice(2, 5), -1),
    "the last three rows have the same labels": (EVERY, slice(2, 5), 1),
}


class Kind(NamedTuple):
    """What is in a case's tasks."""

    leak: str
    n_way: int = 5
    n_leaky: int = N_TASKS  # in how many of the tasks the leak is: in one of their classes, if not in all tasks
    by_label: bool = False  # whether the rows stand by label
    n_tasks: int = N_TASKS
    nearly: str = ""  # what a fair sampler has by chance, a word of NEARLY or SAME_LABELS


KINDS = (
    Kind(NONE),
    Kind(NONE, 3, by_label=True),
    Kind(NONE, n_tasks=2),
    *(Kind(CLASS, n_leaky=n) for n in (N_TASKS, N_TASKS - 1, 1)),
    *(Kind(ALPHABET, 3, n) for n in (N_TASKS, N_TASKS - 1, 1)),
    *(Kind(PICTURE, n_leaky=n) for n in (N_TASKS, 1)),
    Kind(PICTURE, n_tasks=2),
    *(Kind(ORDER, n_way) for n_way in (5, 3)),
    Kind(ORDER, by_label=True),
    *(Kind(PLACE, n_way) for n_way in (5, 4)),
    Kind(PLACE, by_label=True),
    *(Kind(NONE, nearly=word) for word in (*NEARLY, *SAME_LABELS)),
)
SEED = 142  # by which a single leak is in no first task and no first row, and a repeated picture in another row: tested


def cases() -> list[Case]:
    """One for each of KINDS."""
    return [case_of(kind, SEED + place) for place, kind in enumerate(KINDS)]


def case_of(kind: Kind, seed: int) -> Case:
    """Tasks of a kind: support rows, query rows, and what was trained on."""
    leak, n_way, n_leaky, by_label, n_tasks, nearly = kind
    generator = seeded(seed)
    pools = {CLASS: torch.tensor(sorted(TRAINED.classes)), ALPHABET: torch.arange(0, 60, 4)}
    leaky = torch.randperm(N_TASKS, generator=generator)[:n_leaky]
    one = torch.randint(n_way, (n_leaky,), generator=generator)
    classes = _drawn(torch.arange(60, 100), n_way, generator)  # [T, N], of new alphabets
    if leak in pools:
        known = _drawn(pools[leak], n_way, generator)
        classes = known if n_leaky == N_TASKS else classes.index_put((leaky, one), known[leaky, one])
    if leak == ORDER:
        classes = classes.sort(dim=1).values
    if nearly in NEARLY:
        classes = NEARLY[nearly](classes)
    drawings = torch.rand(N_TASKS, n_way, N_DRAWINGS, generator=generator).argsort(dim=2)[..., : 1 + N_QUERY]
    if leak == PICTURE:
        drawings[leaky, one, -1] = drawings[leaky, one, 0]
    support, query = drawings.split([1, N_QUERY], dim=2)
    keys = torch.rand(N_TASKS, n_way * (1 + N_QUERY), generator=generator)
    if leak == PLACE:
        keys[:, n_way:] = keys[0, n_way:].clone()
    if nearly in SAME_LABELS:
        tasks, some, ahead = SAME_LABELS[nearly]
        of_queries = keys[tasks, n_way:]
        of_queries[:, some] = keys[0, n_way:][some] + ahead
        keys[tasks, n_way:] = of_queries.clone()
    in_turn = torch.arange(keys.shape[1]).expand_as(keys)
    of_support = (in_turn if by_label else keys)[:, :n_way]
    of_query = (in_turn if by_label and leak == PLACE else keys)[:, n_way:]
    sides = [_rows(classes, support, of_support), _rows(classes, query, of_query)]
    cut = [Rows(*(field[:n_tasks] for field in side)) for side in sides]
    return cut[0], cut[1], TRAINED


def _drawn(pool: Tensor, n_way: int, generator: torch.Generator) -> Tensor:
    """[T, N] of `pool`, in random order."""
    return pool[torch.rand(N_TASKS, len(pool), generator=generator).argsort(dim=1)[:, :n_way]]


def _rows(classes: Tensor, drawings: Tensor, keys: Tensor) -> Rows:
    """Numbers [T, N] and [T, N, n] as rows, in the order of `keys` [T, N·n]."""
    order = keys.argsort(dim=1)
    labels = torch.arange(classes.shape[1])[:, None].expand_as(drawings)
    fields = (labels, classes[..., None].expand_as(drawings), classes[..., None].expand_as(drawings) // 10, drawings)
    return Rows(*(field.flatten(1).gather(1, order) for field in fields))
