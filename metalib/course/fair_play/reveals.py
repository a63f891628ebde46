"""What notebook 07 says once a prediction was made: tables of your run and of the studies, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from metalib.course.fair_play import exam_d, plots, plots_hands, studies
from metalib.course.fair_play.batch_statistics import QUERIES, SUPPORT
from metalib.course.fair_play.drawn import LEAK_OF
from metalib.course.fair_play.measured import beyond_the_control, in_percent, in_points, leak_rows, soft_curves
from metalib.course.fair_play.published import QUESTIONS, SAID
from metalib.evaluate import mean_interval, paired_interval

Found = Mapping[str, Tensor]  # which queries -> [2, T]: right as one batch, and by the support set's statistics


def nine_questions() -> None:
    """The nine questions, asked of three published tables."""
    names = dict(QUESTIONS)
    plots.table(
        ("question", "Finn et al. (2017)", "Snell et al. (2017)", "Nichol et al. (2018)"),
        *((name, *SAID[name]) for name in names),
        note="In [brackets]: not in the table, but in the paper's text or code. ?: not found there, which does not say "
        "that anything was done wrongly.",
    )
    plots.say("""
Two of nine are answered in all three tables: ways and shots. Three you will now see at work: *queries* and *batch norm*
stand in no table, *transduction* in one.
""")


def neighbours(found: Mapping[str, Found], bank: str) -> None:
    """Each method's right answers: five queries that pass together, and the same ones by the support set's statistics.

    found  method -> which queries -> [2, T]
    """
    head = ("", "five queries", "as one batch", "by the support set's statistics (five pictures)", "difference")
    rows = []
    for method, of_method in found.items():
        for name, (together, apart) in of_method.items():
            values = [str(mean_interval(together, "tasks")), str(mean_interval(apart, "tasks"))]
            rows.append((method, name, *values, paired_interval(together, apart, "tasks").points()))
    plots.table(head, *rows, note=f"Your evaluation, on {bank}; 5-way 1-shot, the same pictures in each row's columns.")
    study = {row["queries"]: row for row in studies.read("transductive-figure")["results"]["rows"]}
    first, drawn, single = (study[name] for name in ("one of each", "at random", "one class"))
    plots.say(f"""
**The published test is the first row**: one query of each class, and all five in one batch. On Omniglot, over
{first["together"][3]:,} tasks, that reads {in_percent(first["together"])}. The same network, the same queries, and no
query that sees another: {in_percent(first["alone"])}. So {in_points(first["difference"])} came from the company that
the queries kept. (Your column takes the five support pictures only; the study passes each query with them, six
pictures.)

Do not read our {100 * first["together"][0]:.1f} % against the 98.7 % of the first table. Other characters were drawn
for our split; our last features are flattened, where MAML's paper averages them over places; ours is one network, and
how many theirs were, and how they were chosen, we did not find.

Company can do harm as well. Five of the 25 at random come to {in_percent(drawn["together"])}, and five of one class to
{in_percent(single["together"])}. With the support set they come to {in_percent(drawn["alone"])} and
{in_percent(single["alone"])}, as those of the first row do.

MAML gains with one of each; a prototypical network that is right nearly always has hardly room to. Both lose with one
class. It is not MAML that leaks, it is the batch.
""")


BALANCED, ONE_CLASS = "15, 3 of each class", "15 of one class"
NAMED = {  # the study's names, where the notebook has another
    "each of 15 alone": "each of 15 by itself",
    "support and queries together": "support and all queries together",
}


def trained_and_tested() -> None:
    """The two MAMLs of the question: trained and tested with the queries' own statistics and the support set's."""
    record = studies.read("batch-norm")
    found = {
        (row["trained_with"], row["tested_with"], row["queries"]): row["accuracy"]
        for row in record["results"]["rows"]
        if row["method"] == "MAML" and row["checkpoint"] is None
    }
    lines = [
        (trained, tested, *(in_percent(found[trained, tested, queries]) for queries in (BALANCED, ONE_CLASS)))
        for tested in (QUERIES, SUPPORT)
        for trained in (QUERIES, SUPPORT)
    ]
    note = (
        f"% right in {record['settings']['episodes']} tasks of exam A (5-way 1-shot), queries in sets of 15; ± is over "
        f"tasks; {record['settings']['maml']['updates']} updates, one seed each."
    )
    plots.table(("MAML, trained with", "tested with", BALANCED, ONE_CLASS), *lines, note=note)
    plots.say("""
Look along a row: by the queries' own statistics both networks fall with 15 of one class. By the support set's company
does not matter: the same query gets the same answer. The columns ask different queries, so they still differ a little;
no query's own answer changes.

