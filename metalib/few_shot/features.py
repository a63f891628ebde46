"""Features of pictures, computed once: kept in the per-user folder, by what the pictures and the network are.

A picture that was renamed or copied is found again, and one that was changed is not. Only the user's own folder is
written to: what can be learned of a picture from its features is the learner's business.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from torch import Tensor

from metalib import files, places
from metalib.few_shot import backbones, borrowed, pictures, preparing, unfamiliar
from metalib.few_shot.backbones import Backbone
from metalib.few_shot.pictures import Source, check_header, open_picture

FOLDER = "features"  # in the per-user folder: a file for each backbone
MOST = 10_000  # pictures in one file, the latest: 50 MB of 1,280 features
Noticed = tuple[int, str]  # the number of a picture, and a few words


class Seen(NamedTuple):
    """The features of one picture, [D], and what was noticed when it was opened."""

    features: Tensor
    words: list[str]


def of(sources: Sequence[Source], backbone: Backbone, *, cache: bool = True) -> tuple[Tensor, list[Noticed]]:
    """The features [B, D] of pictures, and what was noticed of each.

    cache  whether features are looked for in the user's folder, and kept there
    Raises what `open_picture` does; nothing is kept then.
    """
    keys = [_key(source, number) if cache else str(number) for number, source in enumerate(sources)]
    seen = _read(backbone) if cache else {}
    first = {key: number for number, key in reversed(list(enumerate(keys)))}  # equal pictures are looked at once
    wanted = sorted(number for key, number in first.items() if key not in seen)
    if wanted:
        noticed: list[Noticed] = []
        found = backbone.embed(opened(sources, wanted, backbone, noticed))
        for number, features in zip(wanted, found, strict=True):
            seen[keys[number]] = Seen(features, [words for of_whom, words in noticed if of_whom == number])
        if cache:
            _keep({keys[number]: seen[keys[number]] for number in wanted}, backbone)
    told = [(number, words) for number, key in enumerate(keys) for words in seen[key].words]
    return torch.stack([seen[key].features for key in keys]), told


def opened(
    sources: Sequence[Source], numbers: Iterable[int], backbone: Backbone, noticed: list[Noticed]
) -> Iterator[Image.Image]:
    """The pictures with these numbers, one at a time; what is noticed goes to `noticed`."""
    for number in numbers:

        def notice(words: str, number: int = number) -> None:
            noticed.append((number, words))

        image = open_picture(sources[number], name=_name(number), notice=notice)
        if words := unfamiliar.unlike(backbone.name, image):
            notice(words)
        yield image


def _name(number: int) -> str:
    return f"picture {number + 1}"


def _key(source: Source, number: int) -> str:
    """SHA-256 of a file's bytes, or of the pixels of what is no file."""
    if isinstance(source, str | os.PathLike):
        check_header(source)  # before a file of any size is read
        found = hashlib.sha256()
        with Path(source).open("rb") as file:
            while chunk := file.read(1 << 20):
                found.update(chunk)
        return found.hexdigest()
    image = open_picture(source, name=_name(number))
    return hashlib.sha256(f"{image.size}".encode() + image.tobytes()).hexdigest()


# --- the file


def path_of(backbone: Backbone) -> Path:
    """Where the features of a backbone are kept; they may be deleted."""
    name = re.sub(r"[^\w.-]+", "-", backbone.name)
    return places.user_folder() / FOLDER / f"{name}-{backbone.digest}.safetensors"


@functools.cache
def _origin() -> str:
    """What features depend on beside the network: the source text of what prepares pictures."""
    found = hashlib.sha256()
    for module in (pictures, preparing, backbones, borrowed, unfamiliar):
        found.update(Path(str(module.__file__)).read_bytes())
    return found.hexdigest()


def _read(backbone: Backbone) -> dict[str, Seen]:
    """What is kept; nothing where that is damaged, or was made by another version: it is computed again."""
    path = path_of(backbone)
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            features = file.get_tensor("features")
        keys = files.fit(json.loads(metadata["keys"]), [str])
        words = files.fit(json.loads(metadata["words"]), [[str]])
        if metadata["origin"] != _origin() or not len(keys) == len(words) == len(features):
            return {}
    except (SafetensorError, OSError, KeyError, ValueError, RecursionError):
        return {}
    return {key: Seen(*both) for key, *both in zip(keys, features, words, strict=True)}


def _keep(new: dict[str, Seen], backbone: Backbone) -> None:
    """Add to the file; where it cannot be written, the features are computed again the next time."""
    path = path_of(backbone)
    with contextlib.suppress(OSError), files.locked(path):
        both = list((_read(backbone) | new).items())[-MOST:]
        metadata = {
            "keys": json.dumps([key for key, _ in both]),
            "words": json.dumps([seen.words for _, seen in both]),
            "origin": _origin(),
        }
        files.write_tensors(path, {"features": torch.stack([seen.features for _, seen in both])}, metadata)
