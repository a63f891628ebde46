"""Tasks that come again, and classes or drawings of which too few are ever drawn."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from metalib.course.kit.audit.chance import SURPRISING, drawn_again, log_choose, log_evidence, with_probability
from metalib.course.kit.audit.drawn import Drawn
from metalib.course.kit.audit.finding import FEW_CLASSES, FEW_DRAWINGS, REPEATED_TASK, Finding
from metalib.course.kit.lookup import PictureIndex
from metalib.episodes import ClassBank


def repeated_tasks(bank: ClassBank, index: PictureIndex, drawn: Drawn, barred: Tensor) -> tuple[Finding | None, Tensor]:
    """Tasks with the pictures and labels of an earlier one, more than chance makes; and which to judge further, [T].

    A task is equal to a given one with a probability of at most 1/(C(D, k) C(D−k, q) N!), with k support and q query
    pictures of a class that has D. That is for one class: the others may follow from it, so they add nothing.
    That its classes are the same has the probability 1/C(M, N), with M classes in the bank, or in the group of the task
    where each keeps to one: a single repeat in 100 tasks, or two of them, may not be found there.
    """
    known = (drawn.ids >= 0).all(dim=1)
    keys = drawn.ids * drawn.classes.shape[1] + drawn.labels  # [T, R]: equal for an equal picture under an equal label
    sides = [side.sort(dim=1).values for side in keys.tensor_split([drawn.n_support], dim=1)]
    first = _first_like_it(torch.cat(sides, dim=1))
    again = known & (first < torch.arange(len(drawn)))
    n_there = index.distinct.view(-1, index.n_drawings).sum(dim=1)[drawn.classes[:, 0]]  # [T]
    of_class = drawn.ids // index.n_drawings == drawn.classes[:, :1]  # [T, R]
    support, query = (side.sum(dim=1) for side in of_class.tensor_split([drawn.n_support], dim=1))
    ways = log_choose(n_there, support) + log_choose(n_there - support, query) + (drawn.n_way + 1.0).lgamma()
    ways = ways + log_choose(_n_to_choose_from(bank, drawn, barred), drawn.n_way).clamp(min=0)
    n_earlier = (~again).cumsum(dim=0) - (~again).long()  # different ones
    chance = n_earlier * (-ways.clamp(min=0)).exp()
    if log_evidence(again[known], with_probability(chance[known])) <= SURPRISING:
        return None, torch.ones_like(again)
    n_again, at = int(again.sum()), int(again.nonzero()[0])
    one, other = int(drawn.numbers[first[at]]), int(drawn.numbers[at])
    message = (
        f"only {len(drawn) - n_again:,} of {len(drawn):,} tasks are different, the others have the pictures and labels "
        f"of an earlier one, as task {other} those of task {one}; equal tasks teach nothing new, and make the interval "
        "of a score too narrow; draw on from one generator, and set no seed inside the sampler"
    )
    return Finding(REPEATED_TASK, message, n_again), ~again


def _first_like_it(rows: Tensor) -> Tensor:
    """[T, R] to [T]: the number of the first row that is equal."""
    _, inverse = rows.unique(dim=0, return_inverse=True)
    position = torch.arange(len(rows))
    return torch.full_like(position, len(rows)).scatter_reduce(0, inverse, position, "amin")[inverse]


class _Coverage(NamedTuple):
    """How many different things were drawn, how many a right sampler draws, and whether chance does not explain it."""

    n_different: int
    expected: float
    is_flaw: bool


def _coverage(task: Tensor, item: Tensor, pools: Tensor) -> _Coverage:
    """Whether things come again more often than chance does it.

    task, item  [n]: who drew what
    pools       [I]: the pool of each thing, −1 for none; each task draws from a pool without replacement
    Where a task draws from several pools, the one that says most is judged, as these draws may depend on each other.
    """
    n_items, n_pools = len(pools), int(pools.max()) + 1
    pairs = (task * n_items + item)[pools[item] >= 0].unique()  # a thing counts once a task
    if not len(pairs):
        return _Coverage(0, 0.0, False)
    task, item = pairs // n_items, pairs % n_items
    never = int(task.max()) + 1
    since = torch.full((n_items,), never).scatter_reduce(0, item, task, "amin")  # the task that drew it first
    draws, draw, n_drawn = (task * n_pools + pools[item]).unique(return_inverse=True, return_counts=True)  # [J]
    n_old = torch.zeros_like(n_drawn).scatter_add(0, draw, (since[item] < task).long())
    task, pool = draws // n_pools, draws % n_pools
    history = (pools * (never + 1) + since)[(pools >= 0) & (since < never)].sort().values  # by pool, then by task
    start = pool * (never + 1)
    n_seen = torch.searchsorted(history, start + task) - torch.searchsorted(history, start)
    n_there = pools[pools >= 0].bincount(minlength=n_pools)  # [P]
    says_most = _best_of_each(task, n_seen * (n_there[pool] - n_seen))
    moments = drawn_again(n_drawn[says_most], n_seen[says_most], n_there[pool[says_most]])
    evidence = log_evidence(n_old[says_most], moments)
    missed = torch.ones(n_pools, dtype=torch.double).scatter_reduce(
        0, pool, 1 - n_drawn / n_there[pool].double(), "prod"
    )
    return _Coverage(len(history), float((n_there * (1 - missed)).sum()), evidence > SURPRISING)


def _best_of_each(group: Tensor, score: Tensor) -> Tensor:
    """The positions of the highest score in each group, [J] each."""
    order = (group * (score.max() + 1) + score).argsort(stable=True)
    return order[torch.nn.functional.pad(group[order].diff() != 0, (0, 1), value=True)]


def _eligible(bank: ClassBank, drawn: Drawn, barred: Tensor) -> Tensor:
    """[C]: the classes that may be drawn, and have drawings enough."""
    return ~barred & (bank.sizes >= drawn.ids.shape[1] // int(drawn.n_way.max()))


def _keeps_to_groups(bank: ClassBank, drawn: Drawn) -> bool:
    """Whether the classes of each task are of one group."""
    groups = bank.group_ids[drawn.classes]  # [T, L]
    return bool(((groups == groups[:, :1]) | (drawn.classes < 0)).all())


def _n_to_choose_from(bank: ClassBank, drawn: Drawn, barred: Tensor) -> Tensor:
    """[T]: of how many classes those of each task are drawn, all in the bank or, if so in every task, in its group."""
    if not len(drawn):
        return drawn.n_way
    group_of = bank.group_ids if _keeps_to_groups(bank, drawn) else torch.zeros_like(bank.group_ids)
    return group_of[_eligible(bank, drawn, barred)].bincount(minlength=len(group_of))[group_of[drawn.classes[:, 0]]]


def few_classes(bank: ClassBank, index: PictureIndex, drawn: Drawn, barred: Tensor) -> Finding | None:
    """Classes, or whole groups, of which fewer are drawn than chance leaves out.

    Where each task keeps to one group, the choice of the group and that of the classes within it are judged apart.
    Classes with a True in `barred` [C] count for nothing, nor do those that have too few drawings for these tasks, or
    share a picture with another class.
    """
    if not len(drawn):
        return None
    eligible = _eligible(bank, drawn, barred)
    group_of, inside = bank.group_ids, drawn.classes >= 0
    groups = group_of[drawn.classes]  # [T, L]
    within = _keeps_to_groups(bank, drawn)
    task, label = inside.nonzero(as_tuple=True)
    pools = (group_of if within else torch.zeros_like(group_of)).where(index.unshared & eligible, -1)
    classes = _coverage(task, drawn.classes[task, label], pools)
    sizes = group_of[eligible].bincount(minlength=int(group_of.max()) + 1)
    few_groups = within and _few_groups(groups[:, 0], sizes, drawn.n_way)
    if not classes.is_flaw and not few_groups:
        return None
    n_classes, n_groups = int(eligible.sum()), int((sizes > 0).sum())
    there = f"{n_classes:,} classes" + (f" in {n_groups:,} groups" if within else "")
    took = f"{classes.n_different:,}" + (f" in {len(groups[:, 0].unique()):,}" if within else "")
    message = (
        f"of the bank's {there} only {took} are drawn in {len(drawn):,} tasks, where a right sampler draws "
        f"about {classes.expected:,.0f}{' of these groups' if within else ''}; a network then learns these alone, and "
        "a score stands for these alone; draw the classes of every task anew from all, or audit against the bank that "
        "you draw from"
    )
    return Finding(FEW_CLASSES, message, len(drawn))


def _few_groups(groups: Tensor, sizes: Tensor, n_way: Tensor) -> bool:
    """Whether tasks keep to fewer groups, [T] of them in [G], than chance does, however it draws the group.

    Groups may be drawn alike, by their size, or by how many tasks they have; the chance of an old one is the largest.
    """
    large = (sizes >= n_way.max()).double()
    tasks = log_choose(sizes, n_way.max()).softmax(dim=0)
    weights = torch.stack([large / large.sum(), large * sizes / (large * sizes).sum(), tasks])  # [3, G]
    position = torch.arange(len(groups))
    since = torch.full_like(sizes, len(groups)).scatter_reduce(0, groups, position, "amin")  # [G]
    seen = since < position[:, None]  # [T, G]
    chance = (weights[:, None] * seen).sum(dim=2).amax(dim=0)  # [T]
    return log_evidence(since[groups] < position, with_probability(chance)) > SURPRISING


def few_drawings(index: PictureIndex, drawn: Drawn) -> Finding | None:
    """Drawings of which fewer are drawn than chance leaves out: in both sets together, or as support pictures.

    By their number, in the class of label 0 alone, as the classes of a task may share the numbers of their drawings;
    and class by class, where classes come again.
    """
    n, distinct = index.n_drawings, index.distinct
    by_class = torch.arange(len(distinct)).div(n, rounding_mode="floor").where(distinct, -1)
    whole = distinct.view(-1, n).all(dim=1)  # [C]
    for ids, where in ((drawn.ids, ""), (drawn.ids[:, : drawn.n_support], " as support pictures")):
        task, at = (ids >= 0).nonzero(as_tuple=True)
        ids = ids[task, at]
        counted = (drawn.classes[task, 0] == ids // n) & whole[ids // n]
        numbers = _coverage(task[counted], ids[counted] % n, torch.zeros(n, dtype=torch.long))
        drawings = _coverage(task, ids, by_class)
        if not numbers.is_flaw and not drawings.is_flaw:
            continue
        what = f"the classes show{where} only {drawings.n_different:,} different drawings"
        if numbers.is_flaw:
            what = f"of its {n} drawings the class under label 0 shows{where} only {numbers.n_different}, by number,"
        expected = (numbers if numbers.is_flaw else drawings).expected
        message = (
            f"{what} in {len(drawn):,} tasks, where a right sampler shows about {expected:,.0f}; a network can learn "
            "these by heart, and a score stands for these alone; shuffle all drawings of a class in every task before "
            "you cut them into support and query"
        )
        return Finding(FEW_DRAWINGS, message, len(drawn))
    return None
