"""Predict, then run: a question, its answers, and what a page without widgets shows."""

import json

import node
import pytest

from metalib.course.kit.question import Question

OPTIONS = [("one", "It is one more."), ("two", "Two, as each has one."), ("three", "Count again: 1 … 2.")]


def test_nothing_is_chosen_to_begin_with():
    question = Question("How many?", OPTIONS, 1)
    (found,) = node.computed("kit/question", question.data, [{"state": question.state}])
    assert question.chosen is None and found["view"]["feedback"] == "" and found["view"]["verdict"] == ""


def test_each_answer_has_its_verdict_and_feedback():
    question = Question("How many?", OPTIONS, 1)
    actions = [{"action": {"name": "set", "key": "chosen", "value": option}} for option in range(3)]
    for option, found in enumerate(node.computed("kit/question", question.data, actions)):
        assert found["state"] == {"chosen": option}
        assert found["view"]["verdict"] == ("right" if option == 1 else "wrong")
        assert found["view"]["feedback"] == OPTIONS[option][1]


def test_what_is_right_is_in_clear_for_tests_and_not_in_what_a_notebook_keeps():
    question = Question("How many?", OPTIONS, 1)
    assert question.key == {"correct": 1, "feedback": [feedback for _, feedback in OPTIONS]}
    kept = json.dumps([question.get_state(["data", "state"]), question.words])
    assert "correct" not in kept and not [feedback for _, feedback in OPTIONS if feedback in kept]


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
