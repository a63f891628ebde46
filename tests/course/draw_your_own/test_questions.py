"""The questions of notebook 09: each can be asked, and its answer is what the course measured or computed."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from metalib.banks import split
from metalib.course.draw_your_own import measured, questions, reveals
from metalib.course.draw_your_own.exercise_embed_and_classify import embed_and_classify
from metalib.course.draw_your_own.exercise_leave_one_of_each_out import leave_one_of_each_out
from metalib.course.kit.reveal import reveal
from metalib.episodes import EpisodeSpec, draw_indices
from metalib.evaluate import Interval, wilson_interval
from metalib.few_shot import estimates
from metalib.runtime import seeded

OF_LINE = {
    "the frozen ImageNet network": ("photos", "unit length"),
    "the emoji network, meta-trained": ("emoji", "plain"),
    "pixels": ("pixels", "plain"),
    "the Omniglot network": ("omniglot", "plain"),
}


def test_the_order_of_backbones_is_the_one_that_was_measured():
    study, asked = measured.borrowed(), questions.whose_features()
    for order in asked.key["orders"]:
        rows = [study[OF_LINE[asked.data["lines"][i]]]["accuracy"] for i in order]
        assert all(better[1] > worse[2] for better, worse in pairwise(rows))  # no intervals overlap


def test_borrowed_features_gain_by_length_and_trained_ones_do_not():
    gain = {name: measured.borrowed()[name, "unit length"]["minus_plain"] for name in ("photos", "emoji", "pixels")}
    assert round(100 * gain["photos"][0]) == 2 and gain["photos"][1] > 0.01
    assert abs(gain["emoji"][0]) < 0.01
    assert gain["pixels"][2] < 0


def test_the_lead_of_photographs_comes_from_objects():
    photos, emoji = (measured.borrowed()[key]["halves"] for key in (("photos", "unit length"), ("emoji", "plain")))
    assert photos["objects"][1] > emoji["objects"][2]
    other = "faces, people and signs"
    assert abs(photos[other][0] - emoji[other][0]) < 0.01


def of_pixels(bank):
    """What notebook 09's cells make of a bank: alone, one of each, the truth with two and with one."""
    classify = lambda support, labels, query: embed_and_classify(lambda z: z, support, labels, query).names  # noqa: E731
    draw = draw_indices(bank, EpisodeSpec(5, 2, 15), 200, generator=seeded(0))
    pixels = bank.images.flatten(2).float() / 255
    two, many = ([name for name in "abcde" for _ in range(n)] for n in (2, 15))
    found = []
    for task in pixels[draw.classes[..., None], draw.drawings]:
        z, new = task[:, :2].flatten(0, 1), task[:, 2:].flatten(0, 1)
        alone = [classify(z[[j for j in range(10) if j != i]], two[:i] + two[i + 1 :], z[[i]])[0] for i in range(10)]
        right = [
            np.mean([a == b for a, b in zip(answers, truth, strict=True)])
            for answers, truth in (
                (alone, two),
                (classify(z, two, new), many),
                (classify(task[:, 0], list("abcde"), new), many),
            )
        ]
        found.append([right[0], float(leave_one_of_each_out(classify, z, two).mean()), *right[1:]])
    return torch.tensor(found).mean(dim=0).tolist()


