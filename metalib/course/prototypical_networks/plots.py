"""Figures of notebook 06: the plane shaded by class, sorted queries, curves over shots and step sizes, the atlas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator
from torch import Tensor

from metalib.course.kit.colours import LETTERS, QUIET, WRONG, class_colour, ink_on
from metalib.course.kit.figures import PAPER
from metalib.course.kit.page import *  # noqa: F403 - show, canvas, reveal, table, start …, for the notebook
from metalib.course.kit.plots import GAP, SIDE, sheet

MARKERS = ("o", "s", "^", "D", "P")  # one a group, beside its colour
TASKS = ("exam A: 5-way 1-shot", "exam B: 20-way 1-shot within an alphabet", "5-way 5-shot")  # as studies name them
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


def cloud(
    ax: Axes, points: Tensor, classes: Tensor, groups: Tensor, names: Sequence[str], *, ringed: int | None = None
) -> Axes:
    """Drawings as points, each joined to the mean of its class; colour and marker are the group's.

    points [M, 2], classes [M] long, groups [M] long      names  of the groups      ringed  the class to look for
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
    if ringed is not None:
        x, y = points[classes == ringed].T.tolist()
        ax.scatter(x, y, s=26, facecolor="none", edgecolor="black", label="one class", zorder=3)
    ax.set(xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="datalim")
    return ax


def sorted_queries(
    ax: Axes, support: Tensor, queries: Tensor, predicted: Tensor, truth: Tensor, *, title: str = ""
) -> Axes:
    """A row for each class: its support picture, and right of the line the queries that went to it.

    support  [N, 1, H, W]      queries  [Q, 1, H, W]      predicted, truth  [Q] labels
    A query that went to the wrong class is crossed out, with the letter of its own class below.
    """
    used: dict[int, int] = {}
    cells = []
    for label in predicted.tolist():
        cells.append((1.6 + used.get(label, 0), 1.35 * label))
        used[label] = used.get(label, 0) + 1
    step = SIDE + GAP
    sheet(ax, support, [(0, 1.35 * k) for k in range(len(support))], [class_colour(k) for k in range(len(support))])
    sheet(ax, queries, cells)
    for k in range(len(support)):
        ax.text(-GAP, 1.35 * k * step + SIDE / 2, LETTERS[k], ha="right", va="center", weight="bold")
    for (column, row), given, right in zip(cells, predicted.tolist(), truth.tolist(), strict=True):
        if given != right:
            x, y = column * step, row * step
            ax.plot([x, x + SIDE], [y, y + SIDE], color=WRONG, linewidth=2)
            ax.text(x + SIDE / 2, y + SIDE + 1, f"is {LETTERS[right]}", ha="center", va="top", color=WRONG, fontsize=9)
    ax.axvline(1.3 * step - GAP / 2, color=QUIET, linewidth=1)
    ax.set_ylim((1.35 * (len(support) - 1) + 1.25) * step, -12)
    ax.text(0, -GAP, "support", va="bottom", fontsize=9, color=QUIET)
    ax.text(1.6 * step, -GAP, "queries that went there", va="bottom", fontsize=9, color=QUIET)
    ax.set_title(title, pad=14)
    return ax


def by_shots(
    ax: Axes, shots: Sequence[int], curves: Mapping[str, tuple[Sequence[float], str]], *, ylabel: str, title: str
) -> Axes:
    """Curves over the number of shots K, both axes logarithmic; their names in the empty corner.

    curves  name -> (values, matplotlib's format such as "o" or "-")
    """
    for values, style in curves.values():
        ax.plot(shots, values, style, markersize=7, color="#0072B2" if "o" in style else "black")
    ax.text(0.97, 0.95, "\n".join(curves), transform=ax.transAxes, ha="right", va="top", fontsize=9)
    ax.set(xscale="log", yscale="log", xlabel="support pictures of a class, K", ylabel=ylabel, title=title)
    ax.set_xticks(list(shots), [str(k) for k in shots])
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 4, 5, 6, 8)))
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.minorticks_off()
    ax.grid(color="#DDD9CF")
    return ax


def by_step_size(ax: Axes, curves: Mapping[str, Mapping[str, Sequence[float]]], *, ylabel: str, title: str) -> Axes:
    """Gains in points with their 95 % intervals over the step size α, each curve with its name at its end.

    curves  name -> {α as text: (mean, low, high, …) as shares}; a name that ends in "head" has full dots
    """
    for i, (name, gains) in enumerate(curves.items()):
        rates = [float(rate) for rate in gains]
        means, lows, highs = ([100 * gain[part] for gain in gains.values()] for part in range(3))
        bars = [[m - low for m, low in zip(means, lows)], [high - m for m, high in zip(means, highs)]]  # noqa: B905
        colour = ("#0072B2", "#8A5A00")[i % 2]
        inside = colour if name.endswith("head") else PAPER
        ax.errorbar(rates, means, bars, color=colour, capsize=2, marker="o", markerfacecolor=inside)
        away = (8, 0 if name.endswith("head") else -10)
        ax.annotate(name, (rates[-1], means[-1]), away, textcoords="offset points", va="center", fontsize=9)
    ax.axhline(0, color=QUIET, linewidth=1)
    ax.set(xscale="log", xlabel="step size α", ylabel=ylabel, title=title)
    ax.set_xlim(right=ax.get_xlim()[1] * 12)  # room for the names
    ax.grid(color="#DDD9CF")
    return ax


def study_arms(axes: Sequence[Axes], results: Mapping[str, Mapping[str, Any]], task: str) -> str:
    """One panel for each of `results`, its arms in rows, three seeds each; and the numbers in words.

    results  title -> what a study holds: {"accuracy": {arm: {task: [(mean, low, high, …) of each seed]}}}
    """
    said = []
    for ax, (title, found) in zip(axes, results.items(), strict=True):
        rows = [(arm, [tuple(seed[:3]) for seed in by_task[task]]) for arm, by_task in found["accuracy"].items()]
        arms(ax, rows, xlabel=f"{task}, 95 % intervals", title=title)
        numbers = (f"{arm} {', '.join(f'{100 * mean:.1f}' for mean, _, _ in seeds)}" for arm, seeds in rows)
        said.append(f"{title}, in per cent: {'; '.join(numbers)}.")
    for ax in axes[1:]:
        ax.set_yticklabels([])
    return " ".join(said)


def differences(found: Mapping[str, Any], arm: str, note: str = "", *, tasks: Sequence[str] = TASKS) -> tuple[str, ...]:
    """A row of a table: what, minus what, and for each of `tasks` the paired differences in points, one a seed.

    found  what a study holds: {"baseline": arm, "minus_baseline": {arm: {task: [(mean, low, high, …) of each seed]}}}
    """
    cells = []
    for task in tasks:
        seeds = found["minus_baseline"][arm].get(task)
        if seeds is None:
            cells.append("–")
            continue
        half = max(50 * (high - low) for _, low, high, *_ in seeds)
        cells.append(f"{', '.join(f'{100 * mean:+.1f}' for mean, *_ in seeds)}; each ± {half:.1f}")
    return f"{arm}{note}", found["baseline"], *cells


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
    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
    ax.grid(axis="x", color="#DDD9CF")
    ax.set_axisbelow(True)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return ax
