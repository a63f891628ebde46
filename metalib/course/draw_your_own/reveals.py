"""What notebook 09 says once a prediction was made: tables of your run and of the studies, and what they mean."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own import measured, plots
from metalib.course.draw_your_own.measured import NAMED, NETWORKS, PICTURES, USUAL, in_percent, in_points
from metalib.evaluate import Interval, mean_interval, paired_interval
from metalib.few_shot.estimates import Estimate
from metalib.few_shot.heads import UNIT_SCALE


def of_the_folder(answers: Sequence[str], truth: Sequence[str]) -> str:
    """What the figure of the new emoji shows, in words."""
    wrong = [f"{t} is taken for {a}" for a, t in zip(answers, truth, strict=True) if a != t]
    right = len(truth) - len(wrong)
    return f"{len(truth)} new emoji with the names that they get: {right} are right. {'; '.join(wrong)}"


def whose_features(found: Mapping[tuple[str, str], Tensor]) -> None:
    """Accuracies of your functions in exam D's tasks, and the ImageNet network's from the study.

    found  (backbone, "plain" or "unit length") -> [T]
    """
    study = measured.borrowed()
    lines = []
    for name in ("pixels", "omniglot", "emoji"):
        plain, unit = (found[name, length] for length in ("plain", "unit length"))
        values = [str(mean_interval(plain, "tasks")), paired_interval(unit, plain, "tasks").points()]
        lines.append((NAMED[name], *values, "your functions"))
    of_study = study["photos", "plain"]["accuracy"], study["photos", "unit length"]["minus_plain"]
    right, gain = (Interval(mean, low, high, n, "tasks") for mean, low, high, n, _ in of_study)
    values = [str(right), gain.points()]
    lines.append((NAMED["photos"], *values, "`metalib study borrowed-features`"))
    note = "Exam D: five emoji, one drawing of each, another vendor's to be named. Differences are task by task."
    plots.table(("features", "right, as they come", "at length 1, minus that", "by"), *lines, note=note)
    _what_it_means(study)


def _what_it_means(study: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    """The same in words.   study  (backbone, length) -> its row"""
    handwriting, pixels = study["omniglot", "plain"], study["pixels", "plain"]
    photos, pale = study["photos", "unit length"], study["pixels", "unit length"]
    as_they_come = in_points(study["photos", "plain"]["minus_emoji"])
    more = 100 * -handwriting["minus_emoji"][0]
    kinds = "; ".join(
        f"{kind}: {in_percent(photos['halves'][kind])} beside {in_percent(emoji)}"
        for kind, emoji in study["emoji", "plain"]["halves"].items()
    )
    plots.say(f"""
**The network of handwriting is behind plain colours.** Of five characters that it never saw it names over
98 % (exam A). Of emoji it names {in_percent(handwriting["accuracy"])}, and bare pixels
{in_percent(pixels["accuracy"])}. It sees no colour, and it was never told of filled shapes. It raises no error.

**A network of the same kind that sees colour, meta-trained on other emoji, is {more:.0f} points better.** And the
ImageNet network, which never saw an emoji or a task, is {_beside(photos["minus_emoji"])} it: by
{in_points(photos["minus_emoji"])} at length 1 ({as_they_come} as its features come). That lead comes from the things
that photographs show; on faces and signs the two are level (the ImageNet network at length 1 beside the emoji
network; {kinds}).

**Length 1** is worth {in_points(photos["minus_plain"])} to the features of photographs: as a classifier's they were not
trained to be as long for one picture of a thing as for another. Features that were trained by distances gain nothing.
Pixels lose ({in_points(pale["minus_plain"])}): how bright a picture is helps to tell emoji apart.
`FewShot` takes length 1 for borrowed networks, and leaves the course's own as they are.

What follows for your pictures: look for a backbone that knows their kind. Meta-training pays where no borrowed network
does, and where there are hundreds of other classes to learn from.
""")


def _beside(difference: Sequence[Any]) -> str:
    low, high = difference[1:3]
    return "level with" if low <= 0 <= high else "ahead of" if low > 0 else "behind"


def left_out_alone(rows: Mapping[str, Sequence[float]]) -> None:
    """What leaving one picture out says of the tasks, beside the truth.   rows  name -> a share for each task"""
    _table_of_tasks(rows, ("left out alone", "truth, two of each", "truth, one of each"))
    alone = {shots: measured.the_way(measured.ALONE, shots) for shots in (2, 5)}
    said = "; ".join(
        f"{shots} pictures: {in_percent(row['estimate'])} where the truth is {in_percent(row['truth'])}"
        for shots, row in alone.items()
    )
    plots.say(f"""
