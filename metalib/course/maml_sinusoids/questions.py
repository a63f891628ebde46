"""What notebook 03 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question


def loss_after_one_step() -> Estimate:
    """How much of a parabola's loss is left after an inner step."""
    return Estimate(
        "A parabola of curvature a = 2, and one inner step of α = 0.2. What share of the loss is left after the step?",
        36,
        unit="%",
        within=1.5,
        between=(0, 100),
        too_low="φ − c is (1 − αa)(θ − c), and the loss is the square of it: (1 − 0.4)² = 0.36.",
        near="The distance to the optimum shrinks to 1 − αa = 0.6 of what it was, and the loss to the square of it.",
        too_high="φ − c is (1 − αa)(θ − c), and the loss is the square of it: (1 − 0.4)² = 0.36.",
        mistakes=[
            (60, "That is what is left of the *distance* to the optimum. The loss is its square."),
            (40, "αa = 0.4 is what the step takes away of the distance. 0.6 of it is left, and the loss is a square."),
        ],
    )


def one_task() -> Question:
    """Whether a slope that is too steep leads elsewhere."""
    return Question(
        "One task, one parameter, αa below 1. First-order MAML goes down its slope in small outer steps. Where does it "
        "end?",
        [
            (
                "at c, where MAML ends",
                "The factor 1 − αa is one positive number here: it changes the length of a step.",
            ),
            (
                "short of c: its slope is not the right one",
                "Not right in length. In sign it is, and it is zero at c only.",
            ),
            (
                "it does not end: it jumps from side to side",
                "With small outer steps it does not: a (1 − αa)(θ − c) points away from c on both sides.",
            ),
        ],
        correct=0,
    )


def equal_curvature() -> Question:
    """Where the four starts lie when both tasks have one curvature."""
    return Question(
        "Before you press “Give B the curvature of A” in the plane: where will the four starts go?",
        [
            (
                "They stay apart, as the optima do",
                "The optima stay apart. But with equal weights, each start is their plain mean.",
            ),
            (
                "MAML's to the middle between the optima, the others not",
                "The argument does not depend on what the weights are, as long as they are equal for both tasks.",
            ),
            (
                "All four to the middle between the optima",
                "All weights are equal then, and Σ W (θ − cᵢ) = 0 is solved by the mean of the cᵢ.",
            ),
        ],
        correct=2,
    )


def one_update() -> Ordering:
    """The lines of one update of MAML."""
    return Ordering(
        "One update of MAML, in words. Put the lines in order.",
        [
            "Draw T tasks, each with a support set S and a query set Q.",
            ("For each task: φ begins at θ.", "Without tasks there is nothing to adapt to."),
            ("Repeat k times: (a) take the support loss at φ, and its gradient g;", "There is no φ yet."),
            ("(b) then φ becomes φ − αg.", "It needs g, the gradient of the support loss."),
            ("Take the query loss at φ.", "φ has not taken its steps yet: this is about what they led to."),
            ("Take the mean of the query losses over the tasks.", "The query losses are not there yet."),
            (
                "Differentiate the mean with respect to θ, through all inner steps.",
                "What is differentiated is the mean query loss.",
            ),
            ("θ becomes θ − β times that gradient.", "It needs the gradient with respect to θ."),
        ],
        "Two losses, two gradients, two step sizes: S, g and α inside, Q, the meta-gradient and β outside.",
    )


def how_far_off() -> Question:
    """How much of a slope first-order MAML misses at worst."""
    return Question(
        "Finite differences of F decide, here for α = 0.05 and two steps. Take the parameter in which the two "
        "gradients differ most. By how much is first-order MAML's off there?",
        [
            (
                "by 1 %, about the error of the differences",
                "The differences are far more exact. What is missing is a factor for each step, and it is not near 1.",
            ),
            (
                "by 10 %: α is small",
                "α times the curvature counts. In some directions curvature is large, and there are two steps.",
            ),
            (
                "by more than 50 %",
                "α times the curvature is far from 0 in some directions, and each of the two steps has its factor.",
            ),
        ],
        correct=2,
    )


def what_is_dropped() -> Question:
    """How the part that first-order MAML drops grows with α."""
    return Question(
        "First-order MAML drops αH(θ)∇L_Q(φ). With α = 0.1 in place of 0.01, how long is this part?",
        [
            (
                "less than ten times as long",
                "H(θ) stays. But the longer step ends further down, where ∇L_Q(φ) is shorter.",
            ),
            ("ten times as long", "It would be, if φ stayed where it is. But the longer step moves φ further down."),
            (
                "more than ten times as long",
                "H is taken at θ, so it stays. And a longer step downhill brings φ to where the gradient is shorter.",
            ),
        ],
        correct=0,
    )


def joint_training() -> Question:
    """What a network becomes that is trained on the points of all waves."""
    return Question(
        "One network is trained on the points of all waves together, with the squared loss. Which function does it "
        "become?",
        [
            ("zero: the waves cancel", "They would, if phases covered a whole turn. They cover half a turn, 0 to π."),
            (
                "a sine of the mean amplitude, 2.55",
                "That would be the wave of a mean amplitude and *one* phase. Averaging over phases lowers it.",
            ),
            (
                "a cosine, upside down, of amplitude 2.55",
                "The shape is right. But the mean over phases is lower than each wave: by the factor 2/π.",
            ),
            (
                "none: it cannot converge, as the targets contradict each other",
                "The squared loss has one best answer to contradicting targets: their mean.",
            ),
            (
                "a cosine, upside down, of amplitude 1.62",
                "The mean of the waves is E[A] · E[sin(x − b)] = 2.55 · (−2/π) cos x ≈ −1.62 cos x.",
            ),
        ],
        correct=4,
    )


def before_any_step() -> Question:
    """Whose start has the lower error before it adapts."""
    return Question(
        "In the study both starts were trained for 8,000 updates: with k = 0, which is joint training, and with k = 1, "
        "MAML. *Before* any step, on new waves: how does the error of MAML's start compare?",
        [
            (
                "much lower",
                "No start can do that: before the first step it knows nothing of the wave, and joint training aims at "
                "the least error that is possible then.",
            ),
            (
                "about equal, or a little higher",
                "Joint training's start is made to be good without steps. MAML's is asked to be good one step later.",
            ),
            (
                "much higher, as it does not care where it starts",
                "It need not care. Yet MAML's start turns out to lie near the mean wave. First-order MAML's does not.",
            ),
        ],
        correct=1,
    )


def after_one_step() -> Estimate:
    """The error that a well-trained start leaves after one step."""
    return Estimate(
        "From the study's MAML start the mean squared error on new waves is 2.9 before any step. Which error does "
        "*one* gradient step on ten points of a wave leave?",
        0.63,
        factor=1.5,
        between=(0, 10),
        too_low="That low it gets after some more steps: 0.23 after ten.",
        near="One gradient step takes away four fifths of the error.",
        too_high="One gradient step takes away four fifths of the error. From joint training's start a step of the "
        "best size leaves 2.43.",
    )
