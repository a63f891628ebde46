"""A classifier in a file: safetensors with a header in JSON, written whole or not at all, and nothing pickled.

It holds what the head has learned, and the support pictures' features, classes and names; not the pictures, and not the
backbone, of which it has the fingerprint. A fine-tuned backbone is what its head has learned, and is in it.
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from metalib import files
from metalib.few_shot import backbones, heads
from metalib.few_shot.learned import Learned
from metalib.few_shot.none_of_these import Threshold
from metalib.files import BadFile

SUFFIX = ".safetensors"
FORMAT = 1
HEADER = {
    **{"format": int, "backbone": str, "digest": str, "head": str},
    **{"classes": list, "names": [str], "remarks": [str], "threshold": dict | None},
}
THRESHOLD = {"distance": files.NUMBER, "false_alarms": float, "n": int, "words": str}
LEARNED = "learned."  # before the names of the head's own tensors


def save(path: str | os.PathLike[str], learned: Learned) -> None:
    """Write what was learned to `path`.

    Raises ValueError for another suffix or labels that are neither names nor whole numbers, OSError where it cannot be
    written.
    """
    target = Path(path)
    if target.suffix != SUFFIX:
        raise ValueError(f"{target} would hold safetensors: give it a name that ends in {SUFFIX}")
    if learned.classes.dtype.kind not in "Uiu":
        raise ValueError(f"the labels are {learned.classes.dtype}: names and whole numbers are saved")
    header = {
        "format": FORMAT,
        "backbone": learned.backbone.name,
        "digest": learned.backbone.digest,
        "head": learned.head_name,
        "classes": learned.classes.tolist(),
        "names": learned.names,
        "remarks": learned.remarks,
        "threshold": None if learned.threshold is None else dataclasses.asdict(learned.threshold),
    }
    tensors = {f"{LEARNED}{name}": tensor for name, tensor in learned.fitted.tensors().items()}
    support = learned.z if learned.z is not None and learned.head.looks_at == "features" else learned.space
    tensors |= {"support": support, "labels": learned.y}
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    files.write_tensors(target, whole, {"few_shot": json.dumps(header, sort_keys=True)})


def read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The header and the tensors of a saved classifier. Raises BadFile, naming the file, where it is none."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path} is not there: give a file that a classifier was saved to") from error
    except (SafetensorError, OSError) as error:
        raise BadFile(f"{path} is damaged or cut off ({error}): save the classifier again") from error
    try:
        header = files.fit(json.loads(metadata.get("few_shot", "null")), HEADER, "header")
        if header.setdefault("threshold", None) is not None:
            files.fit(header["threshold"], THRESHOLD, "header['threshold']")
        kinds = {type(label) for label in header["classes"]}
        if len(kinds) != 1 or not kinds <= {str, int} or len(set(header["classes"])) < 2:
            raise ValueError(f"header['classes'] is {header['classes']!r:.80}, not names or numbers of two at least")
    except (ValueError, TypeError, RecursionError) as error:
        raise BadFile(f"{path} is no classifier of metalib ({error}): give one that FewShot.save wrote") from error
    if header["format"] != FORMAT:
        raise BadFile(f"{path} has format {header['format']} and this metalib reads {FORMAT}: update it, or save again")
    return header, tensors


def restore(
    path: str | os.PathLike[str], header: dict[str, Any], tensors: dict[str, Tensor], backbone: backbones.Backbone
) -> Learned:
    """What `read` gave, with its backbone. Raises BadFile where they do not fit one another."""
    if backbone.digest != header["digest"]:
        raise BadFile(
            f"{path} was made with another {backbone.name} network (weights {header['digest'][:12]}, and here are "
            f"{backbone.digest}): fit the classifier again"
        )
    try:
        head = heads.make(header["head"], backbone)
        fitted = head.restore(
            {name.removeprefix(LEARNED): value for name, value in tensors.items() if name.startswith(LEARNED)}
        )
        y, support = tensors["labels"], tensors["support"]
        names, classes = tuple(header["names"]), np.array(header["classes"])
        on_features = head.looks_at == "features"
        space = fitted.space(support) if on_features else support
        _check(classes, y, support, names)
        if on_features and fitted.logits(support).shape != (len(y), len(classes)):
            raise ValueError("the head has other classes")
    except Exception as error:  # missing tensors, other shapes and types: each layer has errors of its own
        raise BadFile(f"{path} does not fit together ({error}): save the classifier again") from error
    z, remarks = support if on_features else None, tuple(header["remarks"])
    threshold = None if header["threshold"] is None else Threshold(**header["threshold"])
    if isinstance(fitted, heads.FittedCentroid):
        head = fitted.head  # with the scale that its probabilities had
    return Learned(backbone, header["head"], head, fitted, classes, y, names, remarks, z, space, threshold)


def _check(classes: np.ndarray, y: Tensor, support: Tensor, names: tuple[str, ...]) -> None:
    if not len(y) == len(support) == len(names):
        raise ValueError(f"{len(support)} pictures, {len(y)} labels and {len(names)} names")
    if y.dtype != torch.long or sorted(set(y.tolist())) != list(range(len(classes))):
        raise ValueError(f"labels do not run from 0 to {len(classes) - 1}")
    if not support.is_floating_point() or not support.isfinite().all():
        raise ValueError("features that are no numbers")
