"""What notebook 06 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question


def square_or_root() -> Question:
    """Do answers change when the square is left out?"""
    return Question(
        "The trained network has answered 15,000 queries. Now its squared distances are replaced by plain ones. "
        "Nothing is retrained. How many of the answers change?",
        [
            (
                "about half",
                "The probabilities change that much, and more. The answer is the nearest prototype in both.",
            ),
            (
                "a few, near the borders",
                "The borders are the same: where two squared distances are equal, so are the distances.",
            ),
            ("none", "The root of a number grows with the number: what was nearest is nearest."),
        ],
        correct=2,
    )


def cosine_cap() -> Estimate:
    """The largest probability that a bare cosine can give in a 20-way task."""
    return Estimate(
        "20 classes, the cosine with s = 1, and the best network there can be: every query has the cosine 1 with its "
        "own prototype and 0 with the 19 others. What probability does it give to the right class?",
        12.5,
        unit="%",
        within=1.5,
        between=(0, 100),
        too_low="The right class has the weight e¹ = 2.7, and each of the 19 others has e⁰ = 1: 2.7 of 21.7.",
        near="e / (e + 19). It cannot get surer, whatever it learns.",
        too_high="The right class has the weight e¹ = 2.7 only, and the 19 others have e⁰ = 1 each: 2.7 of 21.7.",
        mistakes=[
            (100, "That it would be if the others had no weight. A cosine of 0 still gives each the weight e⁰ = 1."),
            (5, "That is guessing. The right class has more weight than another, by a factor of e."),
            (73.1, "That is e / (e + 1), for two classes. Here 19 others share in it."),
        ],
    )


def after_a_hundred_updates() -> Ordering:
    """Which distance and scale make the better network of a hundred updates."""
    return Ordering(
        "Three of the five arms after 100 updates, and the network before any. Each sorts unseen characters, 5-way "
        "1-shot. Put the best on top.",
        [
            ("squared Euclid, s = 0.1", "Nothing stands above it that starts too sure, or that can never be sure."),
            (
                "squared Euclid, s = 1",
                "At first its squared distances are large, and differ by much: it is sure, and often wrong. That costs "
                "updates.",
            ),
            (
                "cosine, s = 1",
                "It can never be sure: pairs already told apart still send nearly as large a gradient as the rest.",
            ),
            ("squared Euclid, not trained at all", "A hundred updates help by every rule."),
        ],
        "So early it counts most whether the softmax starts too sure, or can never be sure. The study below has more "
        "arms and more updates.",
    )


def more_ways() -> Question:
    """Twelve 5-way tasks, or one 60-way task of the same pictures."""
    return Question(
        "Both are tested on 5-way tasks of unseen characters. Which one is better?",
        [
            (
                "twelve 5-way tasks: train as you test",
                "That is the usual advice, and here it is wrong. Four other classes may all be easy to tell apart.",
            ),
            (
                "one 60-way task",
                "Among 59 others some are likely to look alike, and the gradient may come mostly from these.",
            ),
            (
                "no difference, as both see the same pictures",
                "The pictures are the same, the comparisons are not: 59 against 4.",
            ),
        ],
        correct=1,
    )


def four_pictures() -> Estimate:
    """What is left of the squared distance of two prototypes, with four times the pictures."""
    return Estimate(
        "Take the mean squared distance of the two prototypes with one picture each as 100 %. What is it with four "
        "pictures each?",
        25.0,
        unit="%",
        within=3,
        between=(0, 100),
        too_low="The mean of four pictures still has a quarter of the variance of one.",
        near="The mean of K pictures has a K-th of the variance of one, whatever the network is.",
        too_high="It falls faster: the mean of K pictures has a K-th of the variance of one.",
        mistakes=[(50, "The distance halves. Its square falls to a quarter.")],
    )


def by_step_size() -> Question:
    """What the gain over no step looks like, over step sizes."""
    return Question(
        "Ten gradient steps on the head, from the prototypes, five pictures a class. Draw the gain in accuracy over "
        "the step size α, from 0.001 to 30. What does the curve look like?",
        [
            (
                "it climbs to a best α, then falls",
                "There is hardly anything to climb: the support loss is small from the start.",
            ),
            ("flat, then it falls", "Small steps change no answer, and large ones lose what the prototypes knew."),
            (
                "it falls from the smallest α on",
                "A step of 0.001 against a small gradient moves next to nothing: no answer changes.",
            ),
        ],
        correct=1,
    )


def in_the_plane() -> Question:
    """Within / between in the plane of the t-SNE."""
    return Question(
        "The atlas shows drawings of Omniglot. In all 64 dimensions of the loaded network, their within / between is "
        "0.34. What is it in the plane of their t-SNE?",
        [
            (
                "larger: two dimensions hold only part",
                "So it would be if the plane were a cut. t-SNE moves each point.",
            ),
            ("about the same", "That would hold if t-SNE kept distances. It keeps neighbours only."),
            (
                "about ten times smaller",
                "The right way, and not far enough: t-SNE gives up all distances but small ones.",
            ),
            (
                "about a hundred times smaller",
                "t-SNE draws neighbours close together and pushes the rest away. Its gaps are its own.",
            ),
        ],
        correct=3,
    )


def spot_it() -> Question:
    """Which line of the broken cell does what no fair test may do."""
    return Question(
        "Which line does something that no fair test may do?",
        [
            (
                "`c, query = points[:, :, 0], points[:, :, 1:].flatten(1, 2)`",
                "The first drawing of each class is its support picture, the other five are queries: as it should be.",
            ),
            (
                "`logits = -(query[:, :, None] - c[:, None]).square().sum(dim=3)`",
                "Minus the squared distance of each query from each prototype of its task: as it should be.",
            ),
            ("`p = logits.softmax(dim=1)`", "Look at which axis sums to 1."),
            (
                "`return (p.argmax(dim=2) == truth).double().mean(dim=1)`",
                "The likeliest class of each query is compared with its label, task by task: that is accuracy.",
            ),
        ],
        correct=2,
    )
