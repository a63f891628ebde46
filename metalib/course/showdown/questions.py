"""What notebook 08 asks before it shows: a function for each question; the answers live here and in the studies."""

from __future__ import annotations

from itertools import permutations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.course.showdown import grid, measured
from metalib.course.showdown.measured import BASELINE, SECONDS


def one_point() -> Question:
    """What two wide intervals on the same tasks say."""
    return Question(
        "Exam B on Omniglot, 400 tasks. The classifier's nearest centroid has 68.2 ± 1.2 %, SimpleShot, by the same "
        "network, has 69.1 ± 1.2 %. Each interval holds the other's mean. What do these 400 tasks say?",
        [
            ("that neither is better: the intervals overlap", "Overlapping intervals do not show that two are equal."),
            (
                "SimpleShot is better: it has the higher mean, and 400 tasks are many",
                "The higher mean may be luck. How much luck there is, the number of tasks alone does not tell.",
            ),
            (
                "it cannot be told yet: it takes what each reached in each of the 400 tasks",
                "Hard tasks are hard for both. Subtract within each task, and that is gone; here it is most of it.",
            ),
            (
                "the centroid may be better: its interval reaches higher than the other's mean",
                "Each interval is about one method. The question is about their difference.",
            ),
        ],
        correct=2,
    )


def tasks_for_one_point() -> Estimate:
    """How many tasks an unpaired comparison takes, where a paired one takes 343."""
    return Estimate(
        "The same two, 0.975 points apart in exam B. By your function, on the same tasks 343 are enough for a chance "
        "of 80 %. How many does it take, for each method, where each gets tasks of its own?",
        2647,
        unit="tasks",
        factor=1.6,
        too_low="Both vary on their own now, and what they share cancels no longer: the classes of a task.",
        near="Pairing saves seven of eight tasks here.",
        too_high="So far apart the two ways to compare are not; the correlation of the two is 0.87, and not 0.99.",
        mistakes=[(686, "Twice as many: so it would be if pairing halved the variance. It takes away far more.")],
    )


ORDERED = {  # of exam B; why a line cannot stand higher
    BASELINE: "It learned to sort by distances, and sorts by distances.",
    "classifier, SimpleShot": "It learned to tell thousands of classes apart, and then takes means of its features.",
    "MAML, tied rows": "It learned with tasks of five ways; an update of it takes some three times as long.",
    "untrained": "Nothing in it was learned.",
    "pixels": "A shift by two pixels is a new picture to it.",
}


def after_three_minutes() -> Ordering:
    """Five methods after three minutes of two cores, by what was measured in exam B."""
    found = measured.sat(SECONDS, "B")
    order = sorted(ORDERED, key=lambda method: -found[method]["accuracy"][0])
    right = [p for p in permutations(range(len(order))) if measured.may_stand([found[order[i]]["accuracy"] for i in p])]
    return Ordering(
        "Three minutes of two cores for each method that learns, on the same characters. Then exam B: twenty "
        "characters of one alphabet, one picture of each. Put the most right answers on top.",
        [(method, ORDERED[method]) for method in order],
        "How far they are apart, the tables say.",
        also=[p for p in right if p != tuple(range(len(order)))],
    )


def twenty_ways() -> Estimate:
    """How far MAML, trained with five ways, is behind at twenty."""
    ahead = grid.measured().of_bank["Omniglot"].ahead["MAML, tied rows"]
    five, twenty = (-100 * ahead[n, 1].mean for n in (5, 20))
    return Estimate(
        f"At 5-way 1-shot on Omniglot, MAML with tied rows is {five:.1f} points behind the prototypical network. Both "
        "learned for three minutes, MAML from tasks of five ways, the other of twenty. By how many points is it behind "
        "at 20-way 1-shot?",
        round(twenty, 1),
        unit="points",
        within=4,
        between=(-100, 100),
        too_low="Each class more is one more that a picture may be mistaken for, and MAML never met so many at once.",
        near="The heat map below has all ways and shots.",
        too_high="So far behind it is not: rows that are tied start equal, however many there are.",
    )


def where_steps_win() -> Question:
    """How the lead of a head's steps over the means changes with the number of pictures, on digits."""
    return Question(
        "Features of a network that learned to name characters. The pictures are now ten kinds of digits, by other "
        "hands and in other sizes. A head from zeros takes 1,000 steps; beside it stands the nearest mean of the same "
        "features. From 1 to 32 pictures of each digit, what becomes of the head's lead?",
        [
            (
                "it shrinks: the more pictures, the better is a mean",
                "A mean does get better, by more than twenty points. What steps learn beside it gets better still.",
            ),
            (
                "there is none: steps on so few pictures overfit",
                "They fit all 320 pictures, and that does no harm here.",
            ),
            (
                "it grows",
                "The more pictures, the more there is to learn beside a mean.",
            ),
            ("it stays as it is, small", "So it is with one picture."),
        ],
        correct=2,
    )


def spot_it() -> Question:
    """Which line confounds the comparison."""
    return Question(
        "The tasks are the same, and so is the head. Which line brings in other differences than the one that the "
        "function is called after?",
        [
            (
                "`tasks = list(stream_episodes(evaluation, spec, 100, seed=1))`",
                "Both sit these tasks: as it should be.",
            ),
            (
                '`networks = [checkpoints.load(name, device=device) for name in ("protonet", "classifier")]`',
                "Two files, two trainings. What else differs between them?",
            ),
            (
                "`embed = [networks[0][0], networks[1][0].features]`",
                "The classifier's head names its training classes: of use here is what goes into it.",
            ),
            (
                "`a, b = (evaluate.evaluate(partial(protonet.predict, f), tasks) for f in embed)`",
                "Nearest mean for both, so that only the features differ.",
            ),
        ],
        correct=1,
    )
