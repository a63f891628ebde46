"""The episode auditor: finds the leaks and mix-ups that published few-shot code often has.

Each picture is looked up in the bank, pixel for pixel, so the auditor needs nothing from the code that drew the tasks.
What would not be certain is not said, so some flaws are not found: one or two repeats among tasks that keep to a group
each, an order of the classes that few of the tasks share, and other rules that turn class numbers into labels, as long
as no class comes often.
"""

from __future__ import annotations

from collections.abc import Collection

import torch

from metalib.course.kit.audit.coverage import few_classes, few_drawings, repeated_tasks
from metalib.course.kit.audit.drawn import Drawn
from metalib.course.kit.audit.finding import (
    ASCENDING_LABELS,
    DESCENDING_LABELS,
    FEW_CLASSES,
    FEW_DRAWINGS,
    FORBIDDEN_CLASS,
    MIXED_LABEL,
    MODULO_LABELS,
    NAME_LABELS,
    PERMUTED_LABELS,
    RELABELLED,
    REPEATED_CLASS,
    REPEATED_PICTURE,
    REPEATED_TASK,
    ROTATED_LABELS,
    SET_LABELS,
    SUPPORT_IN_QUERY,
    TIED_LABELS,
    UNKNOWN_PICTURE,
    WRONG_LABELS,
    Finding,
    Findings,
)
from metalib.course.kit.audit.labels import Labelled, mixed_labels, relabelled, repeated_classes, wrong_labels
from metalib.course.kit.audit.order import enough_tasks, guessable_labels
from metalib.course.kit.audit.pictures import (
    barred_classes,
    forbidden_classes,
    repeated_pictures,
    support_in_query,
    unknown_pictures,
)
from metalib.course.kit.lookup import PictureIndex
from metalib.episodes import ClassBank, Episode

__all__ = [
    "ASCENDING_LABELS",
    "DESCENDING_LABELS",
    "FEW_CLASSES",
    "FEW_DRAWINGS",
    "FORBIDDEN_CLASS",
    "MIXED_LABEL",
    "MODULO_LABELS",
    "NAME_LABELS",
    "PERMUTED_LABELS",
    "RELABELLED",
    "REPEATED_CLASS",
    "REPEATED_PICTURE",
    "REPEATED_TASK",
    "ROTATED_LABELS",
    "SET_LABELS",
    "SUPPORT_IN_QUERY",
    "TIED_LABELS",
    "UNKNOWN_PICTURE",
    "WRONG_LABELS",
    "Finding",
    "Findings",
    "audit",
    "report",
]


def audit(bank: ClassBank, episodes: Episode, *, forbidden: Collection[str] = ()) -> Findings:
    """Look for flaws in `episodes`, which were drawn from `bank`; an empty list means that none was found.

    bank       with its rotations, if the episodes were drawn from those
    episodes   Episode with a task axis T, in the order in which they were drawn; pictures uint8, or float in 0 … 1
    forbidden  names of classes that must not occur, as those of the evaluation split; a turned class is its original
    What only many tasks show (repeats, few classes or drawings, labels that can be guessed) is a finding where a right
    sampler does that less than once in 10⁹ audits; `audit.chance` says how that is known. Pictures that the bank holds
    several times are no evidence of anything, and count for nothing.
    Raises ValueError when the shapes are not those of episodes with a task axis.
    """
    _require_task_axis(bank, episodes)
    index = PictureIndex(bank.images, bank.sizes)
    support, query = index.locate(episodes.support_x), index.locate(episodes.query_x)
    labels = [episodes.support_y.cpu().long(), episodes.query_y.cpu().long()]
    labelled = Labelled.of([support, query], labels)
    drawn = Drawn.of(labelled, [support, query], labels)
    barred = barred_classes(bank, forbidden)
    repeats, different = repeated_tasks(bank, index, drawn, barred)
    fresh = drawn.keep(different)  # one flaw is one finding: repeats are no evidence of the others
    found = [
        unknown_pictures(index, episodes, support, query),
        support_in_query(bank, support, query),
        repeated_pictures(support, query),
        forbidden_classes(bank, support, query, barred),
        wrong_labels(*labels),
        mixed_labels(bank, labelled),
        relabelled(bank, labelled),
        repeated_classes(bank, labelled),
        repeats,
        few_classes(bank, index, fresh, barred),
        few_drawings(index, fresh),
        guessable_labels(bank, fresh),
    ]
    findings = Findings(finding for finding in found if finding)
    findings.scope = _scope(labelled, fresh, support.found.numel() + query.found.numel())
    return findings


def _scope(labelled: Labelled, fresh: Drawn, n_pictures: int) -> str:
    """What was looked at, and what could not be judged."""
    n_tasks, unjudged = len(labelled.order_known), int((~labelled.order_known).sum())
    words = f"{n_tasks:,} task{'s' if n_tasks != 1 else ''} with {n_pictures:,} pictures were checked"
    if unjudged:
        words += f"; in {unjudged:,} a class has two labels or is unknown, and their order was not judged"
    return words if enough_tasks(fresh) else words + "; for the order of labels these are too few tasks"


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
