"""What notebook 08 says of gradient steps: those of a head beside the nearest mean, and those of the study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor

from metalib.course.showdown import grid, measured, plots
from metalib.course.showdown.measured import Pair, in_percent, in_points, points, standing
from metalib.course.showdown.project import DIGITS
from metalib.course.showdown.steps_from import METHODS

MEANS = "nearest mean"


def steps_of_a_head(found: Mapping[tuple[str, int], Mapping[Any, Tensor]], paired: Callable[..., Pair]) -> None:
    """A linear head after some numbers of steps, minus the nearest mean of the same features.

    found  (pictures, shots) -> "nearest mean" or a number of steps -> [T]      paired  your function
    """
    steps = [name for name in next(iter(found.values())) if name != MEANS]
    lines = []
    for (what, k_shot), of in found.items():
        leads = [points(paired(of[n], of[MEANS])) for n in steps]
        lines.append((f"{what}, {k_shot} of each", f"{100 * float(of[MEANS].mean()):.1f} %", *leads))
    heads = (f"{n:,} step{'s' * (n > 1)}" for n in steps)
    plots.table(
        ("pictures", MEANS, *heads), *lines, note="10-way; steps minus means in points, by your paired_interval."
    )
    last = {key: paired(of[steps[-1]], of[MEANS]) for key, of in found.items()}
    words = "; ".join(
        f"{what}, {k} of each: {standing((mean, mean - half, mean + half))} the means"
        for (what, k), (mean, half) in last.items()
    )
    tutorial = measured.results("showdown-steps")["tutorial"]
    steps_at_most, means_at_most = (tutorial[name][-1] for name in ("ProtoMAML", "prototypes"))
    plots.say(f"""
After {steps[-1]:,} steps, {words}.

**Here is a place.** On digits the lead of the steps grows with the number of pictures. At this rate they have to be
many: with several pictures of each, ten steps are not ahead of the means. All digit tasks are the same ten classes of
one data set, so ± is about other drawings of these, and says nothing of other far pictures.

The tutorial: level up to 4 pictures of each; at {tutorial["shots"][-1]} ProtoMAML has {steps_at_most} % and the
prototypes {means_at_most} %. Those are two trainings, and all layers move.

An explanation, which was not measured: a mean takes every direction of the features for as good as any other. Where
the features were made for such pictures, they are. Farther off some directions only vary within a class; steps learn to
pass them over, once there are pictures to learn it from.
""")


def of_rates() -> None:
    """Why MAML falls with more pictures than it learned with: its inner rate."""
    found: dict[tuple[int, int], dict[float, list[Any]]] = {}
    for row in measured.results(grid.STUDY)["rates"]:
        found.setdefault((row["n_way"], row["k_shot"]), {})[row["rate"]] = row["accuracy"]
    rates = list(next(iter(found.values())))
    lines = [(f"{n}-way {k}-shot", *map(in_percent, of.values())) for (n, k), of in found.items()]
    head = ("MAML, tied rows", *(f"rate {rate:g}" for rate in rates))
    plots.table(head, *lines, note=f"`metalib study {grid.STUDY}`, 40 tasks a cell on Omniglot.")
    plots.say(f"""
MAML learned with five classes and one picture of each, at the rate {rates[0]:g}. The start that it found suits *that*
step. With more pictures at 5 and 10 ways the same step goes too far; a smaller one repairs it. (At 20 ways more
pictures help at the large one, too. Why, was not measured.) So a heat map of MAML is one of a rate: whoever changes N
or K has to choose the rate anew, on validation classes. Means have nothing to choose.
""")


def steps_and_prototypes() -> None:
    """Where steps win: accuracies by shots in three domains, and the crossings."""
    names = ("prototypes", *METHODS)
    domains = {
        domain: {
            name: {k: measured.at_chosen_steps(domain, k)[name] for k in measured.steps(domain, name)} for name in names
        }
        for domain in ("Omniglot", "glyphs", DIGITS)
    }
    figure = plots.by_shots(domains, title="After the steps that validation chose: where do steps win?")
    ends = "; ".join(
        f"{domain}, with most pictures: " + ", ".join(f"{name} {in_percent(of[max(of)])}" for name, of in lines.items())
        for domain, lines in domains.items()
    )
    plots.show(figure, f"10-way accuracies by the number of pictures, in three domains. {ends}.")
    lines = [
        (f"{domain}, {which}", *(_where(measured.leads(domain, name, in_hindsight=late)) for name in names[1:]))
        for domain in ("Omniglot", "glyphs", DIGITS)
        for which, late in (("chosen steps", False), ("best in hindsight", True))
    ]
    plots.table(
        ("ahead of the prototypes, with … pictures", *names[1:]),
        *lines,
        note="`metalib study showdown-steps`; paired, above 0. Hindsight: the steps that were best in each cell.",
    )
    worth = measured.results("showdown-steps")["worth"]
    shots = sorted({k for of in worth.values() for leads in of.values() for k in leads}, key=int)
    plots.table(
        ("steps minus their start", *(f"{k} picture{'s' * (k != '1')}" for k in shots)),
        *(
            (f"{method}, {domain}", *(in_points(of[k]).removesuffix(" points") if k in of else "–" for k in shots))
            for method, domains in worth.items()
            for domain, of in domains.items()
        ),
        note=(
            "The same features on both sides, in points, after the chosen number of steps. ProtoMAML starts at its own "
            "prototypes; for the others the nearest mean of the classifier's features stands for the start."
        ),
    )


def what_steps_win() -> None:
    """The same in words: where they win, what they are worth on the same features, and the trap."""
    few, many = 1, max(measured.steps(DIGITS, "prototypes"))
    probe = measured.leads(DIGITS, "linear probe")
    worth = measured.results("showdown-steps")["worth"]["linear probe"][DIGITS]
    chosen = {row["method"]: row["steps"] for row in measured.results("showdown-steps")["chosen"]}
    proto = measured.steps(DIGITS, "ProtoMAML")[many]
    means = measured.steps(DIGITS, "prototypes")[many][0]
    most = max(proto)
    plots.say(f"""
**Near the training no method with steps is clearly ahead of the prototypical network.** (Of 32 intervals one, of a
centred head on glyphs with ten pictures, just leaves out 0.) Over the mean of their *own* features, heads gain up to
three points on glyphs with one picture. **On digits all four are ahead with one and two pictures, and the two linear
heads with every number**: the probe by {in_points(probe[few])} with {few} and {in_points(probe[many])} with {many}.
Part of that is due to the features. On the same features its steps are worth {in_points(worth[str(few)])} and
{in_points(worth[str(many)])} over the mean.

**The trap.** ProtoMAML's {chosen["ProtoMAML"]} steps were chosen on characters, where it hardly matters. On digits so
few large steps do harm, the more pictures the more: {in_percent(proto[chosen["ProtoMAML"]])} with {many} of each,
where no step at all has {in_percent(proto[0])}, {most} have {in_percent(proto[most])}, and the prototypes
{in_percent(means)}. So the crossing of the tutorial is here, too; but whoever chooses the number of steps on what was
learned from may miss it. Hold out pictures of what is new, and choose on those.
""")


def _where(leads: Mapping[int, Sequence[Any]]) -> str:
    """The numbers of pictures at which a lead's interval lies above 0."""
    return ", ".join(str(k) for k, lead in sorted(leads.items()) if lead[1] > 0) or "none"
