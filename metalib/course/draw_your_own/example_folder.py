"""The folder that ships: five emoji of the evaluation part, each by three vendors, and as two others drew them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from metalib.banks import load_bank, split
from metalib.banks.emoji_choice import VENDORS

NAMES = ("octopus", "turtle", "trumpet", "sailboat", "grapes")
INSIDE = ("noto", "fluent-emoji-flat", "twemoji")  # vendors whose drawings are in the folder


class Example(NamedTuple):
    """A folder with a sub-folder for each class, and new pictures [32, 32, 3] uint8 with their true names."""

    folder: Path
    new: list[np.ndarray]
    truth: list[str]


def write(folder: Path | None = None) -> Example:
    """Write NAME/VENDOR.png for the vendors of INSIDE; the drawings by the others are the new pictures.

    folder  None: a new temporary one
    """
    folder = Path(tempfile.mkdtemp(prefix="emoji-")) if folder is None else folder
    bank = split(load_bank("emoji", quiet=True)).evaluation
    names = [name.partition(" ")[2] for name in bank.names]
    new, truth = [], []
    for name in NAMES:
        drawings = bank.images[names.index(name)].movedim(1, -1).numpy()  # [5, 32, 32, 3], all five are there: tested
        (folder / name).mkdir(parents=True, exist_ok=True)
        for vendor, drawing in zip(VENDORS, drawings, strict=True):
            if vendor in INSIDE:
                Image.fromarray(drawing).save(folder / name / f"{vendor}.png")
            else:
                new.append(drawing)
                truth.append(name)
    return Example(folder, new, truth)
