"""What notebook 06 says once a prediction was made: figures and tables, of your run or a study, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from metalib.course.prototypical_networks import plots, studies
from metalib.evaluate import mean_interval, paired_interval

LEARNED = "cosine, s learned from 10"


def planes(plane: Any) -> None:
    """The support plane under its three distances, and the answers of the play."""
    shares = "; ".join(f"{name} {100 * share:.0f} %" for name, share in plane.shares().items())
    plots.show(
        plane.twin(),
        "The same nine support points under three distances: A at the upper left, B at the upper right, C below, and "
        "the mean of each class as a disc. The regions of squared and plain Euclid are the same: three sectors with "
        "straight borders halfway between the discs. The cosine's borders are rays from the origin, the cross, a "
        "little below the point where the others meet. Colours are strong where the classifier is sure. The share of "
        f"the plane where the likeliest class has over 90 %: {shares}.",
    )
    plots.say("""
1. The borders stay, and the colours get paler. What is nearest by the square is nearest by the root.
2. With one point alone they move: the disc of A turns about the cross, and the cosine sees its direction. If all
three went outwards by one factor, the disc would keep its direction, and no border would move.
3. The colours get stronger, and the borders stay. At scale 1 no place is sure; at the largest scale nearly all are.
""")


def three_distances(changed: int, n: int, rows: Sequence[tuple[str, float, float, float]]) -> None:
    """One network's answers by three distances.

    changed  of `n` answers, from squared to plain Euclid      rows  name, share right, mean top probability, loss
    """
    print(f"answers that change from squared to plain Euclid, of {n:,}: {changed}")
    plots.table(
        ("distance, s = 1", "right", "mean top probability", "loss, nats"),
        *((name, f"{100 * right:.1f} %", f"{top:.3f}", f"{loss:.3f}") for name, right, top, loss in rows),
    )
    plots.say("""
Squared and plain Euclid give the same answers, with other probabilities, and so another loss.
The cosine is another rule, and its nearest prototype need not be the same one. Here nearly as many answers are right,
though the network was not trained for it. Why its top probability is so low, the next question is about.
""")


def cosine_cap(caps: Mapping[int, float]) -> None:
    """For each number of ways the largest probability with s = 1, and the scale that a probability of 0.99 needs."""
    for n_way, cap in caps.items():
        lowest, needed = -torch.tensor(cap).log(), torch.tensor(99.0 * (n_way - 1)).log()  # p = 0.99, solved for s
        print(f"{n_way:2}-way: with s = 1 at most {cap:.3f}, a loss of {lowest:.2f}; for 0.99, s = {needed:.1f}")


def five_arms(found: Mapping[str, tuple[float, ...]], untrained: tuple[float, float], updates: int) -> None:
    """The learner's five arms, and the study of them.

    found  arm -> first loss, mean of the last losses, within / between, accuracy      untrained  the last two
    """
    short, long = studies.read("prototypical-distance")["results"].values()
    head = ("arm", "first loss", "last 20 losses", "validation accuracy", "within / between")
    rows = [(n, f"{a:.2f}", f"{b:.2f}", f"{100 * r:.1f} %", f"{ratio:.2f}") for n, (a, b, ratio, r) in found.items()]
    rows.append(("squared Euclid, untrained", "–", "–", f"{100 * untrained[1]:.1f} %", f"{untrained[0]:.2f}"))
    guess = torch.tensor(20.0).log()
    plots.table(head, *rows, note=f"Your run: one seed, {updates} updates. Guessing has a loss of {guess:.2f} nats.")
    figure, axes = plots.plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained", sharex=True)
    said = plots.study_arms(axes, {"100 updates": short, "1,000 updates": long}, plots.TASKS[0])
    plots.show(figure, f"The same arms in a study, a row each, on unseen alphabets. {said}")
    scale = torch.tensor(long["scale"][LEARNED]).mean()
    plots.say(f"""
