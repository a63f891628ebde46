"""What notebook 08 tells the curious: seeds, other exams, queries together, three intervals, the papers' figures."""

from __future__ import annotations

from metalib.course.kit.exams import EXAM_C
from metalib.course.showdown import measured, plots
from metalib.course.showdown.measured import BASELINE, SECONDS, in_percent, in_points, signed
from metalib.evaluate import Interval

WAYS = ("over tasks", "over tasks that share no picture", "over alphabets, bootstrap")  # as the study has them


def seeds() -> None:
    """The leads of the prototypical network, seed by seed, where several were trained."""
    pairs = measured.results(SECONDS)["pairs"]
    if not pairs:
        plots.say("One network of each method was trained: what another seed would change, these tables do not say.")
        return
    numbers = list(pairs[0]["by_seed"])
    plots.table(
        (f"{BASELINE} minus", "exam", *(f"seed {seed}" for seed in numbers), "mean"),
        *(
            (
                row["method"],
                row["exam"],
                *(in_points(row["by_seed"][seed]) if seed in row["by_seed"] else "–" for seed in numbers),
                f"{100 * row['mean']:+.1f}".replace("-", "−"),
            )
            for row in pairs
        ),
        note="Equal three minutes; each seed has other weights and other batches; ± is over tasks.",
    )


def of_reptile() -> None:
    """How fast each method got how far, and how much a factor of ten in its rate is worth: an article's claims."""
    accuracies: dict[str, list[float]] = {}
    for row in measured.results("showdown-trials")["rows"]:
        accuracies.setdefault(row["method"], []).append(100 * row["accuracy"][0])
    after, lines = measured.sat(SECONDS, "A"), []
    for name, tried in sorted(accuracies.items(), key=lambda item: -max(item[1])):
        way = name if name in after else "classifier, centroid"
        three = " / ".join(f"{value:.1f}" for value in tried)
        lines.append((name, three, f"{max(tried) - min(tried):.1f}", in_percent(after[way]["accuracy"])))
    head = ("method", "a minute, three rates, %", "largest − smallest", "360 s of CPU, exam A")
    note = "`metalib study showdown-trials`: 200 tasks of validation classes, about ± 1.5; each query alone."
    plots.table(head, *lines, note=note)
    most = {name: max(tried) - min(tried) for name, tried in accuracies.items()}
    better = [name for name, tried in accuracies.items() if max(tried) > max(accuracies["Reptile"])]
    calmer = [name for name, width in most.items() if width < most["Reptile"]]
    plots.say(f"""
The article that this course grew from says of Reptile that it *converges faster* and *is less sensitive to
hyper-parameters*. After a minute {len(better)} of the other {len(accuracies) - 1} methods are ahead of it. A factor of
ten in the rate is worth {most["Reptile"]:.1f} points to Reptile: less than to MAML ({most["MAML"]:.1f}) and first-order
MAML ({most["first-order MAML"]:.1f}), more than to the other {len(calmer)}. For Reptile and
ProtoMAML it is the inner rate, for the others the outer one; three values each, one seed. Notebook 05 has a grid of
both.
""")


def exams_c_and_d() -> None:
    """The exam that people sat, after three minutes; and the emoji, by networks that learned otherwise."""
    wrong = [
        (method, round(EXAM_C.total * (1 - row["accuracy"][0])), str(Interval(*row["accuracy"])))
        for method, row in sorted(measured.sat(SECONDS, "C").items(), key=lambda item: -item[1]["accuracy"][0])
    ]
    note = "`metalib study showdown-seconds`, three minutes of two cores; each query alone; ± by bootstrap over runs."
    plots.table(("exam C", f"wrong of {EXAM_C.total}", "right"), *wrong, note=note)
    emoji = [
        (row["method"], str(Interval(*row["accuracy"])))
        for row in measured.results(SECONDS)["of_the_course"]
        if row["exam"] == "D"
    ]
    plots.table(
        ("exam D", "right"), *emoji, note="Pictures in colour: the course's own networks, not of equal budgets."
    )


def together() -> None:
    """Exam A with all queries of a task together, which no table above has."""
    alone, found = measured.sat(SECONDS, "A"), measured.sat(SECONDS, "A", queries="together")
    lines = [(name, in_percent(row["accuracy"]), in_percent(alone[name]["accuracy"])) for name, row in found.items()]
    if lines:
        note = (
            "Three minutes of two cores. Together, queries share their batch statistics: notebook 07 says what that is."
        )
        plots.table(("exam A", "all queries together", "each alone"), *lines, note=note)


def three_intervals() -> None:
    """One result with its interval over tasks, over tasks without a common picture, and over alphabets."""
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for row in measured.results("showdown-intervals")["rows"]:
        lines.setdefault((row["method"], row["exam"]), {})[row["way"]] = (
            f"{in_percent(row['accuracy'])} ({row['accuracy'][3]})"
        )
    ways = list(dict.fromkeys(way for of in lines.values() for way in of))
    plots.table(
        ("method", "exam", *WAYS),
        *((*key, *(of.get(way, "–") for way in ways)) for key, of in lines.items()),
        note="`metalib study showdown-intervals`; in brackets over how many.",
    )
    plots.say(
        "Whoever asks for other alphabets has to read the last column; a table of accuracies mostly has the first."
    )


def beside_the_papers() -> None:
    """The published figures with ours, and the tests of what may explain the differences."""
    found = measured.results("showdown-published")
    lines = [
        (
            f"{row['method']}, {row['task']}",
            row["batch_norm"],
            _as_printed(*row["published"]),
            f"{100 * row['ours'][0]:.1f} ± {50 * (row['ours'][2] - row['ours'][1]):.1f}",
            signed(row["difference"]),
            (row["test"] or "none: unexplained") if row["apart"] else "within the intervals",
        )
        for row in found["rows"]
    ]
    head = ("what", "batch norm at test", "published, %", "ours, %", "points", "the test that bears on it")
    plots.table(head, *lines, note="`metalib study showdown-published`.")
    tests = [(of["test"], case, in_percent(result)) for of in found["tests"] for case, result in of["found"].items()]
    plots.table(("test", "case", "right"), *tests, note="Differences, which have a − in their name, are in points.")
    plots.say("""
**A test accounts for it.** Prototypical networks, 5-way 1-shot: their split keeps alphabets apart, but for four
characters; on whole alphabets (the file `protonet`) ours is not told apart from it. First-order MAML: with the
paper's steps ours is level; the lead is that of more and smaller steps.

**Unexplained, with one hypothesis that was tested.** Prototypical networks, 20-way: whole alphabets take less than half
of the lead. Reptile: its paper's test characters are not turned; without turns ours is no better. MAML: its paper
averages the last features over places; after a short training of one seed that was ahead of ours, so it does not look
like the reason.
""")


def _as_printed(percent: float, half: float | None) -> str:
    return f"{percent:g} ± {half:g}" if half else f"{percent:g}"
