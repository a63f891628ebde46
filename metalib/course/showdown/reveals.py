"""What notebook 08 says once a prediction was made: tables of your run and of the studies, and what they mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.sat import Sat
from metalib.course.showdown import measured, plots, you
from metalib.course.showdown.curious import (
    beside_the_papers,
    exams_c_and_d,
    of_reptile,
    seeds,
    three_intervals,
    together,
)
from metalib.course.showdown.measured import BASELINE, SECONDS, UPDATES, Pair, in_percent, in_points, points, standing
from metalib.course.showdown.reveals_steps import of_rates, steps_and_prototypes, steps_of_a_head, what_steps_win
from metalib.evaluate import Interval, Z

__all__ = [
    "beside_the_papers",
    "by_classes",
    "costs",
    "equal",
    "exams_c_and_d",
    "needed",
    "of_rates",
    "of_reptile",
    "pairs",
    "points",
    "ranks",
    "seeds",
    "spot_it",
    "steps_and_prototypes",
    "steps_of_a_head",
    "three_intervals",
    "together",
    "what_steps_win",
    "you_and_machines",
]


def pairs(found: Mapping[tuple[str, str, str], tuple[Tensor, Tensor, Pair]], bank: str) -> None:
    """Pairs of methods on the same tasks: the paired interval of yours, and the one that ignores the pairing.

    found  (exam, a, b) -> the accuracies of both, and what your function says
    """
    lines = []
    for (exam, first, second), (a, b, pair) in found.items():
        wide = Z * float(((a.var() + b.var()) / len(a)) ** 0.5)
        common = float(torch.corrcoef(torch.stack([a, b]))[0, 1])
        lines.append((f"{first} − {second}", exam, points(pair), f"± {100 * wide:.1f}", f"{common:.2f}"))
    head = ("difference, points", "exam", "paired, by yours", "as if on other tasks", "correlation")
    plots.table(
        head, *lines, note=f"The course's networks on {bank}, each query alone: the tasks of `metalib results`."
    )
    plots.say("""
Pairing moves no mean. It takes out of the width what the two have in common, and that is the more, the more alike they
err: two ways to use one network most of all. Where a table gives each method's own interval only, the paired one cannot
be told from it. So keep the single tasks.
""")


def needed(lead: float, numbers: Mapping[str, int], found: Mapping[str, Mapping[int, float]]) -> None:
    """How many tasks the learner's formula asks for, and how often so many, and others, told the two apart.

    numbers  "paired" or "unpaired" -> tasks      found  the same -> number of tasks -> share of the tests
    """
    figure, ax = plots.canvas(7.2, 3.5)
    plots.told_apart(ax, found, numbers, title="Crosses: the number of tasks that your formula gives for 80 %")
    said = "; ".join(
        f"{name}: {', '.join(f'{100 * share:.0f} % with {n:,}' for n, share in line.items())}"
        for name, line in found.items()
    )
    plots.show(figure, f"the share of tests that tell two methods apart, by their number of tasks. {said}.")
    at = {name: 100 * found[name][numbers[name]] for name in numbers}
    plots.say(f"""
For a lead of {100 * lead:.3f} points your formula asks for {numbers["paired"]:,} tasks where both get the same, and for
{numbers["unpaired"]:,} where they do not. Drawn anew again and again, so many tasks told the two apart in
{at["paired"]:.0f} and {at["unpaired"]:.0f} % of the tests. Where both methods have the spread σ and the correlation ρ,
the variance of their difference is 2σ²(1 − ρ): so pairing saves about the share ρ of the tasks.

A test that is too small does two kinds of harm. It mostly finds nothing; and when it finds something, the lead that it
reports is too large, since only a lucky draw got over the threshold.
""")


def equal(leads: Mapping[str, Mapping[str, Pair]], exam: str) -> None:
    """Both tables of one exam: accuracies, and the leads by the learner's function.

    leads  "seconds" or "updates" -> method -> its lead over the prototypical network
    """
    seconds, updates = measured.sat(SECONDS, exam), measured.sat(UPDATES, exam)
    order = sorted(set(seconds) & set(updates), key=lambda name: -seconds[name]["accuracy"][0])
    rows = [(name, Interval(*seconds[name]["accuracy"]), Interval(*updates[name]["accuracy"])) for name in order]
    figure, ax = plots.canvas(7.6, 1.1 + 0.33 * len(rows))
    plots.two_tables(ax, rows, title=f"Exam {exam}. Filled: equal three minutes; hollow: equal updates")
    said = "; ".join(f"{name} {in_percent(a)} and {in_percent(b)}" for name, a, b in rows)
    plots.show(figure, f"accuracies in exam {exam} after equal seconds, and after equal updates. {said}.")
    lines = [
        (name, in_percent(a), *(points(leads[kind][name]) if name != BASELINE else "–" for kind in leads))
        for name, a, _ in rows
    ]
    head = ("method", "after three minutes", *(f"minus {BASELINE}, equal {kind}" for kind in leads))
    plots.table(head, *lines, note="One network each, seed 0; each query alone. Leads in points, by your function.")


def ranks() -> None:
    """In which rows the two tables disagree, and what an update costs."""
    place = {}
    for study in (SECONDS, UPDATES):
        rows = measured.sat(study, "A")
        learned = [name for name in rows if name not in ("pixels", "untrained")]
        place[study] = sorted(learned, key=lambda name: -rows[name]["accuracy"][0])
    moved = [
        f"{name}: place {place[SECONDS].index(name) + 1} by seconds, {place[UPDATES].index(name) + 1} by updates"
        for name in place[SECONDS]
        if abs(place[SECONDS].index(name) - place[UPDATES].index(name)) > 1
    ]
    disagree = "; ".join(moved) or "no method moves by more than one place"
    plots.say(f"""
