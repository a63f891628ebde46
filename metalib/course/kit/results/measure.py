"""Every method in the exams, and our networks beside the published figures: what is measured, and when again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from metalib.banks import split
from metalib.banks.store import bank_digest
from metalib.course.kit.exams import EXAMS, Exam
from metalib.course.kit.results import papers, sittings
from metalib.course.kit.results.entry import Entry, ExamEntry, PublishedEntry
from metalib.course.kit.results.sittings import Sitting
from metalib.episodes import ClassBank

PAPER = (  # trained on the papers' kind of split
    "protonet-short-paper",
    "maml-published-paper",
    "maml-warm-up-paper",
    "fomaml-published-paper",
    "fomaml-5-steps-paper",
    "reptile-long-paper",
    "maml-20-way-longest-paper",
)


@dataclass
class CourseResults:
    """What is measured, each entry by its key.

    right  for each of `exams`, the right answers in each episode, [E] uint8
    """

    exams: dict[str, ExamEntry] = field(default_factory=dict)
    right: dict[str, Tensor] = field(default_factory=dict)
    paper: dict[str, PublishedEntry] = field(default_factory=dict)


def measure(course: CourseResults, banks: list[ClassBank]) -> Iterator[Entry]:
    """Bring `course` up to date: every method in every exam that it can sit, on the evaluation part of each bank.

    banks  the first is the whole of Omniglot, on which the networks of `PAPER` stand beside the published figures
    A result is kept where all that decides it is the same (`Entry.agrees`); a change of code is not seen: start from an
    empty `CourseResults`.
    Yields an entry as soon as it is measured and has its place. At the end nothing is left that the course has no more.
    """
    order = []
    for sitting, exam, evaluation, asked in _to_sit(banks):
        name = asked.key()
        order.append(name)
        kept = course.exams.get(name)
        if kept and kept.agrees(asked) and _has_its_episodes(course, name, exam):
            course.exams[name] = asked.with_result_of(kept)
            continue
        accuracies = exam.sit(sitting.predict, evaluation)
        course.exams[name] = asked.measured(exam.interval(accuracies))
        course.right[name] = (accuracies * exam.questions).round().to(torch.uint8)
        yield course.exams[name]
    course.exams = {name: course.exams[name] for name in order}
    course.right = {name: course.right[name] for name in order}
    yield from _beside_the_published(course, banks[0])


def _beside_the_published(course: CourseResults, bank: ClassBank) -> Iterator[Entry]:
    order = []
    for asked, ours in papers.beside(list(PAPER), bank):
        name = asked.key()
        order.append(name)
        kept = course.paper.get(name)
        if kept and kept.agrees(asked):
            course.paper[name] = asked.with_result_of(kept)
            continue
        course.paper[name] = asked.measured(ours())
        yield course.paper[name]
    course.paper = {name: course.paper[name] for name in order}


def _to_sit(banks: list[ClassBank]) -> Iterator[tuple[Sitting, Exam, ClassBank, ExamEntry]]:
    """Each exam of each method, the classes, and all of its entry that is known before anything is measured."""
    for bank in banks:
        evaluation = split(bank).evaluation
        pictures = bank_digest(evaluation)[:12]
        for sitting in sittings.course_sittings(bank):
            for exam in EXAMS:
                if sittings.can_sit(sitting, exam, evaluation):
                    asked = ExamEntry(
                        method=sitting.method,
                        exam=exam.letter,
                        bank=bank.source,
                        notebook=sitting.notebook,
                        network=sitting.network,
                        pictures=pictures,
                        classes=sitting.classes,
                        updates=sitting.updates,
                        trained_on=sitting.trained_on,
                        training_seed=sitting.training_seed,
                        **sittings.conditions(sitting, exam, evaluation),
                    )
                    yield sitting, sitting.only or exam, evaluation, asked


def _has_its_episodes(course: CourseResults, name: str, exam: Exam) -> bool:
    """Whether the side file has the episodes of this mean: the files are written one after the other."""
    right = course.right.get(name)
    mean = course.exams[name].result.mean
    return right is not None and math.isclose(right.double().mean().item() / exam.questions, mean, abs_tol=1e-9)
