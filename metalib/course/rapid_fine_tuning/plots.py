"""Figures of fine-tuning: answers before and after, support and query curves over steps, angles between features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from metalib.course.kit.colours import METHOD_COLOURS, QUIET, WRONG
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.page import plt
from metalib.course.kit.plots import GAP, SIDE, sheet
from metalib.episodes import Episode

QUERY_COLOUR, SUPPORT_COLOUR = METHOD_COLOURS["fine-tuning"], QUIET
ROW = 1.55  # from one class of `answered` to the next, in pictures: there is room for a label between
Curve = Mapping[str, Sequence[float]]  # "mean", "low" and "high" at each number of steps


def answered(task: Episode, answers: Mapping[str, Tensor]) -> Figure:
    """One support picture of each class, and right of it its queries, once for each title of `answers`, [Q] labels.

    A wrong answer has a red frame, and the label that it was given below it.
    """
    figure, axes = plt.subplots(1, len(answers), figsize=(5.4 * len(answers), 2.8), layout="constrained")
    first = [task.support_y.tolist().index(label) for label in range(int(task.support_y.max()) + 1)]
    places: dict[int, int] = {}
    cells = []
    for label in task.query_y.tolist():
        cells.append((1.6 + places.get(label, 0), ROW * label))
        places[label] = places.get(label, 0) + 1
    for ax, (title, given) in zip(np.atleast_1d(axes), answers.items(), strict=True):
        frames = [QUIET if ok else WRONG for ok in (given == task.query_y).tolist()]
        pictures = torch.cat([task.support_x[first], task.query_x])
        sheet(ax, pictures, [(0.0, ROW * label) for label in range(len(first))] + cells, [QUIET] * len(first) + frames)
        for frame, patch in zip([QUIET] * len(first) + frames, ax.patches, strict=True):
            patch.set_linewidth(2.5 if frame == WRONG else 0.4)
        for label in range(len(first)):
            ax.text(-GAP, ROW * label * (SIDE + GAP) + SIDE / 2, str(label), ha="right", va="center", fontsize=8)
        for frame, (column, row), label in zip(frames, cells, given.tolist(), strict=True):
            if frame == WRONG:
                x, y = column * (SIDE + GAP) + SIDE / 2, row * (SIDE + GAP) + SIDE + 3
                ax.text(x, y, str(label), ha="center", va="top", fontsize=7, color=WRONG)
        ax.set_ylim((ROW * len(first)) * (SIDE + GAP), -GAP)
        ax.set_title(title)
    return figure


def cosines(ax: Axes, pairs: Mapping[str, tuple[Tensor, Tensor]]) -> Axes:
    """Cosines between features, a row for each name: of pairs of the same class and of different classes.

    pairs  name -> (cosines within classes, cosines between them). A bar holds the middle 80 %, a dot is the mean
    """
    for row, (within, between) in enumerate(pairs.values()):
        for values, colour, away, word in (
            (within, QUERY_COLOUR, -0.14, "same class"),
            (between, QUIET, 0.14, "different classes"),
        ):
            low, high = (float(values.quantile(q)) for q in (0.1, 0.9))
            ax.plot([low, high], [row + away] * 2, color=colour, linewidth=6, alpha=0.45, solid_capstyle="butt")
            ax.plot(float(values.mean()), row + away, "o", color=colour)
            if row == 0:
                ax.annotate(word, (low, row + away), (-6, 0), textcoords="offset points", ha="right", va="center")
    ax.set_yticks(range(len(pairs)), list(pairs))
    ax.set(xlim=(-0.75, 1.02), ylim=(len(pairs) - 0.5, -0.5), xlabel="cosine of the angle between two features")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def band(values: Tensor) -> Curve:
    """Of [T, M]: the mean over tasks, and where the middle 80 % of them lie."""
    low, high = values.quantile(0.1, dim=0), values.quantile(0.9, dim=0)
    return {"mean": values.mean(dim=0).tolist(), "low": low.tolist(), "high": high.tolist()}


def adaptation_curves(
    ax: Axes, steps: Sequence[int], support: Curve, query: Curve, *, chance: float, title: str = ""
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
        ax.plot(places, curve["mean"], style, marker="o", markersize=3, color=colour)
        above = name == "support set" or curve["mean"][-1] < 0.7  # near the top there is no room between the two
        ax.annotate(
            name,
            (places[-1], curve["mean"][-1]),
            (0, 6 if above else -8),
            textcoords="offset points",
            ha="right",
            va="bottom" if above else "top",
            color=colour,
        )
    ax.set_xticks(places, [str(step) for step in steps])
    ax.set(
        ylim=(0, 1.14),
        yticks=[0, 0.2, 0.4, 0.6, 0.8, 1],
        xlabel="gradient steps, at equal distances",
        ylabel="accuracy",
        title=title,
    )
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.spines[["top", "right"]].set_visible(False)
    return ax