Look down a column, at the last two rows: trained with the queries' own, a network is about as good as one trained with
the support set's. So the honest test is not unfair to it.
""")


def all_trained_and_tested() -> None:
    """The full table: trained with each of the statistics, tested with each, in any company."""
    rows = studies.read("batch-norm")["results"]["rows"]
    sets = list(dict.fromkeys(_named(row["queries"]) for row in rows))
    for method in dict.fromkeys(row["method"] for row in rows):
        lines: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            if row["method"] == method:
                trained = f"{_named(row['trained_with'])}, {row['updates']:,} updates"
                lines.setdefault((trained, _named(row["tested_with"])), []).append(in_percent(row["accuracy"]))
        plots.table(
            (f"{method}, trained with", "tested with", *sets), *((*key, *cells) for key, cells in lines.items())
        )
    change = {tested: _changes(rows, tested) for tested in dict.fromkeys(row["tested_with"] for row in rows)}
    words = "; ".join(f"{_named(tested)}: {low:+.1f} to {high:+.1f}" for tested, (low, high) in change.items())
    plots.say(f"""
As above. *By itself* is a batch of one: the queries' own statistics are then one picture's, and those of support and
all queries together are the support set's and one query's.

What 15 queries of one class cost, in points beside 3 of each class, over all networks: {words}. By the queries' own
statistics every network falls, whatever it was trained with.
""")


def _named(name: str) -> str:
    return NAMED.get(name, name)


def _changes(rows: Sequence[Mapping[str, Any]], tested: str) -> tuple[float, float]:
    """The least and the greatest difference of one class to balanced queries, over all networks, in points."""
    values = [
        100 * row["minus_balanced"][0] for row in rows if row["tested_with"] == tested and row["queries"] == ONE_CLASS
    ]
    return min(values), max(values)


def soft_k_means(found: Mapping[str, Mapping[int, Tensor]]) -> None:
    """The study's curves, and your soft k-means on your tasks.

    found  which queries, from balanced to the most unequal -> steps -> [T, 2]: the share of right answers, and that of
           answers for classes without a query
    """
    curves = soft_curves("B")
    figure, ax = plots.canvas(7.6, 3.4)
    plots.gains(ax, curves, title="Exam B's tasks, 20 queries: the more unequal their classes, the smaller the gain")
    ends = "; ".join(
        f"{name}: {', '.join(f'{100 * gain.mean:+.1f} after {n}' for n, gain in curve.items() if n)}"
        for name, curve in curves.items()
    )
    plots.show(figure, f"The gain of soft k-means over no step in points, against the number of steps. {ends}.")
    plots.say("Tasks of 100 queries, sorted by your function. A larger crowd moves the prototypes further:")
    rows, gain, empty = [], {}, {}
    for name, by_steps in found.items():
        right = {n: values[:, 0] for n, values in by_steps.items()}
        gained = [paired_interval(right[n], right[0], "tasks") for n in (1, 5)]
        before, after = (100 * by_steps[n][:, 1].mean().item() for n in (0, 5))
        gain[name], empty[name] = 100 * gained[1].mean, after - before
        values = [str(mean_interval(right[0], "tasks")), *(interval.points() for interval in gained)]
        rows.append((name, *values, f"{before:.1f} → {after:.1f} %"))
    empty_head = "answers for a class without a query: no step → five steps"
    head = ("queries", "no step", "gain by 1 step", "gain by 5 steps", empty_head)
    plots.table(head, *rows, note="Differences are of unrounded numbers.")
    first, *_, last = [*gain, *gain]
    plots.say(f"""
Unlabelled queries help. The more unequal their classes are, the smaller is the gain, and with a = 0.5 many steps cost.
From the first row to the last, five steps gain {gain[first] - gain[last]:.1f} points less.

The last column tells a part of it: in the last row answers for a class without a query become {empty[last]:.1f} points
more. Such a class still gets shares of the others' queries, and its prototype drifts towards them. The rest the column
does not count: prototypes of classes with few queries should drift towards large ones just so. That was not measured.

