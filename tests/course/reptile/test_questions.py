"""The questions of notebook 05: each can be asked, and its key is what the course's own numbers say."""

import pytest
import torch

from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.course.reptile import questions, studies

ALL = [
    questions.one_step,
    questions.new_wave,
    questions.many_steps,
    questions.for_each_descent,
    questions.cosine_in_training,
    questions.disjoint,
    questions.memory,
    lambda: questions.five_steps(0.021),
]


@pytest.mark.parametrize("ask", ALL)
def test_each_can_be_asked_and_does_not_show_its_key(ask):
    widget = ask()
    assert widget.words
    assert not {"correct", "answer", "orders"} & set(widget.data)


def right_option(question):
    return question.data["options"][question.key["correct"]]


def test_the_right_options_are_the_right_ones():
    assert right_option(questions.one_step()) == "a step of joint training"
    assert right_option(questions.many_steps()) == "to the mean of the optima"
    assert right_option(questions.cosine_in_training()) == "in both of Reptile's arms"
    assert right_option(questions.disjoint()) == "there is no difference to be seen"


def test_the_right_option_is_neither_always_the_longest_nor_in_one_place():
    choices = [widget for widget in (ask() for ask in ALL) if isinstance(widget, Question)]
    places = [widget.key["correct"] for widget in choices]
    lengths = [[len(option) for option in widget.data["options"]] for widget in choices]
    assert len(set(places)) > 1
    assert any(length[place] < max(length) for length, place in zip(lengths, places, strict=True))


def test_the_order_is_that_of_the_coefficients():
    k = 5
    ratios = {"joint training": 0, "Reptile": (k - 1) / 2, "first-order MAML": k - 1, "MAML": 2 * (k - 1)}
    widget = questions.for_each_descent()
    assert isinstance(widget, Ordering)
    (order,) = widget.key["orders"]
    assert [widget.data["lines"][line] for line in order] == sorted(ratios, key=ratios.get)


def test_estimates_come_from_the_stored_studies():
    assert 0 < questions.new_wave().key["answer"] < questions.median_error("joint training") / 2
    assert 2 < questions.memory().key["answer"] < 50


def slopes(arm):
    results = studies.read("reptile-alignment")["results"]
    values = torch.tensor(results["arms"][arm]["cosine_same_task"], dtype=torch.float64)[1:]
    x = torch.tensor(results["updates"][1:], dtype=torch.float64)
    return ((x - x.mean())[:, None] * values).sum(dim=0)


def test_the_stored_study_says_what_the_questions_about_it_say():
    assert (slopes("Reptile") > 0).all() and (slopes("Reptile, full batches") > 0).all()
    assert 0 < (slopes("joint training") > 0).sum() < 10


def test_disjoint_or_apart_makes_no_difference_that_can_be_seen():
    arms = studies.read("reptile-alignment")["results"]["arms"]
    one, other = (
        torch.tensor(arms[f"Reptile, {name}"]["cosine_same_task"], dtype=torch.float64)[11:].mean(dim=0)
        for name in ("disjoint minibatches", "minibatches drawn apart")
    )
    assert (one - other).mean().abs() < 2 * (one - other).std() / len(one) ** 0.5
