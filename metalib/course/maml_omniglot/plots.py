"""Figures of adaptation to pictures: the film strip of one task, curves over steps, step sizes and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from torch import Tensor

from metalib.course.kit.colours import LETTERS, QUIET, WRONG, class_colour, method_colour
from metalib.course.kit.figures import PAPER, canvas, show
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.plots import GAP, SIDE, paper, sheet
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


def show_validation(runs: Mapping[str, Mapping]) -> None:
    """Show `validation_curves` of both kinds, side by side."""
    figure, axes = _pair(sharey=True)
    for ax, by in zip(axes, ("updates", "seconds"), strict=True):
        validation_curves(ax, runs, by=by)
    axes[0].legend()
    said = []
    for name, run in runs.items():
        update, mean, *_ = run["curve"][-1]
        unit = 1000 * run["seconds_per_update"]
        said.append(f"{name}: {unit:.0f} ms an update, {100 * mean:.1f} % after {update:,.0f} updates.")
    show(
        figure,
        "accuracy on 200 validation tasks in training, with 95 % bands, against updates (left) and seconds of one core "
        f"(right). All curves rise steeply at first, and then slowly for thousands of updates. {' '.join(said)}",
    )


def show_steps(
    ten: Sequence[Interval], sizes: Sequence[float], curves: Mapping[str, Sequence[Interval]], *, trained: float
) -> None:
    """Show accuracies after 0, 1, … steps, and beside them against the step size at test.

    curves  a number of steps in words -> one accuracy for each of `sizes`      trained  the step size in training
    """
    figure, axes = _pair(sharey=True)
    accuracy_over(axes[0], range(len(ten)), {"MAML": ten}, chance=1 / 5)
    axes[0].set(xlabel="inner steps at test", title=f"α = {trained:g}")
    colours = dict(zip(curves, (method_colour("MAML"), QUIET), strict=False))
    accuracy_over(axes[1], sizes, curves, chance=1 / 5, colours=colours)
    axes[1].axvline(trained, color=QUIET, linewidth=1, linestyle=":")
    axes[1].set(xscale="log", xlabel="step size α at test (dotted: in training)")
    said = [
        f"{words}: "
        + ", ".join(f"{100 * i.mean:.0f} % at {size:g}" for size, i in zip(sizes, found, strict=True))
        + "."
        for words, found in curves.items()
    ]
    show(
        figure,
        f"left, accuracy after 0 to {len(ten) - 1} inner steps: {100 * ten[0].mean:.0f} % before, "
        f"{100 * ten[1].mean:.0f} % after one, {100 * ten[-1].mean:.0f} % at the end. Right, against the step size at "
        f"test. {' '.join(said)}",
    )


def show_short_training(runs: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> None:
    """Show the query loss of each update, and beside it the share of the start's most frequent answer before its step.

    runs  name -> (losses of the updates, shares at equal distances from before the first update to the last)
    """
    figure, (left, right) = _pair()
    for (name, (losses, shares)), style in zip(runs.items(), LINES, strict=False):
        colour, n = method_colour(name), len(losses)
        left.plot(range(1, n + 1), losses, style, color=colour, label=name)
        x = [n * i / max(1, len(shares) - 1) for i in range(len(shares))]
        right.plot(x, shares, style, color=colour, marker="o", markersize=4)
    left.set(xlabel="update", ylabel="query loss after the step (nats)", ylim=(0, None))
    right.set(xlabel="update", ylim=(0, 1.03))
    _percent(right)
    right.set_ylabel("most frequent answer before the step")
    right.axhline(1 / 5, color=method_colour("chance"), linestyle="--", linewidth=1)
    left.legend()
    ends = [f"{name}: from {100 * s[0]:.0f} to {100 * s[-1]:.0f} %." for name, (_, s) in runs.items()]
    show(
        figure,
        "left, the query loss after the step, update by update, for both gradients. Right, the share of the most "
        f"frequent answer before the step. {' '.join(ends)}",
    )


def show_strips(scrubber: Any, sizes: Sequence[float]) -> None:
    """Show the film strips of the scrubber's task at some step sizes; it stays as it was."""
    before = scrubber.state
    for size in sizes:
        scrubber.set("step_size", scrubber.data["step_sizes"].index(size))
        way, truth = scrubber.adaptation(), scrubber.task.query_y.cpu()
        right = [int((way.predicted[k] == truth).sum()) for k in (0, 1, 10)]
        show(
            scrubber.twin(),
            f"the film strip of one task at α = {size:g}: a row for each of the steps 0, 1, 2, 3, 5 and 10, and a "
            f"column for each of {len(truth)} queries. After 0, 1 and 10 steps {right[0]}, {right[1]} and {right[2]} "
            "are right.",
        )
    scrubber.state = before


def _pair(**settings: Any) -> tuple[Figure, Any]:
    return plt.subplots(1, 2, figsize=(7.8, 3.2), layout="constrained", facecolor=PAPER, **settings)


def sorted_queries(task: Episode, answers: Tensor, *, columns: int = 10) -> None:
    """Show one query of each class, and below it the support picture of the class that it was taken for.

    task  one task with a support picture and a query a class      answers  [Q] labels
    """
    given, truth = answers.tolist(), task.query_y.tolist()
    picture_of = dict(zip(task.support_y.tolist(), task.support_x, strict=True))
    right = [answer == label for answer, label in zip(given, truth, strict=True)]
    cells = [(i % columns, 2.6 * (i // columns)) for i in range(len(truth))]
    figure, ax = canvas(7.6, 0.85 * (1 + (len(truth) - 1) // columns) * 2)
    pictures = [*task.query_x, *(picture_of[answer] for answer in given)]
    border = ["#C8C8C8" if ok else WRONG for ok in right]
    below = [(column, row + 1.15) for column, row in cells]
    sheet(ax, torch.stack(pictures), [*cells, *below], border=border * 2)
    for (column, row), ok in zip(cells, right, strict=True):
        if not ok:
            ax.text((column + 0.42) * (SIDE + GAP), row * (SIDE + GAP) - 3, "✗", color=WRONG, ha="center", fontsize=10)
    ax.set_title(f"{sum(right)} of {len(truth)} right: above a query, below the picture that it was taken to match")
    show(
        figure,
        f"a query of each of {len(truth)} classes, and below it the support picture that it was taken to match: "
        f"{sum(right)} of {len(truth)} pairs show the same character. Wrong pairs have a red frame and a cross.",
    )


def _percent(ax: Axes) -> None:
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set_ylabel("accuracy")
    ax.grid(axis="y", color="#E6E6E6")
    ax.set_axisbelow(True)
