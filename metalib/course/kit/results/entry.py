"""One measured accuracy: what it depends on, what came out, and where and when."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from metalib import files, runtime
from metalib.evaluate import Interval

DECISIVE = ("network", "pictures", "task", "seed", "batch_norm")  # what an accuracy depends on
SHAPES = {  # what JSON holds of a field, by its type
    "str": str,
    "int": int,
    "int | None": int | None,
    "float": files.NUMBER,
    "Interval | None": files.INTERVAL,
    "tuple[float | None, float | None]": (files.NUMBER | None, files.NUMBER | None),
}
Some = TypeVar("Some", bound="Entry")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One accuracy of one method; `interval` is None until it is measured.

    task      the episodes, in words                network   digest of the checkpoint
    data      the classes that are drawn            pictures  digest of their pictures
    seed      of the draw; 0 where nothing is drawn
    classes   those that the network learned from
    """

    method: str
    task: str
    data: str
    seed: int
    batch_norm: str
    network: str = "none"
    pictures: str = ""
    classes: str = "none"
    interval: Interval | None = None
    machine: str = ""
    date: str = ""

    def key(self) -> str:
        """What tells the entries of one table apart."""
        raise NotImplementedError

    def agrees(self, other: Entry) -> bool:
        """Whether both have the same accuracy, since all that decides it is the same."""
        return all(getattr(self, name) == getattr(other, name) for name in DECISIVE)

    def measured(self: Some, interval: Interval) -> Some:
        """The entry with its result, found on this machine, today."""
        return dataclasses.replace(self, interval=interval, machine=runtime.machine(), date=date.today().isoformat())

    def with_result_of(self: Some, kept: Entry) -> Some:
        """The entry with the result that `kept` has, and where and when that was found."""
        return dataclasses.replace(self, interval=kept.interval, machine=kept.machine, date=kept.date)

    @property
    def result(self) -> Interval:
        """The accuracy. Raises ValueError where it is not measured yet."""
        if self.interval is None:
            raise ValueError(f"{self.method} on {self.task} is not measured yet: `metalib results` does it")
        return self.interval

    def to_json(self) -> dict[str, Any]:
        """What a JSON file holds."""
        return {**dataclasses.asdict(self), "interval": list(self.result)}

    @classmethod
    def from_json(cls: type[Some], record: dict[str, Any]) -> Some:
        """What `to_json` made; fields that older files lack have their defaults. Raises TypeError or ValueError."""
        shape = {field.name: SHAPES[str(field.type)] for field in dataclasses.fields(cls) if field.name in record}
        files.fit(record, {**shape, "interval": files.INTERVAL})
        return cls(**{**record, "interval": Interval(*record["interval"])})


@dataclass(frozen=True, kw_only=True)
class ExamEntry(Entry):
    """How a method did in an exam.

    bank      what the pictures are called on the score board
    notebook  the one that teaches the method
    updates, trained_on, training_seed  what the network had; none of a method that trains none
    """

    exam: str
    bank: str
    notebook: int = 0
    updates: int = 0
    trained_on: str = ""
    training_seed: int | None = None

    def key(self) -> str:
        """Under which name the episodes lie in the side file."""
        return exam_key(self.method, self.exam, self.bank)


def exam_key(method: str, exam: str, bank: str) -> str:
    """The key of an ExamEntry."""
    return f"{bank}/{exam}/{method}"


@dataclass(frozen=True, kw_only=True)
class PublishedEntry(Entry):
    """How one of our networks does where a paper has a figure.

    published           per cent, and the half-width where the paper gives one; None where it reports no such test
    source              the paper and its table
    updates, seconds, trained_on   what the network cost
    """

    checkpoint: str
    published: tuple[float | None, float | None]
    source: str
    updates: int
    seconds: float
    trained_on: str

    def key(self) -> str:
        """The network, the task and the batch norm: one network sits many tasks."""
        return f"{self.checkpoint}/{self.task}/{self.batch_norm}"
