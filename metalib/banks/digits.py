"""The far bank: handwritten digits, unlike Omniglot's characters in every way but that they are written by hand.

A form was scanned, each digit was cut out, stretched to a square and counted down to 8×8 cells of 17 greys. Ten classes
of 174 to 183 drawings by 13 people: so many that a task's true accuracy can be measured after its few pictures are
taken out. Nothing of the course learns from them. Source, licence and what was changed: `data/digits/README.md`.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from metalib import places
from metalib.banks import committed, pictures
from metalib.episodes import ClassBank

SOURCE = "digits"
FOLDER, SHEET = "digits", "digits.png"  # in a data folder
SIDE, LEVELS, CLASSES = 8, 16, 10  # of a picture, in cells; the brightest cell; digits
SIZES = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)  # drawings of each digit
DIGEST = "010816ec210b818edf828ed1713f78c9ec6b5823e92f8dc214075a35b4f5cf37"  # SHA-256 of the sheet


def load() -> ClassBank:
    """The digits, from the first data folder that has them; a checkout has them in `data/digits/`.

    images [10, 183, 1, 28, 28], ink bright, classes of unequal size; one group. A damaged file is passed over with a
    warning while another one is at hand. Raises FileNotFoundError where there is none, BadFile where none is right.
    """
    there = [folder / FOLDER for folder in places.data_folders() if os.path.isfile(folder / FOLDER / SHEET)]
    missing = f"{FOLDER}/{SHEET} (the bank of digits)"
    return committed.first_right(there, read, kind="folder", missing=missing, home=f"data/{FOLDER}")


def read(folder: Path) -> ClassBank:
    """The bank in `folder`; its sheet is not decoded before its digest is right. Raises BadFile, naming the file."""
    with Image.open(io.BytesIO(committed.checked(folder / SHEET, DIGEST)), formats=["PNG"]) as image:
        sheet = np.asarray(image)
    cells = sheet.reshape(CLASSES, SIDE, -1, SIDE).swapaxes(1, 2)  # [10, 183, 8, 8]
    bank = [torch.from_numpy(np.stack([enlarged(x) for x in of[:n]])) for of, n in zip(cells, SIZES, strict=True)]
    names = [str(digit) for digit in range(CLASSES)]
    return ClassBank.of_unequal([x.unsqueeze(1) for x in bank], names, CLASSES * [SOURCE], SOURCE)


def enlarged(cells: np.ndarray) -> np.ndarray:
    """[8, 8] uint8 to [28, 28] by the banks' own filter, with a cell of paper around: Omniglot's have a margin."""
    return pictures.shrink(np.pad(cells, 1))
