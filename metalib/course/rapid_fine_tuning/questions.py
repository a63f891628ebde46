"""What notebook 02 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

from metalib.course.kit import results
from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.evaluate import paired_interval


def from_scratch() -> Ordering:
    """What do steps make of a random start, beside networks that take none?"""
    return Ordering(
        "Four ways to answer 5-way 1-shot tasks. Put them in order, the least accurate first.",
        [
            "random weights, no step: nearest centroid, batch norm of the batch",
            (
                "the same random network and batch norm, after gradient steps on the five pictures",
                "The steps do gain something: more than guessing, and more than the network had without them.",
            ),
            (
                "notebook 01's untrained conv4, no step",
                "Two things are better there, and together worth more than the steps: max-pooling, which forgives "
                "small shifts, and a batch norm that does nothing. It has 60.9 % on exam A without any learning.",
            ),
            (
                "the pre-trained network, no step: nearest centroid",
                "Nothing that is done with five pictures comes near to what many old classes have taught.",
            ),
        ],
        "The steps gain some ten points over the random network as it is. A batch norm of six pictures costs as much, "
        "or more, and so does a stride in place of max-pooling. The old classes gain more than these three together.",
    )


def gain_in_points() -> float:
    """What full fine-tuning gained over the nearest centroid on exam A, on Omniglot, as stored."""
    tuned, centroid = (results.accuracies(name, "A", bank="Omniglot") for name in ("fine-tuned classifier", CENTROID))
    return round(100 * paired_interval(tuned, centroid).mean, 1)


CENTROID = "pre-trained classifier"  # as the results call its nearest centroid


def steps_gain() -> Estimate:
    """How much do gradient steps gain over no step at all?"""
    return Estimate(
        "Exam A on Omniglot, 600 tasks. The nearest centroid of the pre-trained features takes no step. Fine-tuning "
        "trains the same network and its new head, 113,000 weights together, on each task's five pictures. How many "
        "points of accuracy does it gain?",
        gain_in_points(),
        unit="points",
        within=0.6,
        between=(-80, 80),
        too_low="It does gain a little: the support set tells which of the features matter for these five classes.",
        near="Nearly all of the accuracy is in the features before the first step.",
        too_high="There is not so much to gain. What the old classes taught is in the features before the first step, "
        "and five pictures add little to it.",
    )


def two_lines() -> Question:
    """Where does SimpleShot stand, which takes no step?"""
    return Question(
        "SimpleShot takes no step and trains no weight. On exam A, where does it stand beside the fine-tuned network?",
        [
            (
                "behind by more than a point",
                "Five steps were worth less than a point. Two lines that suit the distance are worth more.",
            ),
            (
                "level with it: the paired interval holds zero",
                "So it looked up to here. But a distance can be a bad one for good features.",
            ),
            (
                "ahead by less than a point",
                "The two lines take out what all characters share, and how dark a drawing is.",
            ),
            (
                "ahead by more than a point",
                "There is room for it, with six errors in a hundred. But most of them lie in the features themselves.",
            ),
        ],
        correct=2,
    )


def batch_norm() -> Question:
    """Does the habit, `train()` for the steps and `eval()` for the queries, cost or gain anything?"""
    return Question(
        "Full fine-tuning of all layers on 200 tasks, each use of batch norm with its own best step size. Where does "
        "the habit (2) end, beside frozen statistics (1)?",
        [
            (
                "behind by more than a point",
                "One might think so: its queries are answered with a mixture of the old statistics and those of five "
                "pictures. The mixture is still mostly the old ones.",
            ),
            (
                "within a point of it",
                "The difference is smaller than its interval. On characters that look like the old ones, the two "
                "cannot be told apart.",
            ),
            (
                "ahead by more than a point",
                "Its statistics are a little nearer to the new classes, but the features are good with the old ones.",
            ),
        ],
        correct=1,
    )
