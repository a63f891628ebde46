"""From printed glyphs to drawings like a hand's: thinned to lines, bent, and drawn again with a pen of one width.

A printed stroke is thick, thin and serifed as its face has it, and a pen's is not. So a glyph is thinned to its middle
line, the distance to that line is what gets warped, and ink is where the warped distance is below the pen's radius.
Lengths are in pixels of the final 28×28 picture unless another unit is given.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from metalib.banks.pictures import SIDE, shrink

GLYPH, SHEET = 48, 64  # a glyph's longer side, and the sheet it is centred on, in pixels of the printed picture
FAR = 6  # distances to the line are cut off here, in pixels of the printed picture
FINE = 2  # drawn this many times finer than the final picture
CANVAS = 36  # drawn on a canvas of this side; `frame` then cuts out what has ink
NEIGHBOURS = ((0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))  # clockwise from above, in a 3×3 window


class Hand(NamedTuple):
    """How much drawings differ: standard deviations of the warps, and the range of sizes and pen widths.

    Sizes and pen follow Omniglot's background: the longer side is 12 … 24 pixels (5 % and 95 %; median 18), a stroke
    1.5 wide. The rest is set so that the nearest pixels do about as well here as there (see `glyphs`).
    """

    size: float = 18.0
    size_spread: float = 0.13  # of the logarithm
    stretch: float = 0.12  # of the logarithm of width over height, halved for each
    rotation: float = 5.0  # degrees
    slant: float = 0.14  # shift to the side for each pixel of height
    bend: float = 1.5  # elastic shift, from 4×4 random vectors over the canvas
    tremor: float = 0.35  # elastic shift, from 10×10
    pen: float = 1.5
    pen_spread: float = 0.1  # of the logarithm
    off_centre: float = 1.0


def thin(ink: np.ndarray) -> np.ndarray:
    """[N, H, W] bool to [N, H, W] bool: the middle lines, one pixel wide. Source: Guo and Hall (1989), algorithm A1."""
    rest = ink.copy()
    active = np.arange(len(ink))  # glyphs that still change
    while len(active):
        part, before = rest[active], rest[active].sum((1, 2))
        for removable in _REMOVABLE:
            part &= ~removable[_neighbourhoods(part)]
        rest[active] = part
        active = active[part.sum((1, 2)) < before]
    return rest


def _neighbourhoods(ink: np.ndarray) -> np.ndarray:
    """[N, H, W] uint8: bit k says whether neighbour k of a pixel has ink."""
    code = np.zeros(ink.shape, np.uint8)
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    for k, (row, column) in enumerate(NEIGHBOURS):
        code |= padded[:, row : row + ink.shape[1], column : column + ink.shape[2]].astype(np.uint8) << k
    return code


def _removable(half: int) -> np.ndarray:
    """[256] bool: the neighbourhoods whose middle pixel goes in this half of a pass; half 4 looks from the far side.

    It goes when it is on the rim, is no line's end, and does not hold two parts together.
    """
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1 == 1  # [256, 8]
    even, odd, before = bits[:, 0::2], bits[:, 1::2], np.roll(bits[:, 1::2], 1, axis=1)
    parts = (~even & (odd | np.roll(even, -1, axis=1))).sum(1)
    ends = np.minimum((before | even).sum(1), (even | odd).sum(1))
    side = [bits[:, (k + half) % 8] for k in range(8)]
    return (parts == 1) & (ends >= 2) & (ends <= 3) & ~((side[4] | side[5] | ~side[7]) & side[6])


_REMOVABLE = (_removable(0), _removable(4))


def distance(lines: np.ndarray, far: int = FAR) -> np.ndarray:
    """[N, H, W] float32: the Euclidean distance of each pixel to the nearest True one, in pixels, at most `far`."""
    square = np.where(lines, 0.0, far**2).astype(np.float32)
    for axis in (1, 2):  # first over the rows, then over the columns: exact, as squares add
        width = [(0, 0)] * 3
        width[axis] = (far, far)
        padded = np.pad(square, width, constant_values=far**2)
        for shift in range(2 * far + 1):
            window = [slice(None)] * 3
            window[axis] = slice(shift, shift + square.shape[axis])
            np.minimum(square, padded[tuple(window)] + (shift - far) ** 2, out=square)
    return np.sqrt(square)


def draw(distances: Tensor, hand: Hand, *, generator: torch.Generator) -> Tensor:
    """One drawing of each of N glyphs: [N, SHEET, SHEET] distances to [N, FINE·CANVAS, FINE·CANVAS] uint8."""
    n = len(distances)
    size = hand.size * (hand.size_spread * _normal(n, generator)).exp()
    size = size.clamp(hand.size / 1.5, hand.size * 1.35)
    places = _places(n, hand, size, generator) * (2 / SHEET)  # grid_sample counts from −1 to 1 over the sheet
    warped = grid_sample(distances[:, None], places, mode="bilinear", padding_mode="border", align_corners=False)[:, 0]
    pen = hand.pen * (hand.pen_spread * _normal(n, generator)).exp()
    room = pen[:, None, None] / 2 - warped * (size / GLYPH)[:, None, None]  # positive within the stroke
    return (255 * (room * FINE + 0.5).clamp_(0, 1)).round_().to(torch.uint8)


def _places(n: int, hand: Hand, size: Tensor, generator: torch.Generator) -> Tensor:
    """[N, H, W, 2]: where each pixel of the canvas looks in the printed picture, in its pixels, from its middle."""
    side = FINE * CANVAS
    axis = (torch.arange(side) + 0.5) / FINE - CANVAS / 2
    pixels = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)  # [H, W, 2], x before y
    shift = hand.bend * _elastic(n, 4, generator) + hand.tremor * _elastic(n, 10, generator)
    angle = torch.deg2rad(hand.rotation * _normal(n, generator))
    slant, stretch = hand.slant * _normal(n, generator), (hand.stretch / 2 * _normal(n, generator)).exp()
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
    shear = torch.stack([1 / stretch, slant, torch.zeros(n), stretch], 1).view(n, 2, 2)
    affine = shear @ turn * (GLYPH / size)[:, None, None]  # [N, 2, 2]
    return torch.einsum("nhwj,nij->nhwi", pixels + shift, affine)


def _elastic(n: int, knots: int, generator: torch.Generator) -> Tensor:
    """[N, H, W, 2]: smooth random vectors of unit variance: cubic B-splines over `knots` × `knots` normal ones."""
    at = torch.linspace(0, knots - 1, FINE * CANVAS)
    away = (at[:, None] - torch.arange(-1, knots + 1)).abs()  # [H, knots + 2]
    near, far = 2 / 3 - away**2 + away**3 / 2, (2 - away).clamp(min=0) ** 3 / 6
    basis = torch.where(away < 1, near, far)
    basis = basis / basis.square().sum(1, keepdim=True).sqrt()  # unit variance everywhere
    vectors = torch.randn(n, 2, knots + 2, knots + 2, generator=generator)
    return (basis @ vectors @ basis.T).permute(0, 2, 3, 1)


def _normal(n: int, generator: torch.Generator) -> Tensor:
    """[N] normal deviates, at most two and a half standard deviations from 0: a slip of the pen, not another letter."""
    return torch.randn(n, generator=generator).clamp(-2.5, 2.5)


def frame(canvas: np.ndarray, towards: tuple[float, float]) -> np.ndarray:
    """The final picture, [28, 28] uint8: all ink of a canvas, shifted by `towards` from the middle as far as it fits.

    towards  pixels to the right and down
    Ink that is larger than the frame is made smaller first, with a margin of a pixel.
    """
    rows, columns = np.flatnonzero(canvas.any(1)), np.flatnonzero(canvas.any(0))
    ink = canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    side = max(FINE * SIDE, max(ink.shape) + 2 * FINE)
    sheet = np.zeros((side, side), np.uint8)
    spare = side - np.array(ink.shape)
    wanted = np.round(spare / 2 + FINE * np.array(towards[::-1])).astype(int)
    top, left = np.clip(wanted, np.minimum(FINE, spare // 2), spare - np.minimum(FINE, spare // 2))
    sheet[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return shrink(sheet)
