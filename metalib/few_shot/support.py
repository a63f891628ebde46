"""What is handed over as pictures and labels, looked at before anything is opened; and what a head then looks at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from metalib.few_shot import features
from metalib.few_shot.backbones import Backbone
from metalib.few_shot.heads import Head
from metalib.few_shot.pictures import Source


def listed(pictures: Sequence[Source]) -> Sequence[Source]:
    """Pictures as a sequence of at least one. Raises ValueError for a single one, or a folder."""
    if isinstance(pictures, str | os.PathLike) and Path(pictures).is_dir():
        raise ValueError(f"{pictures} is a folder: give a list of its files, sorted(Path({str(pictures)!r}).iterdir())")
    shape: tuple[int, ...] = getattr(pictures, "shape", ())
    one_array = len(shape) == 2 or (len(shape) == 3 and shape[2] in (3, 4))
    if one_array or isinstance(pictures, str | os.PathLike | Image.Image):
        raise ValueError("pictures is one picture: give a list of them, [picture]")
    if not len(pictures):
        raise ValueError("0 pictures: give one at least")
    return pictures


def labelled(pictures: Sequence[Source], labels: Sequence[Any]) -> tuple[Sequence[Source], np.ndarray, Tensor]:
    """Pictures [S], the labels [N] of their classes in order, and [S] long: the number of each picture's class.

    Raises ValueError for fewer than two classes, or other lengths.
    """
    pictures, given = listed(pictures), np.asarray(labels)
    if given.shape != (len(pictures),):
        raise ValueError(f"{len(pictures)} pictures and labels of shape {list(given.shape)}: give each one label")
    classes, numbers = np.unique(given, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"1 class ({classes[0]}), and there is nothing to tell apart: give two at least")
    return pictures, classes, torch.from_numpy(numbers).long()


def seen(
    pictures: Sequence[Source], network: Backbone, head: Head, *, cache: bool
) -> tuple[Tensor, list[features.Noticed]]:
    """What the head looks at, [B, ...], of pictures, and what was noticed of them."""
    if head.looks_at == "features":
        return features.of(pictures, network, cache=cache)
    noticed: list[features.Noticed] = []
    return network.pictures(features.opened(pictures, range(len(pictures)), network, noticed)), noticed
