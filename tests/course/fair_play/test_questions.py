"""The questions of notebook 07: each can be asked, and its answer is what the course measured or computed."""

from itertools import pairwise

import pytest
import torch

from metalib.course.fair_play import exam_d, measured, questions, reveals, studies
from metalib.course.fair_play.batch_statistics import QUERIES, RUNNING, SUPPORT
from metalib.course.fair_play.published import QUESTIONS, SAID
from metalib.course.kit.results.papers import CELLS
from metalib.course.kit.reveal import reveal
from metalib.runtime import seeded


def test_the_published_rows_are_the_papers():
    percent = {(c.method, c.batch_norm): c.percent for c in CELLS if (c.spec.n_way, c.spec.k_shot) == (5, 1)}
    said = " ".join(questions.three_tables().data["options"])
    for value in (98.8, 98.7, 97.68, 95.39):
        assert value in percent.values()
        assert str(value) in said


def test_every_question_is_asked_of_every_table():
    assert [name for name, _ in QUESTIONS] == list(SAID)
    assert len(SAID) == 9
    assert {len(said) for said in SAID.values()} == {3}


def test_the_order_of_company_is_the_one_that_was_measured():
    study = {row["queries"]: row for row in studies.read("transductive-figure")["results"]["rows"]}
    of_line = {
        "together, one of each class": study["one of each"]["together"],
        "each with the support set, and no other query": study["one of each"]["alone"],
        "together, five of the 25 at random": study["at random"]["together"],
        "together, all of one class": study["one class"]["together"],
    }
    asked = questions.who_passes_together()
    right = [of_line[asked.data["lines"][i]] for i in asked.key["orders"][0]]
    assert all(better[1] > worse[2] for better, worse in pairwise(right))  # no intervals overlap


def test_support_statistics_suit_a_network_that_never_met_them():
    rows = studies.read("batch-norm")["results"]["rows"]
    found = {
        (row["method"], row["trained_with"]): 100 * row["accuracy"][0]
        for row in rows
        if row["tested_with"] == SUPPORT and row["queries"].startswith("15, 3") and row["checkpoint"] is None
    }
    for method in ("MAML", "prototypical network"):
        assert found[method, QUERIES] == pytest.approx(found[method, SUPPORT], abs=2)


def test_company_ruins_by_the_queries_own_statistics_alone():
    rows = studies.read("batch-norm")["results"]["rows"]
    of_one_class = [row for row in rows if "of one class" in row["queries"]]
    assert all((row["minus_balanced"][0] < -0.25) == (row["tested_with"] == QUERIES) for row in of_one_class)
    apart = [row["minus_balanced"] for row in of_one_class if row["tested_with"] in (SUPPORT, RUNNING)]
    assert all(abs(mean) < 0.03 for mean, *_ in apart)


def test_unbalanced_queries_take_the_gain_away():
    curves = measured.soft_curves("B")
    assert round(100 * curves["balanced"][5].mean) == 2
    assert curves["unbalanced, a = 0.5"][5].high < 0.005
    assert 0.005 < curves["unbalanced, a = 2"][5].mean < 0.015


def test_the_size_of_the_split_by_picture_is_the_studys():
    rows = studies.read("class-leaks")["results"]["rows"]
    (row,) = [
        r
        for r in rows
        if r["split_by"] == "picture" and r["task"].startswith("20-way") and r["measured_on"].startswith("the test")
    ]
    asked = questions.split_by_picture()
    assert asked.key["answer"] == pytest.approx(100 * row["minus_alphabet"][0], abs=0.05)
    settings = studies.read("class-leaks")["settings"]["recipe"]
    assert f"{settings['updates']} updates" in asked.data["text"]
    assert 0.5 < 100 * dict(measured.leak_rows())[f"split by picture, {row['task']}, control"].mean < 1.5


def test_one_leak_stands_out_beyond_its_control():
    clear = [name for name, (mean, half) in measured.beyond_the_control().items() if mean > half]
    assert clear == ["split by picture, 20-way within one alphabet"]


