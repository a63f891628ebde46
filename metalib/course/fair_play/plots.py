"""Figures of notebook 07: what unlabelled queries gain, and what leaks are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from metalib.course.kit.colours import QUIET, method_colour
from metalib.course.kit.figures import PAPER
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.evaluate import Interval

STYLES = (("-", "o"), ("--", "s"), ("-.", "^"), (":", "D"))  # of the line and of its marks
METHOD = "prototypical network"


def gains(ax: Axes, curves: Mapping[str, Mapping[int, Interval]], *, title: str = "") -> Axes:
    """The gain in points over the number of steps, one line with its 95 % band and its name for each set of queries."""
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.75, len(curves)))
    for (name, curve), (style, marker), colour in zip(curves.items(), STYLES, shades, strict=False):
        steps = list(range(len(curve)))  # numbers of steps at equal distances: 0, 1, 2, 5, 10
        means = [100 * gain.mean for gain in curve.values()]
        ax.plot(steps, means, style, marker=marker, color=colour)
        words = name.replace("unbalanced, a", "Dirichlet a")
        ax.annotate(words, (steps[-1], means[-1]), (9, 0), textcoords="offset points", va="center", fontsize=9)
        ax.fill_between(
            steps,
            [100 * gain.low for gain in curve.values()],
            [100 * gain.high for gain in curve.values()],
            color=colour,
            alpha=0.15,
            linewidth=0,
        )
    ax.set_xticks(range(len(curve)), [str(n) for n in curve])
    ax.axhline(0, color=QUIET, linewidth=1, linestyle=":")
    ax.set(xlabel="steps of soft k-means", ylabel="gain over none (points)", title=title)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def points(ax: Axes, rows: Sequence[tuple[str, Interval, Interval | None]], *, title: str = "") -> Axes:
    """Named differences in points as dots with their 95 % intervals, the first on top; the dashed line is none.

    rows  name, difference, and its control, which stands below it in the same row, grey and hollow; None: it has none
    """
    for y, (_, difference, control) in enumerate(rows):
        _dot(ax, y - 0.18 * (control is not None), difference, method_colour(METHOD), hollow=False)
        if control is not None:
            _dot(ax, y + 0.18, control, QUIET, hollow=True)
    ax.axvline(0, color=QUIET, linewidth=1, linestyle="--")
    ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
    ax.set(ylim=(len(rows) - 0.5, -0.6), xlabel="points, with the 95 % interval", title=title)
    ax.margins(x=0.12)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def _dot(ax: Axes, y: float, difference: Interval, colour: str, *, hollow: bool) -> None:
    low, high, mean = (100 * value for value in (difference.low, difference.high, difference.mean))
    ax.plot([low, high], [y, y], color=colour, linewidth=2.5, solid_capstyle="butt")
    ax.plot(mean, y, "o", color=colour, markersize=8, markerfacecolor=PAPER if hollow else colour)
    ax.annotate(f"{mean:+.1f}", (high, y), (8, 0), textcoords="offset points", va="center", fontsize=9)
