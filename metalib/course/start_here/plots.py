"""Figures of notebook 00: five cards, and the queries that they answer."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from torch import Tensor

from metalib.course.kit.colours import LETTERS, WRONG, class_colour
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.plots import GAP, SIDE, sheet


def cards(ax: Axes, support: Tensor, queries: Tensor, predicted: Tensor, truth: Tensor, *, title: str = "") -> Axes:
    """One support picture a class in the upper row; below, each query with the letter that it was given.

    support    [N, 1, H, W]      queries  [Q, 1, H, W]      predicted, truth  [Q] labels
    A wrong answer is crossed out and has the right letter beside it.
    """
    n_way, n_queries = len(support), len(queries)
    columns = max(n_way, math.ceil(n_queries / 2) if n_queries > 10 else n_queries)
    step, left = SIDE + GAP, (columns - n_way) / 2
    sheet(ax, support, [(left + i, 0) for i in range(n_way)], border=[class_colour(i) for i in range(n_way)])
    for i in range(n_way):
        ax.text((left + i) * step + SIDE / 2, -3, LETTERS[i], ha="center", va="bottom", weight="bold")
    cells = [(i % columns, 1.7 + 1.45 * (i // columns)) for i in range(n_queries)]
    sheet(ax, queries, cells, border=[class_colour(int(y)) for y in predicted])
    for (column, row), given, right in zip(cells, predicted.tolist(), truth.tolist(), strict=True):
        text = LETTERS[given] if given == right else f"✗ {LETTERS[given]}, is {LETTERS[right]}"
        colour = "black" if given == right else WRONG
        x, y = column * step + SIDE / 2, row * step + SIDE + 4
        ax.text(x, y, text, ha="center", va="top", fontsize=9, color=colour, weight="bold" if given != right else None)
    ax.set_ylim((cells[-1][1] + 1) * step + 6, -12)
    ax.set_title(title or f"{int((predicted == truth).sum())} of {n_queries} queries right from one picture a class")
    return ax
