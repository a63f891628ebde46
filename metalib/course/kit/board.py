"""The score board: the course's own results, and the learner's beside them.

The course's results are in `data/results.json`, written by `metalib results`. The learner's are in `scores.json` in the
per-user folder, so that they outlive a notebook and never reach a commit. Where that file cannot be written or read,
they are kept in memory: no notebook ends because nothing can be remembered.
"""

from __future__ import annotations

import functools
import json
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from metalib import files, places
from metalib.course.kit.exams import exam_of
from metalib.course.kit.published import PUBLISHED
from metalib.evaluate import Interval

RESULTS, SCORES = "results.json", "scores.json"
YOU = "you"  # the learner's own answers, without a program
_ENTRY = {"method": str, "exam": str, "interval": files.INTERVAL, "bank": str}
_MINE = {**_ENTRY, "run": str | None, "source": str | None}


@dataclass(frozen=True)
class Row:
    """One line of the board: how `method` did in exam `exam` on the data that `bank` names.

    run     of the learner's own function: what was run
    source  of the learner's own function: a digest of its source
    remark  of a published figure: what it is a mean of, and where it is from
    """

    method: str
    exam: str
    interval: Interval
    bank: str
    mine: bool = False
    notebook: int = 0  # the one that teaches the method; 0: known from the start
    run: str = ""
    source: str = ""
    remark: str = ""

    @property
    def name(self) -> str:
        """The method, and whose it is: a program of yours may have the name of the course's."""
        return f"{self.method} (by you)" if self.mine and self.method != YOU else self.method

    @property
    def accuracy(self) -> str:
        """The result in words."""
        percent = f"{100 * self.interval.mean:.1f} %"
        if self.remark:
            return f"{percent} ({self.remark})"
        return f"{percent} (exact)" if self.interval.n == 0 else str(self.interval)

    @property
    def wrong(self) -> str:
        """How many questions were answered wrongly, of how many: the exam's, or as many as you were asked."""
        exam = exam_of(self.exam)
        total = exam.total if self.interval.unit == exam.unit else self.interval.n
        return (
            f"{round((1 - self.interval.mean) * total):,} of {total:,}"
            if total
            else f"{100 * (1 - self.interval.mean):.1f} %"
        )

    @property
    def key(self) -> tuple[str, str, str]:
        return self.method, self.exam, self.bank


_unsaved: dict[tuple[str, str, str], Row] = {}  # what no file would take, by key


def chance(exam: str, bank: str) -> Row:
    """Guessing: 1/N, known without an episode, so its interval has no width."""
    n_way = exam_of(exam).spec.n_way
    return Row("chance", exam, Interval(1 / n_way, 1 / n_way, 1 / n_way, 0, "episodes: exact"), bank)


def record(method: str, exam: str, interval: Interval, *, bank: str, run: str = "", source: str = "") -> None:
    """Put the learner's result on the board; a later one of the same method, exam and bank takes its place.

    run, source  as in `Row`. Results of programs come through `checks.record`, which gives both.
    Raises ValueError for an exam that does not exist, and for a program's result without its source.
    """
    if method != YOU and not source:
        raise ValueError(f"{method!r} has no digest of a source: use checks.record, which knows whose function it was")
    bank = exam_of(exam).bank or bank
    new = Row(method, exam, interval, bank, mine=True, run=run, source=source)
    _unsaved[new.key] = new
    path = _scores_file()
    try:
        with files.locked(path):  # two notebooks may write at once
            _write(path, {**_saved(path), **_unsaved}.values())
        _unsaved.clear()
    except (OSError, files.BadFile) as error:
        _only_in_memory(path, error)


def rows(exam: str, *, bank: str, notebook: int | None = None) -> list[Row]:
    """Chance, published figures, the course's results and the learner's in one exam, lowest mean first.

    bank      the pictures; an exam that has its own has them whatever `bank` says
    notebook  only the methods that the course knows by then; None: all
    """
    bank = exam_of(exam).bank or bank
    all_rows = [chance(exam, bank), *_published(bank), *_course(), *_mine()]
    known = [row for row in all_rows if notebook is None or row.notebook <= notebook]
    return sorted(
        (row for row in known if (row.exam, row.bank) == (exam, bank)),
        key=lambda row: (row.interval.mean, row.method),
    )


def forget() -> None:
    """Clear the learner's part of the board."""
    _unsaved.clear()
    with files.locked(_scores_file()):
        _scores_file().unlink(missing_ok=True)


def table(exam: str, *, bank: str, notebook: int | None = None) -> str:
    """The board of one exam as Markdown, best first, as the picture has it; arguments as in `rows`.

    An exam of runs has a column of wrong answers, too.
    """
    of = exam_of(exam)
    counted = of.unit == "runs"  # few questions: their number is shown
    lines = [
        f"| exam {exam} ({of.bank or bank}) | accuracy, 95 % interval |{' wrong |' * counted}",
        f"| --- | --- |{' --- |' * counted}",
    ]
    for row in reversed(rows(exam, bank=bank, notebook=notebook)):
        name = f"**{row.name}**" if row.mine else row.name
        lines.append(f"| {name} | {row.accuracy} |{f' {row.wrong} |' * counted}")
    return "\n".join(lines)


def _scores_file() -> Path:
    return places.user_folder() / SCORES


def _course() -> list[Row]:
    path = places.find(RESULTS)
    if path is None:
        return []
    results = files.read_json(path, {"exams": [{**_ENTRY, "notebook": int | None}]})
    return [
        Row(e["method"], e["exam"], Interval(*e["interval"]), e["bank"], notebook=e.get("notebook") or 0)
        for e in results["exams"]
    ]


def _published(bank: str) -> list[Row]:
    return [Row(p.who, p.exam, p.interval, bank, remark=f"{p.remark}; {p.source}") for p in PUBLISHED]


def _mine() -> Iterable[Row]:
    path = _scores_file()
    try:
        return {**_saved(path), **_unsaved}.values()
    except (OSError, files.BadFile) as error:
        _only_in_memory(path, error)
        return _unsaved.values()


def _saved(path: Path) -> dict[tuple[str, str, str], Row]:
    try:
        entries = files.read_json(path, [_MINE], remedy="delete it to start the score board anew")
    except FileNotFoundError:
        return {}
    found = [
        Row(
            e["method"],
            e["exam"],
            Interval(*e["interval"]),
            e["bank"],
            mine=True,
            run=e.get("run") or "",
            source=e.get("source") or "",
        )
        for e in entries
        if e["method"] == YOU or e.get("source")  # of a time when anybody's function made a row: not the learner's
    ]
    return {row.key: row for row in found}


def _write(path: Path, rows_: Iterable[Row]) -> None:
    entries = [
        {
            "method": r.method,
            "exam": r.exam,
            "interval": list(r.interval),
            "bank": r.bank,
            "run": r.run,
            "source": r.source,
        }
        for r in rows_
    ]
    text = json.dumps(entries, indent=1, ensure_ascii=False)
    files.write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def _only_in_memory(path: Path, error: OSError | files.BadFile) -> None:
    """Say, once for each reason, that the score board will not outlive this session."""
    reason = str(error)
    if isinstance(error, OSError):  # its text may name a temporary file, another one each time
        reason = f"{path} cannot be used ({error.strerror or error}): set METALIB_USER to a folder that you may write"
    _warn_once(f"your scores are kept for this session only, as {reason}")


@functools.cache
def _warn_once(text: str) -> None:
    warnings.warn(text, stacklevel=2)
