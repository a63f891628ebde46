"""What the auditor says: one finding a kind of flaw, and the small helpers that build one."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

UNKNOWN_PICTURE = "picture not in the bank"
SUPPORT_IN_QUERY = "support picture in the query set"
REPEATED_PICTURE = "repeated picture"
FORBIDDEN_CLASS = "class of another split"
WRONG_LABELS = "labels outside 0 … N−1"
MIXED_LABEL = "one label for two classes"
RELABELLED = "support and query labelled differently"
REPEATED_CLASS = "repeated class"
REPEATED_TASK = "repeated task"
FEW_CLASSES = "few of the classes"
FEW_DRAWINGS = "few of the drawings"
ASCENDING_LABELS = "labels by ascending class number"
DESCENDING_LABELS = "labels by descending class number"
MODULO_LABELS = "labels by class number mod N"
SET_LABELS = "labels in the order of a set"
NAME_LABELS = "labels by class name"
ROTATED_LABELS = "labels by ascending class number from any start"
PERMUTED_LABELS = "labels by one fixed order of class numbers"
TIED_LABELS = "labels that a class keeps"


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


def finding(kind: str, where: Tensor, message: str) -> Finding:
    """A finding about the tasks that have a True in `where`, [T, ...]."""
    return Finding(kind, message, int(where.flatten(1).any(dim=1).sum()))


def first(mask: Tensor) -> list[int]:
    """The position of the first True."""
    return mask.nonzero()[0].tolist()


def equals_next(values: Tensor) -> Tensor:
    """[T, R] sorted to [T, R − 1] bool: where a value equals the next one and is not −1."""
    return (values.diff(dim=1) == 0) & (values[:, 1:] >= 0)
