"""What notebook 04 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question


def one_update() -> Ordering:
    """The parts of an outer update."""
    return Ordering(
        "One outer update of MAML. Put its parts in order.",
        [
            "Draw tasks: for each a support set S and a query set Q",
            ("Take the gradient of the support loss at θ", "It needs the support set of a task."),
            ("Make φ: go from θ by −α times that gradient", "It needs the inner gradient."),
            ("Take the loss of φ on the queries", "It needs φ."),
            ("Differentiate the mean of these losses with respect to θ", "It needs the query losses of all tasks."),
            ("Let Adam move θ", "It needs the outer gradient."),
        ],
        "φ is thrown away after each task. What is learned is θ.",
    )


def fixed_labels() -> Estimate:
    """What a start knows of labels that a class always has."""
    return Estimate(
        "MAML was trained for 300 updates of 8 tasks, with one inner step, on 100 classes; class c always had the "
        "label c mod 5. Its start answers queries of these classes, *before* any inner step. How many are right? "
        "(Chance is 20 %.)",
        54.7,
        unit="%",
        within=10,
        between=(0, 100),
        too_low="The support set was never needed, so the outer gradient also rewarded remembering.",
        near="About half of the classes' labels were learned by heart, beside the adaptation.",
        too_high="It could get there. In 300 updates it did not: a step on S is the easier way to the same answer.",
        mistakes=[
            (20, "That holds for shuffled labels. Here a class keeps its label, and the start can remember it."),
            (100, "It could get there with time. In 300 updates it did not: a step on S also gives the answer."),
        ],
    )


def loss_before_a_step() -> Estimate:
    """The support loss of MAML's trained start before a step."""
    return Estimate(
        "MAML's start, after 8,000 updates on shuffled labels, on new 5-way tasks: what is its support loss *before* "
        "any inner step? (The mean cross-entropy, in nats.)",
        1.61,
        unit="nats",
        within=0.15,
        between=(0, 10),
        too_low="That would take an opinion on which character is label 0, and a right one. It is drawn anew in each "
        "task.",
        near="The logarithm of 5: with no opinion, each of the five labels has the probability 1/5.",
        too_high="A sure and wrong guess costs more than no opinion: with 1/5 for each label it is the logarithm of 5.",
        mistakes=[
            (0.0, "That is what is left after the step. The labels of this task come with S."),
            (0.2, "1/5 is the probability of the right label. The loss is its negative logarithm."),
        ],
    )


def answers_before_a_step() -> Question:
    """How the answers of the two starts are spread before the step."""
    return Question(
        "Both trainings have shuffled labels. Look at their starts before the inner step, when nothing is known of a "
        "task. How are their answers spread over the five labels at the end?",
        [
            (
                "evenly, or nearly, with both",
                "No label deserves more than the others, and one of the two gradients still makes one grow.",
            ),
            (
                "with both, nearly all answers are one label",
                "One of the two gradients sees that its step overshoots, and keeps the labels level.",
            ),
            ("with first order, nearly all are one label", "It does so in every run. Why comes next."),
            (
                "with the exact gradient, nearly all are one label",
                "It is the other one. The exact gradient knows how the step answers to a label that leads.",
            ),
        ],
        correct=2,
    )


def ten_steps() -> Question:
    """Ten steps at test after training with one."""
    return Question(
        "MAML's start was trained for one inner step. At test you take ten. What happens to the accuracy on new "
        "classes?",
        [
            (
                "it falls: ten steps overfit five pictures",
                "A fair fear. But after one step the support loss is near zero, and so is its gradient.",
            ),
            ("hardly anything", "After the first step there is little gradient left."),
            ("it rises by several points", "The support set is fitted after the first step: what would a tenth add?"),
        ],
        correct=1,
    )


def twenty_way_steps() -> Ordering:
    """Which step size is best at 20-way, with one step in training and at test."""
    return Ordering(
        "MAML at 20-way, trained and tested with one inner step on the mean loss, 3,000 updates, three seeds. Which "
        "step size was best on validation classes? The best on top.",
        [
            "α = 1.0",
            ("α = 2.0", "It is the sum's step. Good, and a little too long."),
            ("α = 0.4", "It was the best at 5-way. With four times the classes a mean has smaller parts."),
            ("α = 0.1", "It is the printed one, and on the mean it is the worst of the four."),
        ],
        "The best α is larger than at 5-way. A mean over N classes divides each class's part of the gradient by N.",
    )


def head_alone() -> Question:
    """Adapting the head alone at test."""
    return Question(
        "MAML's start was trained with all layers adapting. At test, only the head adapts. What happens to the "
        "accuracy on the same tasks?",
        [
            ("it hardly changes", "The features are good before any step, and the head can use them as they are."),
            (
                "it falls by many points",
                "That would be so if the body's step made the features. They are there before.",
            ),
            ("it falls to chance", "The head's rows still adapt: they see S."),
        ],
        correct=0,
    )


def spot_it() -> Question:
    """Which line of the broken cell spoils the answers."""
    return Question(
        "Which line spoils the answers?",
        [
            (
                "`phi = adapt(start, theta, task.support_x, task.support_y, alpha, 3)`",
                "Each task starts from θ, and adapts to its own support set, as it should.",
            ),
            (
                "`logits = functional_call(start, phi, (task.query_x[of_class],))`",
                "Think of what batch norm does with fifteen pictures of one character.",
            ),
            (
                "`hits[label] += (logits.argmax(dim=1) == label).sum().cpu()`",
                "All pictures of the batch have that label, so this counts the right answers.",
            ),
            ("`print(...)`: the number of queries of a class is wrong", "60 tasks with 15 queries a class: 900."),
        ],
        correct=1,
    )
