"""The course's own results: every method in both exams, and its networks beside the published figures.

`metalib results` writes them. What the same network did in the same exam before is kept: a new network costs its own
minutes only.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from metalib import places, published, results
from metalib.banks import split
from metalib.banks.store import bank_digest
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
DECISIVE = ("network", "pictures", "task", "seed", "batch_norm")  # what an accuracy depends on
Entry = dict[str, Any]


@dataclass
class CourseResults:
    """What is measured, by `results.key` or `published.key`.

    right  for each of `exams`, the right answers in each episode, [E] uint8
    """

    exams: dict[str, Entry] = field(default_factory=dict)
    right: dict[str, Tensor] = field(default_factory=dict)
    paper: dict[str, Entry] = field(default_factory=dict)


def measure(course: CourseResults, banks: list[ClassBank]) -> Iterator[Entry]:
    """Bring `course` up to date: every method in every exam that it can sit, on the evaluation part of each bank.

    banks  the first is the whole of Omniglot, on which the networks of `PAPER` stand beside the published figures
    What one of `DECISIVE` has not changed is kept; a change of code is not seen: start from an empty `CourseResults`.
    Yields an entry as soon as it is measured and has its place. At the end nothing is left that the course has no more.
    """
    order = []
    for sitting, exam, evaluation, asked in _to_sit(banks):
        name = results.key(sitting.method, exam.letter, asked["bank"])
        order.append(name)
        kept = course.exams.get(name)
        if kept and _agrees(kept, asked) and _has_its_episodes(course, name, exam):
            course.exams[name] = {**kept, **asked}
            continue
        accuracies = exam.sit(sitting.predict, evaluation)
        course.exams[name] = {**asked, "interval": list(mean_interval(accuracies)), **_here_and_now()}
        course.right[name] = (accuracies * _questions(exam)).round().to(torch.uint8)
        yield course.exams[name]
    course.exams = {name: course.exams[name] for name in order}
    course.right = {name: course.right[name] for name in order}
    yield from _beside_the_published(course, banks[0])


def _beside_the_published(course: CourseResults, bank: ClassBank) -> Iterator[Entry]:
    order = []
    for asked, ours in published.beside(list(PAPER), bank):
        name = published.key(asked)
        order.append(name)
        kept = course.paper.get(name)
        if kept and _agrees(kept, asked):
            course.paper[name] = {**kept, **asked}
            continue
        course.paper[name] = {**asked, "ours": list(ours()), **_here_and_now()}
        yield course.paper[name]
    course.paper = {name: course.paper[name] for name in order}


def _to_sit(banks: list[ClassBank]) -> Iterator[tuple[results.Sitting, Exam, ClassBank, Entry]]:
    """Each exam of each method, the classes, and all of its entry that is known before anything is measured."""
    for bank in banks:
        evaluation = split(bank).evaluation
        pictures = {"bank": bank.source, "pictures": bank_digest(evaluation)[:12]}
        for sitting in results.course_sittings(bank.device):
            who = {"method": sitting.method, "notebook": sitting.notebook}
            who |= {"network": sitting.network, "classes": sitting.classes}
            for exam in (EXAM_A, EXAM_B):
                if sitting.n_way in (None, exam.spec.n_way):
                    conditions = results.conditions(sitting, exam, evaluation)
                    yield sitting, exam, evaluation, {**who, "exam": exam.letter, **pictures, **conditions}


def _agrees(kept: Entry, asked: Entry) -> bool:
    return all(kept.get(name) == asked[name] for name in DECISIVE)


def _has_its_episodes(course: CourseResults, name: str, exam: Exam) -> bool:
    """Whether the side file has the episodes of this mean: the files are written one after the other."""
    right = course.right.get(name)
    mean = course.exams[name]["interval"][0]
    return right is not None and math.isclose(right.double().mean().item() / _questions(exam), mean, abs_tol=1e-9)


def _questions(exam: Exam) -> int:
    return exam.spec.n_way * exam.spec.n_query


def _here_and_now() -> Entry:
    return {"machine": results.machine(), "date": date.today().isoformat()}


# --- files


def read(folder: Path) -> CourseResults:
    """What `write` left in `folder`; nothing where there is nothing. Raises ValueError for a damaged file."""
    path, side = folder / RESULTS, folder / results.EPISODES
    if not path.exists():
        return CourseResults()
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        exams = {results.key(e["method"], e["exam"], e["bank"]): e for e in record["exams"]}
        paper = {published.key(row): row for row in record["paper"]}
        return CourseResults(exams, load_file(side) if side.exists() else {}, paper)
    except (ValueError, KeyError, TypeError, SafetensorError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} or {side.name} beside it is damaged ({what}): measure it all with --anew") from error


def write(course: CourseResults, folder: Path) -> None:
    """Write `results.json`, `results.md` and the side file into `folder`, each whole or not at all."""
    record: dict[str, Any] = {"command": "metalib results"}
    record |= {"exams": list(course.exams.values()), "paper": list(course.paper.values())}
    text, tables = json.dumps(record, indent=1, ensure_ascii=False) + "\n", markdown(record)
    places.write_tensors(folder / results.EPISODES, course.right)
    places.write_atomically(folder / TABLES, lambda part: part.write_text(tables, encoding="utf-8"))
    places.write_atomically(folder / RESULTS, lambda part: part.write_text(text, encoding="utf-8"))


def markdown(record: dict[str, Any]) -> str:
    """`data/results.md`: the exams on each bank, best first, and the published figures with ours beside them."""
    entries = [*record["exams"], *record["paper"]]
    last = max((entry.get("date", "") for entry in entries), default="")
    machines = "; ".join(sorted({entry["machine"] for entry in entries if "machine" in entry}))
    parts = [
        "# What the course's networks reach",
        f"Written by `{record['command']}`, last changed on {last}; measured on {machines}.",
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
        part = published.learned_from(e.get("classes", "none"))
        yield f"| {e['method']} | {part} | {e['batch_norm']} | {Interval(*e['interval'])} |"
