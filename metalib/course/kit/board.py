"""The score board: the course's own results, and the learner's beside them.

The course's results are in `data/results.json`, written by `metalib results`. The learner's are in `scores.json` in the
per-user folder, so that they outlive a notebook and never reach a commit.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from metalib import files, places
from metalib.course.kit.exams import EXAMS
from metalib.evaluate import Interval

RESULTS, SCORES = "results.json", "scores.json"


@dataclass(frozen=True)
class Row:
    """One line of the board: how `method` did in exam `exam` on the data that `bank` names."""

    method: str
    exam: str
    interval: Interval
    bank: str
    mine: bool = False
    notebook: int = 0  # the one that teaches the method; 0: known from the start


def chance(exam: str, bank: str) -> Row:
    """Guessing: 1/N, known without an episode, so its interval has no width."""
    n_way = next(e.spec.n_way for e in EXAMS if e.letter == exam)
    return Row("chance", exam, Interval(1 / n_way, 1 / n_way, 1 / n_way, 0, "episodes: exact"), bank)


def record(method: str, exam: str, interval: Interval, *, bank: str) -> None:
    """Put the learner's result on the board; a later one of the same method, exam and bank takes its place.

    Raises ValueError for an exam that does not exist.
    """
    letters = [e.letter for e in EXAMS]
    if exam not in letters:
        raise ValueError(f"there is no exam {exam!r}: give {' or '.join(letters)}")
    kept = [row for row in _mine() if (row.method, row.exam, row.bank) != (method, exam, bank)]
    _write([*kept, Row(method, exam, interval, bank, mine=True)])


def rows(exam: str, *, bank: str, notebook: int | None = None) -> list[Row]:
    """Chance, the course's results and the learner's in one exam, lowest mean first.

    notebook  only the methods that the course knows by then; None: all
    """
    all_rows = [chance(exam, bank), *_course(), *_mine()]
    known = [row for row in all_rows if notebook is None or row.notebook <= notebook]
    return sorted(
        (row for row in known if (row.exam, row.bank) == (exam, bank)),
        key=lambda row: (row.interval.mean, row.method),
    )


def forget() -> None:
    """Clear the learner's part of the board."""
    _scores_file().unlink(missing_ok=True)


def table(exam: str, *, bank: str, notebook: int | None = None) -> str:
    """The board of one exam as Markdown, best first, as the picture has it; arguments as in `rows`."""
    lines = [f"| exam {exam} ({bank}) | accuracy, 95 % interval |", "| --- | --- |"]
    for row in reversed(rows(exam, bank=bank, notebook=notebook)):
        value = f"{100 * row.interval.mean:.1f} % (exact)" if row.interval.n == 0 else str(row.interval)
        lines.append(f"| {'**' + row.method + '**' if row.mine else row.method} | {value} |")
    return "\n".join(lines)


def _scores_file() -> Path:
    return places.user_folder() / SCORES


def _course() -> list[Row]:
    path = places.find(RESULTS)
    if path is None:
        return []
    results = json.loads(path.read_text(encoding="utf-8"))
    return [
        Row(e["method"], e["exam"], Interval(*e["interval"]), e["bank"], notebook=e.get("notebook", 0))
        for e in results["exams"]
    ]


def _mine() -> list[Row]:
    path = _scores_file()
    try:
        entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        return [Row(e["method"], e["exam"], Interval(*e["interval"]), e["bank"], mine=True) for e in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it to start the score board anew") from error


def _write(rows_: list[Row]) -> None:
    entries = [{"method": r.method, "exam": r.exam, "interval": list(r.interval), "bank": r.bank} for r in rows_]
    text = json.dumps(entries, indent=1, ensure_ascii=False)
    files.write_atomically(_scores_file(), lambda part: part.write_text(text, encoding="utf-8"))