@pytest.mark.parametrize(
    ("ask", "right"),
    [
        (questions.who_gains_by_length, "the ImageNet network"),
        (questions.left_out_alone, "about 25 %"),
        (questions.what_is_promised, "nothing"),
        (questions.spot_it, "`rest ="),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_the_right_option_is_the_one_that_the_other_tests_are_about(ask, right):
    asked = ask()
    assert asked.data["options"][asked.key["correct"]].startswith(right)


def test_one_picture_left_out_says_little_more_than_chance(omniglot):
    alone, one_of_each, two, one = of_pixels(split(omniglot).evaluation)
    assert alone == pytest.approx(0.25, abs=0.02)
    assert two == pytest.approx(0.58, abs=0.02)
    assert one_of_each == pytest.approx(one, abs=0.03)


def test_the_lower_end_is_wilsons():
    asked = questions.how_sure()
    assert asked.key["answer"] == round(100 * wilson_interval(12, 15).low)
    assert 100 * estimates.honest_interval(0.8, 15, 2).low == pytest.approx(asked.key["answer"], abs=1)


def test_leaving_out_one_picture_is_far_too_low_in_the_study_and_one_of_each_is_not():
    for row in measured.ways("one picture", shots=2):
        assert row["off"][2] < 0
    for row in measured.ways(measured.USUAL):
        assert abs(row["off_from_fewer"][0]) < 0.02


TASKS = {name: [0.2, 0.4, 0.6] for name in (
    *("left out alone", "truth, two of each", "truth, one of each", "one of each left out"),
)}  # fmt: skip
FOUND = {(name, length): torch.tensor([0.6, 0.8, 1.0]) for name in ("pixels", "omniglot", "emoji")
         for length in ("plain", "unit length")}  # fmt: skip
OURS = estimates.Estimate(Interval(0.8, 0.55, 0.93, 15, "pictures"), 2, "Between 55 % and 93 %.")
SAID_BY = [
    (lambda: reveals.whose_features(FOUND), "80.0 ± 22.6 % (3 tasks)"),
    (lambda: reveals.whose_features(FOUND), "at length 1 (+2.8 ± 1.8 points as its features come)"),
    (lambda: reveals.left_out_alone(TASKS), "far too low"),
    (lambda: reveals.left_out_alone(TASKS), "off by V/n in squared distance"),
    (lambda: reveals.one_of_each(TASKS), "one picture less"),
    (lambda: reveals.own_estimate(torch.tensor([0.8, 0.6]), OURS, "your own drawings"), "in the mean 70.0 %"),
    (reveals.winner, "also lucky"),
    (lambda: reveals.none_of_these(torch.rand(9), torch.rand(20) + 0.5, 0.9, 0.1), "by counting places"),
    (lambda: reveals.none_of_these(torch.rand(9), torch.rand(20) + 0.5, 0.9, 0.1), "in the long run at most 10 %"),
    (lambda: reveals.none_of_these(torch.rand(4), torch.rand(20), float("inf"), 0.1), "no less than 20.0 %"),
    (reveals.promises, "False alarms stay below"),
    (reveals.how_sure, "by left-out pictures"),
    (lambda: reveals.spot_it(0.7, torch.tensor([0.4, 0.6]), 0.55), "of the others: 50.0 %"),
]


@pytest.mark.parametrize(("say", "words"), SAID_BY)
def test_what_is_revealed_is_said_where_no_html_is_shown(say, words, capsys):
    with reveal():
        say()
    assert words in capsys.readouterr().out


def test_a_figure_is_told_in_words():
    assert reveals.of_the_folder(["owl", "fox"], ["owl", "owl"]).endswith("1 are right. owl is taken for fox")


def test_promises_are_kept_in_the_study_and_other_digits_pass():
    rows = measured.alarms(0.1)
    assert all(row["false_alarms"][2] < 0.1 for row in rows)
    caught = [row["caught"][0] for row in rows if row["bank"] == "digits"]
    assert 0.2 < min(caught) < max(caught) < 0.5
    assert min(row["caught_far"][0] for row in rows) > 0.75


def test_the_interval_holds_and_the_choice_harms_little():
    assert measured.lowest_hold() >= 0.95
    assert max(row["behind_the_best"][0] for row in measured.winners()) < 0.04


def test_what_compare_says_of_its_luck_is_about_what_it_is():
    assert all(abs(row["said_too_good"][0] - row["too_good"][0]) < 0.015 for row in measured.winners())


def test_what_was_measured_has_a_row_for_each_finding():
    rows = measured.rows()
    assert len(rows) == 9 and {len(row) for row in rows} == {3}
    assert all("points" in row[2] and "-" not in row[2] for row in rows)
    assert [what for what, *_ in rows if "ImageNet network, " in what] == [
        "exam D, the frozen ImageNet network, at length 1"
    ]
