"""Figures of notebook 01: one question of *beat the machine*."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from torch import Tensor

from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.plots import sheet


def one_question(ax: Axes, query: Tensor, support: Tensor, *, columns: int = 10, title: str = "") -> Axes:
    """One query, and the support pictures among which its class is to be found.

    query    [1, H, W]      support  [N, 1, H, W]
    """
    sheet(ax, query[None], [(0, 0.5 * (math.ceil(len(support) / columns) - 1))], border=["black"])
    sheet(ax, support, [(1.6 + i % columns, i // columns) for i in range(len(support))])
    ax.set_title(title or "Which of these is the same character as the one on the left?")
    return ax
