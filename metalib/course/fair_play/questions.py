"""What notebook 07 asks before it shows: a function for each question; the answers live here alone."""

from __future__ import annotations

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question


def three_tables() -> Question:
    """Which difference between three published rows means what it seems to mean."""
    return Question(
        "Which of these differences has one cause only, as far as the three tables tell?",
        [
            (
                "98.8 − 98.7: prototypical networks are a little better than MAML",
                "A tenth of a point, and MAML's interval alone is four tenths. Queries, batch norm and training "
                "differ too, and the tables do not say how.",
            ),
            (
                "98.7 − 95.39: MAML is three points better than Reptile",
                "MAML's figure is transductive, and this one of Reptile is not.",
            ),
            (
                "97.68 − 95.39: Reptile gains by transduction",
                "One table, one method, one kind of task; only who passes with a query is another.",
            ),
            (
                "98.8 − 97.68: prototypical networks are a point better than Reptile",
                "Here Reptile's queries see one another, and those of the prototypical network do not.",
            ),
        ],
        correct=2,
    )


def who_passes_together() -> Ordering:
    """Four ways to ask the same network the same kind of question."""
    return Ordering(
        "MAML's network as published, after its steps on a task's support set. The task has 25 queries, five of each "
        "class. Five of them are asked, in four ways. Put the most right answers on top.",
        [
            ("together, one of each class", "Each class has its share of the batch, as in training."),
            ("each with the support set, and no other query", "Its answer does not hang on who else is asked."),
            ("together, five of the 25 at random", "Some class comes twice or more, and others not at all."),
            ("together, all of one class", "What the five have in common, their class, is in their mean."),
        ],
        "The mean of a batch is subtracted from each picture. With one of each class it holds no class; with one class "
        "only it holds what tells that class.",
    )


def trained_as_tested() -> Question:
    """What support statistics make of networks that were trained with other ones."""
    return Question(
        "MAML was trained twice, for as long: once with the queries' own statistics, once with the support set's. Both "
        "are tested with the support set's, so that no query sees another. What about the first one, which never met "
        "these statistics for its queries?",
        [
            ("it falls to chance", "Its features are the same. Mean and variance are only measured on other pictures."),
            (
                "it is well behind the second one",
                "So one would fear. But its inner steps took the support set's statistics all along.",
            ),
            (
                "it is about as good",
                "To be trained with the queries' own does not make a network that needs them.",
            ),
        ],
        correct=2,
    )


def unbalanced() -> Question:
    """What becomes of the gain by soft k-means where the queries' classes are very unequal."""
    return Question(
        "In exam B (20 characters of one alphabet, one picture of each) a task asks one query of each class, and five "
        "steps gain 2 points. Now the 20 queries are unbalanced: shares of the classes from a Dirichlet distribution "
        "with a = 0.5. What do five steps gain?",
        [
            (
                "about 2 points: the classes are as far apart as before",
                "They are. But a class without a query still takes shares of its neighbours', and moves.",
            ),
            ("about 1 point", "So it is for a = 2, where the shares are less unequal."),
            (
                "nothing, or less",
                "Classes without queries are drawn to others' queries, and each step draws them further.",
            ),
        ],
        correct=2,
    )


def split_by_picture() -> Estimate:
    """What it is worth to have trained on the test's characters, in other drawings."""
    return Estimate(
        "The test asks for 20 characters of one alphabet, 1-shot. Two prototypical networks, each trained for 800 "
        "updates on as many classes: one kept whole alphabets apart, the other has met the test's very characters, in "
        "other drawings. By how many points is it ahead?",
        3.0,
        unit="points",
        within=1,
        between=(-40, 40),
        too_low="It was asked to tell these very characters apart, if rarely. That helps.",
        near="That is its lead. About a point of it shows on alphabets new to both, too; the leak is the rest.",
        too_high="So one would fear. But it has hundreds of other characters to learn, and meets each of them rarely; "
        "most of what it learns serves new characters as well.",
    )


def fair_comparison() -> Question:
    """Which of five comparisons is fair."""
    return Question(
        "Five comparisons of methods P and Q, each on 600 tasks of the same test classes. Which one is fair?",
        [
            (
                "P: five queries of a task pass together. Q: each query alone. Same tasks, paired: P − Q = +1.2 ± 0.3",
                "P's answers use the other queries, and with one of each class that helps. Same pictures, another "
                "question.",
            ),
            (
                "P: the best of ten checkpoints on these tasks. Q: its last one. Same tasks, paired: +0.8 ± 0.3",
                "P was chosen by the labels that then judge it, Q was not.",
            ),
            (
                "P: characters divided at random. Q: whole alphabets kept apart. Same tasks, paired: +2.0 ± 0.4",
                "P has seen the test's alphabets in training. A pair of tasks does not pair the trainings.",
            ),
            (
                "Both: chosen on validation classes, each query alone, three seeds. Same tasks, paired: +0.4, +0.6, "
                "+0.5, each ± 0.2",
                "The same data, the same rules for both, the tasks paired, and the seeds agree.",
            ),
            (
                "Both: each query alone. P on 600 tasks, Q on 600 others: 98.4 ± 0.1 and 98.1 ± 0.1 (45,000 queries)",
                "The interval counts queries as if each were drawn by itself. Those of a task share its classes and "
                "its support set; by tasks it is wider, and unpaired the difference may be luck.",
            ),
        ],
        correct=3,
    )


def spot_it() -> Question:
    """Which line makes the interval too narrow."""
    return Question(
        "Where does the mistake come in? (The formula is right for independent numbers.)",
        [
            (
                "`nearest = torch.cdist(query, points[:, :, 0]).argmin(dim=2)`",
                "The nearest of each task's own prototypes: as it should be.",
            ),
            (
                "`right = (nearest == truth).double().flatten()`",
                "Think of what was drawn independently of what: queries, or tasks?",
            ),
            (
                "`half = 1.96 * right.std() / len(right) ** 0.5`",
                "The formula is right for independent numbers. Whether they are independent, another line decides.",
            ),
            (
                "`return right.mean().item(), half.item()`",
                "The mean is right: all tasks have as many queries, so it is the mean over tasks too.",
            ),
        ],
        correct=1,
    )
