"""What notebook 05 says once a prediction was made: figures and tables, of your run or a study, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from metalib import evaluate
from metalib.course.reptile import plots, studies
from metalib.course.reptile.questions import AT, median_error
from metalib.episodes import Episode

MAIN = ("Reptile", "Reptile, full batches", "joint training")
DISJOINT, APART, FULL = (
    "Reptile, disjoint minibatches",
    "Reptile, minibatches drawn apart",
    "Reptile, full batches of more points",
)


def one_step(rows: Sequence[tuple[int, str]]) -> None:
    """How far Reptile is from a joint step, for each k."""
    plots.table(("k", "Reptile minus a joint step of size kα, as a share of that step"), *rows)
    plots.say("For k = 1 the two differ by rounding errors only. From the second inner step on they do not agree.")


def new_wave(
    x: Tensor, wave: Tensor, one: Episode, curves: Mapping[str, tuple[Tensor, Tensor]], errors: Mapping[str, Tensor]
) -> None:
    """Two starts on a new wave, and their errors on many.

    x, wave  [M]      curves  name -> before any step and after all, [M] each      errors  name -> [steps + 1]
    """
    figure, axes = plots.plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained", sharey=True)
    hues = (plots.start_colour("joint training"), plots.method_colour("Reptile"))
    drawn = {f"trained with {name}": (hue, *curve) for hue, (name, curve) in zip(hues, curves.items(), strict=True)}
    plots.one_wave(axes, x, wave, (one.support_x.flatten(), one.support_y.flatten()), drawn)
    plots.show(
        figure,
        "one new wave as a broad grey line, ten points of it, and two starts: dotted before any step, solid after "
        "eight steps on the points. Mean squared distance of the solid line from the wave: "
        + ", ".join(f"trained with {name} {(after - wave).square().mean():.2f}" for name, (_, after) in curves.items()),
    )
    rows = [(name, *(f"{values[steps]:.2f}" for steps in (0, 1, 8))) for name, values in errors.items()]
    plots.table(("trained with", "error before any step", "after 1 step", "after 8"), *rows, note="100 new waves")
    first = min(errors, key=lambda name: float(errors[name][0]))
    last = min(errors, key=lambda name: float(errors[name][-1]))
    k_1, k_8 = (f"{median_error(arm):.2f}" for arm in (MAIN[2], MAIN[1]))
    plots.say(
        f"Grey: the wave. Dotted: the start. Solid: after eight steps.\n\nHere {first} is better before any step, and "
        f"{last} after eight. Training with k = 8 looks at where eight steps lead, and not at where they begin. In the "
        f"study, after {AT} updates, the medians after eight steps are {k_1} for k = 1 and {k_8} for k = 8."
    )


def starts_of_k(rows: Sequence[tuple]) -> None:
    """Where the start for k steps lies in the plane."""
    plots.table(("k", "start", "from the joint optimum", "from the mean of the optima"), *rows)
    plots.say("With k the start goes from the joint optimum to the mean of the optima: all weights become I.")


def strip(plane: Any) -> None:
    """The slider as pictures."""
    plots.show(
        plane.twin(),
        "four planes with the same two tasks, drawn as ellipses around their optima, the crosses A and B. A diamond is "
        "the joint optimum, and the white square the mean of the optima, half-way between A and B. A green line joins "
        "them. The green dot, Reptile's start, covers the diamond for k = 1. It has moved along the line for k = 3, is "
        "near the square for k = 10, and covers it for k → ∞. The black inner paths from the dot grow with k, until "
        "they end in A and B. A dotted line joins their ends, and the dot lies in its middle.",
    )


def _series(name: str) -> dict[str, Tensor]:
    """Of each arm of the study of alignment: [measurements, seeds]."""
    arms = studies.read("reptile-alignment")["results"]["arms"]
    return {arm: torch.tensor(rows[name], dtype=torch.float64) for arm, rows in arms.items()}


def _updates() -> Tensor:
    return torch.tensor(studies.read("reptile-alignment")["results"]["updates"], dtype=torch.float64)


def _trends(arms: Sequence[str]) -> None:
    """A table of how the cosine rises in each arm, at first and later."""
    cosines, products, lengths = map(_series, ("cosine_same_task", "inner_product_same_task", "squared_norm"))
    later = _updates()[1:] / 1000  # thousands of updates, without the jump at the start
    later = later - later.mean()
    rows = []
    for arm in arms:
        slopes = (later[:, None] * cosines[arm][1:]).sum(dim=0) / later.square().sum()
        ends = (f"{values[arm][-1].quantile(0.5):.0f}" for values in (products, lengths))
        rise, each = cosines[arm][:2].diff(dim=0).mean(), f"{slopes.min():+.3f} to {slopes.max():+.3f}"
        name, rising = arm.replace("apart", "independently"), int((slopes > 0).sum())
        rows.append((name, f"{rise:.3f}", f"{slopes.mean():+.3f}", each, rising, *ends))
    plots.table(
        (
            "arm",
            "cosine: rise in 75 updates",
            "cosine: slope after, per 1,000",
            "slopes, lowest to highest seed",
            "rising seeds",
            "inner product at the end",
            "squared length of a gradient",
        ),
        *rows,
        note="two minibatch gradients of one new task; ten seeds an arm: means, and in the last two columns medians",
    )


def cosine_in_training() -> None:
    """Cosine and inner product over the training, and what they say."""
    cosines, products, at = _series("cosine_same_task"), _series("inner_product_same_task"), _updates().tolist()
    figure, axes = plots.plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
    plots.over_seeds(axes[0], at, {arm: cosines[arm] for arm in MAIN}, xlabel="update", ylabel="cosine", title="Cosine")
    plots.over_seeds(
        axes[1],
        at,
        {arm: products[arm] for arm in MAIN},
        xlabel="update",
        ylabel="inner product (logarithmic)",
        title="Inner product",
        legend=False,
    )
    axes[0].set_ylim(0.3, 0.8)
    axes[1].set_yscale("log")
    ends = (f"{arm} {cosines[arm][-1].quantile(0.5):.2f} and {products[arm][-1].quantile(0.5):.0f}" for arm in MAIN)
    plots.show(figure, f"cosine and inner product of two gradients; medians at the end: {', '.join(ends)}.")
    _trends(MAIN)
    plots.say(
        "The cosine jumps in the first 75 updates, in joint training too: no second term is needed for that. "
        "Afterwards Reptile's arms rise in every seed, and joint training in 6 of 10. One of joint training's networks "
        "has died (on the left, below the picture's edge): in its second layer all ReLUs are off, whatever the input "
        "is, so its output is a constant.\n\n"
        "The inner product sets Reptile apart far more: its gradients are longer, as the last column says. Whether it "
        "adapts better for that, this cannot say."
    )


def disjoint() -> None:
    """Disjoint minibatches, independent ones and full batches, pairwise."""
    cosines = _series("cosine_same_task")

    def gain(one: str, other: str) -> str:  # in the second half, seed by seed
        found = evaluate.paired_interval(cosines[one][11:].mean(dim=0), cosines[other][11:].mean(dim=0), "seeds")
        return f"{found.mean:+.3f} ± {found.half_width:.3f}"

    plots.table(
        ("40 points a task", "difference of the second terms", "difference of the cosine"),
        ("disjoint − independent minibatches", "J − H̄ḡ", gain(DISJOINT, APART)),
        ("independent minibatches − full batches", "none", gain(APART, FULL)),
    )
    plots.say(
        "Minibatches align gradients more than full batches do, and need not be disjoint for it. Drawn independently, "
        "they have the *same* second term on average as full batches, so that term cannot be the reason. Two "
        "candidates remain, which the study does not separate: later terms of the series, and the noise of steps on "
        "few points. (Disjoint or independent hardly differ by the series, too: with m = 8, J has the weight 7/8 in "
        "H̄ḡ; the rest is ⅛ E[Hᵢ gᵢ].)"
    )
    _trends((DISJOINT, APART, FULL))
    plots.say(
        "In the inner product full batches lead, because their gradients are longer. Only the cosine speaks for "
        "minibatches."
    )


def starts(rows: Sequence[tuple[str, float, float, float]]) -> None:
    """Inner product, cosine and squared length at the learner's starts, the last two for k = 1 and k = 8."""
    plots.table(
        ("your starts", "inner product, by your function", "cosine", "squared length of a gradient"),
        *((name, f"{product:.1f}", f"{cosine:.2f}", f"{length:.1f}") for name, product, cosine, length in rows),
        note="100 new waves, minibatches of 10 points, drawn anew for the first column. Means: the columns need not "
        "multiply exactly.",
    )
    (_, *few), (_, *many) = rows[-2:]
    product, cosine, length = (b / a for a, b in zip(few, many, strict=True))
    reason = "the lengths" if _factor(length) > _factor(cosine) else "the directions"
    plots.say(
        "An inner product is the cosine times both lengths. From k = 1 to k = 8 the inner product is multiplied by "
        f"{product:.1f}, the squared length by {length:.1f}, and the cosine by {cosine:.2f}. So most of it comes from "
        f"{reason}."
    )


