"""What notebook 07 says once a prediction was made: tables of your run and of the studies, and what they mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from metalib.course.fair_play import plots, plots_hands, studies
from metalib.course.fair_play.drawn import LEAK_OF
from metalib.course.fair_play.published import QUESTIONS, SAID
from metalib.evaluate import Interval, mean_interval, paired_interval

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
Two of nine are answered in all three tables: ways and shots. Of *queries*, *batch norm* and *transduction*, which you
will now see at work, one table of the three says something.
""")


def neighbours(found: Mapping[str, Found], bank: str) -> None:
    """Each method's right answers: five queries that pass together, and the same ones by the support set's statistics.

    found  method -> which queries -> [2, T]
    """
    head = ("", "five queries", "as one batch", "by the support set", "difference")
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
{first["together"][3]:,} tasks, that reads {_percent(first["together"])}. The same network, the same queries, and no
query that sees another: {_percent(first["alone"])}. So {_points(first["difference"])} came from the company that the
queries kept.

Company can do harm as well. Queries whose classes are drawn one by one come to {_percent(drawn["together"])}, and
five of one class to {_percent(single["together"])}. By the support set's statistics all three agree, to chance.

Both methods lose so. It is not MAML that leaks, it is the batch.
""")


def _percent(interval: Sequence[Any]) -> str:
    return f"{100 * interval[0]:.1f} ± {50 * (interval[2] - interval[1]):.1f} %"


def _points(interval: Sequence[Any]) -> str:
    return f"{100 * interval[0]:+.1f} ± {50 * (interval[2] - interval[1]):.1f} points"


def trained_and_tested() -> None:
    """The full table: trained with each of the statistics, tested with each, in any company."""
    rows = studies.read("batch-norm")["results"]["rows"]
    sets = list(dict.fromkeys(row["queries"] for row in rows))
    for method in dict.fromkeys(row["method"] for row in rows):
        lines: dict[tuple[str, str], list[str]] = {}
        for row in rows:
            if row["method"] == method:
                trained = f"{row['trained_with']}, {row['updates']:,} updates"
                lines.setdefault((trained, row["tested_with"]), []).append(_percent(row["accuracy"]))
        plots.table(
            (f"{method}, trained with", "tested with", *sets), *((*key, *cells) for key, cells in lines.items())
        )
    change = {tested: _changes(rows, tested) for tested in dict.fromkeys(row["tested_with"] for row in rows)}
    words = "; ".join(f"{tested}: {low:+.1f} to {high:+.1f}" for tested, (low, high) in change.items())
    plots.say(f"""
% right of queries in sets of 15, in tasks of exam A; ± is over tasks; one seed each.

Look along a row. What 15 queries of one class cost, in points beside 3 of each class: {words}. By the queries' own
statistics every network falls, whatever it was trained with. By the support set's or by running ones company does not
matter: the same query gets the same answer.

Look down a column. With balanced queries and the support set's statistics, networks that were trained with the
queries' own are about as good as those trained with the support set's. So the honest test is not unfair to them.
""")


def _changes(rows: Sequence[Mapping[str, Any]], tested: str) -> tuple[float, float]:
    """The least and the greatest difference of one class to balanced queries, over all networks, in points."""
    values = [
        100 * row["minus_balanced"][0]
        for row in rows
        if row["tested_with"] == tested and "of one class" in row["queries"]
    ]
    return min(values), max(values)


def soft_k_means(found: Mapping[str, Mapping[int, Tensor]]) -> None:
    """Your soft k-means on your tasks, and the study's curves.

    found  which queries -> steps -> [T, 2]: the share of right answers, and that of answers for classes without a query
    """
    head = (
        "100 queries of 20 classes",
        "no step",
        "1 step more",
        "5 steps more",
        "answers for a class without a query",
    )
    rows = []
    for name, by_steps in found.items():
        right = {n: values[:, 0] for n, values in by_steps.items()}
        gained = [paired_interval(right[n], right[0], "tasks").points() for n in (1, 5)]
        empty = [f"{100 * by_steps[n][:, 1].mean():.1f} %" for n in (0, 5)]
        rows.append((name, str(mean_interval(right[0], "tasks")), *gained, f"{empty[0]}, after five steps {empty[1]}"))
    plots.table(head, *rows)
    curves = soft_curves("B")
    figure, ax = plots.canvas(7.2, 3.2)
    plots.gains(ax, curves, title="Exam B's tasks, 20 queries: the more unequal their classes, the smaller the gain")
    ends = "; ".join(
        f"{name}: {', '.join(f'{100 * gain.mean:+.1f} after {n}' for n, gain in curve.items() if n)}"
        for name, curve in curves.items()
    )
    plots.show(figure, f"The gain of soft k-means over no step in points, against the number of steps. {ends}.")
    plots.say("""
The curves are the study's, on fewer queries. Unlabelled queries help. The more unequal their classes are, the smaller
is the gain, and with a = 0.5 many steps cost. Why, the last column tells: a class without a query still gets shares of
the others' queries, its prototype drifts towards them, and ever more answers name it.

