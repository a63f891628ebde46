"""Labels that can be guessed: from the class numbers of a task, or from the labels in the tasks before.

A right sampler numbers the classes of a task in random order, whichever classes they are. So each guess that does not
look at the task's labels is right for 1/N of them, and all guesses are judged by one statistic. Where none of them is a
flaw, two more are looked for: labels that go round from any start, and an order of the classes that tasks share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from metalib.course.kit.audit.chance import SURPRISING, guessed, log_evidence, ordered
from metalib.course.kit.audit.drawn import Drawn
from metalib.course.kit.audit.finding import (
    ASCENDING_LABELS,
    DESCENDING_LABELS,
    MODULO_LABELS,
    NAME_LABELS,
    PERMUTED_LABELS,
    ROTATED_LABELS,
    SET_LABELS,
    TIED_LABELS,
    Finding,
)
from metalib.episodes import ClassBank


class _Guess(NamedTuple):
    """A way to guess labels: what it is called, what it says, the remedy, and the guesses, [T, L] with −1 for none.

    labels  of the tasks, and the place of each class when the bank's names are sorted, [C]
    """

    kind: str
    rule: str
    remedy: str
    labels: Callable[[Drawn, Tensor], Tensor]


def _ranks(drawn: Drawn, by_name: Tensor | None = None) -> Tensor:
    """[T, L]: how many classes of the task have a lower number, or come before by name; those beyond N come last."""
    beyond = torch.iinfo(torch.long).max
    keys = drawn.classes if by_name is None else by_name[drawn.classes]
    return keys.where(drawn.classes >= 0, beyond).argsort(dim=1, stable=True).argsort(dim=1)


def _set_labels(drawn: Drawn, _: Tensor) -> Tensor:
    rows = []
    for row in drawn.classes.tolist():
        place = {c: label for label, c in enumerate(set(sorted(c for c in row if c >= 0)))}
        rows.append([place.get(c, -1) for c in row])
    return torch.tensor(rows, dtype=torch.long).view_as(drawn.classes)


def _usual_labels(items: Tensor) -> Tensor:
    """[T, L] to [T, L]: the rounded mean of the labels that each item had in the tasks before, −1 where it had none."""
    sums, earlier = _labels_before(items)
    return (sums / earlier).nan_to_num(0).round().long().where(earlier > 0, -1)


def _labels_before(items: Tensor) -> tuple[Tensor, Tensor]:
    """[T, L] to [T, L] twice: the sum of the labels that each item had in the tasks before, and how many those were."""
    values, order = items.flatten().sort(stable=True)  # an item's appearances side by side, in the order of the tasks
    labels = (order % items.shape[1]).double()
    start = torch.searchsorted(values, values)
    sums = torch.nn.functional.pad(labels.cumsum(dim=0), (1, 0))  # [T·L + 1]
    position = torch.arange(len(values))
    found = torch.stack([sums[position] - sums[start], (position - start).double()])
    before, earlier = torch.empty_like(found).scatter(1, order.expand(2, -1), found).view(2, *items.shape)
    return before, earlier


_SHUFFLE = "a network can learn that instead of the task; shuffle the classes of every task before you number them"
_GUESSES = (  # of two that fit equally well the first is taken
    _Guess(
        ASCENDING_LABELS,
        "follow the class numbers of the bank, from lowest to highest (as sorted() does, and a set of small numbers)",
        _SHUFFLE,
        lambda drawn, _: _ranks(drawn),
    ),
    _Guess(
        DESCENDING_LABELS,
        "follow the class numbers of the bank, from highest to lowest",
        _SHUFFLE,
        lambda drawn, _: drawn.n_way[:, None] - 1 - _ranks(drawn),
    ),
    _Guess(NAME_LABELS, "follow the names of the classes, as sorted() has them", _SHUFFLE, _ranks),
    _Guess(
        MODULO_LABELS,
        "are the class number modulo N",
        _SHUFFLE,
        lambda drawn, _: drawn.classes % drawn.n_way[:, None],
    ),
    _Guess(
        SET_LABELS,
        "follow the order in which a Python set of the class numbers is walked, which is not random",
        _SHUFFLE,
        _set_labels,
    ),
    _Guess(
        PERMUTED_LABELS,
        "follow one order of the class numbers, the same as in the tasks before (the lowest always has one "
        "label, the next another)",
        "a network can learn that instead of the task; draw a new permutation for every task",
        lambda drawn, _: _usual_labels(_ranks(drawn) + drawn.classes.shape[1] * drawn.n_way[:, None]),
    ),
    _Guess(
        TIED_LABELS,
        "are those that the class usually had in the tasks before",
        "a network can learn a class's label by heart; draw a new permutation for every task",
        lambda drawn, _: _usual_labels(drawn.classes),
    ),
)


def guessable_labels(bank: ClassBank, drawn: Drawn) -> Finding | None:
    """Labels that one of the guesses names far more often than chance does; of several the one that is right most."""
    names = sorted(range(bank.n_classes), key=bank.names.__getitem__)
    by_name = torch.tensor(names).argsort()
    found = []
    for guess in _GUESSES:
        labels = guess.labels(drawn, by_name)
        tried = (labels >= 0) & (drawn.classes >= 0)
        hits = tried & (labels == torch.arange(labels.shape[1]))
        if log_evidence(hits.sum(dim=1), guessed(tried.sum(dim=1), drawn.n_way)) > SURPRISING:
            found.append((float(hits.sum() / tried.sum()), guess, tried, hits))
    if not found:
        return _rotated_labels(drawn) or _ordered_labels(drawn)
    _, guess, tried, hits = max(found, key=lambda one: one[0])
    whole = tried.any(dim=1) & (hits == tried).all(dim=1)
    chance = float((tried.sum(dim=1) / drawn.n_way).sum())
    message = (
        f"{int(hits.sum()):,} of {int(tried.sum()):,} labels {guess.rule}, and all of a task in {int(whole.sum()):,} "
        f"of {len(drawn):,} tasks; chance gives about {chance:,.0f} such labels; {guess.remedy}"
    )
    return Finding(guess.kind, message, int(whole.sum()))


def _rotated_labels(drawn: Drawn) -> Finding | None:
    """Labels that ascend with the class numbers from any start, and go on at 0 after N − 1.

    The label of the lowest number tells the start, and the others are a random order of the N − 1 labels that are left.
    """
    ranks, n_way = _ranks(drawn), drawn.n_way[:, None]
    start = (ranks == 0).long().argmax(dim=1, keepdim=True)
    tried = (drawn.classes >= 0) & (ranks > 0)
    hits = tried & ((start + ranks) % n_way == torch.arange(ranks.shape[1]))
    if log_evidence(hits.sum(dim=1), guessed(drawn.n_way - 1, drawn.n_way - 1)) <= SURPRISING:
        return None
    whole = (hits == tried).all(dim=1)
    message = (
        f"{int(hits.sum()):,} of {int(tried.sum()):,} labels follow that of the lowest class number, ascending, "
        f"from N − 1 on to 0, and all of a task in {int(whole.sum()):,} of {len(drawn):,} tasks; chance gives about "
        f"{len(drawn):,} such labels; {_SHUFFLE}"
    )
    return Finding(ROTATED_LABELS, message, int(whole.sum()))


def _ordered_labels(drawn: Drawn) -> Finding | None:
    """Labels in an order of all classes that the tasks share, before each class has come so often that it is known."""
    sums, earlier = _labels_before(drawn.classes)
    place = ((sums + 1) / (earlier * (drawn.n_way[:, None] - 1) + 2)).clamp(0.02, 0.98).logit()  # 0: never seen
    inside = drawn.classes >= 0
    if ordered(place, inside) <= SURPRISING:
        return None
    pairs = (inside[:, :, None] & inside[:, None] & (place[:, :, None] != place[:, None])).triu(diagonal=1)
    right = pairs & (place[:, :, None] < place[:, None])
    whole = pairs.flatten(1).any(dim=1) & (right == pairs).flatten(1).all(dim=1)
    message = (
        f"{int(right.sum()):,} of {int(pairs.sum()):,} pairs of classes have their labels in the order that the tasks "
        f"before show, and all of a task in {int(whole.sum()):,} of {len(drawn):,} tasks; chance gives about half of "
        "the pairs; a network can learn an order of the classes by heart; draw a new permutation for every task"
    )
    return Finding(TIED_LABELS, message, int(whole.sum()))


def enough_tasks(drawn: Drawn) -> bool:
    """Whether labels in one order in every task would be found."""
    return log_evidence(drawn.n_way, guessed(drawn.n_way, drawn.n_way)) > SURPRISING
