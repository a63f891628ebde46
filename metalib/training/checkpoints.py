"""Trained networks in files: safetensors, with what was trained, on what, how, and what it measured."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from metalib import files, places
from metalib.banks import PROTOCOLS
from metalib.models import Conv4, conv4, mlp

SUFFIX = ".safetensors"
INFO = {  # what is read of it; a sinusoid's has no recipe
    **{"method": str | None, "recipe": dict | None, "split": str | None, "classes": str | None, "device": str | None},
    **{"updates": int | None, "seconds": files.NUMBER | None},
}
MEASURED = [{"task": str, "data": str, "seed": int, "batch_norm": str, "interval": files.INTERVAL}]
ACTIVATIONS = {"ReLU": nn.ReLU, "Tanh": nn.Tanh}


class CheckpointError(files.BadFile):
    """A checkpoint that is missing, damaged, or of another network."""


def save(path: Path, model: nn.Module, info: dict[str, Any]) -> None:
    """Write `model`, a conv4 or an mlp, and `info` (anything that JSON holds) to `path`, whole or not at all.

    Raises CheckpointError for another network, OSError where it cannot be written.
    """
    # contiguous, since safetensors refuses channels_last; on the CPU, so that any machine can read it
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    metadata = {"network": json.dumps(_settings(model)), "info": json.dumps(info, sort_keys=True)}
    files.write_tensors(path, tensors, metadata)


def load(name_or_path: str | Path, *, device: torch.device | str = "cpu") -> tuple[Any, dict[str, Any]]:
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
        settings = files.fit(json.loads(metadata.get("network", "null")), {"name": str}, "network")
        info = _fit_info(json.loads(metadata.get("info", "null")))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is no checkpoint of metalib ({error}): give another, or fetch it again"
        ) from error
    name = settings.pop("name")
    if name not in NETWORKS:
        known = " and ".join(NETWORKS)
        raise CheckpointError(f"{path} holds a {name!r} and this version of metalib knows {known}: update metalib")
    try:
        model = NETWORKS[name](**settings)
        model.load_state_dict(tensors)
        for part, value in model.state_dict().items():  # copying casts without a word: whole numbers make no network
            if tensors[part].is_floating_point() != value.is_floating_point():
                raise TypeError(f"{part} is {str(tensors[part].dtype).removeprefix('torch.')}")
    except Exception as error:  # each layer has errors of its own for settings that cannot be
        raise CheckpointError(f"{path} does not fit the network that it names ({error}): fetch it again") from error
    return model.to(device).eval(), info


def _fit_info(info: Any) -> dict[str, Any]:
    """`info`, if it looks as `INFO` says; else ValueError, which names the place where it does not."""
    files.fit(info, INFO, "info")
    files.fit(info.get("measured", []), MEASURED, "info['measured']")
    split = info.get("split")
    if split is not None and split.partition(":")[0] not in PROTOCOLS:  # older ones go on after a colon
        raise ValueError(f"info['split'] is {split!r}, not {' or '.join(PROTOCOLS)}")
    return info


def digest(model: nn.Module, info: dict[str, Any]) -> str:
    """Twelve hexadecimal digits: a fingerprint of a trained network's tensors, its settings, and the recipe's."""
    found = hashlib.sha256(json.dumps([_settings(model), info.get("recipe")], sort_keys=True).encode())
    for name, tensor in sorted(model.state_dict().items()):
        found.update(name.encode())
        found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()[:12]


def _settings(model: nn.Module) -> dict[str, Any]:
    """What a file says of its network: the name of the function in NETWORKS, and its arguments."""
    if isinstance(model, Conv4):
        return {"name": "conv4", **model.settings}
    inside = list(model) if isinstance(model, nn.Sequential) else []
    layers = [layer for layer in inside if isinstance(layer, nn.Linear)]
    kinds = {type(layer).__name__ for layer in inside if not isinstance(layer, nn.Linear)}
    if not layers or len(kinds) != 1 or not kinds <= set(ACTIVATIONS):
        raise CheckpointError(
            f"a checkpoint holds a conv4 or an mlp with hidden layers of {' or '.join(ACTIVATIONS)}, and this is a "
            f"{type(model).__name__} of another kind"
        )
    return {
        "name": "mlp",
        "sizes": [layers[0].in_features, *(x.out_features for x in layers)],
        "activation": kinds.pop(),
    }


def _mlp(sizes: list[int], activation: str) -> nn.Sequential:
    return mlp(sizes, activation=ACTIVATIONS[activation])


NETWORKS: dict[str, Callable[..., nn.Module]] = {"conv4": conv4, "mlp": _mlp}


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
