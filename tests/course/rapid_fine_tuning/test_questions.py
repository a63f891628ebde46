"""The questions of notebook 02 and what is said after them: each can be asked, and agrees with what is stored."""

import pytest

from metalib.course.kit import results
from metalib.course.kit.reveal import reveal
from metalib.course.rapid_fine_tuning import questions, reveals, studies
from metalib.evaluate import paired_interval

ASKED = [questions.from_scratch, questions.steps_gain, questions.two_lines, questions.batch_norm]


@pytest.mark.parametrize("ask", ASKED, ids=lambda ask: ask.__name__)
def test_a_question_can_be_asked(ask):
    assert ask().key


def gain(a, b):
    return 100 * paired_interval(*(results.accuracies(name, "A", bank="Omniglot") for name in (a, b))).mean


def test_the_estimate_is_what_is_stored():
    assert questions.steps_gain().key["answer"] == pytest.approx(
        gain("fine-tuned classifier", questions.CENTROID), abs=0.05
    )
    assert gain("linear probe", questions.CENTROID) == pytest.approx(questions.gain_in_points(), abs=0.2)


def test_simple_shot_is_ahead_by_less_than_a_point_and_more_than_nothing():
    question = questions.two_lines()
    assert "ahead by less than a point" in question.data["options"][question.key["correct"]]
    pair = (results.accuracies(name, "A", bank="Omniglot") for name in ("SimpleShot", "fine-tuned classifier"))
    interval = paired_interval(*pair)
    assert 0 < interval.low < interval.high < 0.01


def test_all_queries_together_is_the_only_use_of_batch_norm_that_is_told_apart():
    rows = studies.read("fine-tuning")["results"]["batch_norm"]
    assert [row["minus_frozen"][1] > 0 for row in rows[1:]] == [False, False, True]
    question = questions.batch_norm()
    assert "all queries together" in question.data["options"][question.key["correct"]]


@pytest.mark.parametrize(
    "say", [reveals.from_scratch, reveals.steps_gain, reveals.two_lines, reveals.batch_norm, reveals.shots]
)
def test_what_is_revealed_is_said_where_no_html_is_shown(say, capsys):
    with reveal():
        say()
    assert len(capsys.readouterr().out) > 200
