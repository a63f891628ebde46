"""A bank as one file: safetensors with a digest, written whole or not at all."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

from safetensors import SafetensorError, safe_open

from metalib import files, places
from metalib.banks.pictures import digest
from metalib.episodes import ClassBank
from metalib.files import BadFile

__all__ = ["BadFile", "bank_digest", "load_cache", "save_cache"]


def bank_digest(bank: ClassBank) -> str:
    """SHA-256 over the names and pixels of a bank."""
    return digest([*bank.names, *bank.groups], bank.images.cpu().numpy())


def save_cache(bank: ClassBank, name: str, *, origin: str) -> Path | None:
    """Write `bank` as `name` to the first data folder that takes it; None, with a warning, when none does.

    origin  what the bank was made from: a cache of another origin is not used
    """
    images = {"images": bank.images.cpu().contiguous()}
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
            files.write_tensors(folder / name, images, metadata)
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
            images = file.get_tensor("images")
        bank = ClassBank(
            images, tuple(json.loads(metadata["names"])), tuple(json.loads(metadata["groups"])), metadata["source"]
        )
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise BadFile(f"{path} is damaged ({type(error).__name__}: {error}): {remedy}") from error
    if bank_digest(bank) != metadata.get("digest"):
        raise BadFile(f"{path} does not hold what was written to it: {remedy}")
    if expected_origin is not None and metadata.get("origin") != expected_origin:
        raise BadFile(f"{path} was made from other data or by another version of metalib: {remedy}")
    return bank