**Squared Euclid with s = 1** starts too sure. Its distances are large, and its first loss is far above that of
guessing. A guess gives the right class 1/20; this network gives it much less, and so is sure of wrong ones. A tenth of
the scale mends it. Plain distances are smaller anyway.

**The cosine with s = 1** can never be sure: with 20 classes its loss cannot fall below 2.08. The gradient of the right
class's logit is p − 1. With p ≤ 0.125 its size is never below 0.875, also for pairs that are told apart already. With
s = 10 it can be sure.

After 1,000 updates most of squared Euclid's gap is closed: the network can shrink its own features. The cosine with
s = 1 stays far behind. In two more arms s is learned. The cosine raises it from 10 to {scale:.0f}, and in exam A it
ends level with squared Euclid at s = 1, and less than a point behind it at s = 0.1. So most of its gap was the scale.
The paper found squared Euclid well ahead of the cosine; its text mentions no scale for the cosine.

Within / between is that of squared Euclid in every row, also where a cosine sorts. Compare it with its value before
training. Its order need not be that of the accuracies: an answer is lost to the *nearest* wrong class, not to the mean.
""")


def ways_and_shots() -> None:
    """Twelve 5-way tasks against one 60-way task, and one shot against five."""
    of_ways, head = studies.read("prototypical-way")["results"], ("what", "minus", *plots.TASKS)
    note = "In points; three seeds each; ± is over episodes."
    figure, axes = plots.plt.subplots(1, 2, figsize=(10, 2.6), layout="constrained", sharex=True)
    said = plots.study_arms(axes, {"s = 1": of_ways, "s = 0.1": of_ways["softer"]}, plots.TASKS[0])
    plots.show(figure, f"Three seeds for each arm, 500 updates on the same pictures. {said}")
    plots.table(
        head,
        plots.differences(of_ways, "one 60-way task", ", s = 1"),
        plots.differences(of_ways["softer"], "one 60-way task", ", s = 0.1"),
        note=note,
    )
    plots.say("""
One 60-way task is ahead in every seed. With s = 0.1, which starts less sure, the gain is smaller, but does not vanish.
It may come from the number of comparisons: among 59 other classes one that looks alike is likelier than among 4. All
this is early in training, for one learning rate.

Should the *shots* be those of the test, as the paper advises? The study `prototypical-shot` takes ten drawings of 20
classes in each update: 1 for support and 9 as queries, or 5 and 5. Trained with 5 shots, the network is behind on
1-shot tasks, and no better on 5-shot ones:
""")
    plots.table(head, plots.differences(studies.read("prototypical-shot")["results"], "trained 5-shot"), note=note)


def more_pictures(
    measured: Mapping[int, float], law: Mapping[int, float], by_shot: Mapping[int, Tensor], by_all: Tensor
) -> None:
    """Two prototypes of a class, and the wrong answers, against K.

    measured, law  K -> mean squared distance      by_shot  K -> accuracies of tasks
    by_all  those accuracies when each class gives all its drawings but the query
    """
    shots, errors = list(by_shot), [100 * (1 - right.mean().item()) for right in by_shot.values()]
    figure, (left, right) = plots.plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
    curves = {"dots: measured": (list(measured.values()), "o"), "line: 2 V / K": (list(law.values()), "-")}
    plots.by_shots(left, shots, curves, ylabel="mean of ‖c_A − c_B‖²", title="Two prototypes of one class")
    plots.by_shots(right, shots, {"": (errors, "o-")}, ylabel="wrong answers (%)", title="20-way, one alphabet")
    plots.show(
        figure,
        "Two curves against the number of pictures K, all axes logarithmic. Left: the mean squared distance of two "
        f"prototypes. Its dots lie on the straight line 2 V / K, from {measured[1]:.2f} at K = 1 down to "
        f"{measured[10]:.2f} at K = 10. Right: the share of wrong answers in 20-way tasks within one alphabet, "
        f"{', '.join(f'{error:.1f} %' for error in errors)} for K = {', '.join(map(str, shots))}: "
        f"{errors[0] / errors[-1]:.1f} times less at the end.",
    )
    for k in shots:
        print(f"K = {k:2}: {measured[k]:.3f} and by the law {law[k]:.3f}; accuracy {mean_interval(by_shot[k])}")
    print(f"all drawings but the query: accuracy {mean_interval(by_all)}")
    plots.say(f"""
