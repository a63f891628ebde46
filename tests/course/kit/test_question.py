"""Predict, then run: a question, its answers, and what a page without widgets shows."""

import pytest
from widget_messages import press

from metalib.course.kit.question import Question

OPTIONS = [("one", "It is one more."), ("two", "Two, as each has one."), ("three", "Count again.")]


def test_nothing_is_chosen_to_begin_with():
    question = Question("How many?", OPTIONS, 1)
    assert question.view["chosen"] is None and question.view["feedback"] == ""


@pytest.mark.parametrize(("option", "verdict"), [(0, "wrong"), (1, "right"), (2, "wrong")])
def test_each_answer_has_its_verdict_and_feedback(option, verdict):
    question = Question("How many?", OPTIONS, 1)
    press(question, action="choose", option=option)
    assert (question.view["verdict"], question.view["feedback"]) == (verdict, OPTIONS[option][1])


@pytest.mark.parametrize(
    ("options", "correct", "words"),
    [
        (OPTIONS[:1], 0, "at least 2"),
        (OPTIONS, 3, "correct is 3 among 3"),
        ([("a", ""), ("b", "B")], 1, "no feedback for"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(options, correct, words):
    with pytest.raises(ValueError, match=words):
        Question("How many?", options, correct)


def test_a_page_without_widgets_shows_the_question_in_words():
    bundle = Question("How many?", OPTIONS, 1)._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"].splitlines() == ["Predict: How many?", "( ) one", "( ) two", "( ) three"]
