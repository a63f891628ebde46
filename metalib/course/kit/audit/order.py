"""Labels that can be guessed: from the class numbers of a task, or from the labels in the tasks before.

A right sampler numbers the classes of a task in random order, whichever classes they are. So each guess that does not
look at the task's labels is right for 1/N of them, and all guesses are judged by one statistic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from metalib.course.kit.audit.chance import SURPRISING, guessed, log_evidence
from metalib.course.kit.audit.drawn import Drawn
from metalib.course.kit.audit.finding import (
    ASCENDING_LABELS,
    DESCENDING_LABELS,
    MODULO_LABELS,
    PERMUTED_LABELS,
    SET_LABELS,
    TIED_LABELS,
    Finding,
)


class _Guess(NamedTuple):
    """A way to guess labels: what it is called, what it says, the remedy, and the guesses, [T, L] with −1 for none."""

    kind: str
    rule: str
    remedy: str
    labels: Callable[[Drawn], Tensor]


def _ranks(drawn: Drawn) -> Tensor:
    """[T, L]: how many classes of the task have a lower number; those beyond the N labels come last."""
    beyond = torch.iinfo(torch.long).max
    return drawn.classes.where(drawn.classes >= 0, beyond).argsort(dim=1, stable=True).argsort(dim=1)


def _set_labels(drawn: Drawn) -> Tensor:
    rows = []
    for row in drawn.classes.tolist():
        place = {c: label for label, c in enumerate(set(sorted(c for c in row if c >= 0)))}
        rows.append([place.get(c, -1) for c in row])
    return torch.tensor(rows, dtype=torch.long).view_as(drawn.classes)


def _usual_labels(items: Tensor) -> Tensor:
    """[T, L] to [T, L]: the rounded mean of the labels that each item had in the tasks before, −1 where it had none."""
    values, order = items.flatten().sort(stable=True)  # an item's appearances side by side, in the order of the tasks
    labels = (order % items.shape[1]).double()
    start = torch.searchsorted(values, values)
    sums = torch.nn.functional.pad(labels.cumsum(dim=0), (1, 0))  # [T·L + 1]
    position = torch.arange(len(values))
    earlier = position - start
    means = (sums[position] - sums[start]) / earlier
    usual = means.nan_to_num(0).round().long().where(earlier > 0, -1)
    return torch.empty_like(usual).scatter(0, order, usual).view_as(items)


_SHUFFLE = "a network can learn that instead of the task; shuffle the classes of every task before you number them"
_GUESSES = (  # of two that fit equally well the first is taken
    _Guess(
        ASCENDING_LABELS,
        "follow the class numbers of the bank, from lowest to highest (as sorted() does, and a set of small numbers)",
        _SHUFFLE,
        _ranks,
    ),
    _Guess(
        DESCENDING_LABELS,
        "follow the class numbers of the bank, from highest to lowest",
        _SHUFFLE,
        lambda drawn: drawn.n_way[:, None] - 1 - _ranks(drawn),
    ),
    _Guess(
        MODULO_LABELS,
        "are the class number modulo N",
        _SHUFFLE,
        lambda drawn: drawn.classes % drawn.n_way[:, None],
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
        lambda drawn: _usual_labels(_ranks(drawn) + drawn.classes.shape[1] * drawn.n_way[:, None]),
    ),
    _Guess(
        TIED_LABELS,
        "are those that the class usually had in the tasks before",
        "a network can learn a class's label by heart; draw a new permutation for every task",
        lambda drawn: _usual_labels(drawn.classes),
    ),
)


def guessable_labels(drawn: Drawn) -> Finding | None:
    """Labels that one of the guesses names far more often than chance does; of several the one that is right most."""
    found = []
    for guess in _GUESSES:
        labels = guess.labels(drawn)
        tried = (labels >= 0) & (drawn.classes >= 0)
        hits = tried & (labels == torch.arange(labels.shape[1]))
        if log_evidence(hits.sum(dim=1), guessed(tried.sum(dim=1), drawn.n_way)) > SURPRISING:
            found.append((float(hits.sum() / tried.sum()), guess, tried, hits))
    if not found:
        return None
    _, guess, tried, hits = max(found, key=lambda one: one[0])
    whole = tried.any(dim=1) & (hits == tried).all(dim=1)
    chance = float((tried.sum(dim=1) / drawn.n_way).sum())
    message = (
        f"{int(hits.sum()):,} of {int(tried.sum()):,} labels {guess.rule}, and all of a task in {int(whole.sum()):,} "
        f"of {len(drawn):,} tasks; chance gives about {chance:,.0f} such labels; {guess.remedy}"
    )
    return Finding(guess.kind, message, int(whole.sum()))


def enough_tasks(drawn: Drawn) -> bool:
    """Whether labels in one order in every task would be found."""
    return log_evidence(drawn.n_way, guessed(drawn.n_way, drawn.n_way)) > SURPRISING