def _factor(ratio: float) -> float:
    return max(ratio, 1 / ratio) if ratio > 0 else torch.inf


def cost() -> None:
    """Time and memory of an outer step against k."""
    record = studies.read("reptile-cost")
    ks, methods = record["settings"]["inner_steps"], ("MAML", "first-order MAML", "Reptile")
    cell = {(row["method"], row["k"]): row for row in record["results"]["rows"]}
    figure, axes = plots.plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    panels = (("milliseconds", "ms of processor time", "Time"), ("megabytes", "MB above what was held", "Memory"))
    for ax, (what, ylabel, title) in zip(axes, panels, strict=True):
        curves = {method: [cell[method, k][what] for k in ks] for method in methods}
        plots.against(ax, ks, curves, xlabel="inner steps k", ylabel=ylabel, title=title)
    last = (f"{m} {cell[m, 16]['milliseconds']:.0f} ms and {cell[m, 16]['megabytes']:.0f} MB" for m in methods)
    plots.show(
        figure,
        "one outer step on one task, against k. In time all three rise. In memory MAML rises throughout, and the two "
        f"others stay low. At k = 16: {', '.join(last)}.",
    )
    ratio = cell["MAML", 16]["megabytes"] / cell["Reptile", 16]["megabytes"]
    machine = record["machine"].replace(" 1 threads", " 1 thread")
    plots.say(
        f"At k = 16 MAML needs {ratio:.1f} times Reptile's memory. A few MB up or down mean nothing.\n\n"
        "Reptile is spared the query set, and the way back through the steps. First-order MAML keeps no graph of "
        f"the steps either: it adds the query loss alone.\n\nConv4, 25 support pictures, as many queries; {machine}."
    )


