"""What notebook 05 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

import statistics

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.course.reptile import studies

AT = 300  # updates after which starts are compared, as long as the live training


def one_step() -> Question:
    """What is Reptile with one inner step?"""
    return Question(
        "Reptile with ε = 1 and one inner step of size α on each task. What is the new θ?",
        [
            (
                "a step of MAML",
                "MAML differentiates a loss at φ. Nothing here ever looks at a loss after the step.",
            ),
            (
                "a step of joint training",
                "The mean of θ − αgᵢ is θ − α · mean(gᵢ): a gradient step on the mean loss of all tasks.",
            ),
            (
                "a step of first-order MAML",
                "That one takes the gradient at φ. Here all gradients are taken at θ.",
            ),
            (
                "something new between the three",
                "Write φᵢ = θ − αgᵢ into the mean of the φᵢ, and see what remains.",
            ),
        ],
        correct=1,
    )


def median_error(arm: str) -> float:
    """The median over seeds of the study's error on new waves, after as many updates as the live training has."""
    results = studies.read("reptile-alignment")["results"]
    return statistics.median(results["arms"][arm]["error"][results["updates"].index(AT)])


def new_wave() -> Estimate:
    """How well does a start for k = 8 fit a new wave?"""
    joint = median_error("joint training")
    return Estimate(
        f"In a stored study, ten starts were trained with k = 1 for {AT} updates; there a step took 10 of a task's 20 "
        f"points. After eight steps on ten points of a new wave their median squared error is {joint:.1f}. What is it "
        "for starts that were trained with k = 8 on all 20 points, by as many gradients?",
        round(median_error("Reptile, full batches"), 2),
        factor=1.5,
        between=(0, 10),
        too_low="Eight small steps do not make a wave exact: ten points leave much of it open.",
        near="Every start saw as many gradients. What differs is where they were taken.",
        too_high="The start for k = 1 heads for the mean of all waves. Training with k = 8 "
        "pulls the start to where eight steps lead, on each of them.",
    )


def many_steps() -> Question:
    """Where does Reptile's start go for k → ∞?"""
    return Question(
        "The same equation with more and more inner steps, and α small enough that they converge. Where does Reptile's "
        "start go for k → ∞?",
        [
            (
                "it stays at the joint optimum",
                "That is k = 1. With more steps φᵢ comes nearer to cᵢ, and the weights change.",
            ),
            (
                "to the optimum of the steeper task",
                "The steep task arrives first. But in the end both arrive, and pull as far as they are away.",
            ),
            (
                "to MAML's start for as many steps",
                "MAML's weights are Mᵏ A Mᵏ. They go to zero, since after many steps no start is better than another.",
            ),
            (
                "to the mean of the optima",
                "Mᵏ → 0, so every weight becomes I. The curvature no longer counts.",
            ),
        ],
        correct=3,
    )


def for_each_descent() -> Ordering:
    """Which method weighs the inner product most against the descent?"""
    return Ordering(
        "Divide each method's coefficient of αJ by its coefficient of G, and leave the sign out. Begin with the "
        "smallest ratio: the method to which the inner product matters least beside the descent.",
        [
            "joint training",
            ("Reptile", "It has ½k(k − 1) pairs for k gradients: ½(k − 1). Joint training has none."),
            ("first-order MAML", "It has k − 1 pairs for one gradient. Reptile has half of that."),
            ("MAML", "Differentiating the steps counts each pair once more: 2(k − 1)."),
        ],
        "0, ½(k − 1), k − 1 and 2(k − 1). Reptile's first inner steps know of no other minibatch yet.",
    )


def cosine_in_training() -> Question:
    """What does the cosine of two minibatch gradients do in a long training?"""
    return Question(
        "All arms begin alike. After the first 75 updates: in which of them does the cosine of two minibatch gradients "
        "of one task go on rising, in every seed?",
        [
            (
                "in all three: joint training, Reptile with minibatches, Reptile with full batches",
                "Joint training's jumps at the start, as the others' do. After that it rises in 6 of 10 seeds.",
            ),
            (
                "in Reptile with minibatches alone",
                "Full batches have a second term, too: half the gradient of a squared length.",
            ),
            ("in both of Reptile's arms", "Both rise in every seed, with minibatches and with full batches."),
            (
                "in none of them",
                "The second term works in every update of Reptile, and its work can be seen.",
            ),
        ],
        correct=2,
    )


def disjoint() -> Question:
    """Does it matter that minibatches share no point?"""
    return Question(
        "Eight minibatches of 5 out of a task's 40 points: either one pass, so that no two share a point, or each "
        "drawn independently of the others. Which training ends with the higher cosine?",
        [
            (
                "the one with disjoint minibatches, clearly",
                "So the series suggests: only different minibatches give J. The difference that was measured is within "
                "its interval around zero.",
            ),
            ("there is no difference to be seen", "Both do the same, to within about a hundredth."),
            (
                "the one whose minibatches are drawn independently",
                "They share points now and then, and see fewer of a task's points. Neither shows in the cosine.",
            ),
        ],
        correct=1,
    )


def five_steps(untrained: float, gain: float, *, updates: int, bank: str) -> Estimate:
    """What did the live training on Omniglot add?

    untrained, gain  measured: the accuracy from the untrained start, and what the training added, as shares
    """
    long = statistics.mean(studies.accuracies("Reptile", "A", bank=bank).tolist())
    return Estimate(
        f"The trained start and the untrained one took the same five steps on the same tasks. From the untrained start "
        f"{100 * untrained:.0f} % of the answers are right. The course's Reptile, trained far longer by the paper's "
        f"recipe, has {100 * long:.0f} % in the whole exam. How many points did your {updates} updates add?",
        round(100 * gain, 1),
        unit="points",
        within=2,
        between=(-100, 100),
        too_low="The measured difference is larger. Its interval stands in the fold below.",
        near="Look at the interval, too, in the fold below: so few tasks leave some doubt.",
        too_high="A short training moves a start little, and an untrained one learns something in five steps, too.",
    )


def memory() -> Estimate:
    """How much more memory does MAML take?"""
    rows = {(row["method"], row["k"]): row["megabytes"] for row in studies.read("reptile-cost")["results"]["rows"]}
    return Estimate(
        "One outer step on one Omniglot task with k = 16 inner steps. How many times as much memory as Reptile does "
        "MAML need at its peak?",
        round(rows["MAML", 16] / rows["Reptile", 16], 1),
        unit="times",
        factor=1.5,
        between=(0.1, 100),
        too_low="MAML keeps what all 16 steps need for the way back. Reptile keeps φ, and forgets the step before.",
        near="MAML's graph grows with every step. Reptile's is that of one gradient, whatever k is.",
        too_high="Sixteen steps would make sixteen times, if a gradient were all that takes memory. The query set and "
        "the networks' own numbers do too.",
    )