So soft k-means is a method, and a good one where queries come in crowds. A table should say that it was used, and how
the crowd was made: hardly anyone in the world is asked for one picture of each kind.
""")


MEANS = {
    "class": "some test classes were trained on",
    "alphabet": "new characters, of alphabets that were trained on",
    "picture": "in one task of seven a query is a support picture",
    "order": "labels rise with the class numbers",
    "place": "the same row of the queries has the same label in every task",
}


def five_samplers(found: Mapping[str, str]) -> None:
    """What the learner's detector says of each sampler, and which leaks it misses."""
    plots.table(
        ("sampler", "your detector says", "which means"), *((k, v, MEANS.get(v, "–")) for k, v in found.items())
    )
    if found == LEAK_OF:
        plots.say(
            "All five, each by its own flaw. None of them raises an error, and pictures of their tasks look right."
        )
    for letter, said in found.items():
        leak, look = MEANS[LEAK_OF[letter]], f'Look at `samplers["{letter}"]`, task by task.'
        if said == "none":
            plots.say(f"{letter} has a leak that your detector does not see: {leak}. {look}")
        elif said != LEAK_OF[letter]:
            plots.say(f"{letter} has another leak than the one that your detector names: {leak}. {look}")


def sizes_of_leaks() -> None:
    """What the leaks of classes and the choice on test tasks are worth."""
    found = dict(leak_rows())
    rows = [(name, i, found.get(f"{name}, control")) for name, i in found.items() if not name.endswith("control")]
    figure, ax = plots.canvas(7.6, 0.8 + 0.5 * len(rows))
    plots.points(ax, rows, title="Lead over the honest one; hollow: where nothing can leak")
    said = "; ".join(f"{name}: {100 * i.mean:+.1f}" for name, i in found.items())
    plots.show(figure, f"the lead over the honest one in points, and the controls, where nothing can leak. {said}.")
    updates = studies.read("class-leaks")["settings"]["recipe"]["updates"]
    more = "; ".join(f"{name}: {mean:+.1f} ± {half:.1f}" for name, (mean, half) in beyond_the_control().items())
    plots.say(f"""
**Splits.** The networks were trained by one recipe, for {updates:,} updates, on equally many classes, of which only a
fifth differs. Each is compared with the one that kept whole alphabets apart. The *control* asks about alphabets that
none has seen. Nothing can leak there, and still the networks differ a little: they learned from other classes. The
leak is the filled dot minus the hollow one, in points: {more}.

So one leak stands out: to know the very characters, where they are hard to tell apart. The trainings were short;
longer ones, which see each character more often, were not measured.

**Choice.** Of eleven checkpoints the best on a few test tasks looks better than it is, by luck. The more tasks, the
less. This training rose to its end, so the last checkpoints were the best anyway, and there was little to choose.
""")


def spot_it(by_queries: tuple[float, float], points: Tensor, more: Tensor) -> None:
    """The interval by queries beside the one by tasks, and how far means of so many tasks really scatter.

    by_queries  mean, half-width
    points      [T, N, 1 + Q, D]: of each class a support picture and Q queries
    more        [G·T, N, 1 + Q, D]: G more such tests
    """
    tasks = by_tasks(points)
    right, groups = mean_interval(tasks, "tasks"), by_tasks(more).view(-1, len(tasks)).mean(dim=1)  # [G]
    inside = ((groups - groups.mean()).abs() <= by_queries[1]).double().mean()
    within = ((groups - groups.mean()).abs() <= right.half_width).double().mean()
    print(f"by queries: {100 * by_queries[0]:.1f} ± {100 * by_queries[1]:.1f} %; by tasks: {right}")
    print(f"{len(groups)} such tests, on tasks of their own, about their common mean:")
    print(f"  within the narrow interval {100 * inside:.0f} %, within the wide one {100 * within:.0f} %")
    plots.say("""
`flatten` makes one long list of queries. They are not independent: those of a task share its classes and its support
pictures, so they are right or wrong together. What was drawn independently are the *tasks*: take the mean of each, with
`.mean(dim=1)` in place of `.flatten()`, and the lines below make the interval over tasks.
""")


def by_tasks(points: Tensor) -> Tensor:
    """[T]: the accuracy of the nearest of each task's prototypes.   points [T, N, 1 + Q, D], as in `spot_it`"""
    nearest = torch.cdist(points[:, :, 1:].flatten(1, 2), points[:, :, 0]).argmin(dim=2)  # [T, N·Q]
    truth = torch.arange(points.shape[1]).repeat_interleave(points.shape[2] - 1)
    return (nearest == truth).double().mean(dim=1)


def from_b_to_c() -> None:
    """Why the same network errs more often in exam B than in exam C."""
    results = studies.read("hands")["results"]
    figure, ax = plots.canvas(7.6, 3.3)
    plots_hands.from_b_to_c(ax, results)
    plots.show(figure, plots_hands.reading(results))
    plots.say(plots_hands.reading(results))


def emoji() -> None:
    """What the board of exam D shows."""
    plots.say(exam_d.reading())
