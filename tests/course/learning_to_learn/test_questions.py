"""What notebook 01 asks: every question can be built, and its answers are those that are measured."""

import pytest

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.course.learning_to_learn import questions
from metalib.course.learning_to_learn.leaks import expected_share

ASKED = [
    questions.nearest_pixels,
    questions.memoriser,
    questions.old_or_new,
    questions.fair_project,
    questions.max_pooled,
]


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__)
def test_every_question_can_be_asked(ask):
    asked = ask()
    assert isinstance(asked, (Question, Estimate, Ordering))
    assert asked.words


def test_the_right_options_do_not_stand_in_one_place_and_are_not_the_longest():
    choices = [asked for asked in (ask() for ask in ASKED) if isinstance(asked, Question)]
    right = [asked.key["correct"] for asked in choices]
    assert len(set(right)) == len(right)
    longest = [max(range(len(q.data["options"])), key=lambda i: len(q.data["options"][i])) for q in choices]
    assert sum(a == b for a, b in zip(right, longest, strict=True)) <= len(right) // 2


def test_the_memorisers_share_is_the_option_that_is_right():
    asked = questions.memoriser()
    assert round(100 * expected_share(5, 659)) == 50
    assert "50 %" in asked.data["options"][asked.key["correct"]]


def test_the_split_comes_before_training_and_the_score_last():
    asked = questions.fair_project()
    first_words = [[asked.data["lines"][i].split()[0] for i in order] for order in asked.key["orders"]]
    rest = ["Meta-train", "Choose", "Score"]
    assert first_words == [
        ["Split", "Turn", *rest],
        ["Turn", "Split", *rest],
    ]  # turned classes stay with their alphabet
