"""Figures of notebook 06: the plane shaded by class, the atlas of an embedding, and curves over the number of shots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator
from torch import Tensor

from metalib.course.kit.colours import LETTERS, QUIET, class_colour, ink_on
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook

MARKERS = ("o", "s", "^", "D", "P")  # one a group, beside its colour
EDGE = "#5A5A5A"  # the line where the likeliest class changes


def shade(probabilities: Tensor) -> Tensor:
    """[H, W, 3] uint8: the colour of the likeliest class, strong where it is sure, white where all are equally likely.

    probabilities  [H, W, N]
    """
    n_way = probabilities.shape[-1]
    top, label = probabilities.max(dim=-1)  # [H, W]
    strength = (0.85 * (top - 1 / n_way) / (1 - 1 / n_way))[..., None]
    colours = torch.tensor([[int(class_colour(k)[i : i + 2], 16) for i in (1, 3, 5)] for k in range(n_way)])
    return (255 - strength * (255 - colours[label])).round().to(torch.uint8)


def leads(probabilities: Tensor) -> Tensor:
    """[H, W, N]: by how much a class's logit is above the best of the others; zero at the borders of its region.

    probabilities  [H, W, N]
    """
    logits = probabilities.double().clamp_min(1e-300).log()
    best = logits.topk(2, dim=-1).values  # [H, W, 2]
    first = logits == best[..., :1]
    return logits - torch.where(first, best[..., 1:], best[..., :1])


def regions(
    ax: Axes,
    probabilities: Tensor,
    extent: tuple[float, float, float, float],
    points: Tensor,
    labels: Tensor,
    prototypes: Tensor,
) -> Axes:
    """A plane shaded by class, its borders, its support points (letters), prototypes (discs) and the origin (cross).

    probabilities  [H, W, N], the top row first      extent  left, right, bottom, top
    points [M, 2], labels [M], prototypes [N, 2]
    """
    ax.imshow(shade(probabilities).numpy(), extent=extent, interpolation="bilinear")
    for lead in leads(probabilities).unbind(dim=-1):
        if lead.min() < 0 < lead.max():  # this class is the likeliest somewhere, and not everywhere
            ax.contour(lead.numpy(), [0.0], extent=extent, origin="upper", colors=EDGE, linewidths=1.2)
    for (x, y), label in zip(points.tolist(), labels.tolist(), strict=True):
        ax.text(x, y, LETTERS[label], ha="center", va="center", fontsize=9, weight="bold", color="black")
    for k, (x, y) in enumerate(prototypes.tolist()):
        ax.scatter(x, y, s=190, color=class_colour(k), edgecolor="black", zorder=3)
        ax.text(x, y, LETTERS[k], ha="center", va="center", color=ink_on(class_colour(k)), weight="bold", zorder=4)
    ax.plot(0, 0, "+", color="black", markersize=9)
    ax.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
    return ax


def cloud(ax: Axes, points: Tensor, classes: Tensor, groups: Tensor, names: Sequence[str]) -> Axes:
    """Drawings as points, each joined to the mean of its class; colour and marker are the group's.

    points [M, 2], classes [M] long, groups [M] long      names  of the groups
    """
    means = torch.stack([points[classes == c].mean(dim=0) for c in range(int(classes.max()) + 1)])  # [C, 2]
    for group, name in enumerate(names):
        here = groups == group
        colour, marker = class_colour(group), MARKERS[group % len(MARKERS)]
        ends = torch.stack([points[here], means[classes[here]]], dim=1)  # [m, 2, 2]
        for (x0, y0), (x1, y1) in ends.tolist():
            ax.plot([x0, x1], [y0, y1], color=colour, linewidth=0.5, alpha=0.6, zorder=1)
        x, y = points[here].T.tolist()
        ax.scatter(x, y, s=9, color=colour, marker=marker, label=name, linewidths=0, zorder=2)
    ax.set(xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def by_shots(
    ax: Axes, shots: Sequence[int], curves: Mapping[str, tuple[Sequence[float], str]], *, ylabel: str, title: str
) -> Axes:
    """Curves over the number of shots K, both axes logarithmic.

    curves  name -> (values, matplotlib's format such as "o" or "-")
    """
    for name, (values, style) in curves.items():
        ax.plot(shots, values, style, label=name, markersize=7, color="#0072B2" if "o" in style else "black")
    ax.set(xscale="log", yscale="log", xlabel="support pictures of a class, K", ylabel=ylabel, title=title)
    ax.set_xticks(list(shots), [str(k) for k in shots])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 8)))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.minorticks_off()
    ax.grid(color="#E6E6E6")
    ax.legend(frameon=False)
    return ax


def arms(
    ax: Axes, rows: Sequence[tuple[str, Sequence[tuple[float, float, float]]]], *, xlabel: str, title: str
) -> Axes:
    """Results of several seeds as dots with intervals, a row for each arm, the first on top.

    rows  (name, [(mean, low, high) for each seed])
    """
    for y, (_, seeds) in enumerate(rows):
        for i, (mean, low, high) in enumerate(seeds):
            at = y + 0.22 * (i - (len(seeds) - 1) / 2)
            ax.plot([low, high], [at, at], color=QUIET, linewidth=1.8)
            ax.plot(mean, at, "o", color="#0072B2", markersize=6)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.set(ylim=(len(rows) - 0.5, -0.5), xlabel=xlabel, title=title)
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    ax.grid(axis="x", color="#E6E6E6")
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax
