"""Where things are looked for, and where they are written.

Data and checkpoints are looked for in `$METALIB_DATA`, then in the checkout's `data/`, then in a folder of the user's.
What metalib writes goes to the first of these that can be written. The learner's own score goes to the user's folder.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import platformdirs


def user_folder() -> Path:
    """The per-user folder: `$METALIB_USER` where it is set, else the platform's place for application data."""
    chosen = os.environ.get("METALIB_USER")
    return _absolute(chosen) if chosen else Path(platformdirs.user_data_dir("metalib", appauthor=False))


def checkout() -> Path | None:
    """The root of the course's checkout when metalib runs from one (an editable install), else None."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def data_folders() -> list[Path]:
    """The folders in which data and checkpoints are looked for, first choice first; not all need exist."""
    shared, root = os.environ.get("METALIB_DATA"), checkout()
    folders = [_absolute(shared)] if shared else []
    if root:
        folders.append(root / "data")
    return list(dict.fromkeys([*folders, user_folder()]))  # METALIB_DATA may be one of the others


def _absolute(folder: str) -> Path:
    """`folder` in full: a relative one depends on where a notebook or a command runs, and messages should show it."""
    return Path(os.path.abspath(os.path.expanduser(folder)))


def find(relative: str | Path) -> Path | None:
    """The first `relative` path that exists in the data folders, or None."""
    # os.path.exists, as Path.exists raises PermissionError in a folder that may not be entered
    return next((folder / relative for folder in data_folders() if os.path.exists(folder / relative)), None)


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in `folder` (or in the folder that would be made for it).

    A folder without any write bit counts as read-only, also for root, who could write there all the same: its owner has
    said what it is for.
    """
    while not os.path.exists(folder) and folder != folder.parent:
        folder = folder.parent
    try:
        if not folder.is_dir() or not folder.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
            return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def writable_folders() -> Iterator[Path]:
    """The data folders in which a file can be made, first choice first."""
    return (folder for folder in data_folders() if is_writable(folder))


def where_looked(what: str) -> str:
    """A sentence that lists the folders in which `what` was looked for, with what to do; for error messages."""
    folders = "; ".join(f"{folder}{_what_is_wrong_with(folder)}" for folder in data_folders())
    return f"{what} was looked for in: {folders}. Set METALIB_DATA to a folder that has it"


def _what_is_wrong_with(folder: Path) -> str:
    if not os.path.exists(folder):
        return " (does not exist)"
    return "" if folder.is_dir() else " (a file, not a folder)"