def measured(source: str) -> None:
    """The table of what was measured: the study of waves, and exam A on the data that `source` names."""
    errors, updates = _series("error"), _updates().tolist()

    def points(one: str, other: str) -> str:
        ours, theirs = (studies.accuracies(name, "A", bank=source) for name in (one, other))
        return evaluate.paired_interval(ours, theirs).points()

    rows = []
    for update in (AT, 1500):
        for arm in MAIN:
            values = errors[arm][updates.index(update)]
            said = f"{values.quantile(0.5):.2f} ({values.min():.2f} to {values.max():.2f}, 10 seeds)"
            rows.append((f"{arm}, {update:,} updates", "waves, 8 steps on 10 points: median error", said))
    exam = f"{source}, exam A"
    rows += [(f"Reptile − {other}", exam, points("Reptile", other)) for other in ("MAML", "pre-trained classifier")]
    rows.append(("Reptile: queries together − alone", exam, points("Reptile", "Reptile, each query alone")))
    plots.table(("what", "on", "result"), *rows)


def sensitivity() -> None:
    """Errors of both methods over α and k, how near they come to the lowest, and how many diverged."""
    record = studies.read("reptile-sensitivity")
    alphas, ks = record["settings"]["step_sizes"], record["settings"]["inner_steps"]
    of_seeds = {method: _at_best_rate(record, method) for method in ("MAML", "Reptile")}
    grid = {method: values.mean(dim=2) for method, values in of_seeds.items()}
    lowest = {method: float(values.min()) for method, values in grid.items()}
    figure, axes = plots.plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for ax, (method, values) in zip(axes, grid.items(), strict=True):
        title = f"{method}: lowest {lowest[method]:.2f}"
        plots.settings_map(ax, values, alphas, ks, best=min(lowest.values()), title=title)
    said = ", ".join(f"{m}: lowest {lowest[m]:.2f}, median {v.double().quantile(0.5):.2f}" for m, v in grid.items())
    plots.show(
        figure,
        "two tables of errors over α (rows) and k (columns), light where small; a frame marks what is within 25 % of "
        f"the lowest of both. {said}",
    )
    rows = []
    for method, values in grid.items():
        seeds = of_seeds[method].flatten(0, 1)[values.argmin()]
        near, diverged = int((values <= 1.25 * lowest[method]).sum()), int((~values.isfinite()).sum())
        rows.append((method, f"{lowest[method]:.2f} ({seeds.min():.2f} to {seeds.max():.2f})", near, diverged))
    head = ("of 30 cells", "lowest error, and its seeds", "within 25 % of that", "diverged")
    note = "A frame in the picture: within 25 % of the lowest of both. In brackets: three seeds."
    plots.table(head, *rows, note=note)


def _at_best_rate(record: dict[str, Any], method: str) -> Tensor:
    """[α, k, seeds]: the test error at the outer rate that validated best."""
    groups = [group for group in record["results"]["groups"] if group["method"] == method]
    test, chosen_on = (torch.stack([studies.tensor_of(g[part]) for g in groups], 1) for part in ("test", "validation"))
    best = chosen_on.mean(dim=3).argmin(dim=2)  # [α, k]; both tensors are [α, k, rates, seeds]
    return test.take_along_dim(best[..., None, None], dim=2)[:, :, 0]
