"""How files are read and written: whole or not at all, by one process at a time, and believed only after a look."""

from __future__ import annotations

import contextlib
import json
import os
import reprlib
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any

from filelock import FileLock, Timeout

NUMBER = int | float
INTERVAL = (NUMBER, NUMBER, NUMBER, int, str)  # an evaluate.Interval, as JSON has it


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

    waiting  called once where another process has it and this one has to wait; what it raises ends the wait
    Where no lock can be made it goes on without: what is written next says itself whether it can be.
    """
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire()
    except (OSError, NotImplementedError):  # a disk without locks, a folder or a lock's file of somebody else's
        pass
    try:
        yield
    finally:
        lock.release()


def read_json(path: Path, shape: Any = object, *, remedy: str = "restore it, or delete it") -> Any:
    """What the JSON file `path` holds. Raises BadFile where that does not `fit` the shape, OSError too."""
    try:
        return fit(json.loads(path.read_text(encoding="utf-8")), shape)
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, brackets without end, or another file's JSON
        raise BadFile(f"{path} is damaged ({type(error).__name__}: {error}): {remedy}") from error


def fit(value: Any, shape: Any, place: str = "it") -> Any:
    """`value`, if it looks as `shape` says; else ValueError, which names the place where it does not.

    shape  a type, or several (`int | None`: such a key may be missing); a dict of what lies under which key, where
           others may be too; [shape of each]; (shape of the first, of the second …)
    """
    kind: Any = shape if isinstance(shape, type | UnionType) else dict if isinstance(shape, dict) else list
    if not isinstance(value, kind):
        named = f"a {kind.__name__}" if isinstance(kind, type) else kind
        raise ValueError(f"{place} is {reprlib.repr(value)}, not {named}")
    if isinstance(shape, dict):
        for key, inner in shape.items():
            fit(value.get(key), inner, f"{place}[{key!r}]")
    if isinstance(shape, list | tuple):
        inner_shapes = shape * len(value) if isinstance(shape, list) else shape
        if len(value) != len(inner_shapes):
            raise ValueError(f"{place} has length {len(value)}, not {len(inner_shapes)}")
        for number, inner in enumerate(inner_shapes):
            fit(value[number], inner, f"{place}[{number}]")
    return value
