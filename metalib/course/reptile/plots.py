"""Figures of Reptile: its start in the plane against k, what settings it can bear, what it costs and what it aligns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from metalib.course.kit.colours import QUIET, class_colour, method_colour, start_colour
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.plane import ellipses
from metalib.quadratics import Quadratic

OTHER_HUES = {"Reptile, full batches": "#882255"}  # beside Reptile's green: another lightness, too


def slide(
    ax: Axes,
    tasks: Sequence[Quadratic],
    trail: Tensor,
    start: Tensor,
    paths: Sequence[Tensor],
    *,
    extent: float,
    title: str,
) -> Axes:
    """Two tasks as ellipses of equal loss, the trail of Reptile's starts from k = 1 on, one of them, its inner paths.

    trail  [K, 2], from the joint optimum to the mean of the optima      paths  one [k + 1, 2] a task
    """
    for number, (task, path) in enumerate(zip(tasks, paths, strict=True)):
        colour, letter = class_colour(number), "AB"[number]
        x, y = task.c.tolist()
        ellipses(ax, task, colour)
        ax.plot(x, y, marker="+", color=colour, markersize=10, markeredgewidth=2)
        away = ((-12, -12), (7, 4))[number]  # where no path comes in
        ax.annotate(letter, (x, y), away, textcoords="offset points", weight="bold")
        ax.plot(*path.T.tolist(), color="black", linewidth=1.3, marker=".", markersize=4)
    ends = [path[-1].tolist() for path in paths]
    ax.plot(*zip(*ends, strict=True), color=QUIET, linestyle=":", linewidth=1.2)
    colour = method_colour("Reptile")
    ax.plot(*trail.T.tolist(), color=colour, linewidth=2.5, alpha=0.6)
    ax.plot(*trail[0].tolist(), "D", color=start_colour("joint training"), markersize=7)
    ax.plot(*trail[-1].tolist(), "s", color="white", markeredgecolor="black", markersize=7)
    ax.plot(*start.tolist(), "o", color=colour, markeredgecolor="black", markersize=10)
    ax.set(xlim=(-extent, extent), ylim=(-extent, extent), xlabel="θ₁", ylabel="θ₂", title=title)
    ax.set_aspect("equal")
    return ax


def settings_map(
    ax: Axes, errors: Tensor, alphas: Sequence[float], steps: Sequence[int], *, best: float, title: str
) -> Axes:
    """Errors over α (rows) and k (columns), each cell with its number; those within 25 % of `best` have a frame.

    errors  [α, k]; what is not finite diverged. Light is good.
    """
    worst = 8 * best  # and all beyond it, is as dark
    darkness = np.log(np.clip(np.nan_to_num(errors.numpy(), nan=np.inf), best, worst) / best) / math.log(worst / best)
    ax.imshow(darkness, cmap="Greys", vmin=0, vmax=1.25, aspect="auto")  # 1.25: never black, so that frames are seen
    for row, column in np.ndindex(*darkness.shape):
        value, near = float(errors[row, column]), bool(errors[row, column] <= 1.25 * best)
        text = f"{value:.2f}" if value < 100 else "diverged"
        colour, weight = "white" if darkness[row, column] > 0.7 else "black", "bold" if near else "normal"
        ax.text(column, row, text, ha="center", va="center", fontsize=9, color=colour, weight=weight)
        if near:
            ax.add_patch(Rectangle((column - 0.47, row - 0.44), 0.94, 0.88, fill=False, edgecolor="black", linewidth=2))
    ax.set_xticks(range(len(steps)), [str(k) for k in steps])
    ax.set_yticks(range(len(alphas)), [f"{alpha:g}" for alpha in alphas])
    ax.set(xlabel="inner steps k", ylabel="inner step size α", title=title)
    return ax


def against(
    ax: Axes, x: Sequence[float], curves: Mapping[str, Sequence[float]], *, xlabel: str, ylabel: str, title: str
) -> Axes:
    """One line a method over x, in the method's colour."""
    for number, (name, values) in enumerate(curves.items()):
        style, marker = ("-", "--", ":")[number % 3], "os^"[number % 3]
        ax.plot(x, values, style, marker=marker, markersize=4, color=start_colour(name), label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.set_ylim(bottom=0)
    ax.grid(color="#E6E6E6")
    ax.legend(fontsize=9)
    return ax


def over_seeds(
    ax: Axes,
    x: Sequence[float],
    curves: Mapping[str, Tensor],
    *,
    xlabel: str,
    ylabel: str,
    title: str,
    legend: bool = True,
) -> Axes:
    """For each arm the median over seeds as a thick line with its name, and each seed as a thin one.

    curves  name -> [X, seeds]      legend  leave it out beside a panel with the same arms, where it would hide a line
    """
    for name, values in curves.items():
        colour = OTHER_HUES.get(name) or start_colour(name.partition(",")[0])
        ax.plot(x, values, color=colour, linewidth=0.6, alpha=0.35)
        ax.plot(x, values.quantile(0.5, dim=1), color=colour, linewidth=2.5, label=name)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.grid(color="#E6E6E6")
    if legend:
        ax.legend(fontsize=9)
    return ax


def one_wave(
    axes: Sequence[Axes], x: Tensor, truth: Tensor, points: tuple[Tensor, Tensor], curves: Mapping[str, tuple]
) -> None:
    """A new wave and what each start makes of it, a panel a start: before any step, and after all steps.

    x, truth  [M]      points  the few that are given, x and y      curves  name -> (colour, before [M], after [M])
    """
    for ax, (name, (colour, before, after)) in zip(axes, curves.items(), strict=True):
        ax.plot(x, truth, color=QUIET, linewidth=5, alpha=0.3)
        ax.plot(x, before, ":", color=colour, linewidth=1.8)
        ax.plot(x, after, color=colour, linewidth=2.5)
        ax.plot(*points, "o", color="black", markersize=5)
        ax.set(xlabel="x", title=name)
        ax.grid(color="#E6E6E6")
    axes[0].set_ylabel("y")