It is far too low, though nothing was tested on what it was made from. The picture that is left out leaves its own
class with *one* drawing, and the other classes have two. Let V be how far, in squares, pictures of a class scatter
about their true mean. Its own class's mean, of one picture, is 2 V away; another class's, of two, is Δ² + 1.5 V, with
Δ between the two true means. So in each of these questions every wrong class has a start of V/2.

`FewShot` takes this start off: a mean of n pictures is off by V/n in squared distance, in expectation, with V told from
the scatter within your classes. That is the one thing more that it does, and why yours was compared with it only where
all classes have equally many pictures.

More pictures make the fault smaller. Digits, by the features of a classifier of characters at length 1: {said}
({alone[2]["truth"][3]} tasks each; `metalib study honest-estimates`).
""")


def one_of_each(rows: Mapping[str, Sequence[float]]) -> None:
    """The same tasks, one of each class left out at a time."""
    _table_of_tasks(rows, ("one of each left out", "truth, one of each", "truth, two of each", "left out alone"))
    plots.say("""
Now each class is one picture short, and the figure agrees with the truth for **one picture less**. With all your
pictures it is usually higher. By how much, these rounds do not tell; `FewShot.estimate` gives an interval for it below.
""")


def _table_of_tasks(rows: Mapping[str, Sequence[float]], names: Sequence[str]) -> None:
    lines = [(name, str(mean_interval(torch.tensor(rows[name]), "tasks"))) for name in names]
    note = "5-way tasks of the bank in use, two drawings of each class, pixels; the truth is that of 75 new drawings."
    plots.table(("", "right"), *lines, note=note)


def own_estimate(shares: Tensor, theirs: Estimate, whose: str) -> None:
    """How good the classifier of the drawn classes is, by the learner's rounds and by `metalib`.

    shares  [R], one a round      theirs  what `FewShot.estimate` says
    """
    rounds = ", ".join(f"{100 * share:.0f} %" for share in shares.tolist())
    print(f"by your function, round by round: {rounds}; in the mean {100 * float(shares.double().mean()):.1f} %")
    plots.say(f"`FewShot.estimate()` says of {whose}: {theirs}")
    held = f"{math.floor(1000 * measured.lowest_hold()) / 10:.1f}"  # "at least": rounded down
    widths = {shots: [100 * row["width"][0] for row in measured.ways(USUAL, shots=shots)] for shots in (5, 2)}
    narrow, wide = (f"{min(of):.0f} to {max(of):.0f}" for of in widths.values())
    plots.say(f"""
Its mean is over five shuffles of who is asked with whom, so it may differ a little from yours. **Believe the
interval, not its middle.** In the study, whose tasks have a known truth, an interval of this kind held it in at least
{held} % of the tasks, for each network, kind of pictures and number of shots that was tried. The price is its width:
in the mean {narrow} points with five pictures a class, {wide} with two.
""")


WINNERS = (
    "`metalib study honest-estimates`, tasks with a known truth. Six: two networks and pixels, each with both heads. "
    "Too good: against the truth with one picture less. Behind the best: of the six, with all pictures."
)


def winner() -> None:
    """What the first of several is worth."""
    lines = [
        (
            f"{PICTURES[row['bank']]}, {row['shots']} pictures a class",
            in_percent(row["said"]),
            in_points(row["too_good"]),
            in_points(row["said_too_good"]),
            in_points(row["behind_the_best"]),
            f"{100 * row['told_apart']:.0f} %",
        )
        for row in measured.winners()
    ]
    head = ("six compared", "figure of the first", "too good by", "`compare` says", "behind the best", "told apart")
    plots.table(head, *lines, note=WINNERS)
    plots.say("""
