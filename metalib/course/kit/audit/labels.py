"""Flaws of the labels within one task: their range, and which class stands behind each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from metalib.course.kit.audit.finding import (
    MIXED_LABEL,
    RELABELLED,
    REPEATED_CLASS,
    WRONG_LABELS,
    Finding,
    equals_next,
    finding,
    first,
)
from metalib.course.kit.lookup import Located
from metalib.episodes import ClassBank


def _in_range(support_y: Tensor, query_y: Tensor) -> Tensor:
    """[T] bool: whether the support labels are 0 … N−1 without a gap and the query has no other label."""
    values = support_y.sort(dim=1).values
    gaps = values.diff(dim=1) > 1
    return (values[:, 0] == 0) & ~gaps.any(dim=1) & (query_y >= 0).all(dim=1) & (query_y <= values[:, -1:]).all(dim=1)


def wrong_labels(support_y: Tensor, query_y: Tensor) -> Finding | None:
    """Labels other than 0 … N−1."""
    wrong = ~_in_range(support_y, query_y)[:, None]
    if not wrong.any():
        return None
    task, _ = first(wrong)
    n_way = len(support_y[task].unique())
    message = (
        f"task {task} has the support labels {support_y[task].unique().tolist()[:6]} and the query labels "
        f"{query_y[task].unique().tolist()[:6]} (six shown at most) where {n_way} ways have 0 … {n_way - 1}; "
        "number the classes anew in each task"
    )
    return finding(WRONG_LABELS, wrong, message)


@dataclass(frozen=True)
class Labelled:
    """Which class stands behind each label: [T, L, 2] for the support and the query set, −1 where none is known.

    `low` and `high` are the lowest and the highest class number, and differ where a label is mixed. A task with labels
    outside 0 … N−1 has −1 throughout: its labels say nothing until that is mended.
    """

    low: Tensor
    high: Tensor
    n_way: Tensor  # [T], 0 for a task with labels outside 0 … N−1

    @classmethod
    def of(cls, sides: list[Located], labels: list[Tensor]) -> Labelled:
        """The classes of the support and the query set, by their labels [T, S] and [T, Q]."""
        usable = _in_range(*labels)[:, None]
        n_way = (labels[0].max(dim=1).values + 1).where(usable[:, 0], 0)
        none = torch.full((len(n_way), max(1, int(n_way.max()))), -1)
        lows, highs = [], []
        for side, labels_of_side in zip(sides, labels, strict=True):
            at, known = labels_of_side.where(usable, 0), usable & (side.classes >= 0)
            highs.append(none.scatter_reduce(1, at, side.classes.where(known, -1), "amax"))
            # the lowest is sought among mirrored numbers, so that −1 stays the sign for none
            top = int(side.classes.max()) + 1
            mirrored = none.scatter_reduce(1, at, (top - side.classes).where(known, -1), "amax")
            lows.append((top - mirrored).where(mirrored >= 0, -1))
        return cls(torch.stack(lows, dim=2), torch.stack(highs, dim=2), n_way)

    @property
    def classes(self) -> Tensor:
        """[T, L, 2]: the class of each label, −1 where none is known or the label is mixed."""
        return self.low.where(self.low == self.high, -1)

    @property
    def order_known(self) -> Tensor:
        """[T] bool: every label of the task stands for one class of its own in the support set."""
        classes = self.classes[..., 0].sort(dim=1).values
        return ((classes >= 0).sum(dim=1) == self.n_way) & (self.n_way > 1) & ~equals_next(classes).any(dim=1)


def mixed_labels(bank: ClassBank, labelled: Labelled) -> Finding | None:
    """A label that stands for two classes."""
    mixed = labelled.low != labelled.high  # [T, L, 2]
    if not mixed.any():
        return None
    task, label, side = first(mixed)
    one, other = (bank.names[end[task, label, side]] for end in (labelled.low, labelled.high))
    message = (
        f"in the {('support', 'query')[side]} set of task {task} the label {label} stands for {one} and for {other}; "
        "give a label to one class only"
    )
    return finding(MIXED_LABEL, mixed, message)


def relabelled(bank: ClassBank, labelled: Labelled) -> Finding | None:
    """A label that is one class in the support set and another in the query set."""
    differ = (labelled.classes >= 0).all(dim=2) & (labelled.classes[..., 0] != labelled.classes[..., 1])  # [T, L]
    if not differ.any():
        return None
    task, label = first(differ)
    in_support, in_query = (bank.names[c] for c in labelled.classes[task, label])
    message = (
        f"in task {task} the label {label} is {in_support} in the support set and {in_query} in the query set; number "
        "the classes once a task, for both sets"
    )
    return finding(RELABELLED, differ, message)


def repeated_classes(bank: ClassBank, labelled: Labelled) -> Finding | None:
    """Two labels that stand for one class."""
    classes, labels = labelled.classes[..., 0].sort(dim=1, stable=True)  # [T, L]
    equal = equals_next(classes)
    if not equal.any():
        return None
    task, at = first(equal)
    one, other = labels[task, at : at + 2].tolist()
    name = bank.names[classes[task, at]]
    message = f"in task {task} the labels {one} and {other} are both {name}; draw the N classes without replacement"
    return finding(REPEATED_CLASS, equal, message)
