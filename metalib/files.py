"""How files are read and written: whole or not at all, by one process at a time, and believed only after a look."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout


class BadFile(ValueError):
    """A file that is damaged, or is not what its name says. The message names it and the remedy."""


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` fill a temporary file beside `path`, then rename it: `path` is whole, or is as it was before.

    Raises OSError, with the temporary file removed, when the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")  # a name of its own for each process that writes
    try:
        part.touch(exist_ok=False)
        permissions = stat.S_IMODE(part.stat().st_mode)
        write(part)
        part.chmod(permissions)  # safetensors leaves files that only their owner can read: no use in a shared folder
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_tensors(path: Path, tensors: dict[str, Any], metadata: dict[str, str] | None = None) -> None:
    """Write `tensors` as safetensors by `write_atomically`; raises OSError too where safetensors has its own error."""
    from safetensors import SafetensorError  # with torch, which not every command needs
    from safetensors.torch import save_file

    try:
        write_atomically(path, lambda part: save_file(tensors, part, metadata))
    except SafetensorError as error:
        raise OSError(f"{path} could not be written ({error}): free some space, or give another folder") from error


@contextlib.contextmanager
def locked(path: Path, *, waiting: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Held by one process at a time for `path`, by a lock beside it; the system frees it when the process ends.

    waiting  called once where another process has it and this one has to wait
    Raises OSError where the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def read_json(path: Path) -> Any:
    """What the JSON file `path` holds. Raises BadFile where it is not JSON, OSError where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, or brackets without end
        raise BadFile(f"{path} is damaged ({type(error).__name__}: {error}): restore it, or delete it") from error
