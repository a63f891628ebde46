"""From a picture of the learner's to what a network of the course looks at: prepared as its training pictures were."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from metalib.banks.pictures import FILTER, SIDE, shrink

# The longer side of a character, in sides of its frame: 1 % of Omniglot's training drawings are smaller, 1 % larger.
SMALLEST, USUAL, LARGEST = 0.32, 0.66, 0.93
# Levels of ink, from paper (0) to the darkest line (1): below the first is paper with its shadows, above the second is
# line. Omniglot's drawings have one bit.
PAPER, LINE = 0.35, 0.65


def line_drawing(image: Image.Image, side: int = SIDE) -> Tensor:
    """[1, side, side] in 0 … 1: a drawing with bright ink on dark paper, in the middle, as Omniglot's are prepared.

    image  dark lines on bright paper or the reverse: its border is paper. One of side × side pixels is taken as ready
    A character keeps its size within the picture, unless next to none of Omniglot's is so small or so large. Measured
    on Omniglot's validation alphabets, 20-way 1-shot, 400 tasks, against drawings as they are: in the middle
    +0.2 ± 0.2 points, and all of one size −0.5 ± 0.2, as some characters differ in size alone.
    """
    ink = _ink(np.asarray(image.convert("L")))
    if image.size != (side, side):
        ink = shrink(_framed(_hardened(ink)), side)
    return torch.from_numpy(ink.copy()).float()[None] / 255


def _ink(grey: np.ndarray) -> np.ndarray:
    """[H, W] uint8, ink bright: what the border mostly has is paper."""
    return 255 - grey if _paper(grey) > 127 else grey


def _paper(grey: np.ndarray) -> float:
    return float(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))


def _hardened(ink: np.ndarray) -> np.ndarray:
    """The same with dark paper and white lines, whatever the light and the pen were."""
    paper = _paper(ink)
    brightest = float(np.percentile(ink, 99.9)) if ink.size > 10_000 else float(ink.max())
    level = (ink - paper) / max(brightest - paper, 1.0)
    return np.uint8(255 * ((level - PAPER) / (LINE - PAPER)).clip(0, 1))


def _framed(ink: np.ndarray) -> np.ndarray:
    """A square with the ink in its middle; without any ink, all of the picture in the middle of a square."""
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > 127) for axis in (1, 0))
    if not len(rows):
        rows, columns = np.arange(ink.shape[0]), np.arange(ink.shape[1])
    top, left = int(rows[0]), int(columns[0])
    drawn = ink[top : int(rows[-1]) + 1, left : int(columns[-1]) + 1]
    longer, frame = max(drawn.shape), max(ink.shape)
    if not SMALLEST <= longer / frame <= LARGEST:
        frame = max(round(longer / USUAL), 1)
    square = np.zeros((frame, frame), np.uint8)
    top, left = ((frame - length) // 2 for length in drawn.shape)
    square[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    return square


def on_square(image: Image.Image, side: int) -> Tensor:
    """[3, side, side] in 0 … 1: the whole picture in the middle of a white square, as the emoji's were drawn."""
    longer = max(image.size)
    if image.size != (longer, longer):
        square = Image.new("RGB", (longer, longer), "white")
        square.paste(image, ((longer - image.width) // 2, (longer - image.height) // 2))
        image = square
    pixels = np.asarray(image.convert("RGB").resize((side, side), FILTER))
    return torch.from_numpy(pixels.copy()).movedim(-1, 0).float() / 255


def from_the_middle(image: Image.Image, side: int, share: float) -> Tensor:
    """[3, side, side] in 0 … 1: a square from the middle, `share` of the shorter side, as ImageNet's are tested."""
    length = share * min(image.size)
    left, top = (image.width - length) / 2, (image.height - length) / 2
    box = (left, top, left + length, top + length)
    pixels = np.asarray(image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC, box=box))
    return torch.from_numpy(pixels.copy()).movedim(-1, 0).float() / 255