Whoever is first among several was also lucky. Its figure is too good; `compare` draws the pictures anew, chooses
again, and so says by roughly how much: for digits closely, for characters up to three times too much. A few pictures
tell few rivals apart (the last column). But the choice itself does little harm: what is chosen is seldom far behind
the truly best.
""")


def none_of_these(inside: Tensor, strangers: Tensor, limit: float, false_alarms: float) -> None:
    """Distances of left-out pictures and of strangers, and what the threshold does with them.

    inside  [n]      strangers  [M]
    """
    figure, ax = plots.canvas(7.4, 2.4)
    plots.distances(ax, inside, strangers, limit)
    caught = float((strangers > limit).double().mean())
    n = len(inside)
    promise = f"in the long run at most {100 * false_alarms:.0f} % of your own pictures"
    plots.show(
        figure,
        f"Distances to the nearest class mean: {n} left-out pictures of the classes, and {len(strangers)} characters "
        f"of no class. The threshold is {limit:.3g}; {100 * caught:.0f} % of the strangers lie beyond it.",
    )
    if math.isinf(limit):
        plots.say(f"""
{n} left-out pictures can promise no less than {100 / (n + 1):.1f} % false alarms, so nothing is turned away. Draw
more, or promise less.
""")
        return
    plots.say(f"""
The threshold turns away {promise}, and {100 * caught:.0f} % of {len(strangers)} characters of no class. The
first is a promise, by counting places: it holds on average over many such sets of pictures, and not for each of them.
The second is none: it depends on how strange the strangers are.
""")


def promises() -> None:
    """Stated and measured false alarms, and what was caught."""
    lines = [
        (
            f"{PICTURES[row['bank']]}, {NETWORKS[row['network']]}",
            f"{row['shots']}",
            f"{100 * row['promised']:.0f} %",
            in_percent(row["false_alarms"]),
            in_percent(row["caught"]),
            in_percent(row["caught_far"]),
        )
        for row in measured.alarms(0.1)
    ]
    head = ("pictures, network", "a class", "promised", "false alarms", "other classes caught", "other kind caught")
    plots.table(head, *lines, note="`metalib study honest-estimates`: tasks of five classes; ± is over tasks.")
    plots.say("""
False alarms stay below what was promised: places are whole numbers, so the share is rounded down, and left-out pictures
are farther away than new ones, as one picture less made their means. What is caught is another matter. Most
pictures of another kind are caught. Of classes like your own fewer may be: of other digits a quarter to a half.
""")


def how_sure() -> None:
    """Mean probability and share of right answers, by the scale of the logits."""
    lines = [
        (
            f"{PICTURES[row['bank']]}, {NETWORKS[row['network']]}",
            row["scale"],
            f"{100 * row['confidence']:.1f} %",
            f"{100 * row['accuracy']:.1f} %",
            f"{100 * row['calibration_error']:.1f} points",
        )
        for row in measured.probabilities(shots=5)
    ]
    head = ("pictures, network", "scale", "says", "is right", "gap")
    note = (
        "`metalib study honest-estimates`, five pictures a class. Gap: answers are sorted into ten ranges of what is "
        "said. In each, said minus right, without its sign; then the mean over all answers."
    )
    plots.table(head, *lines, note=note)
    plots.say(f"""
The head's own scale is {UNIT_SCALE:g} at length 1, and 1 otherwise. What is said and what is right agree best where
the scale was then chosen by left-out pictures, as `FewShot` does; one that fits these pictures may be far off for
others. With one picture of a class none can be left out. Then read a probability as an order: which pictures are surer
than others.
""")


def spot_it(suspicious: float, honest: Tensor, truth: float) -> None:
    """The share with copies on both sides, beside the one where they were made after the split, and the truth."""
    print(f"as in the cell: {100 * suspicious:.1f} %")
    print(
        f"one of each left out, copies made of the others: {100 * float(honest.double().mean()):.1f} % (two drawings)"
    )
    print(f"17 new drawings of each character: {100 * truth:.1f} % (three drawings)")
    plots.say("""
`rest` leaves out row i only. Its copy, half the table away and one pixel to the side, stays in the support, in the
asked picture's own class mean. Split first: leave out one drawing of *each* character, and make the copies of the
others alone. To learn from changed copies is good. (The honest figure has one drawing less, and 60 answers: it may fall
on either side of the last one.)
The same happens with two photographs of one burst, with frames of one film, and with a picture that was downloaded
twice. `FewShot.from_folder` says where two files are equal. That two pictures are of the same moment, only you know.
""")
