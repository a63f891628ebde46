"""The questions of notebook 00, whose keys are seen here only."""

import pytest

from metalib.course.start_here import questions


@pytest.mark.parametrize(
    ("ask", "right"),
    [(questions.how_many_right, "more than 70"), (questions.short_and_long, "nearer to the loaded one")],
)
def test_the_right_option(ask, right):
    question = ask()
    assert right in question.data["options"][question.key["correct"]]


def test_half_the_interval_takes_four_times_the_episodes():
    assert questions.half_the_interval().key["answer"] == (1 / 0.5) ** 2


def test_an_update_is_shown_out_of_order():
    question = questions.one_update()
    assert question.key["orders"][0] != question.state["order"]
    assert [question.data["lines"][i] for i in question.key["orders"][0]][-1].startswith("θ = θ moved")
