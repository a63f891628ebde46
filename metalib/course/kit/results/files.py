"""The files of the course's results: `results.json`, `results.md`, and the single episodes beside them.

The side file has the number of right answers in each episode: with it, two methods can be compared pairwise.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from metalib import files, places
from metalib.course.kit import study
from metalib.course.kit.board import RESULTS
from metalib.course.kit.exams import EXAM_C, EXAM_D, exam_of
from metalib.course.kit.results import sentences
from metalib.course.kit.results.entry import ExamEntry, PublishedEntry, exam_key
from metalib.course.kit.results.measure import CourseResults
from metalib.course.kit.results.tables import markdown, short_exam_table, short_table

COMMAND = "metalib results"
ANEW = "measure it all with --anew"
IN_README = r"(<!-- {}, written by metalib results -->\n).*?(\n<!-- end -->)"
TABLES, EPISODES = "results.md", "results-episodes.safetensors"


def read(folder: Path) -> CourseResults:
    """What `write` left in `folder`; nothing where there is nothing. Raises BadFile for a damaged file."""
    path, side = folder / RESULTS, folder / EPISODES
    if not path.exists():
        return CourseResults()
    record = files.read_json(path, {"exams": [dict], "paper": [dict]}, remedy=ANEW)
    try:
        exams = [ExamEntry.from_json(entry) for entry in record["exams"]]
        paper = [PublishedEntry.from_json(entry) for entry in record["paper"]]
    except (ValueError, TypeError) as error:
        raise files.BadFile(f"{path} is damaged ({error}): {ANEW}") from error
    right = _episodes(side) if side.exists() else {}
    return CourseResults({e.key(): e for e in exams}, right, {e.key(): e for e in paper})


def write(course: CourseResults, folder: Path) -> None:
    """Write `results.json`, `results.md` and the side file into `folder`, each whole or not at all."""
    exams, paper = list(course.exams.values()), list(course.paper.values())
    record = {
        "command": COMMAND,
        "exams": [entry.to_json() for entry in exams],
        "paper": [entry.to_json() for entry in paper],
    }
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    remark = _of_exam_c()
    tables = markdown(exams, paper, command=COMMAND, right=course.right, remark=remark)
    files.write_tensors(folder / EPISODES, course.right)
    files.write_atomically(folder / TABLES, lambda part: part.write_text(tables, encoding="utf-8"))
    files.write_atomically(folder / RESULTS, lambda part: part.write_text(text, encoding="utf-8"))


def write_readme(course: CourseResults, path: Path) -> None:
    """Put the tables of exams C and D, and what was found, into the README `path`, between their marks.

    Nothing where there are none. Raises FileNotFoundError or BadFile where a study's record is missing or damaged.
    """
    if not path.exists():
        return
    renewed = text = path.read_text(encoding="utf-8")
    entries = list(course.exams.values())
    parts = {
        "FOUND": sentences.found(course.exams, *map(study.read, ("exam-c", "exam-c-anew", "transductive-figure"))),
        "EXAM C": f"{short_table(entries, EXAM_C)}\n\n{_of_exam_c()}",
        "EXAM D": short_exam_table(entries, EXAM_D, course.right),
    }
    for name, part in parts.items():
        renewed = _between_marks(renewed, name, part)
    if renewed != text:
        files.write_atomically(path, lambda part: part.write_text(renewed, encoding="utf-8"))


def _of_exam_c() -> str:
    return "\n\n".join((sentences.of_exam_c(study.read("exam-c")), sentences.of_exam_c_anew(study.read("exam-c-anew"))))


def _between_marks(text: str, name: str, part: str) -> str:
    return re.sub(IN_README.format(name), lambda found: f"{found[1]}\n{part}\n{found[2]}", text, flags=re.DOTALL)


def accuracies(method: str, exam: str, *, bank: str) -> Tensor:
    """[E] float64: the accuracy of one of the course's methods in each episode of an exam, for paired intervals.

    Raises ValueError when there is no such result, BadFile when they cannot be read.
    """
    path = places.find(EPISODES)
    right = _episodes(path) if path else {}
    name = exam_key(method, exam, bank)
    if name not in right:
        raise ValueError(
            f"no episodes of {name!r}: there are {', '.join(sorted(right)) or 'none'}; `{COMMAND}` writes them"
        )
    return right[name].double() / exam_of(exam).questions


def _episodes(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise files.BadFile(f"{path} is damaged ({error}): {ANEW}") from error
