"""What notebook 00 asks before it shows; the answers are told by their feedback."""

from __future__ import annotations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question


def how_many_right() -> Question:
    """Of 75 queries, by a trained network that has never seen their classes."""
    return Question(
        "A network gets these five labelled drawings. It has never seen these characters. How many of the 75 queries "
        "does it get right?",
        [
            ("0 to 24", "Chance gives 15: one in five. It would know next to nothing about drawings."),
            ("25 to 39", "Comparing the pixels gets about that on average (notebook 01). This network does better."),
            ("40 to 54", "More than comparing pixels does, but this network has seen many other characters."),
            ("55 to 69", "That is a good guess, and still too low: it makes fewer errors."),
            ("70 to 75", "From other characters it has learned what two drawings of one character share."),
        ],
        correct=4,
    )


def half_the_interval() -> Estimate:
    """How many times the episodes halve the interval."""
    return Estimate(
        "By what factor must the number of episodes grow, so that the interval is half as wide?",
        4,
        unit="times",
        share=0.02,
        between=(1, 1000),
        too_low="The half width falls with the *root* of n. Put 2n in place of n in the formula, and see what is left.",
        near="The half width falls with √n, so n has to grow by 2². Ten times narrower takes a hundred times the work.",
        too_high="Put your factor times n in place of n in the formula: the interval gets narrower than half.",
        mistakes=[(2, "Twice the episodes make it narrower by √2 only, which is 1.4.")],
    )


def one_update() -> Ordering:
    """The lines of one update of meta-training."""
    return Ordering(
        "The lines of one update of the training. One line too many is among them: put it last.",
        [
            ("draw classes from the training part, and pictures of each", "All else reads the pictures."),
            ("hand support and query pictures to the network", "The pictures are not drawn yet."),
            ("take the mean of the support points, class by class", "There are no points yet."),
            ("take the cross-entropy of minus the squared distances", "Distances to what? The means are missing."),
            ("take the gradients with respect to θ", "There is no loss to differentiate yet."),
            ("let the optimiser move θ", "It needs the gradients first."),
            "give the network one output for each class drawn",
        ],
        "It is the loop you know. The batch is a task, and the loss compares points. No output stands for a class: the "
        "next task has others.",
    )


def untrained_network() -> Estimate:
    """The accuracy of a conv4 with random weights, by the nearest prototype."""
    return Estimate(
        "The network with random weights has seen no picture at all. What is its accuracy on the 200 unseen tasks, "
        "5-way 1-shot?",
        60,
        unit="%",
        within=6,
        between=(0, 100),
        too_low="Random weights do not throw the drawing away: drawings that look alike still get points that are "
        "near each other.",
        near="It has learned nothing, and is far above chance. Notebook 01 asks why.",
        too_high="It was not trained, so it cannot know which differences between drawings matter.",
        mistakes=[(20, "That is chance: its points would have nothing to do with the drawings.")],
    )
