"""What notebook 04 says once a prediction was made: tables of its stored studies, and what they mean."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from metalib.course.kit.reveal import say
from metalib.course.kit.tables import table
from metalib.course.maml_omniglot import leads, studies
from metalib.episodes import Episode
from metalib.evaluate import Interval, mean_interval, paired_interval
from metalib.training.recipes.maml import MamlRecipe

NO_STEP = "learned classes, training's labels, no step"


def labels() -> None:
    """Three orders of labels in training, measured on learned and on new classes."""
    rows = studies.read("maml-labels")["results"]["rows"]
    orders = list(dict.fromkeys(row["order"] for row in rows))
    found = {(row["order"], row["measured on"]): Interval(*row["accuracy"]) for row in rows}
    cost = {row["order"]: Interval(*row["minus_shuffled"]) for row in rows if row["measured on"].startswith("new")}
    known = ", ".join(f"{100 * found[order, NO_STEP].mean:.1f} % ({order})" for order in orders[1:])
    costs = ", ".join(f"{order} minus shuffled {cost[order].points()}" for order in orders[1:])
    say(
        f"On new classes the order matters little here: {costs}. What is lost is the meaning of the number before "
        f"the step: {known} instead of 20 %. That was learned by heart, and is of no use for new classes."
    )
    table(
        ("measured on", *(f"trained {order}" for order in orders)),
        *((where, *(str(found[order, where]) for order in orders)) for where in dict.fromkeys(w for _, w in found)),
        note="300 updates of 8 tasks on 100 of Omniglot's classes; means of two seeds",
    )
    say("After the step nothing looks suspicious: the leak shows in the first row alone.")


def scrubber() -> None:
    """What the inner-step scrubber has to show."""
    say("""
At step 0 the five bars are about equal: MAML's start has no opinion on the labels. One step is enough to form one.

1. At 0.004 and 0.001: the loss falls a little with each step, and the queries come right one by one. At 0.01 one step
gets most of them.
2. At 40, and in some tasks from 10 on.
3. In the first two tasks about half stay wrong, or more, however far the support loss falls. The third one is easier.
""")


def starts() -> None:
    """What the starts do before a step, and why one step is enough to take a lead away."""
    say("""
MAML and ANIL have no opinion. The two first-order starts give one label to all queries of all tasks, and are very sure
of it. Four of five support pictures pay for the lead in full: the support loss is about 4/5 of it.

The steps of training are still enough for most queries. The lead has settled where the step just takes it off. What is
left is small, and the class decides.
""")


def step_sizes() -> None:
    """Four step sizes in training, at 5-way and at 20-way."""
    study = studies.read("maml-step-size")["results"]
    rows = [
        (
            ways.replace("_", "-"),
            row["inner_lr"],
            str(Interval(*row["accuracy"])),
            "–" if row["inner_lr"] == 0.4 else Interval(*row["minus_usual"]).points(),
        )
        for ways in ("five_way", "twenty_way")
        for row in study[ways]
        if row["test_steps"] == 1
    ]
    table(("", "α", "after one step", "minus α = 0.4"), *rows, note="3,000 updates, three seeds, validation classes")
    say("""
So neither reading wins. At 5-way the printed 0.4 is best, and the sum's 2.0 worst. At 20-way 1.0 and 2.0 are ahead, and
the printed 0.1 is worst. A factor of N is no detail: for a mean, α has to be chosen anew for each N.

