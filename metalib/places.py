"""Where things are looked for, and where they are written.

Data and checkpoints are looked for in `$METALIB_DATA`, then in the checkout's `data/`, then in a folder of the user's.
What metalib writes goes to the first of these that can be written. The learner's own score goes to the user's folder only.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import platformdirs


def user_folder() -> Path:
    """The per-user folder: `$METALIB_USER` where it is set, else the platform's place for application data."""
    chosen = os.environ.get("METALIB_USER")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("metalib", appauthor=False))


def checkout() -> Path | None:
    """The root of the course's checkout when metalib runs from one (an editable install), else None."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "notebooks").is_dir() else None


def data_folders() -> list[Path]:
    """The folders in which data and checkpoints are looked for, first choice first; not all need exist."""
    shared, root = os.environ.get("METALIB_DATA"), checkout()
    folders = [Path(shared).expanduser()] if shared else []
    if root:
        folders.append(root / "data")
    return [*folders, user_folder()]


def find(relative: str | Path) -> Path | None:
    """The first `relative` path that exists in the data folders, or None."""
    return next((folder / relative for folder in data_folders() if (folder / relative).exists()), None)


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in `folder` (or in the folder that would be made for it).

    A folder without any write bit counts as read-only, also for root, who could write there all the same: its owner has
    said what it is for.
    """
    while not folder.exists() and folder != folder.parent:
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


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` fill a temporary file beside `path`, then rename it: `path` is whole, or is as it was before.

    Raises OSError, with the temporary file removed, when the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)  # mkstemp makes files that only their owner can read
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def where_looked(what: str) -> str:
    """A sentence that lists the folders in which `what` was looked for, with what to do; for error messages."""
    folders = "; ".join(str(folder) for folder in data_folders())
    return f"{what} was looked for in: {folders}. Set METALIB_DATA to a folder that has it"
