"""The questions of notebook 05: each can be asked, and its key is what the course's own numbers say."""

import pytest
import torch

from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.course.kit.reveal import reveal
from metalib.course.reptile import questions, reveals, studies, widgets
from metalib.episodes import Episode

ALL = [
    questions.one_step,
    questions.new_wave,
    questions.many_steps,
    questions.for_each_descent,
    questions.cosine_in_training,
    questions.disjoint,
    questions.memory,
    lambda: questions.five_steps(0.476, 0.021, updates=80, bank="Omniglot"),
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
    assert questions.new_wave().key["answer"] == round(questions.median_error("Reptile, full batches"), 2)
    assert 0 < questions.new_wave().key["answer"] < questions.median_error("joint training") / 2
    assert 2 < questions.memory().key["answer"] < 50


def slopes(arm):
    results = studies.read("reptile-alignment")["results"]
    values = torch.tensor(results["arms"][arm]["cosine_same_task"], dtype=torch.float64)[1:]
    x = torch.tensor(results["updates"][1:], dtype=torch.float64)
    return ((x - x.mean())[:, None] * values).sum(dim=0)


def test_the_stored_study_says_what_the_questions_about_it_say():
    assert (slopes("Reptile") > 0).all() and (slopes("Reptile, full batches") > 0).all()
    assert (slopes("joint training") > 0).sum() == 6


def test_disjoint_or_apart_makes_no_difference_that_can_be_seen():
    arms = studies.read("reptile-alignment")["results"]["arms"]
    one, other = (
        torch.tensor(arms[f"Reptile, {name}"]["cosine_same_task"], dtype=torch.float64)[11:].mean(dim=0)
        for name in ("disjoint minibatches", "minibatches drawn apart")
    )
    assert (one - other).mean().abs() < 2 * (one - other).std() / len(one) ** 0.5


def test_the_question_on_five_steps_says_where_one_begins_and_where_one_could_end():
    widget = questions.five_steps(0.476, 0.032, updates=80, bank="Omniglot")
    assert all(said in widget.words for said in ("48 %", "90 %", "80 updates"))
    assert widget.key["answer"] == 3.2


def test_one_seed_of_joint_training_is_dead():
    """Its gradients move nothing but the output's bias: inner product and length stay as they are."""
    arms = studies.read("reptile-alignment")["results"]["arms"]["joint training"]
    lengths = torch.tensor(arms["squared_norm"][1:])
    assert (lengths.std(dim=0) < 0.05).sum() == 1


def of_a_wave():
    x, ones = torch.linspace(-5, 5, 7), torch.ones(1, 3, 1)
    curves = {"k = 1": (x, x + 1), "k = 8": (x, x - 1)}
    errors = {"k = 1": torch.tensor([3.0, *[2.9] * 8]), "k = 8": torch.tensor([3.1, *[0.7] * 8])}
    reveals.new_wave(x, x.sin(), Episode(ones, ones, ones, ones), curves, errors)


SAID = [
    (lambda: reveals.one_step([(1, "4e-15"), (2, "1e-01")]), "rounding errors only"),
    (of_a_wave, "Here k = 1 is better before any step, and k = 8 after eight"),
    (lambda: reveals.starts_of_k([(1, "(0, 0)", "0.0", "1.0")]), "to the mean of the optima"),
    (lambda: reveals.strip(widgets.ReptilePlane()), "four planes"),
    (reveals.cosine_in_training, "in 6 of 10"),
    (reveals.disjoint, "Only the cosine speaks for minibatches"),
    (reveals.cost, "1 thread,"),
    (reveals.sensitivity, "diverged"),
    (lambda: reveals.measured("Omniglot"), "Reptile − MAML"),
]


@pytest.mark.parametrize(("say", "words"), SAID)
def test_what_is_revealed_is_said_where_no_html_is_shown(say, words, capsys):
    with reveal():
        say()
    assert words in capsys.readouterr().out


@pytest.mark.parametrize(
    ("of_8", "reason"), [((190.0, 0.68, 320.0), "from the lengths"), ((30.0, 0.9, 21.0), "from the directions")]
)
def test_the_starts_are_told_apart_by_lengths_or_directions(of_8, reason, capsys):
    with reveal():
        reveals.starts([("untrained", 23.4, 0.56, 62.7), ("k = 1", 11.9, 0.3, 20.1), ("k = 8", *of_8)])
    assert reason in capsys.readouterr().out


def test_the_sensitivity_of_both_is_as_the_text_says():
    """Reptile's lowest error is lower in every seed; two cells of each are near its own; more of MAML's diverged."""
    record = studies.read("reptile-sensitivity")
    maml, reptile = (reveals._at_best_rate(record, method) for method in ("MAML", "Reptile"))
    lowest = [values.flatten(0, 1)[values.mean(dim=2).argmin()] for values in (maml, reptile)]
    assert lowest[1].max() < lowest[0].min()
    means = [values.mean(dim=2) for values in (maml, reptile)]
    assert [int((values <= 1.25 * values.min()).sum()) for values in means] == [2, 2]
    assert [int((~values.isfinite()).sum()) for values in means] == [10, 5]
