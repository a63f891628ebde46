"""The learner's own copies of the notebooks: `mine/`, without outputs, which the lab opens and git does not know.

`notebooks/` stays as it was committed. In `mine/` no answer is on the screen, and nothing that is written there is in
the way of `git pull`. A copy is the learner's from the first change or run on: no call writes over it. What changed in
`notebooks/` since then is laid beside it.

Where the checkout is read-only, `mine/` lies in the per-user folder, beside links to what notebooks refer to.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from metalib import files, places

SOURCE, FOLDER, HOME = "notebooks", "mine", "course"
RECORD = ".from.json"  # for each notebook the edition that was laid out last, as the copy itself or beside it
LINKED = ("data", SOURCE, "README.md")  # what a notebook in `mine/` may refer to, by `../`
_NOTEBOOK = {"cells": [{"cell_type": str, "source": list | str}], "metadata": dict}

Notebook = dict[str, Any]


class Copies(NamedTuple):
    """Where the copies are, and what there is to tell the learner, a line each."""

    home: Path  # holds `mine/`, and what its notebooks refer to: JupyterLab's root
    lines: list[str]


def home_of(root: Path) -> Path:
    """The folder that holds `mine/`: the checkout `root`, or one of the user's where that cannot be written."""
    return root if places.is_writable(root / FOLDER) else places.user_folder() / HOME


def prepare(root: Path) -> Copies:
    """Bring `mine/` up to date with the checkout `root`; interrupted, the next call completes it.

    Raises OSError where nothing can be written, and BadFile for a notebook in `notebooks/` that is none.
    """
    home = home_of(root)
    mine = home / FOLDER
    with files.locked(mine / RECORD):  # two labs that start at once
        seen, begun = _read_record(mine / RECORD), (mine / RECORD).exists()
        done: dict[str, list[str]] = {}
        now = dict(seen)
        for source in sorted((root / SOURCE).glob("*.ipynb")):
            notebook = without_outputs(files.read_json(source, _NOTEBOOK, remedy=f"`git checkout -- {SOURCE}`"))
            what, name = _bring(mine / source.name, notebook, seen.get(source.name))
            done.setdefault(what, []).append(name)
            now[source.name] = edition(notebook)
        if now != seen:
            files.write_atomically(mine / RECORD, lambda part: part.write_text(json.dumps(now, indent=1)))
    lines = list(_told(done, mine, begun))
    if home != root:
        lines += [f"Links to {name} lead nowhere there: it could not be linked" for name in _link(root, home)]
    return Copies(home, lines)


def without_outputs(notebook: Notebook) -> Notebook:
    """`notebook` as before its first run: no outputs, no numbers of runs, no state of widgets."""
    blank: Notebook = {"outputs": [], "execution_count": None}
    cells = [{**cell, **blank} if cell["cell_type"] == "code" else cell for cell in notebook["cells"]]
    metadata = {key: value for key, value in notebook["metadata"].items() if key != "widgets"}
    return {**notebook, "cells": cells, "metadata": metadata}


def edition(notebook: Notebook) -> str:
    """A digest of what a learner can change or add: the cells' kinds, sources and outputs. Folds do not count."""
    cells = [[cell["cell_type"], "".join(cell["source"]), cell.get("outputs") or []] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def _edition_in(path: Path) -> str | None:
    """The edition that a file holds: None where there is no file, "" where it holds no notebook that can be read."""
    try:
        return edition(files.read_json(path, _NOTEBOOK))
    except FileNotFoundError:
        return None
    except (OSError, files.BadFile):
        return ""


def _bring(own: Path, notebook: Notebook, seen: str | None) -> tuple[str, str]:
    """Bring the copy `own` up to date with `notebook`; returns what was done, and the name of the file.

    seen  the edition that was laid out last, where one was: a file that still holds it was never touched
    """
    now, there = edition(notebook), _edition_in(own)
    if there is None:
        _write(own, notebook)
        for path in _beside(own):
            if _edition_in(path) == now:
                path.unlink()  # laid there when the learner still had another; untouched, and the same as `own` is now
        return ("anew" if seen else "new"), own.name
    if now in (there, seen):  # nobody touched it, or nothing changed since it was laid out
        return "nothing", own.name
    if there == seen:
        _write(own, notebook)
        return "renewed", own.name
    free = next(path for path in _beside(own, missing=True) if _edition_in(path) in (None, seen, now))
    _write(free, notebook)
    return "beside", free.name


def _beside(own: Path, *, missing: bool = False) -> Iterator[Path]:
    """The new editions that lie beside a copy; with `missing`, without end the names that they get."""
    number = 1
    while True:
        path = own.with_name(f"{own.stem} (new edition{f' {number}' if number > 1 else ''}){own.suffix}")
        if not missing and not path.exists():
            return
        yield path
        number += 1


def _write(path: Path, notebook: Notebook) -> None:
    """Write a notebook as Jupyter does, so that saving it unchanged changes no byte."""
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    files.write_atomically(path, lambda part: part.write_bytes(text.encode()))


def _read_record(path: Path) -> dict[str, str]:
    """The record of `mine/`. Without one no copy counts as untouched, and nothing is lost."""
    try:
        record = files.read_json(path, dict)
    except (OSError, files.BadFile):
        return {}
    return {name: digest for name, digest in record.items() if isinstance(digest, str)}


def _link(root: Path, home: Path) -> list[str]:
    """Link what notebooks refer to into `home`; returns what could not be linked (on Windows that needs a right)."""
    missing = []
    for name in LINKED:
        link, target = home / name, root / name
        try:
            if link.is_symlink() and os.readlink(link) != str(target):  # of another checkout, or one that moved
                link.unlink()
            if not link.is_symlink():
                link.symlink_to(target, target_is_directory=target.is_dir())
        except OSError:
            missing.append(name)
    return missing


def _told(done: dict[str, list[str]], mine: Path, begun: bool) -> Iterator[str]:
    """What a call did, a line each; nothing where there was nothing to do."""
    if not begun:
        yield f"Your own copies of the notebooks are in {mine}: work there. {SOURCE}/ keeps its outputs, for reading."
        yield "To start one over, delete or rename your copy, and start the lab again."
    said = {"new": "New", "anew": "Begun anew", "renewed": "Changed, and renewed as you had not touched it"}
    parts = [f"{words}: {', '.join(done[what])}." for what, words in said.items() if what in done and begun]
    if parts:
        yield f"{FOLDER}/: {' '.join(parts)}"
    if "beside" in done:
        yield (
            f"Changed in {SOURCE}/ since you began: your copy stays, and beside it lies {', '.join(done['beside'])}. "
            "To have the new edition alone, delete or rename yours and start the lab again."
        )
