"""The questions of notebook 02 and what is said after them: each can be asked, and agrees with what is stored."""

import pytest

from metalib.course.kit import results
from metalib.course.kit.reveal import reveal
from metalib.course.rapid_fine_tuning import questions, reveals, studies
from metalib.course.rapid_fine_tuning.study_fine_tuning_from_scratch import (
    FROZEN,
    MAX_POOL,
    SAME,
    STEPS_TAKEN,
)
from metalib.course.rapid_fine_tuning.study_fine_tuning_from_scratch import PRETRAINED as OLD
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


def test_the_habit_ends_within_a_point_of_frozen_statistics():
    row = studies.read("fine-tuning")["results"]["batch_norm"][1]
    assert row["mode"].startswith("train() for the steps")
    assert -0.01 < row["minus_frozen"][1] < 0 < row["minus_frozen"][2] < 0.01
    question = questions.batch_norm()
    assert question.data["options"][question.key["correct"]] == "within a point of it"


def test_what_makes_up_the_random_networks_accuracies():
    """Three changes of about the same worth, and the old classes above them all, on each random start."""
    rows = studies.read("fine-tuning-from-scratch")["results"]["rows"]
    for seed in (0, 1, 2):
        found = {row["what"]: 100 * row["accuracy"][0] for row in rows if row["seed"] == seed}
        steps, same, frozen, max_pool, trained = (found[what] for what in (STEPS_TAKEN, SAME, FROZEN, MAX_POOL, OLD))
        changes = [steps - same, frozen - same, max_pool - frozen]
        assert all(9 < change < 17 for change in changes)
        assert trained - same > sum(changes)
        assert frozen < 50


def test_what_the_explorer_shows():
    """The numbers that are said of it."""
    results = studies.read("fine-tuning")["results"]
    rows = {(row["start"], row["layers"], row["step_size"]): row for row in results["grid"]}
    long, shorter = (rows["random", "all layers", alpha] for alpha in (0.3, 0.1))
    assert [round(100 * long["support_accuracy"]["mean"][place]) for place in (1, 3)] == [98, 88]
    assert shorter["support_accuracy"]["mean"][1:3] == [0.98, 1.0]
    assert long["support_loss"]["mean"][2] > 2 * long["support_loss"]["mean"][1]
    assert [max(row["query_accuracy"]["mean"]) for row in (long, shorter)] == pytest.approx([0.505, 0.492], abs=0.001)


@pytest.mark.parametrize(
    "say",
    [
        reveals.from_scratch,
        reveals.explorer,
        reveals.steps_gain,
        reveals.two_lines,
        reveals.batch_norm,
        reveals.shots,
    ],
)
def test_what_is_revealed_is_said_where_no_html_is_shown(say, capsys):
    with reveal():
        say()
    assert len(capsys.readouterr().out) > 200
