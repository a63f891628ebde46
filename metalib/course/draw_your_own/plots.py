"""Figures of notebook 09: pictures with the names they got, accuracies of backbones, distances and a threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from metalib.course.kit.colours import WRONG, method_colour
from metalib.course.kit.figures import PAPER
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook

COLUMNS = 5  # pictures in a row
METHOD, STRANGERS = "prototypical network", "pixel neighbours"  # whose colours the two kinds of pictures have


def named(
    ax: Axes, pictures: Sequence[np.ndarray], names: Sequence[str], *, wrong: Sequence[bool] = (), title: str = ""
) -> Axes:
    """Pictures in colour or grey, uint8 [H, W] or [H, W, 3], row by row, each with a name; a wrong one is framed.

    wrong  whether each name is wrong; empty: none is
    """
    flags = list(wrong) or [False] * len(pictures)
    for i, (picture, name, is_wrong) in enumerate(zip(pictures, names, flags, strict=True)):
        row, column = divmod(i, COLUMNS)
        x, y = 1.5 * column, 1.55 * row
        ax.imshow(picture, cmap="gray", vmin=0, vmax=255, extent=(x, x + 1, y + 1, y), aspect="equal")
        colour, width = (WRONG, 3.0) if is_wrong else ("#C8C8C8", 0.6)
        ax.add_patch(Rectangle((x, y), 1, 1, fill=False, edgecolor=colour, linewidth=width))
        said = f"{name} ✗" if is_wrong else name
        ax.text(x + 0.5, y + 1.08, said, ha="center", va="top", fontsize=9, color=WRONG if is_wrong else "black")
    rows = math.ceil(len(pictures) / COLUMNS)
    ax.set(xlim=(-0.3, 1.5 * min(COLUMNS, len(pictures)) - 0.2), ylim=(1.55 * rows, -0.15))
    ax.set_axis_off()
    ax.set_title(title)
    return ax


def distances(ax: Axes, inside: Tensor, strangers: Tensor, limit: float) -> Axes:
    """Distances to the nearest class mean as dots: pictures of the classes on top, strangers below; the threshold."""
    for y, (name, values, colour) in enumerate(
        (("of the classes,\nleft out", inside, METHOD), ("of no class", strangers, STRANGERS))
    ):
        spread = np.linspace(-0.28, 0.28, len(values)) if len(values) > 1 else np.zeros(1)
        order = np.random.default_rng(0).permutation(len(values))  # so that dots of one place do not hide one another
        ax.plot(
            values.tolist(), (y + spread[order]).tolist(), "o", markersize=4, color=method_colour(colour), alpha=0.6
        )
        ax.annotate(name, (0, y), (-8, 0), xycoords=("axes fraction", "data"), textcoords="offset points", ha="right")
    if math.isfinite(limit):
        ax.axvline(limit, color="black", linewidth=1.2, linestyle="--")
        ax.annotate("threshold", (limit, -0.55), (5, 0), textcoords="offset points", fontsize=9, va="center")
    ax.set(ylim=(1.5, -0.7), yticks=[], xlabel="distance to the nearest class mean (feature units)")
    ax.set_title("What lies right of the threshold is none of the classes")
    ax.set_xlim(left=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.set_facecolor(PAPER)
    return ax
