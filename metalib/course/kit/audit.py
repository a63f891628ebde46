"""The episode auditor: finds the leaks and mix-ups that published few-shot code often has.

Each picture is looked up in the bank, pixel for pixel, so the auditor needs nothing from the code that drew the tasks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from metalib.course.kit.lookup import Located, PictureIndex
from metalib.episodes import ClassBank, Episode

UNKNOWN_PICTURE = "picture not in the bank"
SUPPORT_IN_QUERY = "support picture in the query set"
REPEATED_PICTURE = "repeated picture"
FORBIDDEN_CLASS = "class of another split"
WRONG_LABELS = "labels outside 0 … N−1"
MIXED_LABEL = "one label for two classes"
RELABELLED = "support and query labelled differently"
REPEATED_CLASS = "repeated class"
ASCENDING_LABELS = "labels by ascending class number"
BY_CHANCE = 1e-3  # labels that ascend in every task are a finding where chance does that less often than this


class Finding(NamedTuple):
    """One kind of flaw: its name, a sentence with the numbers, and how many tasks have it."""

    kind: str
    message: str
    tasks: int

    def __str__(self) -> str:
        return f"{self.kind}, {self.tasks:,} task{'s' if self.tasks != 1 else ''}: {self.message}"


class Findings(list[Finding]):
    """What `audit` found, a list, with one more thing: `scope`, what was looked at and what could not be judged."""

    scope = ""


def audit(bank: ClassBank, episodes: Episode, *, forbidden: Collection[str] = ()) -> Findings:
    """Look for flaws in `episodes`, which were drawn from `bank`; an empty list means that none was found.

    bank       with its rotations, if the episodes were drawn from those
    episodes   Episode with a task axis T; pictures uint8, or float in 0 … 1
    forbidden  names of classes that must not occur, as those of the evaluation split; a turned class is its original
    Ascending labels are a finding when every task has them and chance would do that less than once in 1,000 times,
    (1/N!)^T < 0.001. Pictures that the bank holds several times are no evidence of anything, and count for nothing.
    Raises ValueError when the shapes are not those of episodes with a task axis.
    """
    _require_task_axis(bank, episodes)
    index = PictureIndex(bank.images)
    support, query = index.locate(episodes.support_x), index.locate(episodes.query_x)
    labels = [episodes.support_y.cpu().long(), episodes.query_y.cpu().long()]
    labelled = _Labelled.of([support, query], labels)
    found = [
        _unknown_pictures(index, episodes, support, query),
        _support_in_query(bank, support, query),
        _repeated_pictures(support, query),
        _forbidden_classes(bank, support, query, forbidden),
        _wrong_labels(*labels),
        _mixed_labels(bank, labelled),
        _relabelled(bank, labelled),
        _repeated_classes(bank, labelled),
        _ascending_labels(labelled),
    ]
    findings = Findings(finding for finding in found if finding)
    n_tasks, n_pictures = len(labels[0]), support.found.numel() + query.found.numel()
    findings.scope = f"{n_tasks:,} task{'s' if n_tasks != 1 else ''} with {n_pictures:,} pictures were checked"
    if not labelled.enough_tasks:
        findings.scope += "; for the order of labels these are too few tasks"
    return findings


def report(findings: Findings) -> str:
    """The findings in words, one line each; a list without any says "nothing found" and what was looked at."""
    return "\n".join(f"- {finding}" for finding in findings) or f"nothing found: {findings.scope}"


def _require_task_axis(bank: ClassBank, episodes: Episode) -> None:
    for pictures, labels in (episodes[:2], episodes[2:]):
        tasks_agree = labels.numel() and len(labels) == len(episodes.support_y)
        if pictures.ndim != 5 or pictures.shape[:2] != labels.shape or not tasks_agree:
            raise ValueError(
                f"pictures {list(pictures.shape)} with labels {list(labels.shape)}: give both sets the same task axis, "
                "[T, R, 1, H, W] and [T, R]; for one task write Episode(*(field[None] for field in task))"
            )
        if pictures.shape[2:] != bank.images.shape[2:]:
            raise ValueError(
                f"the episodes' pictures are {list(pictures.shape[2:])} and the bank's {list(bank.images.shape[2:])}: "
                "audit against the bank that they were drawn from"
            )
        if labels.is_floating_point() or labels.dtype == torch.bool:
            raise ValueError(f"labels are {labels.dtype}: give whole numbers (torch.long)")


def _first(mask: Tensor) -> list[int]:
    """The position of the first True."""
    return mask.nonzero()[0].tolist()


def _equals_next(values: Tensor) -> Tensor:
    """[T, R] sorted to [T, R − 1] bool: where a value equals the next one and is not −1."""
    return (values.diff(dim=1) == 0) & (values[:, 1:] >= 0)


def _finding(kind: str, where: Tensor, message: str) -> Finding:
    """A finding about the tasks that have a True in `where`, [T, ...]."""
    return Finding(kind, message, int(where.flatten(1).any(dim=1).sum()))


def _unknown_pictures(index: PictureIndex, episodes: Episode, support: Located, query: Located) -> Finding | None:
    unknown = torch.cat([~support.found, ~query.found], dim=1)  # [T, S + Q]
    if not unknown.any():
        return None
    task, _ = _first(unknown)
    pictures = torch.cat([episodes.support_x, episodes.query_x], dim=1)[unknown.to(episodes.query_x.device)][None]
    turned = sum(int(index.locate(torch.rot90(pictures, turn, dims=(-2, -1))).found.sum()) for turn in (1, 2, 3))
    cause = (
        f"turned copies of its pictures among them: {turned:,}, so audit against bank.rotated()"
        if turned
        else "they come from another bank, or were changed after drawing (inverted, normalised, shifted)"
    )
    message = f"pictures that are not in this bank: {int(unknown.sum()):,}, the first in task {task}; {cause}"
    return _finding(UNKNOWN_PICTURE, unknown, message)


def _support_in_query(bank: ClassBank, support: Located, query: Located) -> Finding | None:
    both = torch.cat([support.ids, query.ids], dim=1)
    values, order = both.sort(dim=1, stable=True)  # among equal pictures those of the support set come first
    n_support = support.ids.shape[1]
    shared = _equals_next(values) & (order[:, :-1] < n_support) & (order[:, 1:] >= n_support)
    if not shared.any():
        return None
    task, at = _first(shared)
    name = bank.names[values[task, at] // bank.n_drawings]
    message = (
        f"support pictures that are asked again in the query set: {int(shared.sum()):,}, the first in task {task}, a "
        f"drawing of {name}; draw K + Q drawings of a class at once without replacement, then cut"
    )
    return _finding(SUPPORT_IN_QUERY, shared, message)


def _repeated_pictures(support: Located, query: Located) -> Finding | None:
    repeats = [_equals_next(side.ids.sort(dim=1).values) for side in (support, query)]
    both = torch.cat(repeats, dim=1)
    if not both.any():
        return None
    message = (
        f"pictures that occur again within their support set: {int(repeats[0].sum()):,}, within their query set: "
        f"{int(repeats[1].sum()):,}, the first in task {_first(both)[0]}; draw without replacement"
    )
    return _finding(REPEATED_PICTURE, both, message)


def _forbidden_classes(bank: ClassBank, support: Located, query: Located, forbidden: Collection[str]) -> Finding | None:
    barred = {_original(name) for name in forbidden}
    is_barred = torch.tensor([_original(name) in barred for name in bank.names])  # [C]
    classes = torch.cat([support.classes, query.classes], dim=1)
    hits = (classes >= 0) & is_barred[classes]
    if not hits.any():
        return None
    task, at = _first(hits)
    message = (
        f"classes that are not for these tasks: {len(classes[hits].unique()):,}, the first in task {task}, "
        f"{bank.names[classes[task, at]]}; split the classes before you draw episodes, and rotate after the split"
    )
    return _finding(FORBIDDEN_CLASS, hits, message)


def _original(name: str) -> str:
    """The name of a class before `ClassBank.rotated` turned it."""
    return re.sub(r", turned (90|180|270)°$", "", name)


def _in_range(support_y: Tensor, query_y: Tensor) -> Tensor:
    """[T] bool: whether the support labels are 0 … N−1 without a gap and the query has no other label."""
    values = support_y.sort(dim=1).values
    gaps = values.diff(dim=1) > 1
    return (values[:, 0] == 0) & ~gaps.any(dim=1) & (query_y >= 0).all(dim=1) & (query_y <= values[:, -1:]).all(dim=1)


def _wrong_labels(support_y: Tensor, query_y: Tensor) -> Finding | None:
    wrong = ~_in_range(support_y, query_y)[:, None]
    if not wrong.any():
        return None
    task, _ = _first(wrong)
    n_way = len(support_y[task].unique())
    message = (
        f"task {task} has the support labels {support_y[task].unique().tolist()[:6]} and the query labels "
        f"{query_y[task].unique().tolist()[:6]} (six shown at most) where {n_way} ways have 0 … {n_way - 1}; "
        "number the classes anew in each task"
    )
    return _finding(WRONG_LABELS, wrong, message)


@dataclass(frozen=True)
class _Labelled:
    """Which class stands behind each label: [T, L, 2] for the support and the query set, −1 where none is known.

    `low` and `high` are the lowest and the highest class number, and differ where a label is mixed. A task with labels
    outside 0 … N−1 has −1 throughout: its labels say nothing until that is mended.
    """

    low: Tensor
    high: Tensor
    n_way: Tensor  # [T], 0 for a task with labels outside 0 … N−1

    @classmethod
    def of(cls, sides: list[Located], labels: list[Tensor]) -> _Labelled:
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
        return ((classes >= 0).sum(dim=1) == self.n_way) & (self.n_way > 1) & ~_equals_next(classes).any(dim=1)

    @property
    def enough_tasks(self) -> bool:
        """Whether labels that ascend in every task are more than chance: the product of 1/N! is small."""
        return math.exp(-float(torch.lgamma(self.n_way[self.order_known] + 1.0).sum())) < BY_CHANCE


def _mixed_labels(bank: ClassBank, labelled: _Labelled) -> Finding | None:
    mixed = labelled.low != labelled.high  # [T, L, 2]
    if not mixed.any():
        return None
    task, label, side = _first(mixed)
    one, other = (bank.names[end[task, label, side]] for end in (labelled.low, labelled.high))
    message = (
        f"in the {('support', 'query')[side]} set of task {task} the label {label} stands for {one} and for {other}; "
        "give a label to one class only"
    )
    return _finding(MIXED_LABEL, mixed, message)


def _relabelled(bank: ClassBank, labelled: _Labelled) -> Finding | None:
    differ = (labelled.classes >= 0).all(dim=2) & (labelled.classes[..., 0] != labelled.classes[..., 1])  # [T, L]
    if not differ.any():
        return None
    task, label = _first(differ)
    in_support, in_query = (bank.names[c] for c in labelled.classes[task, label])
    message = (
        f"in task {task} the label {label} is {in_support} in the support set and {in_query} in the query set; number "
        "the classes once a task, for both sets"
    )
    return _finding(RELABELLED, differ, message)


def _repeated_classes(bank: ClassBank, labelled: _Labelled) -> Finding | None:
    classes, labels = labelled.classes[..., 0].sort(dim=1, stable=True)  # [T, L]
    equal = _equals_next(classes)
    if not equal.any():
        return None
    task, at = _first(equal)
    one, other = labels[task, at : at + 2].tolist()
    name = bank.names[classes[task, at]]
    message = f"in task {task} the labels {one} and {other} are both {name}; draw the N classes without replacement"
    return _finding(REPEATED_CLASS, equal, message)


def _ascending_labels(labelled: _Labelled) -> Finding | None:
    past_the_end = torch.arange(1, labelled.low.shape[1]) >= labelled.n_way[:, None]  # [T, L − 1]
    ascends = ((labelled.classes[..., 0].diff(dim=1) > 0) | past_the_end).all(dim=1)
    judged = labelled.order_known
    if not labelled.enough_tasks or not ascends[judged].all():
        return None
    message = (
        f"in all {int(judged.sum()):,} tasks the labels follow the class numbers of the bank, from lowest to highest; "
        f"chance does that less than once in {1 / BY_CHANCE:,.0f} times; shuffle the classes, as a network can learn "
        "their order"
    )
    return _finding(ASCENDING_LABELS, judged[:, None], message)