So soft k-means is a method, and a good one where queries come in crowds. A table should say that it was used, and how
the crowd was made: hardly anyone in the world is asked for one picture of each kind.
""")


def soft_curves(exam: str) -> dict[str, dict[int, Interval]]:
    """The study's gains in one exam's tasks, with 15 or 20 queries: which queries -> steps -> gain."""
    found: dict[str, dict[int, Interval]] = {}
    for row in studies.read("soft-k-means")["results"]["rows"]:
        if row["exam"] == exam and row["n_queries"] <= 20:
            balanced = row["concentration"] is None
            name = "balanced" if balanced else f"unbalanced, a = {row['concentration']:g}"
            found.setdefault(name, {})[row["steps"]] = Interval(*row["gain"])
    return found


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


def leak_rows() -> list[tuple[str, Interval]]:
    """What leaks are worth beside an honest test: (name, points). Where nothing could leak, it is a control."""
    splits = []
    for row in studies.read("class-leaks")["results"]["rows"]:
        if row["split_by"] != "alphabet":
            leaks = row["measured_on"].startswith("the test")
            what = row["task"] if leaks else f"{row['task']}, control"
            splits.append((f"split by {row['split_by']}, {what}", Interval(*row["minus_alphabet"])))
    chosen = [
        (f"chosen on the test's {row['tasks']} tasks", Interval(*row["optimism"]))
        for row in studies.read("selection")["results"]["rows"]
    ]
    return [*sorted(splits), *chosen]


def beyond_the_control() -> dict[str, tuple[float, float]]:
    """Split and task -> what it gains more where it leaks than where it cannot, in points, and the half-width."""
    rows = dict(leak_rows())
    found = {}
    for name, leak in rows.items():
        if none := rows.get(f"{name}, control"):
            found[name] = 100 * (leak.mean - none.mean), 100 * math.hypot(leak.half_width, none.half_width)
    return found


def sizes_of_leaks() -> None:
    """What the leaks of classes and the choice on test tasks are worth."""
    rows = leak_rows()
    figure, ax = plots.canvas(7.6, 0.6 + 0.36 * len(rows))
    plots.points(ax, rows, title="What a leak adds; a control cannot leak")
    said = "; ".join(f"{name}: {100 * i.mean:+.1f}" for name, i in rows)
    plots.show(figure, f"points that each leak adds to an honest test, with controls. {said}.")
    updates = studies.read("class-leaks")["settings"]["recipe"]["updates"]
    more = "; ".join(f"{name}: {mean:+.1f} ± {half:.1f}" for name, (mean, half) in beyond_the_control().items())
    plots.say(f"""
**Splits.** The networks were trained by one recipe, for {updates:,} updates, on equally many classes, of which only a
fifth differs. Each is compared with the one that kept whole alphabets apart. The *control* asks about alphabets that
none has seen. Nothing can leak there, and still the networks differ a little: they learned from other classes. What is
left for the leak is the difference of the two, in points: {more}.

So one leak stands out: to know the very characters, where they are hard to tell apart. The trainings were short;
longer ones, which see each character more often, were not measured.

**Choice.** Of eleven checkpoints the best on a few test tasks looks better than it is, by luck. The more tasks, the
less. This training rose to its end, so the last checkpoints were the best anyway, and there was little to choose.
""")


def spot_it(by_queries: tuple[float, float], by_tasks: Tensor, groups: Tensor) -> None:
    """The interval by queries beside the one by tasks, and how far means of so many tasks really scatter.

    by_queries  mean, half-width      by_tasks  [T], accuracies      groups  [G], means of T tasks each
    """
    right = mean_interval(by_tasks, "tasks")
    inside = ((groups - groups.mean()).abs() <= by_queries[1]).double().mean()
    within = ((groups - groups.mean()).abs() <= right.half_width).double().mean()
    print(f"by queries: {100 * by_queries[0]:.1f} ± {100 * by_queries[1]:.1f} %; by tasks: {right}")
    print(f"{len(groups)} such tests, on tasks of their own, about their common mean:")
    print(f"  within the narrow interval {100 * inside:.0f} %, within the wide one {100 * within:.0f} %")
    plots.say("""
`flatten` makes one long list of queries. They are not independent: those of a task share its classes and its support
pictures, so they are right or wrong together. What was drawn independently are the *tasks*: take the mean of each, then
the interval over tasks.
""")


def from_b_to_c() -> None:
    """Why the same network errs more often in exam B than in exam C."""
    results = studies.read("hands")["results"]
    figure, ax = plots.canvas(7.6, 3.0)
    plots_hands.from_b_to_c(ax, results)
    plots.show(figure, plots_hands.reading(results))
    plots.say(plots_hands.reading(results))


COMPANY = {"one of each": "one of each class", "at random": "classes drawn one by one", "one class": "all of one class"}


def measured() -> list[tuple[str, str, str]]:
    """The rows of *What we measured*: what is compared, with what, and the difference."""
    rows = [
        (f"MAML as published, five queries in one batch, {COMPANY[row['queries']]}", "each alone", row["difference"])
        for row in studies.read("transductive-figure")["results"]["rows"]
    ]
    for exam in "AB":
        for name, curve in soft_curves(exam).items():
            rows.append((f"soft k-means, one step, exam {exam}'s tasks, {name}", "no step", curve[1]))
    for name, difference in leak_rows():
        honest = "split by alphabet" if name.startswith("split") else "the same model on fresh tasks"
        rows.append((name, honest, difference))
    return [(name, minus, _points(difference)) for name, minus, difference in rows]