By more than one place the two columns of leads disagree in exam A on: {disagree}. Before "which method is better?" it
has to be said what is held equal.
""")


def costs() -> None:
    """What each network's training and adaptation cost."""
    found = measured.results(SECONDS)
    adapt = found["seconds_to_adapt"]
    lines = []
    for training in found["trainings"]:
        name = training["network"]
        uses = [method for method in adapt if method == name or method.startswith(f"{name}, ")] or [name]
        memory = training["memory"]
        lines += [
            (
                method,
                training["updates"],
                f"{training['cpu_seconds']:.0f}",
                f"{1000 * training['cpu_seconds'] / training['updates']:.0f}",
                f"{memory / 1e6:.0f}" if memory else "–",
                f"{1000 * adapt[method]:.0f}" if method in adapt else "–",
            )
            for method in uses
            if f"{name}, tied rows" != method
        ]
    head = (
        *("method", "updates, planned for 360 s", "seconds they took", "ms an update", "MB an update"),
        "ms to learn five characters",
    )
    note = "`metalib study showdown-seconds`; CPU seconds of one thread. To learn: one picture each, then five answers."
    plots.table(head, *lines, note=note)
    plots.say("""
The numbers of updates come from a timing that was made before. The trainings then took more, or less, as the last
column but three says: the cores were shared. After equal updates prototypes and NCA, which took most, lead too.
""")


def by_classes() -> None:
    """Errors against the number of training classes, and the slopes."""
    lines = {name: measured.errors_by_classes(name, "B") for name in (BASELINE, "classifier")}
    figure, ax = plots.canvas(6.4, 3.8)
    plots.errors_by_classes(ax, lines, title="Exam B: the error by the number of characters learned from")
    said = "; ".join(
        f"{name}: {', '.join(f'{100 * math.fsum(e) / len(e):.0f} % with {n}' for n, e in line.items())}"
        for name, line in lines.items()
    )
    plots.show(figure, f"errors on two logarithmic axes, three seeds. {said}.")
    slopes = {name: measured.slope(name, "B") for name in lines}
    words = "; ".join(f"{name}: {of['slope']:.2f} ({of['low']:.2f} to {of['high']:.2f})" for name, of in slopes.items())
    words = words.replace("-", "−")
    factor = 10 ** -slopes[BASELINE]["slope"]
    plots.say(f"""
Slopes of log error against log classes, mean of three seeds and their range: {words}. For the prototypical network ten
times the characters leave 1 / {factor:.1f} of the errors.
""")


Needs = Callable[[Tensor, Tensor, float, bool], int]


def you_and_machines(sat: Sat | None, right: Mapping[str, Tensor], paired: Callable[..., Pair], needs: Needs) -> None:
    """You beside each machine on your questions, by the learner's own functions; without a score the machines alone.

    right  name -> [runs, items] bool
    """
    if sat is None:
        lines = [
            (name, int(of.numel() - of.sum()), in_percent(EXAM_C.interval(_by_run(of)))) for name, of in right.items()
        ]
        plots.table(("who", "wrong of 400", "right"), *lines)
        plots.say("""
You have not sat exam C on this computer, or with an older edition of notebook 01. Play *beat the machine* there, and
run this cell again: it then sets you beside each of these, question by question.
""")
        return
    beside = []
    for name, of in right.items():
        yours, theirs = you.on_yours(sat, of)
        mean, half = paired(yours, theirs)
        tasks = f"{needs(yours, theirs, abs(mean), True):,}" if mean else "–"
        score = f"{int(theirs.sum())} of {len(theirs)}"
        beside.append((name, score, int(of.numel() - of.sum()), points((mean, half)), tasks))
    head = ("who", "right of your questions", "wrong of all 400", "you − it, points", "questions to tell you apart")
    plots.table(head, *beside, note=f"You: {int(sat.right.sum())} of {len(sat.right)}. Differences by your functions.")
    plots.say("""
Questions of one run share their candidates, so these intervals are too narrow. Where all your answers agree with a
machine's there is none, which does not say that you are equal. The last column takes the measured lead for the true
one: read it as an order of magnitude. Of people it is known that they miss 4.5 % (the mean of 40, Lake et al., 2015).
""")


def _by_run(right: Tensor) -> Tensor:
    return right.double().mean(dim=1)


LEARNED_FROM = {
    "background": "the training and the validation alphabets",
    "Omniglot training (first 26 background alphabets)": "the training alphabets",
}


def spot_it(pair: Interval, infos: Mapping[str, Mapping[str, Any]]) -> None:
    """What the two files tell of their trainings, and the comparison in which only the method differs."""
    lines = [
        (
            name,
            LEARNED_FROM.get(info.get("classes", ""), info.get("classes", "–")),
            info.get("updates", "–"),
            info.get("recipe", {}).get("downsample", "–"),
        )
        for name, info in infos.items()
    ]
    plots.table(("file", "learned from", "updates", "pictures shrink by"), *lines)
    honest = measured.sat(SECONDS, "A")["classifier, centroid"]["minus_prototypes"]
    fair = [-honest[0], -honest[2], -honest[1], *honest[3:]]
    plots.say(f"""
The cell's difference is {in_points(pair)}. The networks differ in more than the method: in the classes that they
learned from, in the number of updates, and in how they shrink a picture. None of it stands in the cell; all of it
stands in the files. The tasks are paired, and the interval is right, for another question.

With the same characters, the same form of network and three minutes for each, the prototypical network is
{standing(fair)} the classifier's centroid by {in_points(fair)} in exam A (`metalib study showdown-seconds`).

The boards of this course, which you have seen since notebook 01, are no comparison either: they show what each network
reaches, trained as it was.
""")
