"""The course's figures: tensors in, Axes out. Ink is drawn dark on light paper, whatever theme the page has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import matplotlib.pyplot as plt  # noqa: F401 - widgets say plots.plt, as they say plots.Figure
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure  # noqa: F401
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from metalib.course.kit.colours import LETTERS, METHOD_COLOURS, QUIET, class_colour, family, ink_on, method_colour
from metalib.course.kit.figures import PAPER, canvas, show  # noqa: F401 - what widgets draw their static twins with
from metalib.episodes import Episode
from metalib.evaluate import Interval

SIDE, GAP = 28, 6  # a picture and the space beside it, in the units of a sheet


# --- sheets of pictures


def drawings(ax: Axes, pictures: Tensor, *, columns: int, title: str = "") -> Axes:
    """A grid of pictures, row by row. pictures [n, 1, H, W] or [n, H, W], uint8 or float in 0 … 1."""
    cells = [divmod(i, columns) for i in range(len(pictures))]
    sheet(ax, pictures, [(column, row) for row, column in cells])
    ax.set_title(title)
    return ax


def episode(ax: Axes, task: Episode, *, names: Sequence[str] | None = None, title: str = "") -> Axes:
    """One episode: a row for each label, its support pictures left of the line, its queries right.

    task   one task, without a leading axis       names  [N] what to write beside each label
    """
    n_way = int(task.support_y.max()) + 1
    support_cells, k_shot = _rows_by_label(task.support_y, 0.0)
    query_cells, _ = _rows_by_label(task.query_y, k_shot + 0.6)
    sheet(ax, task.support_x, support_cells, border=[class_colour(int(y)) for y in task.support_y])
    sheet(ax, task.query_x, query_cells)
    step = SIDE + GAP
    ax.axvline((k_shot + 0.3) * step - GAP / 2, color=QUIET, linewidth=1)
    for label in range(n_way):
        name = f"{names[label]}   label {label}" if names else f"label {label}"
        ax.text(-GAP, label * step + SIDE / 2, name, ha="right", va="center", fontsize=9)
    ax.text(0, -GAP, "support", va="bottom", fontsize=9, color=QUIET)
    ax.text((k_shot + 0.6) * step, -GAP, "query", va="bottom", fontsize=9, color=QUIET)
    ax.set_title(title, pad=16)
    return ax


def _rows_by_label(labels: Tensor, first_column: float) -> tuple[list[tuple[float, float]], int]:
    """A (column, row) for each picture, row = label; and the length of the longest row."""
    used: dict[int, int] = {}
    cells = []
    for label in labels.tolist():
        cells.append((first_column + used.get(label, 0), float(label)))
        used[label] = used.get(label, 0) + 1
    return cells, max(used.values())


def sheet(
    ax: Axes, pictures: Tensor, cells: Sequence[tuple[float, float]], border: Sequence[str] | None = None
) -> None:
    """Put pictures at (column, row) cells of `ax`, framed in thin grey, or in thick `border` colours."""
    step = SIDE + GAP
    for i, (picture, (column, row)) in enumerate(zip(pictures, cells, strict=True)):
        x, y = column * step, row * step
        ax.imshow(paper(picture), cmap="gray", vmin=0, vmax=255, extent=(x, x + SIDE, y + SIDE, y), aspect="equal")
        colour, width = (border[i], 3.0) if border else ("#C8C8C8", 0.6)
        ax.add_patch(Rectangle((x, y), SIDE, SIDE, fill=False, edgecolor=colour, linewidth=width))
    ax.update_datalim([(c * step + side, r * step + side) for c, r in cells for side in (-GAP / 2, SIDE + GAP / 2)])
    left, low, right, high = ax.dataLim.extents
    ax.set_xlim(left, right)
    ax.set_ylim(high, low)
    ax.set_axis_off()


def paper(picture: Tensor) -> np.ndarray:
    """[1, H, W] or [H, W], ink bright, to [H, W] uint8 with ink dark."""
    picture = picture.detach().cpu().reshape(picture.shape[-2:])
    return 255 - (picture * 255 if picture.is_floating_point() else picture).round().byte().numpy()


# --- curves, boards and maps


def training_curve(ax: Axes, records: Iterable[Any]) -> Axes:
    """Loss against updates, with the accuracy on validation classes on the right-hand axis where it was measured."""
    records = list(records)
    ax.plot([r.update for r in records], [r.loss for r in records], color=QUIET, label="training loss")
    ax.set(
        xlabel="update", ylabel="training loss (nats a query)", title="Loss of the training episodes, update by update"
    )
    ax.set_ylim(bottom=0)
    checked = [r for r in records if r.validation is not None]
    if checked:
        right = ax.twinx()
        means, lows, highs = np.array([r.validation[:3] for r in checked]).T
        colour = METHOD_COLOURS["prototypical network"]
        right.errorbar(
            [r.update for r in checked], means, (means - lows, highs - means), fmt="o-", color=colour, capsize=2
        )
        right.set_ylabel("accuracy on validation classes", color=colour)
        right.yaxis.set_major_formatter(PercentFormatter(1.0))
        right.set_ylim(top=1.0)
    return ax


def intervals(ax: Axes, rows: Sequence[tuple[str, Interval]], *, chance: float | None = None) -> Axes:
    """Named results as dots with their 95 % intervals, the first row on top; `chance` as a dashed line.

    A variant of a method has the method's colour and a hollow dot. A value without trials (n = 0) is exact: no ±.
    """
    if chance is not None:
        ax.axvline(chance, color=METHOD_COLOURS["chance"], linestyle="--", linewidth=1)
    for y, (name, result) in enumerate(rows):
        colour = method_colour(name)
        ax.plot([result.low, result.high], [y, y], color=colour, linewidth=2.5, solid_capstyle="butt")
        variant = family(name) not in (name, None)
        fill, size = (PAPER, 6) if variant else (colour, 8)
        ax.plot(result.mean, y, "o", color=colour, markersize=size, markerfacecolor=fill, markeredgewidth=1.5)
        spread = f" ± {100 * result.half_width:.1f}" if result.n else ""
        value, away = f"{100 * result.mean:.1f}{spread} %", (7, 0)
        ax.annotate(
            value, (max(result.high, result.mean), y), away, textcoords="offset points", va="center", fontsize=9
        )
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    furthest = max((result.high for _, result in rows), default=0.0)
    end = 1.0 if furthest < 0.7 else 1.2  # the value of a high one stands beyond 100 %, where no axis is drawn
    ax.set(xlim=(0, end), xlabel="accuracy, with its 95 % interval", ylim=(len(rows) - 0.5, -0.7))
    ax.spines["bottom"].set_bounds(0, 1)
    ax.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    ax.grid(axis="x", color="#DDD9CF")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax


def by_errors(ax: Axes, results: Sequence[Interval]) -> Axes:
    """Make the accuracies of the x-axis wide apart where errors are few: equal steps to the right halve the errors."""
    few = 5e-4  # errors beyond which no difference is drawn: the logarithm of none is infinite

    def place(accuracy: np.ndarray) -> np.ndarray:
        return -np.log2(np.clip(1 - np.asarray(accuracy), few, None))

    ax.set_xscale("function", functions=(place, lambda at: 1 - 2.0 ** -np.asarray(at)))
    low, high = (float(place(np.array(ends))) for ends in (min(r.low for r in results), max(r.high for r in results)))
    room = 0.03 * (high - low) + 0.05
    ax.set_xlim(1 - 2.0 ** -max(low - room, 0.0), 1 - 2.0 ** -(high + 5 * room))
    left, right = ax.get_xlim()
    ax.spines["bottom"].set_bounds(left, right)
    marks: list[float] = []
    for mark in (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998):
        apart = place(np.array([mark])) - place(np.array(marks[-1:] or [-1.0]))
        if left <= mark <= right and apart[0] > 0.11 * (high - low):  # or their numbers would touch
            marks.append(mark)
    ax.set_xticks(marks, [f"{100 * mark:g} %" for mark in marks])
    ax.set_xlabel("accuracy, with its 95 % interval\n(equal steps to the right halve the errors)")
    return ax


def score_board(ax: Axes, rows: Iterable[Any], *, chance: float | None = None) -> Axes:
    """The board as a picture, the best on top; your rows are shaded and said to be yours.

    rows    with .method, .name, .exam, .interval and .mine
    chance  the dashed line; by default the result of the method "chance", where that is on the board
    """
    ordered = sorted(rows, key=lambda row: -row.interval.mean)
    by_chance = [row.interval.mean for row in ordered if row.method == "chance"]
    intervals(ax, [(row.method, row.interval) for row in ordered], chance=chance or next(iter(by_chance), None))
    if ordered:
        by_errors(ax, [row.interval for row in ordered])
    for y, row in enumerate(ordered):
        if row.mine:
            ax.axhspan(y - 0.45, y + 0.45, color="#FFE680", zorder=-1)
    ax.set_yticklabels([row.name if len(row.name) < 32 else row.name.replace(", ", ",\n", 1) for row in ordered])
    exams = ", ".join(sorted({row.exam for row in ordered}))
    ax.set_title(f"Score board, exam {exams}: further right is better" if exams else "Nothing on the board yet")
    return ax


def embedding(ax: Axes, points: Tensor, labels: Tensor, prototypes: Tensor | None = None, *, title: str = "") -> Axes:
    """Points of a plane with the letter of their class, prototypes as large discs. points [M, 2], prototypes [N, 2]."""
    for label in labels.unique().tolist():
        x, y = points[labels == label].T.tolist()
        ax.scatter(x, y, s=64, marker=f"${LETTERS[label]}$", color=class_colour(label), linewidths=0.3)
        if prototypes is not None:
            a, b = prototypes[label].tolist()
            ax.scatter(a, b, s=260, color=class_colour(label), edgecolor="black", zorder=3)
            ink = ink_on(class_colour(label))
            ax.text(a, b, LETTERS[label], ha="center", va="center", color=ink, weight="bold", zorder=4)
    ax.set(xlabel="first direction (embedding units)", ylabel="second direction (embedding units)")
    ax.set_title(title or "Each query goes to the nearest prototype (disc)")
    ax.set_aspect("equal", adjustable="datalim")
    return ax
