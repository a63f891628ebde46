"""Figures of notebook 01: a task and its learner, and one question of *beat the machine*."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import Tensor

from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.page import QUIET, canvas, class_colour
from metalib.course.kit.plots import GAP, SIDE, sheet
from metalib.episodes import Episode

STEP = SIDE + GAP
HIGH = 3 * STEP - GAP  # of three pictures


def task_diagram(task: Episode) -> Figure:
    """S goes into the learner, a classifier comes out, and its answers on Q are scored.

    task  of three ways, one shot and two queries, rows sorted by label, without a task axis
    """
    figure, ax = canvas(8.2, 2.6)
    middle = HIGH / 2
    sheet(ax, task.support_x, [(0, row) for row in range(3)], [class_colour(row) for row in range(3)])
    sheet(ax, task.query_x, [(8.9 + i % 2, i // 2) for i in range(6)])
    for row in range(3):
        y = row * STEP + SIDE / 2
        ax.text(STEP + 1, y, str(row), color=class_colour(row), weight="bold", va="center", fontsize=12)
        ax.text(11 * STEP - 1, y, str(row), color=class_colour(row), weight="bold", va="center", fontsize=12)
    heads = [(0.7, "S, with labels"), (3.1, "the learner"), (6.3, "a classifier"), (10.0, "Q, labels for the score")]
    for column, head in heads:
        ax.text(column * STEP, -GAP - 2, head, ha="center", va="bottom", fontsize=10, color=QUIET)
    _box(ax, 2.3, 1.6, "$A_\\theta$", "learns")
    _box(ax, 5.2, 2.2, "$A_\\theta(S)$", "0, 1 or 2?")
    for left, right in ((1.6, 2.25), (3.95, 5.15), (8.75, 7.45)):
        _arrow(ax, (left * STEP, middle), (right * STEP, middle))
    below = HIGH + 0.95 * STEP
    _arrow(ax, (6.3 * STEP, HIGH * 0.86), (6.3 * STEP, below - 7))
    ax.text(6.3 * STEP, below, "mean loss ℓ over Q", ha="center", va="center", fontsize=11)
    ax.plot([4.9 * STEP, 3.1 * STEP], [below, below], color=QUIET, linewidth=1.5)
    _arrow(ax, (3.1 * STEP, below), (3.1 * STEP, HIGH * 0.86))
    ax.text(3.0 * STEP, below, "changes θ", ha="right", va="center", fontsize=11)
    ax.set(xlim=(-GAP, 11.6 * STEP), ylim=(below + 10, -20))
    return figure


def _box(ax: Axes, column: float, width: float, name: str, words: str) -> None:
    style = "round,pad=0,rounding_size=5"
    corner, size = (column * STEP, HIGH * 0.2), (width * STEP, HIGH * 0.6)
    ax.add_patch(FancyBboxPatch(corner, *size, boxstyle=style, facecolor="none", edgecolor="black", linewidth=1.5))
    at = (column + width / 2) * STEP
    ax.text(at, HIGH * 0.43, name, ha="center", va="center", fontsize=15)
    ax.text(at, HIGH * 0.66, words, ha="center", va="center", fontsize=10)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": QUIET, "linewidth": 1.5, "shrinkA": 0})


def one_question(ax: Axes, query: Tensor, support: Tensor, *, columns: int = 10, title: str = "") -> Axes:
    """One query, and the support pictures among which its class is to be found.

    query    [1, H, W]      support  [N, 1, H, W]
    """
    sheet(ax, query[None], [(0, 0.5 * (math.ceil(len(support) / columns) - 1))], border=["black"])
    sheet(ax, support, [(1.6 + i % columns, i // columns) for i in range(len(support))])
    ax.set_title(title or "Which of these is the same character as the one on the left?")
    return ax
