"""Five made-up characters to begin with, each drawn several times: the widget lives before you have drawn anything.

No alphabet has them, and no hand drew them: a character is one set of strokes, and its drawings are that set, turned,
slanted and bent at random. They are the course's own, under its licence. Two pairs of them are alike.
"""

from __future__ import annotations

import numpy as np

from metalib.course.draw_your_own.ink import SHEET

# the points that the strokes go through, x and y in turn, on a sheet of 105 × 105
CHARACTERS = (
    ([50, 85, 50, 41, 58, 25, 76, 31, 76, 45], [28, 63, 72, 69]),
    ([52, 85, 52, 41, 44, 25, 26, 31, 26, 45], [30, 69, 76, 61]),
    ([24, 30, 42, 58, 58, 28, 80, 54], [56, 66, 66, 74, 56, 84, 46, 74, 56, 66]),
    ([33, 34, 53, 24, 73, 40, 75, 64, 57, 82, 33, 72], [55, 52, 23, 26]),
    ([33, 34, 53, 24, 73, 40, 75, 64, 57, 82, 33, 72], [55, 52, 21, 84]),
)
TURN, SLANT, STRETCH, BEND = 0.1, 0.14, 0.1, 2.6  # standard deviations: radians, shift a height, of a logarithm, pixels
PIECES = 4  # straight pieces from point to point


def drawings(shots: int, seed: int) -> list[list[list[list[float]]]]:
    """For each of the five characters, `shots` drawings of it; the same ones for equal seeds."""
    generator = np.random.default_rng(seed)
    return [[_by_hand(strokes, generator) for _ in range(shots)] for strokes in CHARACTERS]


def _by_hand(strokes: tuple[list[int], ...], generator: np.random.Generator) -> list[list[float]]:
    """One drawing: each point a little off its place, and the whole turned, slanted and stretched."""
    turn, slant, stretch = generator.normal(size=3) * (TURN, SLANT, STRETCH)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shape = rotation @ np.array([[np.exp(stretch / 2), slant], [0.0, np.exp(-stretch / 2)]])
    found = []
    for stroke in strokes:
        points = np.array(stroke, dtype=float).reshape(-1, 2)
        bent = points + BEND * generator.normal(size=points.shape)
        line = (_curve(bent) - SHEET / 2) @ shape.T + SHEET / 2
        found.append(line.clip(0, SHEET).round(1).flatten().tolist())
    return found


def _curve(points: np.ndarray) -> np.ndarray:
    """A smooth line through points [P, 2]: Catmull and Rom's (1974) cubic pieces, as straight ones."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = (np.arange(PIECES) / PIECES)[:, None]
    pieces = [
        b + t * (c - a) / 2 + t**2 * (a - 2.5 * b + 2 * c - d / 2) + t**3 * (1.5 * (b - c) + (d - a) / 2)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate([*pieces, points[-1:]])
