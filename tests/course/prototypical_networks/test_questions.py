"""The questions of notebook 06: each can be asked, and its answer is what the course computed or measured."""

import math
from itertools import pairwise

import pytest
import torch

from metalib.course.kit.reveal import reveal
from metalib.course.prototypical_networks import questions, reveals, studies, widgets
from metalib.course.prototypical_networks.embedding_atlas import plane_ratio
from metalib.course.prototypical_networks.study_prototypical_atlas import coordinates

ALL = [ask for name, ask in vars(questions).items() if getattr(ask, "__module__", "") == questions.__name__]
EXAM_A = "exam A: 5-way 1-shot"


def test_the_cap_of_the_cosine():
    assert questions.cosine_cap().key["answer"] == pytest.approx(100 * math.e / (math.e + 19), abs=0.05)


def test_the_order_after_a_hundred_updates_is_the_one_that_was_measured():
    measured = studies.read("prototypical-distance")["results"]["100 updates"]["accuracy"]
    asked = questions.after_a_hundred_updates()
    right = [asked.data["lines"][i] for i in asked.key["orders"][0]]
    means = [[seed[0] for seed in measured[arm][EXAM_A]] for arm in right[:3]]
    assert all(min(better) > max(worse) + 0.03 for better, worse in pairwise(means))
    untrained = next(iter(studies.read("prototypical-atlas")["results"].values()))["stages"][0]["exam_a"][0]
    assert untrained < min(means[-1])


def test_a_learned_scale_closes_most_of_the_cosines_gap():
    long = studies.read("prototypical-distance")["results"]["1000 updates"]
    assert [round(s) for s in long["scale"]["cosine, s learned from 10"]] == [23, 23, 23]
    angle, square, bare = (
        [seed[0] for seed in long["accuracy"][arm][EXAM_A]]
        for arm in ("cosine, s learned from 10", "squared Euclid, s learned from 0.1", "cosine, s = 1")
    )
    assert all(0 < b - a < 0.01 and b - c > 0.15 for a, b, c in zip(angle, square, bare, strict=True))
    same = long["minus_baseline"]["cosine, s learned from 10"][EXAM_A]  # as squared Euclid, s = 1
    assert long["baseline"] == "squared Euclid, s = 1" and all(low < 0 < high for _, low, high, *_ in same)
    softer = [seed[0] for seed in long["accuracy"]["squared Euclid, s = 0.1"][EXAM_A]]
    assert all(0 < b - a < 0.01 for a, b in zip(angle, softer, strict=True))


def test_one_task_of_sixty_ways_is_the_better_teacher():
    for found in (way := studies.read("prototypical-way")["results"], way["softer"]):
        lows = [seed[1] for seed in found["minus_baseline"]["one 60-way task"][EXAM_A]]
        assert min(lows) > 0


def test_the_gain_over_step_sizes_is_flat_and_falls():
    curves = studies.read("prototypical-steps")["results"]["by step size"]
    for of_kind in curves.values():
        gains = [gain["10"] for gain in of_kind["gain"].values()]
        assert all(low <= 0 or mean < 0.002 for mean, low, *_ in gains)  # nothing gained beyond the interval
        assert gains[-1][2] < 0  # and the largest step loses
        assert all(abs(mean) < 0.001 for mean, *_ in gains[:2])


def test_the_ratio_in_the_plane_of_the_tsne():
    stored = studies.read("prototypical-atlas")["results"]["Omniglot"]
    classes = torch.arange(len(stored["classes"])).repeat_interleave(stored["drawings"])
    ratio = plane_ratio(coordinates(stored["tsne"]), classes)
    last = stored["stages"][-1]
    whole = last["within"] / last["between"]
    assert f"{whole:.2f}" == "0.34"
    asked = questions.in_the_plane()
    assert asked.data["options"][asked.key["correct"]] == "about a hundred times smaller"
    assert 30 < whole / ratio < 300


def of_arms():
    reveals.five_arms({"squared Euclid, s = 1": (6.2, 0.9, 0.4, 0.87)}, (1.74, 0.6), 100)


def of_more_pictures():
    shots, right = (1, 2, 3, 4, 5, 10), torch.tensor([0.8, 0.9])
    law = {k: 2 / k for k in shots}
    reveals.more_pictures(law, law, {k: right + k / 100 for k in shots}, right + 0.11)


SAID = [
    (lambda: reveals.planes(widgets.SupportPlane()), "The borders stay"),
    (lambda: reveals.three_distances(0, 15_000, [("cosine", 0.98, 0.23, 1.47)]), "of 15,000: 0"),
    (lambda: reveals.cosine_cap({20: 0.125}), "for 0.99, s = 7.5"),
    (of_arms, "from 10 to 23"),
    (reveals.ways_and_shots, "does not vanish"),
    (of_more_pictures, "4.0 % are wrong"),
    (lambda: reveals.spot_it(torch.tensor([0.8, 0.9]), torch.tensor([0.7, 0.9])), "dim=2"),
    (reveals.by_step_size, "it is 30 times that of one picture"),
]


@pytest.mark.parametrize(("say", "words"), SAID)
def test_what_is_revealed_is_said_where_no_html_is_shown(say, words, capsys):
    with reveal():
        say()
    assert words in capsys.readouterr().out
