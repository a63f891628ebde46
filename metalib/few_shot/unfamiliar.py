"""Pictures of another kind than a network has learned from: it would answer all the same, and as surely.

What is looked at are three shares that tell line drawings from the rest, each with a limit between the two. Measured:
of Lake's drawings, clean, in coloured ink or photographed on paper in uneven light, 0, 0 and 8 % are taken for
something else; of photographs and pieces of them 87 % are found (`tests/few_shot/test_unfamiliar.py`).
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from metalib.banks.pictures import FILTER
from metalib.few_shot.preparing import LINE, PAPER

SIDE = 128  # pixels of the longer side that are looked at
COLOUR = 0.12  # the mean distance between the strongest and the weakest of red, green and blue; an ink's is below 0.08
HALF_TONES = 0.55  # of what is not paper; the blurred edges of lines at 28 × 28 pixels are below 0.47
INK = 0.25  # of the whole picture; a drawing's is below 0.15, a thick felt pen's about 0.2
WHITE, BORDER = 230, 0.5  # what counts as white paper, and how much of the border has to be


def unlike(backbone: str, image: Image.Image) -> str:
    """Words for a picture that this backbone does not know the like of; "" for one that it may know.

    backbone  "omniglot" knows line drawings, "emoji" things on white paper; of others nothing is said
    """
    if backbone == "omniglot" and not is_line_drawing(image):
        return "no line drawing, and the backbone omniglot knows nothing else: try emoji or photos"
    if backbone == "emoji" and not is_on_white_paper(image):
        return "not on white paper, and the backbone emoji knows nothing else: try photos"
    return ""


def is_line_drawing(image: Image.Image) -> bool:
    """Whether a picture has thin lines in one ink on paper, whichever of the two is bright."""
    colour, half_tones, ink = shares(image)
    return colour <= COLOUR and half_tones <= HALF_TONES and ink <= INK


def is_on_white_paper(image: Image.Image) -> bool:
    """Whether at least half of the border is white."""
    return float((_border(_small(image)).min(axis=1) >= WHITE).mean()) >= BORDER


def shares(image: Image.Image) -> tuple[float, float, float]:
    """How colourful a picture is, how much of what is not paper is neither paper nor line, and how much is line."""
    rgb = _small(image).astype(float)
    grey = rgb @ (0.299, 0.587, 0.114)
    paper = np.median(_border(grey))
    ink = -grey if paper > 127 else grey  # as `preparing.line_drawing` has it
    paper = np.median(ink)
    level = (ink - paper) / max(float(np.percentile(ink, 99.9) - paper), 1.0)
    between, line = float(((level > PAPER) & (level < LINE)).mean()), float((level >= LINE).mean())
    colour = float((rgb.max(axis=2) - rgb.min(axis=2)).mean()) / 255
    return colour, between / max(between + line, 1e-9), line


def _small(image: Image.Image) -> np.ndarray:
    """[H, W, 3] uint8."""
    image = image.convert("RGB")
    if max(image.size) > SIDE:
        factor = SIDE / max(image.size)
        image = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))), FILTER)
    return np.asarray(image)


def _border(pixels: np.ndarray) -> np.ndarray:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
