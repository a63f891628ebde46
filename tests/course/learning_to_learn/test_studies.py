"""The study of notebook 01, on features whose answer is known; and the memoriser's exact share."""

from math import comb

import pytest
import torch

from metalib.course.learning_to_learn import studies
from metalib.course.learning_to_learn import study_one_hand as one_hand
from metalib.course.learning_to_learn.leaks import Leaks, expected_share, leaky_draw, memoriser_accuracy
from metalib.episodes import ClassBank, EpisodeSpec
from metalib.runtime import seeded


@pytest.fixture
def bank():
    """Two alphabets of 25 characters, of which only the numbers matter."""
    images = torch.zeros(50, 6, 1, 2, 2, dtype=torch.uint8)
    return ClassBank(images, tuple(map(str, range(50))), ("a",) * 25 + ("b",) * 25, "numbers")


def test_one_hand_draws_all_and_nobody_draws_the_asked_class_twice(bank):
    classes, asked, drawers = one_hand.questions(bank, 200, 0)
    one, many = one_hand.candidates(asked, drawers, classes.shape[1], 0)
    assert torch.equal(drawers.sort(dim=1).values, torch.arange(6).expand(200, 6))
    assert (one == one[:, :1]).all() and (one != drawers[:, :1]).all()
    assert (many.gather(1, asked[:, None]) != drawers[:, :1]).all()
    assert all(len(set(row)) > 1 for row in many.tolist())


def test_features_that_tell_the_class_are_always_right(bank):
    classes, asked, drawers = one_hand.questions(bank, 600, 0)
    support = drawers[:, 1:2].expand_as(classes)
    knows = torch.arange(50.0)[:, None, None].expand(50, 6, 1)
    assert one_hand.right(knows, classes, asked, drawers[:, 0], support).mean() == 1
    blind = torch.zeros(50, 6, 1)
    share = one_hand.right(blind, classes, asked, drawers[:, 0], support).mean().item()
    assert share == pytest.approx(1 / 20, abs=0.03)


def test_the_stored_study_says_which_settings_it_had():
    record = studies.read("one-hand")
    assert record["settings"] == studies.STUDIES["one-hand"].settings
    assert [row["method"] for row in record["results"]["rows"]] == [
        "pixel neighbours",
        "untrained conv4",
        "prototypical network",
    ]


@pytest.mark.parametrize(
    ("n_way", "n_classes", "share"), [(5, 659, 0.503), (20, 659, 0.268), (5, 10**6, 0.502), (20, 10**6, 0.265)]
)
def test_the_memorisers_share_is_what_the_text_says(n_way, n_classes, share):
    assert expected_share(n_way, n_classes) == pytest.approx(share, abs=0.0005)


@pytest.mark.parametrize("n_way", [5, 20])
def test_no_rule_that_knows_only_the_class_number_beats_the_memoriser(n_way):
    n_classes = 659

    def best(c):  # the likeliest rank of class c
        ways = (comb(c, r) * comb(n_classes - 1 - c, n_way - 1 - r) for r in range(n_way))
        return max(ways) / comb(n_classes - 1, n_way - 1)

    share = sum(map(best, range(n_classes))) / n_classes
    assert share == pytest.approx(expected_share(n_way, n_classes), abs=1e-9)


def test_the_memorisers_share_is_that_of_many_tasks(bank):
    spec = EpisodeSpec(5, 1, 1)
    draw = leaky_draw(bank, spec, Leaks(ascending_labels=True), 20_000, generator=seeded(0))
    assert memoriser_accuracy(bank, spec, draw).mean().item() == pytest.approx(expected_share(5, 50), abs=0.01)
