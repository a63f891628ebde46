"""The log of every look at exam C: `data/exam-c-looks.md`.

400 questions are few, and each network that is tried on them makes the best one look better than it is. So nothing of
exam C is measured without a line: when, at which commit, what sat, its seed, how many it missed, and what it was for.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from metalib import files, places
from metalib.course.kit.exams import EXAM_C
from metalib.episodes import ClassBank, Episode

LOG = "exam-c-looks.md"
HEAD = f"""\
# Every look at exam C

Exam C is Lake's twenty runs ([lake-runs/](lake-runs/README.md)): {EXAM_C.total} questions, which people sat. Networks
are chosen on the validation alphabets. Each time that anything is measured on the runs, the command that does it
(`metalib look`, `metalib results`, a study) adds a line below, the first one on top. It names the commit that was there
when the command began; a `+` says that `metalib/` then had changes or new files that were not committed. In lines
without a time of day both are as they were when the line was written, and new files do not count.

Other lines were added by hand, by code that was not kept: the first six, the trial from which the plan was made; the
exam's first try; three checks of the assignment, whose purpose begins with "whether"; and four of a trial of notebook
08's code, with networks that had learned next to nothing. "One to one" is a soft form of an assignment: a class may be
named twice. Three independent computations give 2 for `protonet`; the trial's 13, and so its 7, is taken for a fault of
its code. Notebooks show again what is in here.

| when (UTC) | commit | what sat | seed | wrong of {EXAM_C.total} | batch norm | what for |
| --- | --- | --- | --- | --- | --- | --- |
"""


class Look(NamedTuple):
    """One line of the log. `seed` is that of the training, "–" where nothing was trained."""

    when: str
    commit: str
    what: str
    seed: str
    wrong: int
    batch_norm: str
    purpose: str


def look(
    predict: Callable[[Episode], Tensor],
    bank: ClassBank,
    *,
    what: str,
    seed: int | None,
    batch_norm: str,
    purpose: str,
    folder: Path | None = None,
) -> Tensor:
    """Let `predict` sit exam C and write the look down; its accuracy in each run, [20].

    bank    of which only the device counts                  what     the recipe or checkpoint, and how it is used
    seed    of its training; None: nothing was trained       purpose  what is to be found out
    folder  with the log; by default the checkout's `data`
    Raises ValueError where there is no checkout: who cannot write a look down does not look.
    """
    folder = folder or _checkout_data()
    accuracies = EXAM_C.sit(predict, bank)
    write(accuracies, what=what, seed=seed, batch_norm=batch_norm, purpose=purpose, folder=folder)
    return accuracies


def write(
    accuracies: Tensor, *, what: str, seed: int | str | None, batch_norm: str, purpose: str, folder: Path
) -> Look:
    """Add the line of a look whose accuracies are known; arguments as in `look`."""
    made = Look(
        datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M"),
        COMMIT,
        what,
        "–" if seed is None else str(seed),
        wrong(accuracies),
        batch_norm,
        purpose,
    )
    path = folder / LOG
    with files.locked(path):  # two trainings may end at once
        text = path.read_text(encoding="utf-8") if path.exists() else HEAD
        line = " | ".join(str(value).replace("|", "/").replace("\n", " ") for value in made)
        files.write_atomically(path, lambda part: part.write_text(f"{text}| {line} |\n", encoding="utf-8"))
    return made


def read(folder: Path) -> list[Look]:
    """All looks, the first one first. Raises BadFile where a line is none."""
    path = folder / LOG
    rows = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("| ")][2:]
    try:
        cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
        return [Look(day, commit, what, seed, int(n), norm, why) for day, commit, what, seed, n, norm, why in cells]
    except ValueError as error:
        raise files.BadFile(f"{path} is damaged ({error}): restore it, git has it") from error


def wrong(accuracies: Tensor) -> int:
    """How many of exam C's questions were answered wrongly, from the accuracy in each run, [20]."""
    return EXAM_C.total - round(float(accuracies.sum()) * EXAM_C.questions)


def _checkout_data() -> Path:
    root = places.checkout()
    if root is None:
        raise ValueError(f"a look at exam C is written into data/{LOG}: work in a checkout of the course")
    return root / "data"


def _commit(package: Path) -> str:
    """The commit, with a + where `package` has changes or new files since; "unknown" where git does not say."""

    def git(*words: str) -> str:
        command = ["git", "--no-optional-locks", "-C", str(package), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    try:
        changed = git("status", "--porcelain", "--untracked-files=all", "--", ".")
        return git("rev-parse", "--short", "HEAD").strip() + "+" * bool(changed.strip())
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


COMMIT = _commit(Path(__file__).parents[3])  # now, as the code is read: others may commit before a look is over
