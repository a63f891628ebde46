"""Figures of adaptation to pictures: the film strip of one task, curves over steps and step sizes, cost, similarity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from metalib.course.kit.colours import LETTERS, WRONG, class_colour, method_colour
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.plots import GAP, SIDE, paper
from metalib.episodes import Episode
from metalib.evaluate import Interval

LINES = ("-", "--", ":", "-.")


def film_strip(
    ax: Axes,
    task: Episode,
    probabilities: Tensor,
    support_loss: Tensor,
    query_loss: Tensor,
    *,
    steps: Sequence[int],
    title: str = "",
) -> Axes:
    """The queries of one task on top, and below a row for each of `steps`: the probabilities of each query's classes.

    probabilities  [k + 1, Q, N]      support_loss, query_loss  [k + 1]
    A bar has its class's colour; the letter is the answer. A wrong answer is marked by a cross and a frame.
    """
    step, predicted = SIDE + GAP, probabilities.argmax(dim=2)
    truth = task.query_y.tolist()
    for column, (picture, label) in enumerate(zip(task.query_x, truth, strict=True)):
        x = column * step
        ax.imshow(paper(picture), cmap="gray", vmin=0, vmax=255, extent=(x, x + SIDE, SIDE, 0), aspect="equal")
        ax.add_patch(Rectangle((x, 0), SIDE, SIDE, fill=False, edgecolor=class_colour(label), linewidth=3))
        ax.text(x + SIDE / 2, -3, f"is {LETTERS[label]}", ha="center", va="bottom", fontsize=9)
    for row, k in enumerate(steps):
        top = (row + 1) * 1.35 * step
        right = int((predicted[k] == task.query_y).sum())
        losses = f"support loss {_loss(support_loss[k])}, query {_loss(query_loss[k])}"
        words = f"step {k}:  {right} of {len(truth)} right\n{losses}"
        ax.text(-GAP, top + SIDE / 2, words, ha="right", va="center", fontsize=9)
        for column, shares in enumerate(probabilities[k].tolist()):
            _shares(ax, column * step, top, shares, wrong=int(predicted[k, column]) != truth[column])
    ax.set_xlim(-6.2 * step, len(truth) * step)
    ax.set_ylim((len(steps) + 1) * 1.35 * step, -16)
    ax.set_axis_off()
    ax.set_title(title or "Step by step: bars are the probabilities of the classes")
    return ax


def _shares(ax: Axes, x: float, top: float, shares: Sequence[float], *, wrong: bool) -> None:
    """N bars in a square of a picture's size, with the letter of the highest below it."""
    width = SIDE / len(shares)
    for label, share in enumerate(shares):
        height = max(0.5, share * SIDE)
        ax.add_patch(Rectangle((x + label * width, top + SIDE - height), width, height, color=class_colour(label)))
    edge, line = (WRONG, 1.8) if wrong else ("#C8C8C8", 0.6)
    ax.add_patch(Rectangle((x, top), SIDE, SIDE, fill=False, edgecolor=edge, linewidth=line))
    letter = LETTERS[max(range(len(shares)), key=lambda label: shares[label])]
    words, weight = (f"✗ {letter}", "bold") if wrong else (letter, "normal")
    colour = WRONG if wrong else "black"
    ax.text(x + SIDE / 2, top + SIDE + 2, words, ha="center", va="top", fontsize=9, color=colour, weight=weight)


def _loss(value: Tensor) -> str:
    return f"{value.item():.2f}" if value < 100 else "over 100"


def accuracy_over(
    ax: Axes,
    x: Sequence[float],
    curves: Mapping[str, Sequence[Interval]],
    *,
    chance: float,
    colours: Mapping[str, str] | None = None,
) -> Axes:
    """Accuracies at each x as lines with a band of their 95 % intervals; each line has a style of its own too."""
    for (name, intervals), style in zip(curves.items(), LINES, strict=False):
        colour = (colours or {}).get(name, method_colour(name))
        ax.plot(x, [i.mean for i in intervals], style, marker="o", markersize=4, color=colour, label=name)
        lows, highs = [i.low for i in intervals], [i.high for i in intervals]
        ax.fill_between(x, lows, highs, color=colour, alpha=0.2, linewidth=0)
    ax.axhline(chance, color=method_colour("chance"), linestyle="--", linewidth=1)
    _percent(ax)
    ax.set_ylim(0, 1.02)
    if len(curves) > 1:
        ax.legend()
    return ax


def validation_curves(ax: Axes, methods: Mapping[str, Mapping], *, by: str) -> Axes:
    """Validation accuracy in training, by updates or by seconds.

    methods  name -> {"curve": [[update, mean, low, high], ...], "seconds_per_update": a number}
    by       "updates" or "seconds"
    Raises ValueError for another `by`.
    """
    if by not in ("updates", "seconds"):
        raise ValueError(f"by is {by!r}: give updates or seconds")
    for (name, found), style in zip(methods.items(), LINES, strict=False):
        updates, means, lows, highs = zip(*found["curve"], strict=True)
        unit = found["seconds_per_update"] if by == "seconds" else 1
        x = [unit * update for update in updates]
        ax.plot(x, means, style, color=method_colour(name), label=name)
        ax.fill_between(x, lows, highs, color=method_colour(name), alpha=0.2, linewidth=0)
    ax.set(xlabel="updates" if by == "updates" else "seconds of one processor core", xlim=(0, None))
    ax.set_title(f"At equal {by}")
    _percent(ax)
    return ax


def dissimilarity(ax: Axes, layers: Sequence[str], rows: Mapping[str, Sequence[Interval]]) -> Axes:
    """1 − similarity of each layer before and after a change, on a log axis; one mark for each kind of change."""
    colours = (method_colour("MAML"), method_colour("chance"))
    for place, ((name, intervals), colour) in enumerate(zip(rows.items(), colours, strict=True)):
        y = [number + 0.2 * place - 0.1 for number in range(len(layers))]
        for height, i in zip(y, intervals, strict=True):
            ax.plot([max(i.low, i.mean / 10), i.high], [height, height], color=colour, linewidth=2.5)
        ax.plot([i.mean for i in intervals], y, "os"[place], color=colour, markersize=7, label=name)
    ax.set_yticks(range(len(layers)), layers)
    ax.set(xscale="log", ylim=(len(layers) - 0.5, -0.5))
    ax.set_xlabel("1 − debiased CKA of the layer's output before and after (0: the same)")
    ax.grid(axis="x", color="#E6E6E6")
    ax.set_axisbelow(True)
    ax.legend()
    return ax


def _percent(ax: Axes) -> None:
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("accuracy")
    ax.grid(axis="y", color="#E6E6E6")
    ax.set_axisbelow(True)
