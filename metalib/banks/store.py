"""A bank as one file: safetensors with a digest, written whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from metalib import files, places
from metalib.banks.pictures import digest
from metalib.episodes import ClassBank
from metalib.files import BadFile

__all__ = ["BadFile", "bank_digest", "is_cache", "load_cache", "making", "save_cache"]


def bank_digest(bank: ClassBank) -> str:
    """SHA-256 over the names and pixels of a bank, and over the sizes of classes that differ in size."""
    sizes = [] if bank.counts is None else bank.counts.tolist()
    return digest([*bank.names, *bank.groups, *map(str, sizes)], bank.images.cpu().numpy())


@contextlib.contextmanager
def making(name: str) -> Iterator[None]:
    """Held by one process at a time that makes the cache `name`; the others wait, say so, and then find it made.

    Where no data folder can be written there is nothing to wait for: each prepares its own.
    """
    with contextlib.ExitStack() as stack:
        for folder in itertools.islice(places.writable_folders(), 1):
            with contextlib.suppress(OSError):  # a full disk, or one without locks: as where none can be written
                stack.enter_context(files.locked(folder / name, waiting=lambda: say_waiting(f"prepares {name}")))
        yield


def say_waiting(what: str) -> None:
    """Tell on the error stream that another process does `what`, and that this one waits for it."""
    print(f"another process {what}: waiting for it", file=sys.stderr, flush=True)


def save_cache(bank: ClassBank, name: str, *, origin: str) -> Path | None:
    """Write `bank` as `name` to the first data folder that takes it; None, with a warning, when none does.

    origin  what the bank was made from: a cache of another origin is not used
    """
    tensors = {"images": bank.images.cpu().contiguous()}
    if bank.counts is not None:
        tensors["counts"] = bank.counts
    metadata = {
        "names": json.dumps(bank.names),
        "groups": json.dumps(bank.groups),
        "source": bank.source,
        "origin": origin,
        "digest": bank_digest(bank),
    }
    problems = []
    for folder in places.writable_folders():
        try:
            files.write_tensors(folder / name, tensors, metadata)
            return folder / name
        except OSError as error:
            problems.append(f"{folder / name} could not be written ({error})")
    tried = "; ".join(problems) or f"none of {', '.join(map(str, places.data_folders()))} can be written"
    warnings.warn(
        f"{tried}: the pictures will be prepared again each time. Free some space, or set METALIB_USER to a "
        "folder that can be written",
        stacklevel=2,
    )
    return None


def load_cache(path: Path, *, expected_origin: str | None = None) -> ClassBank:
    """The bank in `path`. Raises BadFile when the file is damaged, altered, or of another origin than expected."""
    remedy = "delete it, and it is made anew"
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            names, groups = (_texts(metadata[key]) for key in ("names", "groups"))
            counts = file.get_tensor("counts") if "counts" in file.keys() else None  # noqa: SIM118  # no dict
            bank = ClassBank(file.get_tensor("images"), names, groups, metadata["source"], counts)
        found = bank_digest(bank)
    # RecursionError: brackets without end; UnicodeError, of names that are no text, is a ValueError
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadFile(f"{path} is damaged ({type(error).__name__}: {error}): {remedy}") from error
    if found != metadata.get("digest"):
        raise BadFile(f"{path} does not hold what was written to it: {remedy}")
    if expected_origin is not None and metadata.get("origin") != expected_origin:
        raise BadFile(f"{path} was made from other data or by another version of metalib: {remedy}")
    return bank


def _texts(text: str) -> tuple[str, ...]:
    """The texts in a JSON list of texts. Raises ValueError for anything else."""
    names: Any = json.loads(text)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError(f"{text[:40]} is no list of names")
    return tuple(names)


def is_cache(path: Path) -> bool:
    """Whether `path` says of itself that it is a cached bank; a file that is damaged does not say so."""
    try:
        with safe_open(path, framework="pt") as file:
            return {"names", "groups", "origin", "digest"} <= set(file.metadata() or {})
    except (SafetensorError, OSError):
        return False
