"""The course's own results: every method in both exams, and its networks beside the published figures.

`metalib results` writes them. What the same network did in the same exam before is kept: a new network costs its own
minutes only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from metalib import places, published, results
from metalib.banks import split
from metalib.board import RESULTS
from metalib.episodes import ClassBank
from metalib.evaluate import Interval, mean_interval
from metalib.exams import EXAM_A, EXAM_B, EXAMS, Exam

TABLES = "results.md"
PAPER = (  # trained on the papers' kind of split
    "protonet-short-paper",
    "maml-published-paper",
    "maml-warm-up-paper",
    "fomaml-published-paper",
    "fomaml-5-steps-paper",
    "reptile-published-paper",
    "maml-20-way-long-paper",
)
Entry = dict[str, Any]


@dataclass
class CourseResults:
    """What is measured, by `results.key` or `published.key`.

    right  for each of `exams`, the right answers in each episode, [E] uint8
    """

    exams: dict[str, Entry] = field(default_factory=dict)
    right: dict[str, Tensor] = field(default_factory=dict)
    paper: dict[str, Entry] = field(default_factory=dict)


def measure(course: CourseResults, banks: list[ClassBank], *, anew: bool = False) -> Iterator[Entry]:
    """Bring `course` up to date: every method in every exam that it can sit, on the evaluation part of each bank.

    banks  the first is the whole of Omniglot, on which the networks of `PAPER` stand beside the published figures
    anew   measure all of it; else only what is not there, or was measured under other conditions
    Yields an entry as soon as it is measured and has its place. At the end nothing is left that the course has no more.
    """
    order = []
    for sitting, exam, bank in _sat(banks):
        name = results.key(sitting.method, exam.letter, bank.source)
        order.append(name)
        asked = _asked(sitting, exam, bank)
        if anew or name not in course.right or not _agrees(course.exams.get(name), asked):
            accuracies = exam.sit(sitting.predict, split(bank).evaluation)
            course.exams[name] = {**asked, "interval": list(mean_interval(accuracies)), "date": _today()}
            course.right[name] = (accuracies * exam.spec.n_way * exam.spec.n_query).round().to(torch.uint8)
            yield course.exams[name]
    course.exams = {name: course.exams[name] for name in order}
    course.right = {name: course.right[name] for name in order}
    yield from _beside_the_published(course, banks[0], anew)


def _beside_the_published(course: CourseResults, bank: ClassBank, anew: bool) -> Iterator[Entry]:
    order = []
    for asked, ours in published.beside(list(PAPER), bank):
        name = published.key(asked)
        order.append(name)
        if anew or not _agrees(course.paper.get(name), asked):
            course.paper[name] = {**asked, "ours": list(ours()), "date": _today()}
            yield course.paper[name]
    course.paper = {name: course.paper[name] for name in order}


def _sat(banks: list[ClassBank]) -> Iterator[tuple[results.Sitting, Exam, ClassBank]]:
    for bank in banks:
        for sitting in results.course_sittings():
            for exam in (EXAM_A, EXAM_B):
                if sitting.n_way in (None, exam.spec.n_way):
                    yield sitting, exam, bank


def _asked(sitting: results.Sitting, exam: Exam, bank: ClassBank) -> Entry:
    """All of an entry that is known before anything is measured."""
    who = {"method": sitting.method, "notebook": sitting.notebook}
    who |= {"network": sitting.network, "classes": sitting.classes}
    conditions = results.conditions(sitting, exam, split(bank).evaluation)
    return {**who, "exam": exam.letter, "bank": bank.source, **conditions}


def _agrees(entry: Entry | None, asked: Mapping[str, Any]) -> bool:
    return entry is not None and all(name in entry and entry[name] == value for name, value in asked.items())


def _today() -> str:
    return date.today().isoformat()


# --- files


def read(folder: Path) -> CourseResults:
    """What `write` left in `folder`; nothing where there is nothing."""
    path = folder / RESULTS
    if not path.exists():
        return CourseResults()
    record = json.loads(path.read_text(encoding="utf-8"))
    exams = {results.key(e["method"], e["exam"], e["bank"]): e for e in record["exams"]}
    paper = {published.key(row): row for row in record["paper"]}
    return CourseResults(exams, load_file(folder / results.EPISODES), paper)


def write(course: CourseResults, folder: Path) -> None:
    """Write `results.json`, `results.md` and the side file into `folder`, each whole or not at all."""
    record = {
        "command": "metalib results",
        "date": _today(),
        "machine": results.machine(),
        "exams": list(course.exams.values()),
        "paper": list(course.paper.values()),
    }
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    places.write_tensors(folder / results.EPISODES, course.right)
    places.write_atomically(folder / TABLES, lambda part: part.write_text(markdown(record), encoding="utf-8"))
    places.write_atomically(folder / RESULTS, lambda part: part.write_text(text, encoding="utf-8"))


def markdown(record: dict[str, Any]) -> str:
    """`data/results.md`: the exams on each bank, best first, and the published figures with ours beside them."""
    parts = [
        "# What the course's networks reach",
        f"Written by `{record['command']}` on {record['machine']}, {record['date']}.",
    ]
    for bank in dict.fromkeys(entry["bank"] for entry in record["exams"]):
        for exam in EXAMS:
            entries = [e for e in record["exams"] if (e["bank"], e["exam"]) == (bank, exam.letter)]
            rows = sorted(entries, key=lambda entry: -entry["interval"][0])
            parts.append(f"## {bank}, {exam}")
            if entries:
                conditions = f"{entries[0]['data']}, seed {entries[0]['seed']}"
                parts.append(f"{conditions}; 95 % intervals over episodes, one network each.")
            parts.append(
                "\n".join(["| method | learned from | batch norm | accuracy |", "| --- " * 4 + "|", *_lines(rows)])
            )
    parts += [
        "## Beside the published figures",
        "Random split of characters (1,200 for training, 423 for the test), each turn by 90° a class of its own, as in "
        "the papers; 100 of the 1,200 are for validation where a network learned from the others only. Ours is one "
        "network each; the interval is over episodes. MAML's paper averages the last features over places: ours are "
        "flattened, as in Reptile's. Reptile's paper has dark ink: ours is bright.",
        published.table(record["paper"]),
    ]
    return "\n\n".join(parts) + "\n"


def _lines(entries: list[Entry]) -> Iterator[str]:
    for e in entries:
        columns = (e["method"], published.learned_from(e["classes"]), e["batch_norm"], str(Interval(*e["interval"])))
        yield f"| {' | '.join(columns)} |"
