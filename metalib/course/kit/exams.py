"""The course's exams: the same tasks for every method, so that results can be compared pairwise.

An exam says how its tasks come (`deal`), how many questions each has (`questions`), and what a task is called, which is
also what its intervals are over (`unit`): an episode, drawn at random, or a run, as it was published.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from metalib.banks import emoji, twenty_runs
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, bootstrap_interval, evaluate, mean_interval, paired_interval
from metalib.runtime import seeded

RESAMPLES_SEED = 0  # of the bootstrap's resamples: equal results, equal intervals


def drawn(exam: Exam, bank: ClassBank) -> Iterator[Episode]:
    """Tasks of `bank`, drawn at random by the exam's `spec` and `seed`."""
    return stream_episodes(bank, exam.spec, exam.n_episodes, seed=exam.seed, batch=exam.batch)


def runs_alone(_exam: Exam, bank: ClassBank) -> Iterator[Episode]:
    """Lake's twenty runs, each query alone: 20 batches of 20 tasks with one query. Of `bank` only the device counts."""
    for batch in twenty_runs.episodes(the_runs(), queries_alone=True):
        yield Episode(*(tensor.to(bank.device) for tensor in batch))


def runs_as_drawn(_exam: Exam, _bank: ClassBank) -> Iterator[Episode]:
    """The same as bitmaps of 105 × 105 pixels, bool, ink is True; on the CPU."""
    runs = the_runs()
    large = runs._replace(support=runs.support_bitmaps.unsqueeze(2), query=runs.query_bitmaps.unsqueeze(2))
    for batch in twenty_runs.episodes(large, queries_alone=True):
        yield batch._replace(support_x=batch.support_x > 0, query_x=batch.query_x > 0)


def across_vendors(exam: Exam, bank: ClassBank) -> Iterator[Episode]:
    """Tasks of emoji, the first half of objects: the supports by one vendor, the queries by another."""
    return emoji.stream_across_vendors(bank, exam.spec, exam.n_episodes, seed=exam.seed, batch=exam.batch)


@functools.cache
def the_runs() -> twenty_runs.TwentyRuns:
    """Lake's twenty runs, read once."""
    return twenty_runs.load()


@dataclass(frozen=True)
class Exam:
    """A fixed list of tasks: equal bank, equal tasks, on every device.

    n_episodes  how many tasks there are            unit  what they are called, and what intervals are over
    seed        of the draw; 0 where nothing is drawn
    form        what the tasks have beside `spec`, in words
    alone       each query is asked alone: no method can use the others
    deal        how the tasks come: (exam, evaluation part of a bank) -> Episodes with a task axis; a task's queries may
                come as one Episode or as several of equal size, one after the other
    bank, part  the only bank that it is of, and the source of its evaluation part; "": any bank of one channel
    halves      what the first half of its tasks is of, and what the second: their results are told apart, too
    """

    letter: str
    spec: EpisodeSpec
    n_episodes: int
    seed: int = 0
    batch: int = 20
    unit: str = "episodes"
    form: str = ""
    alone: bool = False
    deal: Callable[[Exam, ClassBank], Iterator[Episode]] = drawn
    bank: str = ""
    part: str = ""
    halves: tuple[str, ...] = ()

    @property
    def questions(self) -> int:
        """Queries in one task."""
        return self.spec.n_way * self.spec.n_query

    @property
    def total(self) -> int:
        """Queries in all tasks."""
        return self.n_episodes * self.questions

    def episodes(self, bank: ClassBank) -> Iterator[Episode]:
        """The exam's tasks in batches with a task axis; `bank` is the evaluation part of a bank."""
        return self.deal(self, bank)

    def possible(self, bank: ClassBank) -> bool:
        """Whether it is to be sat on `bank`: it has enough classes (within one alphabet: in one), or is the exam's."""
        if self.part:
            return bank.source == self.part
        if bank.images.shape[2] != 1:  # pictures in colour have an exam of their own
            return False
        largest = int(bank.group_ids.bincount().max()) if self.spec.within_group else bank.n_classes
        return largest >= self.spec.n_way

    def sit(self, predict: Callable[[Episode], Tensor], bank: ClassBank) -> Tensor:
        """The accuracy of `predict` on each task, [n_episodes] in 0 … 1."""
        return evaluate(predict, self.episodes(bank)).view(self.n_episodes, -1).mean(dim=1)

    def interval(self, accuracies: Tensor) -> Interval:
        """The mean of what `sit` gives with its 95 % interval over episodes; over runs, which are few, by bootstrap."""
        if self.unit == "episodes":
            return mean_interval(accuracies, self.unit)
        return bootstrap_interval(accuracies, self.unit, generator=seeded(RESAMPLES_SEED))

    def by_half(self, accuracies: Tensor) -> dict[str, Interval]:
        """The interval of each of `halves`, from what `sit` gives; {} where an exam has none."""
        if not self.halves:
            return {}
        parts = accuracies.chunk(len(self.halves))
        return {name: self.interval(part) for name, part in zip(self.halves, parts, strict=True)}

    def paired(self, a: Tensor, b: Tensor) -> Interval:
        """The mean of a − b, two methods' results of this exam, with its interval. Raises ValueError as they do."""
        return paired_interval(a, b, self.unit, of=lambda values, _unit: self.interval(values))

    def __str__(self) -> str:
        form = f", {self.form}" if self.form else ""
        return f"exam {self.letter} ({self.n_episodes} {self.unit}, {self.spec}{form})"


EXAM_A = Exam("A", EpisodeSpec(n_way=5, k_shot=1, n_query=15), n_episodes=600, seed=20_171)
# Lake et al.'s (2015) form: 20 characters of one alphabet, one query each; not saturated, and people can sit it
EXAM_B = Exam("B", EpisodeSpec(n_way=20, k_shot=1, n_query=1, within_group=True), n_episodes=400, seed=20_172)
# the tasks themselves that people sat; whoever learned from all 50 alphabets (the "paper" split) has seen some of them
EXAM_C = Exam(
    "C",
    EpisodeSpec(n_way=20, k_shot=1, n_query=1, within_group=True),
    n_episodes=twenty_runs.RUNS,
    unit="runs",
    form="each query alone",
    alone=True,
    deal=runs_alone,
    bank="Omniglot",
    part="Omniglot evaluation",
)
EXAM_C_AS_DRAWN = replace(EXAM_C, deal=runs_as_drawn)  # for what takes no small picture
EXAM_D = Exam(
    "D",
    EpisodeSpec(n_way=5, k_shot=1, n_query=1),
    n_episodes=400,
    seed=20_174,
    form="supports by one vendor, queries by another",
    deal=across_vendors,
    bank="emoji",
    part="emoji, evaluation",
    halves=("objects", "faces, people and signs"),  # an ImageNet network has seen dogs and rockets
)
EXAMS = (EXAM_A, EXAM_B, EXAM_C, EXAM_D)


def exam_of(letter: str) -> Exam:
    """The exam with this letter. Raises ValueError where there is none."""
    for exam in EXAMS:
        if exam.letter == letter:
            return exam
    raise ValueError(f"there is no exam {letter!r}: give {' or '.join(exam.letter for exam in EXAMS)}")