Three cautions: the trainings are short; the paper takes five steps of 0.1 at 20-way; and its network is not flattened.
""")


def first_order() -> None:
    """Both orders with two step sizes: accuracies, and what the starts answer before a step."""
    study = studies.read("first-order")
    settings, base = study["settings"], study["results"]["rows"][0]["arm"]
    rows = []
    for row in study["results"]["rows"]:
        seeds = [f"{100 * share:.0f} % label {label}" for share, label in zip(row["share"], row["label"], strict=True)]
        more = [f"{100 * Interval(*seed).mean:+.1f}" for seed in row["minus_base_of_seeds"]]
        points = "–" if row["arm"] == base else ", ".join(more)
        rows.append((row["arm"], str(Interval(*row["accuracy"])), points, ", ".join(seeds)))
    table(
        ("trained by", "exam A", f"points more than {base}", "most frequent answer before a step"),
        *rows,
        note=f"{settings['updates']} updates of {settings['meta_batch_size']} tasks; one number a seed",
    )


def overshoot(tasks: Sequence[Episode]) -> None:
    """The study's untrained starts: the stored slopes, and what a step makes of a small lead, measured on `tasks`."""
    study, rows = studies.read("first-order"), []
    arms = {row["arm"]: row for row in study["results"]["rows"]}
    device = tasks[0].support_x.device
    for name in ("MAML, α = 0.4", "MAML, α = 0.1"):
        recipe = MamlRecipe(**study["settings"]["arms"][name])
        for seed, looks in zip(study["settings"]["seeds"], arms[name]["looks"], strict=True):
            first, exact = looks["0"]["slopes"]
            network = dataclasses.replace(recipe, seed=seed).network().to(device)
            label, _ = leads.most_frequent(network, tasks)
            left = [leads.measured(network, tasks, label, recipe.inner_lr, only=only) for only in ("head", "")]
            numbers = (leads.foreseen(network, tasks, label, recipe.inner_lr), *left)
            said = [f"{exact:+.2f}", f"{first:+.2f}", *(f"{number:+.1f}" for number in numbers)]
            rows.append((f"{recipe.inner_lr:g}, seed {seed}", *said))
    table(
        ("α", "slope, exact", "first order", "1 − αλ", "measured: the head's step", "all layers' step"),
        *rows,
        note="Untrained starts. Slopes of the most frequent label as stored. Right: what a step multiplies a small "
        f"lead by, by the formula and measured on {len(tasks)} tasks. Below 0 it overshoots.",
    )
    say("""
Yes, by less: at α = 0.1, too, what is left of a small lead is below zero, so the first-order gradient pushes the label
the wrong way. The formula counts the head's step alone. The body's turns the lead as well, and in all it comes back at
about its full size on the other side. The stored slopes are small there, and their ratio says little.
""")


def short_runs() -> None:
    """Short trainings that differ in one setting, with paired differences."""
    rows = studies.read("maml-omniglot")["results"]["five_way"]
    table(
        ("short runs", "updates", "seconds", "right", "minus the first row"),
        *(
            (
                row["arm"],
                row["updates"],
                f"{row['seconds']:.0f}",
                str(Interval(*row["accuracy"])),
                Interval(*row["minus_base"]).points() if number else "–",
            )
            for number, row in enumerate(rows)
        ),
        note="8 tasks an update, two seeds, validation classes, three steps at test; seconds compare within this table "
        "only",
    )


def exam_a(names: Sequence[str], *, bank: str) -> None:
    """Methods in exam A as stored, and MAML's paired lead over each."""
    sat = {name: studies.accuracies(name, "A", bank=bank) for name in names}
    rows = [
        (name, str(mean_interval(values)), "–" if name == "MAML" else paired_interval(sat["MAML"], values).points())
        for name, values in sat.items()
    ]
    table(("exam A", "right", "MAML minus that"), *rows)


def anil(seconds: dict[str, Any], *, bank: str) -> None:
    """What ANIL gains and loses, beside MAML."""
    ours, maml = (studies.accuracies(name, "A", bank=bank) for name in ("ANIL", "MAML"))
    share = 100 * seconds["ANIL"] / seconds["MAML"]
    say(
        "MAML's start works without the body's step. ANIL never had one in training. Minus MAML in exam A it has "
        f"{paired_interval(ours, maml).points()}, and an update of it takes {share:.0f} % of the time."
    )


def flaw() -> None:
    """Why queries that pass class by class are answered worse."""
    say("""
The queries of a class pass *alone*. Batch norm then takes its mean and variance from fifteen pictures of one character:
what these have in common, which tells the class, is subtracted. The loop over the labels looks like book-keeping, and
hands the network another batch. Compute all answers at once, and count afterwards.
""")
