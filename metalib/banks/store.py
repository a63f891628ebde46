"""A bank as one file: safetensors with a digest, written whole or not at all."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from metalib import places
from metalib.banks.pictures import digest
from metalib.episodes import ClassBank


class BadData(ValueError):
    """Data that is damaged, incomplete or not what it should be."""


def bank_digest(bank: ClassBank) -> str:
    """SHA-256 over the names and pixels of a bank."""
    return digest([*bank.names, *bank.groups], bank.images.cpu().numpy())


def save_cache(bank: ClassBank, name: str, *, origin: str) -> Path | None:
    """Write `bank` as `name` to the first data folder that takes it; None, with a warning, when none does.

    origin  what the bank was made from: a cache of another origin is not used
    """
    metadata = {
        "names": json.dumps(bank.names),
        "groups": json.dumps(bank.groups),
        "source": bank.source,
        "origin": origin,
        "digest": bank_digest(bank),
    }
    problem = "no data folder can be written"
    for folder in places.writable_folders():
        try:
            places.write_atomically(
                folder / name, lambda part: save_file({"images": bank.images.contiguous()}, part, metadata)
            )
            return folder / name
        except (OSError, SafetensorError) as error:  # safetensors wraps a full disk in an error of its own
            problem = f"{folder / name} could not be written ({error})"
    warnings.warn(f"{problem}: the pictures will be prepared again each time. Free some space or set METALIB_USER", stacklevel=2)
    return None


def load_cache(path: Path, *, expected_origin: str) -> ClassBank:
    """The bank in `path`. Raises BadData when the file is damaged, altered, or made from something else."""
    remedy = "delete the file, and it is made anew"
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            images = file.get_tensor("images")
        bank = ClassBank(
            images, tuple(json.loads(metadata["names"])), tuple(json.loads(metadata["groups"])), metadata["source"]
        )
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise BadData(f"{path} is damaged ({error}): {remedy}") from error
    if bank_digest(bank) != metadata.get("digest"):
        raise BadData(f"{path} does not hold what was written to it: {remedy}")
    if metadata.get("origin") != expected_origin:
        raise BadData(f"{path} was made from other data or by another version: {remedy}")
    return bank
