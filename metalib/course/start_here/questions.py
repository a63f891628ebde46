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
            ("about 15", "That is chance: one in five. It would know nothing about drawings at all."),
            ("about 35", "Comparing the pixels gets about that on average (notebook 01). This network does better."),
            ("about 45", "Networks that know less get about that. This one does better."),
            ("more than 70", "From other characters it has learned what two drawings of one character share."),
        ],
        correct=3,
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
        "The lines of one update of the training:",
        [
            ("task = five classes, or twenty, drawn from the training part", "All else reads the task."),
            ("points = f_theta(support and query pictures)", "The pictures come from the task."),
            ("c = mean of the support points, class by class", "It is a mean of `points`."),
            ("loss = cross-entropy of −‖query point − c‖² and the query labels", "It reads the prototypes `c`."),
            ("gradients = those of the loss, with respect to θ", "There is no loss to differentiate yet."),
            ("θ = θ moved by the optimiser", "The optimiser reads the gradients."),
        ],
        "It is the loop you know. The batch is a task, and the loss compares points.",
        code=True,
    )


def short_and_long() -> Question:
    """A network trained here for some seconds, beside the loaded one."""
    return Question(
        "Your network trains for some seconds, the loaded one trained for about an hour. How do they compare in "
        "accuracy on the same 200 unseen tasks?",
        [
            ("Mine is nearer to the loaded one than to an untrained one", "It still makes several times the errors."),
            ("Mine is near chance", "400 updates are enough to learn much about comparing drawings."),
            ("They are equal: both had enough", "On 200 tasks the difference is clear: its interval leaves out zero."),
        ],
        correct=0,
    )
