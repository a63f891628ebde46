"""The static picture beside the widget of notebook 09: the classes, the query, and its probabilities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from metalib.course.kit.colours import LETTERS, QUIET, class_colour
from metalib.course.kit.plots import GAP, SIDE, sheet

STEP = SIDE + GAP


def drawn_and_answered(
    ax: Axes, classes: Sequence[Tensor], query: Tensor, shares: Mapping[int, float], *, title: str = ""
) -> Axes:
    """A row of drawings for each class, and a bar for the query's probability of being in it; the query on the right.

    classes  for each class its pictures, [n, 1, 28, 28] uint8, ink bright      query  [1, 1, 28, 28]
    shares   label -> probability, of the classes that have drawings; empty where nothing can be said
    """
    bars = (max(len(pictures) for pictures in classes) + 0.5) * STEP
    for label, pictures in enumerate(classes):
        colour, middle = class_colour(label), label * STEP + SIDE / 2
        cells = [(float(place), float(label)) for place in range(len(pictures))]
        if cells:
            sheet(ax, pictures, cells, border=[colour] * len(cells))
        ax.text(-GAP, middle, LETTERS[label], ha="right", va="center", weight="bold")
        if label not in shares:
            continue
        share = shares[label]
        ax.add_patch(Rectangle((bars, label * STEP + 6), max(0.5, 2 * STEP * share), SIDE - 12, color=colour))
        ax.text(bars + 2 * STEP * share + 3, middle, f"{100 * share:.0f} %", va="center", fontsize=9)
    right = bars + 3.2 * STEP
    sheet(ax, query, [(right / STEP, len(classes) / 2 - 0.5)])
    ax.text(right + SIDE / 2, (len(classes) / 2 + 0.5) * STEP, "query", ha="center", va="top", fontsize=9, color=QUIET)
    ax.set_xlim(-2 * GAP - 4, right + SIDE + GAP)
    ax.set_ylim(len(classes) * STEP, -GAP)
    said = "The query needs drawings of two classes, and its own"
    if shares:
        answer = LETTERS[max(shares, key=lambda label: shares[label])]
        said = f"The query is taken for {answer}, whose prototype is nearest"
    ax.set_title(title or said)
    return ax
