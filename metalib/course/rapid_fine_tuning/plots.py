"""Figures of fine-tuning: support and query curves over steps with their bands, and a map of step sizes and steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from metalib.course.kit.colours import METHOD_COLOURS, QUIET
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook

QUERY_COLOUR, SUPPORT_COLOUR = METHOD_COLOURS["fine-tuning"], QUIET
Curve = Mapping[str, Sequence[float]]  # "mean", "low" and "high" at each number of steps


def adaptation_curves(
    ax: Axes, steps: Sequence[int], support: Curve, query: Curve, *, chance: float, title: str = "", legend: bool = True
) -> Axes:
    """Accuracy on support and query set after each number of steps: the mean over tasks, and the middle 80 % of tasks.

    Numbers of steps stand at equal distances, since the first few matter most.
    """
    places = range(len(steps))
    ax.axhline(chance, color=METHOD_COLOURS["chance"], linestyle=":", linewidth=1)
    for name, curve, colour, style in (
        ("support set", support, SUPPORT_COLOUR, "--"),
        ("query set", query, QUERY_COLOUR, "-"),
    ):
        ax.fill_between(places, curve["low"], curve["high"], color=colour, alpha=0.18, linewidth=0)
        ax.plot(places, curve["mean"], style, marker="o", markersize=3, color=colour, label=name)
    ax.set_xticks(places, [str(step) for step in steps])
    ax.set(ylim=(0, 1.04), xlabel="gradient steps", ylabel="accuracy", title=title)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.spines[["top", "right"]].set_visible(False)
    if legend:
        ax.legend(loc="lower right", frameon=False)
    return ax


def step_map(
    ax: Axes,
    accuracies: Sequence[Sequence[float]],
    *,
    step_sizes: Sequence[float],
    steps: Sequence[int],
    title: str = "",
) -> Axes:
    """Accuracy by step size (rows) and number of steps (columns), each cell with its per cent; the best has a frame.

    One decimal, so that the frame's cell can be told from its neighbours.
    """
    values = np.array(accuracies)
    ax.imshow(values, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(values.shape):
        ink = "black" if values[row, column] > 0.55 else "white"
        ax.text(column, row, f"{100 * values[row, column]:.1f}", ha="center", va="center", fontsize=9, color=ink)
    column, row = np.unravel_index(values.T.argmax(), values.T.shape)  # of equals, the one with the fewest steps
    ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="#D55E00", linewidth=2.5))
    ax.set_xticks(range(len(steps)), [str(step) for step in steps])
    ax.set_yticks(range(len(step_sizes)), [f"{size:g}" for size in step_sizes])
    ax.set(xlabel="gradient steps", ylabel="step size α", title=title)
    return ax
