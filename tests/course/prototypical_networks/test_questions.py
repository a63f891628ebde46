"""The questions of notebook 06: each can be asked, and its answer is what the course computed or measured."""

import math
from itertools import pairwise

import pytest
import torch

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.course.prototypical_networks import questions, studies
from metalib.course.prototypical_networks.embedding_atlas import plane_ratio
from metalib.course.prototypical_networks.study_prototypical_atlas import coordinates

ALL = [ask for name, ask in vars(questions).items() if getattr(ask, "__module__", "") == questions.__name__]
EXAM_A = "exam A: 5-way 1-shot"


@pytest.mark.parametrize("ask", ALL, ids=lambda ask: ask.__name__)
def test_it_can_be_asked(ask):
    assert isinstance(ask(), (Question, Estimate, Ordering))
    assert ask.__doc__


def test_there_is_one_of_each_kind_and_the_right_option_moves():
    asked = [ask() for ask in ALL]
    assert all(any(isinstance(one, kind) for one in asked) for kind in (Question, Estimate, Ordering))
    choices = [one for one in asked if isinstance(one, Question)]
    assert len({one.key["correct"] for one in choices}) > 1
    longest = [max(range(len(o)), key=lambda i, o=o: len(o[i])) for o in (one.data["options"] for one in choices)]
    assert [one.key["correct"] for one in choices] != longest


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
    answer = questions.in_the_plane().key["answer"]
    assert answer / 3 < ratio < 3 * answer
    last = stored["stages"][-1]
    assert f"{last['within'] / last['between']:.2f}" == "0.34"
