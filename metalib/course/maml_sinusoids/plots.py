"""Figures of MAML: the graph of its gradient, two tasks in the plane, and how starts adapt to a sinusoid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from torch import Tensor

from metalib.course.kit.colours import METHOD_COLOURS, QUIET, WRONG, class_colour, start_colour
from metalib.course.kit.page import *  # noqa: F403 - canvas, reveal, table, start …, for the notebook
from metalib.course.kit.page import plt, show
from metalib.course.kit.plane import ellipses
from metalib.evaluate import Interval
from metalib.quadratics import Quadratic
from metalib.sinusoids import INPUTS

# besides the colour: marker and line of a start's curve, and the letter above (1) or below (−1) its small dot
MARKS = {"MAML": "o-", "first-order MAML": "s--", "joint training": "^-.", "random start": "D:"}
LETTERS = {"MAML": ("M", -1), "first-order MAML": ("F", -1), "joint training": ("J", -1), "Reptile": ("R", 1)}


def meta_graph(ax: Axes, *, cut: bool, title: str) -> Axes:
    """How the query loss depends on θ through one inner step; `cut` marks the road that first-order MAML leaves out."""
    boxes = {
        r"$\theta$": (0.0, 0.0),
        r"$L_S(\theta)$": (1.0, 1.0),
        r"$g = \nabla L_S(\theta)$": (2.5, 1.0),
        r"$\varphi = \theta - \alpha g$": (3.5, 0.0),
        r"$L_Q(\varphi)$": (5.0, 0.0),
    }
    for name, (x, y) in boxes.items():
        box = {"boxstyle": "round,pad=0.4", "facecolor": "#F3F3F3", "edgecolor": QUIET}
        ax.text(x, y, name, ha="center", va="center", fontsize=11, bbox=box)
    through_g = [((0.12, 0.22), (0.7, 0.8)), ((1.32, 1.0), (1.98, 1.0)), ((2.75, 0.77), (3.25, 0.25))]
    straight = [((0.17, 0.0), (3.0, 0.0)), ((4.0, 0.0), (4.66, 0.0))]
    for road in [*through_g, *straight]:
        gone = cut and road in through_g
        colour = WRONG if gone else METHOD_COLOURS["prototypical network"]
        arrow = FancyArrowPatch(
            *road, arrowstyle="-|>", mutation_scale=14, shrinkA=0, shrinkB=0, color=colour, linewidth=2
        )
        arrow.set_linestyle(":" if gone else "-")
        ax.add_patch(arrow)
    if cut:
        ax.text(3.12, 0.58, "✗ detached", color=WRONG, fontsize=11, ha="left", va="center")
    ax.set(xlim=(-0.5, 5.6), ylim=(-0.5, 1.4), title=title)
    ax.set_axis_off()
    return ax


ARROW = {"arrowstyle": "-|>,head_length=0.3,head_width=0.15", "color": "black", "shrinkA": 0, "shrinkB": 0}


def plane(
    ax: Axes,
    tasks: Sequence[Quadratic],
    starts: Mapping[str, Tensor],
    paths: Sequence[Tensor],
    *,
    method: str,
    extent: float = 3.0,
    title: str = "",
) -> Axes:
    """Tasks as ellipses of equal loss, all starts as dots, and the inner paths from the start of `method`.

    starts  name -> [2]      paths  one [k + 1, 2] a task
    """
    for number, (task, path) in enumerate(zip(tasks, paths, strict=True)):
        colour, letter = class_colour(number), "AB"[number]
        x, y = task.c.tolist()
        ellipses(ax, task, colour)
        ax.plot(x, y, "o", color=colour, markersize=12, markeredgecolor="white")
        ax.text(x, y, letter, ha="center", va="center", color="white", fontsize=9, weight="bold")
        for a, b in zip(path[:-1].tolist(), path[1:].tolist(), strict=True):
            ax.annotate("", b, a, arrowprops=ARROW)
    for name, start in starts.items():
        own = name == method
        ax.plot(*start.tolist(), "o", color=start_colour(name), markersize=7 if own else 5, alpha=1 if own else 0.55)
        if own:
            ax.plot(*start.tolist(), "o", markerfacecolor="none", markeredgecolor="black", markersize=7)
        else:
            letter, side = LETTERS[name]
            x, y = start.tolist()
            ax.text(x, y + 0.1 * side, letter, ha="center", va="bottom" if side > 0 else "top", fontsize=9)
    ax.set(xlim=(-extent, extent), ylim=(-extent, extent), xlabel="θ₁", ylabel="θ₂", title=title or method)
    ax.set_aspect("equal")
    return ax


def adaptation(
    ax: Axes,
    x: Tensor,
    outputs: Tensor,
    truth: Tensor,
    support: tuple[Tensor, Tensor],
    *,
    name: str,
    shown: Sequence[int] = (0, 1, 10),
    title: str = "",
) -> Axes:
    """A network's output before and after inner steps, the later the darker, with the task and its points.

    x, truth [X]      outputs [k + 1, X], row s after s steps      support  the given points: x [K], y [K]
    """
    ax.axvspan(*INPUTS, color="#F3F3F3", zorder=0)
    ax.plot(x, truth, color="black", linestyle="--", linewidth=1.3, label="the task")
    for place, step in enumerate(shown):
        strength = (place + 1) / len(shown)
        label = f"after {step} step{'' if step == 1 else 's'}"
        ax.plot(
            x,
            outputs[step],
            color=start_colour(name),
            alpha=0.25 + 0.75 * strength,
            linewidth=1 + strength,
            label=label,
        )
    ax.plot(*support, "o", color="black", markersize=5, label="its points", zorder=4)
    ax.set(xlabel="x", ylabel="y", title=title or f"from the start of {name}")
    return ax


def error_curves(ax: Axes, rows: Mapping[str, Sequence[tuple[int, Interval]]], *, title: str = "") -> Axes:
    """Mean squared error against inner steps for each start, with 95 % intervals; the error axis is logarithmic."""
    for shift, (name, results) in enumerate(rows.items()):
        steps = [
            step + 0.08 * shift for step, _ in results
        ]  # a little apart, so that intervals do not hide one another
        means = [result.mean for _, result in results]
        spread = [
            [result.mean - result.low for _, result in results],
            [result.high - result.mean for _, result in results],
        ]
        ax.errorbar(steps, means, spread, fmt=MARKS.get(name, "o-"), color=start_colour(name), capsize=3, label=name)
    ax.set_yscale("log")
    ax.set_yticks([0.1, 0.2, 0.5, 1, 2, 5])
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.minorticks_off()
    ax.set(xlabel="inner steps", ylabel="mean squared error on the queries", title=title)
    ax.grid(color="#E6E6E6")
    ax.legend(fontsize=9)
    ax.label_outer()  # beside another panel with the same axis, one label is enough
    return ax


def meta_loss_curves(
    ax: Axes, theta: Tensor, before: Tensor, after: Tensor, tangents: Mapping[str, tuple[float, float, float]]
) -> Axes:
    """A loss over one parameter before and after the inner step, and lines through a point of the latter.

    theta, before, after [X]      tangents  name -> (point, value there, slope)
    """
    ax.plot(theta, before, color=QUIET, linewidth=1.4, label="L(θ), no step")
    ax.plot(theta, after, color="black", linewidth=1.8, label="L(φ(θ)), the meta-loss")
    reach = 0.25 * float(theta.max() - theta.min())
    for name, (point, value, slope) in tangents.items():
        xs = np.array([point - reach, point + reach])
        ax.plot(xs, value + slope * (xs - point), color=start_colour(name), linewidth=2.2, label=f"slope by {name}")
        ax.plot(point, value, "o", color="black", markersize=6)
    ax.set(xlabel="θ", ylabel="loss", ylim=(0, float(before.max())))
    ax.legend(fontsize=9)
    return ax


def squared(result: Interval) -> str:
    """A mean squared error with its 95 % interval: no per cent."""
    return f"{result.mean:.2f} ± {result.half_width:.2f}"


def two_graphs() -> None:
    """Show how the query loss depends on θ in MAML, and in first-order MAML."""
    figure, axes = plt.subplots(2, 1, figsize=(7.8, 4.2), layout="constrained")
    meta_graph(axes[0], cut=False, title="MAML: two roads from θ to the query loss")
    meta_graph(axes[1], cut=True, title="first-order MAML: the inner gradient g counts as a constant")
    show(
        figure,
        "two graphs of the same five quantities: θ, the support loss, its gradient g, φ and the query loss. In the "
        "upper one, θ reaches φ by two roads: straight, and through the support loss and g. In the lower one the "
        "second road is cut.",
    )


def one_wave(x: Tensor, truth: Tensor, support: tuple[Tensor, Tensor], outputs: Mapping[str, Tensor]) -> None:
    """Show what each start makes of a wave's points after 0, 1 and 10 steps, and its errors right of all of them.

    x, truth [X]      support  x [K], y [K]      outputs  name -> [11, X], row s after s steps
    """
    unseen = x > support[0].max()
    figure, axes = plt.subplots(1, len(outputs), figsize=(7.8, 3.4), layout="constrained", sharey=True, squeeze=False)
    errors = []
    for ax, (name, rows) in zip(axes[0], outputs.items(), strict=True):
        misses = (rows - truth)[:, unseen].square().mean(dim=1)
        errors.append(f"{misses[0]:.2f}, {misses[1]:.2f}, {misses[10]:.2f}")
        adaptation(ax, x, rows, truth, support, name=name, title=f"{name}\nerror on the right: {errors[-1]}")
        ax.set_title(ax.get_title(), fontsize=9)
        ax.label_outer()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=9)
    show(
        figure,
        "one panel for each start, with the same new wave, dashed, and the points that were given. Thin to thick: the "
        "network's output after 0, 1 and 10 steps. Its mean squared error right of the points after these steps: "
        + "; ".join(f"{name} {row}" for name, row in zip(outputs, errors, strict=True))
        + ".",
    )
