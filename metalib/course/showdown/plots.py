"""Figures of notebook 08: two tables of methods, steps against prototypes, errors by classes, and what tells apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from metalib.course.kit.colours import QUIET, method_colour
from metalib.course.kit.figures import PAPER
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.page import plt
from metalib.course.kit.plots import by_errors
from metalib.evaluate import Interval

MARKERS = ("o", "s", "^", "D", "v")
STYLES = ("-", "--", "-.", ":")


def two_tables(ax: Axes, rows: Sequence[tuple[str, Interval, Interval]], *, title: str = "") -> Axes:
    """A row a method: its accuracy after equal seconds, filled, and after equal updates, hollow; the first on top.

    The axis is stretched where errors are few.
    """
    for y, (name, seconds, updates) in enumerate(rows):
        for result, shift, fill in ((seconds, -0.16, method_colour(name)), (updates, 0.16, PAPER)):
            colour, at = method_colour(name), y + shift
            ax.plot([result.low, result.high], [at, at], color=colour, linewidth=2, solid_capstyle="butt")
            ax.plot(result.mean, at, "o", color=colour, markersize=7, markerfacecolor=fill)
    by_errors(ax, [result for _, *pair in rows for result in pair])
    ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
    ax.set(ylim=(len(rows) - 0.5, -0.6), title=title)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color="#DDD9CF")
    return ax


def by_shots(domains: Mapping[str, Mapping[str, Mapping[int, Interval]]], *, title: str = "") -> Figure:
    """A panel for each domain: accuracy over the number of pictures, a line with its 95 % band for each method.

    domains  name -> method -> pictures of a class -> accuracy
    """
    figure, axes = plt.subplots(
        1, len(domains), figsize=(7.8, 3.5), layout="constrained", facecolor=PAPER, squeeze=False
    )
    for ax, (domain, methods) in zip(axes.flat, domains.items(), strict=True):
        for (name, line), style, marker in zip(methods.items(), STYLES * 2, MARKERS, strict=False):
            shots, colour = list(line), method_colour(name)
            ax.plot(shots, [i.mean for i in line.values()], style, marker=marker, color=colour, label=name)
            lows, highs = [i.low for i in line.values()], [i.high for i in line.values()]
            ax.fill_between(shots, lows, highs, color=colour, alpha=0.15, linewidth=0)
        ax.set_xscale("log", base=2)
        ax.set_xticks(shots, [str(k) for k in shots])
        ax.minorticks_off()
        ax.set(title=domain, xlabel="pictures of each class")
        ax.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        ax.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("accuracy")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    figure.suptitle(title)
    return figure


def errors_by_classes(ax: Axes, lines: Mapping[str, Mapping[int, Sequence[float]]], *, title: str = "") -> Axes:
    """Error against the number of training classes, both axes logarithmic: a dot a seed, a line through the means.

    lines  name -> number of classes -> the error of each seed
    """
    for (name, line), style, marker in zip(lines.items(), STYLES, MARKERS, strict=False):
        colour = method_colour(name)
        for n, of_seeds in line.items():
            ax.plot([n] * len(of_seeds), of_seeds, marker, color=colour, markersize=5, alpha=0.6)
        means = [float(np.exp(np.mean(np.log(of_seeds)))) for of_seeds in line.values()]
        ax.plot(list(line), means, style, color=colour, label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    counts = list(next(iter(lines.values())))
    ax.set_xticks(counts, [str(n) for n in counts])
    low, high = ax.get_ylim()
    marks = [mark for mark in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0) if low <= mark <= high]
    ax.set_yticks(marks, [f"{100 * mark:g} %" for mark in marks])
    ax.minorticks_off()
    ax.set(xlabel="characters to learn from", ylabel="error", title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend()
    return ax


def told_apart(
    ax: Axes, lines: Mapping[str, Mapping[int, float]], needed: Mapping[str, int], *, title: str = ""
) -> Axes:
    """The share of tests that tell two methods apart against their number of tasks, a line for each way to compare.

    lines   name -> number of tasks -> share      needed  name -> the number of tasks that the formula names, a cross
    """
    colours = (method_colour("prototypical network"), method_colour("pixel neighbours"))
    for (name, line), style, marker, colour in zip(lines.items(), STYLES, MARKERS, colours, strict=False):
        ax.plot(list(line), list(line.values()), style, marker=marker, color=colour, label=name)
        if name in needed:
            ax.plot(needed[name], 0.8, "x", color=colour, markersize=11, markeredgewidth=3)
    ax.axhline(0.8, color=QUIET, linewidth=1, linestyle=":")
    ax.set_xscale("log")
    counts = sorted({n for line in lines.values() for n in line})
    ax.set_xticks(counts, [f"{n:,}" for n in counts])
    ax.minorticks_off()
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    ax.set(xlabel="tasks in a test", ylabel="tests that tell them apart", ylim=(0, 1.04), title=title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower right")
    return ax
