"""The static picture beside the widget of notebook 08: a heat map for each method."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from metalib.course.kit.colours import ink_on
from metalib.course.kit.figures import PAPER
from metalib.course.showdown.grid import Cells, Grid

COLUMNS = 4
MOST_HALVINGS = 7  # of the errors: under 1 % no shade is darker; the widget's script has the same
FEWER_ERRORS = LinearSegmentedColormap.from_list("fewer errors", ["#f7fbff", "#6baed6", "#08306b"])


def heat_maps(grid: Grid, cells: Cells, *, title: str = "") -> Figure:
    """A small map for each method: ways down, shots across, the accuracy in % in each cell."""
    names = [name for name in grid.methods if name in cells]
    rows = math.ceil(len(names) / COLUMNS)
    figure, axes = plt.subplots(
        rows, COLUMNS, figsize=(7.8, 1.95 * rows + 0.5), layout="constrained", facecolor=PAPER, squeeze=False
    )
    for i, ax in enumerate(axes.flat):
        if i < len(names):
            _map(ax, grid, cells, names[i])
            ax.set_xlabel("shots" if i + COLUMNS >= len(names) else "")
            ax.set_ylabel("" if i % COLUMNS else "ways")
        else:
            ax.set_axis_off()
    figure.suptitle(title)
    return figure


def shade(accuracy: float) -> str:
    """#rrggbb of an accuracy: equal steps halve the errors."""
    halvings = -math.log2(max(1 - accuracy, 2**-MOST_HALVINGS))
    red, green, blue, _ = FEWER_ERRORS(halvings / MOST_HALVINGS, bytes=True)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _map(ax: Axes, grid: Grid, cells: Cells, name: str) -> None:
    for row, n in enumerate(grid.ways):
        for column, k in enumerate(grid.shots):
            if (n, k) in cells[name]:
                mean = cells[name][n, k].mean
                ax.add_patch(plt.Rectangle((column - 0.5, row - 0.5), 1, 1, color=shade(mean), linewidth=0))
                ax.text(
                    column, row, f"{100 * mean:.0f}", ha="center", va="center", fontsize=9, color=ink_on(shade(mean))
                )
    ax.set(xlim=(-0.5, len(grid.shots) - 0.5), ylim=(len(grid.ways) - 0.5, -0.5))
    ax.set_xticks(np.arange(len(grid.shots)), [str(k) for k in grid.shots])
    ax.set_yticks(np.arange(len(grid.ways)), [str(n) for n in grid.ways])
    ax.set_title(name, fontsize=9)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