def test_the_choice_on_test_tasks_flatters_less_with_more_tasks_and_the_training_rose_to_its_end():
    found = studies.read("selection")["results"]
    optimism = [row["optimism"][0] for row in found["rows"]]
    assert optimism == sorted(optimism, reverse=True) and found["rows"][0]["optimism"][1] > 0
    assert found["models"] == 11
    assert [test for *_, test in found["trail"]] == sorted(test for *_, test in found["trail"])


FOUND = {"one of each class": torch.tensor([[1.0, 0.8, 1.0], [0.8, 0.8, 1.0]])}
CURVE = {n: torch.tensor([[0.8, 0.0], [0.9, 0.1]]) + n / 100 for n in (0, 1, 5)}
FALLING = {n: torch.tensor([[0.8, 0.0], [0.9, 0.1]]) - n / 50 for n in (0, 1, 5)}
POINTS = torch.randn(9, 5, 1 + 3, 4, generator=seeded(0))  # nine tasks, of five classes
SAID_BY = [
    (reveals.nine_questions, "transduction"),
    (lambda: reveals.neighbours({"MAML": FOUND}, "tiny"), "99.6 ± 0.2 %"),
    (reveals.trained_and_tested, "trained with"),
    (reveals.all_trained_and_tested, "batch of one"),
    (lambda: reveals.soft_k_means({"balanced": CURVE}), "gain by 5 steps"),
    (lambda: reveals.soft_k_means({"balanced": CURVE, "a = 0.5": FALLING}), "gain 15.0 points less"),
    (lambda: reveals.five_samplers({"A": "order", "B": "none"}), "labels rise"),
    (reveals.sizes_of_leaks, "one leak stands out"),
    (lambda: reveals.spot_it((0.8, 0.004), POINTS[:3], POINTS), "not independent"),
    (reveals.from_b_to_c, "exam C"),
    (reveals.emoji, "Handwriting carries little"),
]


@pytest.mark.parametrize(("say", "words"), SAID_BY)
def test_what_is_revealed_is_said_where_no_html_is_shown(say, words, capsys):
    with reveal():
        say()
    assert words in capsys.readouterr().out


def test_all_five_leaks_are_praised_and_fewer_are_not(capsys):
    leaks = ("order", "place", "alphabet", "class", "picture")
    with reveal():
        reveals.five_samplers(dict(zip("ABCDE", leaks, strict=True)))
    assert "All five" in capsys.readouterr().out
    with reveal():
        reveals.five_samplers(dict.fromkeys("ABCDE", "none"))
    assert "All five" not in capsys.readouterr().out


def test_what_was_measured_has_a_row_for_each_arm():
    story, rest = measured.rows()
    assert len(story) == 6
    assert {len(row) for row in story + rest} == {3}
    assert all("points" in row[2] for row in story + rest)
    assert not set(story) & set(rest)


def test_the_split_by_picture_that_is_told_is_its_lead_beyond_the_control():
    ((*_, points),) = [row for row in measured.rows()[0] if row[0].startswith("split by picture")]
    mean, half = measured.beyond_the_control()["split by picture, 20-way within one alphabet"]
    assert points == f"{mean:+.1f} ± {half:.1f} points"


def test_exam_d_is_told_as_it_stands():
    found = exam_d.results()
    alone, together = found["MAML, emoji, each query alone"], found["MAML, emoji"]
    assert alone.high < together.low
    assert exam_d.standing(together, found["prototypical network, emoji"]) == "level with"
    for view, others in {"grey": ("grey", "colour"), "outlines": ("colour",)}.items():  # handwriting carries little
        of_handwriting = found[f"prototypical network of handwriting, {view}"]
        assert all(exam_d.standing(of_handwriting, found[f"pixel neighbours, {o}"]) == "behind" for o in others)


def test_an_accuracy_by_tasks_is_the_mean_of_each():
    near = torch.eye(5)[None, :, None].expand(2, 5, 4, 5).clone()
    near[1, 0, 1:] = near[1, 1, 1:]  # the three queries of one class lie on another's prototype
    assert reveals.by_tasks(near).tolist() == pytest.approx([1.0, 0.8])


def test_the_two_networks_of_the_question_are_told_first(capsys):
    with reveal():
        reveals.trained_and_tested()
    said = capsys.readouterr().out
    assert said.count("%") > 8 and "150 tasks of exam A" in said and "8,000" not in said