The squared distance falls to a tenth from K = 1 to K = 10. The share of wrong answers falls by less. Even where each
class gives all its drawings but the query, {100 * (1 - by_all.mean().item()):.1f} % are wrong: they lie nearer to the
centre of another class, and more pictures do not mend that.
""")


def stages(atlas: Any) -> None:
    """The atlas as a film strip."""
    ratios = [atlas.ratio(stage) for stage in range(len(atlas.stages))]
    plots.show(
        atlas.twin(),
        "The same drawings at four stages, coloured by alphabet, each joined to the mean of its class, and a t-SNE of "
        "the last. One typical class is ringed in black. Within / between falls from "
        f"{ratios[0]:.2f} to {ratios[-1]:.2f}: the threads get short beside the distances of the means. In the t-SNE "
        "the classes are tight groups with gaps.",
    )


def in_the_plane(atlas: Any) -> None:
    """Within / between of the last stage, in the whole space and in the plane of its t-SNE."""
    last = len(atlas.stages)
    print(f"within / between of the last stage, in the whole space: {atlas.ratio(last - 1):.2f}")
    print(f"within / between in the plane of its t-SNE: {atlas.ratio(last):.3f}")
    plots.say(
        "The t-SNE makes the classes look far better separated than they are. It is good for finding neighbours, and "
        "for finding drawings that lie among another class."
    )


def spot_it(suspicious: Tensor, honest: Tensor) -> None:
    """What the broken line does, and by how much it flatters.   accuracies, task by task"""
    print(f"done right: {mean_interval(honest)}")
    print(f"the broken cell minus this, task by task: {paired_interval(suspicious, honest).points()}")
    plots.say("""
Axis 0 has the tasks, so `softmax(dim=1)` normalises over the *queries*. The answer to one query then depends on the
other queries of its task: each class is made to share its weight among them, which helps where every class has equally
many. A query that comes alone gets probability 1 for each class. The right line has `dim=2`. A test finds it:
`p.sum(dim=2)` must be 1.
""")


def by_step_size() -> None:
    """The gain of ten steps from the prototypes against their size."""
    found = studies.read("prototypical-steps")["results"]
    curves = {
        name.removeprefix("10-way "): {rate: gain["10"] for rate, gain in of_tasks["gain"].items()}
        for name, of_tasks in found["by step size"].items()
    }
    one, five = (found["support loss"][shot] for shot in ("1-shot", "5-shot"))
    print(f"mean support loss before the first step, in nats: 1-shot {one:.4f}, 5-shot {five:.4f}")
    figure, axes = plots.plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained", sharey=True)
    for ax, shot in zip(axes, ("1-shot", "5-shot"), strict=True):
        of_shot = {name.split(", ")[1]: curve for name, curve in curves.items() if name.startswith(shot)}
        plots.by_step_size(ax, of_shot, ylabel="gain (points)", title=f"{shot}, ten steps")
    said = "; ".join(
        f"{name}: {', '.join(f'{100 * gain[0]:+.1f} at {rate}' for rate, gain in curve.items())}"
        for name, curve in curves.items()
    )
    plots.show(figure, f"The gain of ten steps over none, in points, against the step size α. {said}.")
    plots.say(f"""
Flat, then down. With five pictures a class the support loss is small, {five:.3f}, so α below 1 moves the head too
little to matter. But it is {five / one:.0f} times that of one picture, where each lies on its own prototype. So are the
steps longer, and large ones lose what the prototypes knew at a smaller α. They lose it sooner, too, where all layers
move than where the head does. No step size gains more than its interval. What ProtoMAML gains by *training* through
the steps is not measured here.
""")
