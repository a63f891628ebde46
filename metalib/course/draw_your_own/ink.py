"""From strokes to the picture that the network sees, as Omniglot's came to be: drawn with one pen, then shrunk.

A stroke is a list of numbers x₀, y₀, x₁, y₁, …: points of its middle line on a sheet of 105 × 105 pixels, from the
upper left corner. A drawing is a list of strokes. The widget's script has the same in ink.js, to the last pixel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalib.banks.pictures import shrink

Stroke = Sequence[float]
Drawing = Sequence[Stroke]

SHEET = 105  # pixels of a side, as an official picture of Omniglot has
PEN = 5  # pixels: the width of ink in Omniglot's background, 300 pictures
# pixels of the longer side: within what `few_shot.preparing` leaves as large as it is, and what is beyond becomes
LEAST, USUAL, MOST = 36, 69, 95


def placed(drawing: Drawing) -> list[np.ndarray]:
    """The strokes, [P, 2] float64 each, in the middle of the sheet; of usual size where the drawing is far from it."""
    strokes = [np.asarray(stroke, dtype=np.float64).reshape(-1, 2) for stroke in drawing if len(stroke)]
    if not strokes:
        return []
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max())
    beyond = side > 0 and not LEAST <= side + PEN <= MOST  # a dot stays a dot
    scale = (USUAL - PEN) / side if beyond else 1.0
    middle = (low + high) / 2
    return [(stroke - middle) * scale + SHEET / 2 for stroke in strokes]


def bitmap(drawing: Drawing) -> np.ndarray:
    """[105, 105] uint8: 255 where the placed strokes have ink, else 0. A pixel whose middle is under the pen has it."""
    ink = np.zeros((SHEET, SHEET), dtype=bool)
    centres = np.arange(SHEET) + 0.5
    x, y = centres[None, :], centres[:, None]
    for stroke in placed(drawing):
        for (ax, ay), (bx, by) in zip(stroke, [*stroke[1:], stroke[-1]], strict=True):
            dx, dy = bx - ax, by - ay
            length = dx * dx + dy * dy
            along = ((x - ax) * dx + (y - ay) * dy) / (length or 1.0)
            along = np.minimum(1.0, np.maximum(0.0, along))
            off_x, off_y = x - ax - along * dx, y - ay - along * dy
            ink |= off_x * off_x + off_y * off_y <= PEN * PEN / 4
    return _in_the_middle(ink).astype(np.uint8) * 255


def _in_the_middle(ink: np.ndarray) -> np.ndarray:
    """Shifted by whole pixels, so that as many rows and columns are free on both sides, or one more at the end."""
    for axis in (0, 1):
        used = np.flatnonzero(ink.any(axis=1 - axis))
        if len(used):
            ink = np.roll(ink, (SHEET - (used[-1] - used[0] + 1)) // 2 - used[0], axis=axis)
    return ink


def seen(drawing: Drawing) -> np.ndarray:
    """[28, 28] uint8, ink bright: the drawing as the network sees it, shrunk as the banks are."""
    return shrink(bitmap(drawing)).copy()  # Pillow's own cannot be written to, and torch wants it so


def on_paper(drawing: Drawing) -> np.ndarray:
    """[105, 105] uint8, dark ink on white paper: the drawing as a picture of Omniglot has it."""
    return 255 - bitmap(drawing)
