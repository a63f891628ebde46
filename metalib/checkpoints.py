"""Trained networks in files: safetensors, with what was trained, on what, how, and what it measured."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from metalib import places
from metalib.models import Conv4, conv4

SUFFIX = ".safetensors"


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged, or of another network."""


def save(path: Path, model: Conv4, info: dict[str, Any]) -> None:
    """Write `model` and `info` (anything that JSON holds) to `path`, whole or not at all."""
    # contiguous, since safetensors refuses channels_last; on the CPU, so that any machine can read it
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    metadata = {"network": json.dumps({"name": "conv4", **model.settings}), "info": json.dumps(info, sort_keys=True)}
    places.write_atomically(path, lambda part: save_file(tensors, part, metadata))


def load(name_or_path: str | Path, *, device: torch.device | str = "cpu") -> tuple[Conv4, dict[str, Any]]:
    """The network, in evaluation mode on `device`, and the info that was saved with it.

    name_or_path  a file, or the name of a checkpoint such as "protonet", looked for in the data folders
    Raises CheckpointError when it is not found, cut off, or does not fit the network that it names.
    """
    path = find(name_or_path)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size
        raise CheckpointError(f"{path} ({size:,} bytes) is damaged or cut off ({error}): fetch it again") from error
    try:
        settings = json.loads(metadata["network"])
        info = json.loads(metadata["info"])
        name = settings.pop("name")
    except (KeyError, ValueError) as error:
        raise CheckpointError(f"{path} is no checkpoint of metalib: it does not say which network it holds") from error
    if name != "conv4":
        raise CheckpointError(f"{path} holds a {name!r} and this version of metalib knows conv4: update metalib")
    try:
        model = conv4(**settings)
        model.load_state_dict(tensors)
    except (RuntimeError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} does not fit the network that it names ({error}): fetch it again") from error
    return model.to(device).eval(), info


def find(name_or_path: str | Path) -> Path:
    """The file of a checkpoint that is named, or given by its path. Raises CheckpointError when there is none."""
    path = Path(name_or_path)
    if path.suffix == SUFFIX or os.sep in str(name_or_path):
        if not path.is_file():
            raise CheckpointError(f"no file {path}: give the path of a {SUFFIX} file, or a name such as protonet")
        return path
    found = places.find(Path("checkpoints") / f"{name_or_path}{SUFFIX}")
    if found is None:
        file = f"the checkpoint checkpoints/{name_or_path}{SUFFIX}"
        raise CheckpointError(
            f"{places.where_looked(file)}, run from a checkout of the course, or train it: metalib train"
        )
    return found
