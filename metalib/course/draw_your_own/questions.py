"""What notebook 09 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question


def whose_features() -> Ordering:
    """Four kinds of features in the same tasks of emoji."""
    return Ordering(
        "Exam D's tasks: five emoji, one drawing of each, another vendor's to be named. Put the most right answers on "
        "top.",
        [
            (
                "the frozen ImageNet network",
                "It has seen no emoji, and more than a million photographs.",
            ),
            ("the emoji network, meta-trained", "It has learned from other emoji, and from nothing else."),
            ("pixels", "Vendors agree on a thing's colours more often than one would think."),
            ("the Omniglot network", "It sees no colour, and it was never told of filled shapes."),
        ],
        "What a backbone has seen decides, more than how it was trained.",
    )


def who_gains_by_length() -> Question:
    """Which features gain when each has length 1."""
    return Question(
        "Features at length 1, in the same tasks: which backbone gains clearly?",
        [
            (
                "the emoji network, trained by distances",
                "Its lengths were trained with the rest: they are part of what its distances mean.",
            ),
            (
                "the ImageNet network, trained as a classifier",
                "Nobody asked its features to be as long for one fish as for another. The gain is two points.",
            ),
            ("both", "One of the two was trained so that plain distances tell its classes."),
            ("pixels", "Their length is how bright a picture is, which helps to tell emoji: without it they lose."),
        ],
        correct=1,
    )


def left_out_alone() -> Question:
    """What leaving one picture out says, with two pictures of each class."""
    return Question(
        "Five classes, two drawings of each, pixels, the nearest class mean. On new drawings about 60 % of the answers "
        "are right. Each of the ten drawings is left out once and asked by the other nine. What does that say?",
        [
            (
                "more than 60 %: it tests on what it was made from",
                "It would, had the picture a part in its own class mean. It was left out.",
            ),
            ("about 60 %", "So it is with many pictures. Look at what is left of the asked one's class."),
            (
                "about 50 %: it learns from a picture less",
                "With one picture of *each* class about half are right. But the other classes still have two.",
            ),
            (
                "about 25 %, little more than chance",
                "The asked one's class is left with one drawing, the others have two, and their means are better.",
            ),
        ],
        correct=3,
    )


def how_sure() -> Estimate:
    """How low the accuracy may be after fifteen answers."""
    return Estimate(
        "You draw five classes, three drawings of each. All 15 are left out, and 12 of the answers are right: 80 %. "
        "How low may the accuracy well be? Give the lower end of the 95 % interval.",
        55,
        unit="%",
        within=6,
        between=(0, 100),
        too_low="Not that low: with half of the answers right in the long run, 12 of 15 would be rare luck.",
        near="Fifteen answers are few. (The interval is Wilson's, of 12 in 15.)",
        too_high="Toss a coin that lands heads in six of ten: 12 heads in 15 tosses are no great surprise.",
    )


def what_is_promised() -> Question:
    """What a threshold from one's own pictures promises of strangers."""
    return Question(
        "In the long run the threshold turns away at most 10 % of your own pictures. What does that promise of "
        "characters that are none of yours?",
        [
            ("that 90 % of them are turned away", "The 10 % are a share of *your* pictures. Strangers were not asked."),
            ("that at least 10 % of them are turned away", "They may all lie nearer to a mean than your own pictures."),
            (
                "nothing",
                "No stranger had a part in it. How many are caught depends on how strange they are to the backbone.",
            ),
            (
                "more than half, if the backbone is good",
                "That may well come out. It is a hope, which only pictures of strangers can test.",
            ),
        ],
        correct=2,
    )


def spot_it() -> Question:
    """Which line lets a picture answer for itself."""
    return Question(
        "A picture gets a part in its own answer. Which line should have left out more than it does?",
        [
            (
                "`copies = torch.roll(x, 1, dims=3)`",
                "Slightly changed copies are a good thing to learn from, and this line leaves nothing out.",
            ),
            (
                "`rest = [j for j in range(len(z)) if j != i]`",
                "Picture i is left out, and its copy stays: a pixel away, under the right name.",
            ),
            (
                "`answer = names_by(z[rest], [names[j] for j in rest], z[[i]])[0]`",
                "It asks one picture by the others, with names of the same rows: as it should be.",
            ),
            (
                "`return right / len(z)`",
                "Each of the pictures is asked once, the copies too: that is the share of right answers.",
            ),
        ],
        correct=1,
    )
