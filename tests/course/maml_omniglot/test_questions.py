"""The questions of notebook 04: each can be asked, and its answer is what the course measured."""

import math
from itertools import pairwise

import pytest

from metalib.course.maml_omniglot import questions, studies


def test_what_was_learned_by_heart_is_the_studys_number_and_its_budget_is_said():
    study = studies.read("maml-labels")
    (row,) = [
        row
        for row in study["results"]["rows"]
        if row["order"] == "fixed" and row["measured on"] == "learned classes, training's labels, no step"
    ]
    asked = questions.fixed_labels()
    assert asked.key["answer"] == pytest.approx(100 * row["accuracy"][0], abs=0.05)
    settings = study["settings"]
    for said in (
        f"{settings['updates']} updates of {settings['meta_batch_size']} tasks",
        f"on {settings['classes']} classes",
    ):
        assert said in asked.data["text"]


def test_the_order_of_step_sizes_is_the_one_that_was_measured():
    rows = studies.read("maml-step-size")["results"]["twenty_way"]
    measured = {row["inner_lr"]: row["accuracy"][0] for row in rows if row["test_steps"] == 1}
    (order,) = questions.twenty_way_steps().key["orders"]
    lines = [questions.twenty_way_steps().data["lines"][i] for i in order]
    ordered = [measured[float(line.removeprefix("α = "))] for line in lines]
    assert all(a > b for a, b in pairwise(ordered))


def test_no_opinion_on_five_labels_costs_their_logarithm():
    assert questions.loss_before_a_step().key["answer"] == pytest.approx(math.log(5), abs=0.005)
