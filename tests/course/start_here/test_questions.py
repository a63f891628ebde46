"""The questions of notebook 00, whose keys are seen here only."""

import pytest

from metalib.course.kit import results
from metalib.course.start_here import questions


def test_more_than_70_of_75_are_right():
    question = questions.how_many_right()
    assert question.data["options"][question.key["correct"]] == "70 to 75"


def test_each_number_of_right_answers_is_in_one_option():
    ends = [list(map(int, option.split(" to "))) for option in questions.how_many_right().data["options"]]
    assert [n for low, high in ends for n in range(low, high + 1)] == list(range(76))


def test_the_untrained_network_is_where_exam_a_has_it():
    stored = 100 * results.accuracies("untrained conv4", "A", bank="Omniglot").mean()
    assert questions.untrained_network().key["answer"] == pytest.approx(stored, abs=1.5)


def test_half_the_interval_takes_four_times_the_episodes():
    assert questions.half_the_interval().key["answer"] == (1 / 0.5) ** 2


def test_an_update_is_shown_out_of_order_with_a_line_too_many_last():
    question = questions.one_update()
    assert question.key["orders"][0] != question.state["order"]
    assert [question.data["lines"][i] for i in question.key["orders"][0]][-2:] == [
        "let the optimiser move θ",
        "give the network one output for each class drawn",
    ]
