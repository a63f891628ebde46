"""What notebook 01 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question


def nearest_pixels() -> Estimate:
    """The accuracy of the nearest pixels, 5-way 1-shot."""
    return Estimate(
        "5-way 1-shot, characters drawn by many people. What share of the queries do the nearest pixels get right?",
        46,
        unit="%",
        within=6,
        between=(0, 100),
        too_low="Guessing gives 20 %, and pixels do know something: drawings of one character share some places.",
        near="Pixels know something. But a slanted or shifted stroke is far away in pixels.",
        too_high="A thin stroke that is moved sideways by its own width no longer overlaps itself.",
        mistakes=[(98, "That needs a network that was trained to compare drawings. Notebook 00 showed one.")],
    )


def memoriser() -> Question:
    """What class numbers tell about labels that ascend with them."""
    return Question(
        "Labels ascend with the class number: of the five classes, the one with the lowest number is label 0. A "
        "network remembers the class number of each query, and never looks at S. How often can it be right at 5-way?",
        [
            (
                "20 %: the labels are new in each task",
                "They are new, but not random: a low number mostly gets label 0.",
            ),
            ("about 30 %", "More. A class from the middle of the bank is rarely the lowest or the highest of five."),
            ("about 50 %", "The number tells roughly which rank the class has among five, and the rank is the label."),
            ("100 %: the number gives the label away", "The rank depends on the other four classes, too."),
        ],
        correct=2,
    )


def old_or_new() -> Estimate:
    """How much better the score is on old characters than on new ones, new pictures of both."""
    return Estimate(
        "20-way 1-shot, and no test picture was seen in training. How many points higher is the score on *old* "
        "characters than on new ones?",
        14,
        unit="points",
        within=6,
        between=(-80, 80),
        too_low="The network learned these characters, and not only how to compare. Alphabets are few here: three.",
        near="The pictures are new in both tests, and the characters are not. Your run may differ by a point or two.",
        too_high="Some of what it learned carries over to characters of other alphabets.",
        mistakes=[
            (0, "The pictures are new in both tests. The characters are not: the network learned the old ones."),
        ],
    )


def fair_project() -> Ordering:
    """The order of the steps of a fair project."""
    return Ordering(
        "From a folder of 50 alphabets to a number in a report. Put the steps in order.",
        [
            "Split the alphabets, each with all its turns: training, validation, evaluation",
            "Turn every character by 90°, 180° and 270°: three more classes",
            (
                "Meta-train networks on tasks of training classes",
                "Training needs its classes first: those of the split, and their turned copies.",
            ),
            (
                "Choose one of the networks by tasks of validation classes",
                "There must be trained networks to choose from.",
            ),
            (
                "Score the chosen one on tasks of evaluation classes",
                "Who has seen this score may choose nothing any more: it comes last.",
            ),
        ],
        "Every choice comes before the one look at the evaluation classes. The split comes before all training. "
        "You may turn before it or after it, as long as all turns of an alphabet stay on one side.",
        also=[(1, 0, 2, 3, 4)],
    )


def max_pooled() -> Question:
    """How much of the untrained network's lead max-pooling alone has."""
    return Question(
        "In exam A on Omniglot, the nearest pixels get 46 % right, and untrained conv4 gets 61 %. Its four blocks have "
        "a convolution, batch norm, ReLU and max-pooling each. What do the nearest pixels reach after max-pooling "
        "*alone*, from 28 × 28 to 7 × 7?",
        [
            (
                "less than 46 %: of 16 numbers it keeps one",
                "Much is lost. But a stroke that is shifted a little falls into the same block more often than not.",
            ),
            ("about 55 %", "Max-pooling needs no weights, and comes most of the way."),
            ("about 61 %: random weights add nothing", "Nearly. But the last points are missing."),
        ],
        correct=1,
    )
