"""The static picture beside the widget of notebook 07: one query in several batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from metalib.course.kit.colours import LETTERS, QUIET, WRONG, class_colour
from metalib.course.kit.plots import GAP, SIDE, sheet

STEP = SIDE + GAP


class Row(NamedTuple):
    """A batch: its name, its pictures [B, 1, H, W], the query first, and the query's class probabilities [N].

    labels  the pictures' classes
    """

    name: str
    pictures: Tensor
    labels: Sequence[int]
    shares: Tensor


def one_query(ax: Axes, rows: Sequence[Row], label: int, *, title: str = "") -> Axes:
    """A row for each batch: the query in a thick frame, its neighbours, its class probabilities and its answer.

    The letter of its class stands below each picture; the line above the bars is 100 %.

    label  the query's class
    A bar has its class's colour; a wrong answer is marked by a cross.
    """
    most = max(len(row.pictures) for row in rows)
    bars = (most + 1) * STEP
    for i, (name, pictures, labels, shares) in enumerate(rows):
        top = 1.3 * i * STEP
        cells = [(0.3 * (place > 0) + place, 1.3 * i) for place in range(len(pictures))]
        sheet(ax, pictures, cells)
        for (place, _), of_picture in zip(cells, labels, strict=True):
            ax.text(place * STEP + SIDE / 2, top + SIDE + 1, LETTERS[of_picture], ha="center", va="top", fontsize=8)
        ax.add_patch(Rectangle((0, top), SIDE, SIDE, fill=False, edgecolor=class_colour(label), linewidth=3))
        ax.text(-GAP, top + SIDE / 2, name, ha="right", va="center", fontsize=9)
        _bars(ax, bars, top, shares.tolist())
        given = int(shares.argmax())
        words = f"{LETTERS[given]}, right" if given == label else f"✗ {LETTERS[given]}, is {LETTERS[label]}"
        colour, weight = ("black", "normal") if given == label else (WRONG, "bold")
        x = bars + len(shares) * 0.6 * STEP + GAP
        ax.text(x, top + SIDE / 2, words, ha="left", va="center", fontsize=9, color=colour, weight=weight)
        _scale(ax, bars, x - GAP, top, named=i == 0)
    ax.set_xlim(-5 * STEP, bars + 6.5 * STEP)
    ax.set_ylim((1.3 * len(rows) - 0.1) * STEP, -GAP)
    ax.set_axis_off()
    ax.set_title(title or "One query, first in each row, in several batches: what it is taken for")
    return ax


def _bars(ax: Axes, x: float, top: float, shares: Sequence[float]) -> None:
    """A bar for each class from a common line, its letter below."""
    width = 0.6 * STEP
    for label, share in enumerate(shares):
        height = max(0.5, share * SIDE)
        ax.add_patch(
            Rectangle((x + label * width, top + SIDE - height), 0.8 * width, height, color=class_colour(label))
        )
        at = x + (label + 0.4) * width
        ax.text(at, top + SIDE + 1, LETTERS[label], ha="center", va="top", fontsize=8)


def _scale(ax: Axes, left: float, right: float, top: float, *, named: bool) -> None:
    """The lines of 0 and 100 % of a row's bars."""
    for percent, y in ((100, top), (0, top + SIDE)):
        ax.plot([left, right], [y, y], color=QUIET, linewidth=0.6, zorder=0)
        if named:
            ax.text(left - 2, y, f"{percent} %", ha="right", va="center", fontsize=8, color=QUIET)
