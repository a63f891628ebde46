"""Facts about the threshold beyond which a picture is none of the classes: what is promised, and what is not."""

import math

import pytest
import torch
from features_of_tasks import PLAIN, Watched, features, labelled, numbered

from metalib.few_shot.heads import Centroid, LinearProbe
from metalib.few_shot.none_of_these import (
    class_means,
    distances,
    left_out_distances,
    places_above,
    threshold,
    threshold_of,
)


@pytest.mark.parametrize(
    ("n", "share", "places"), [(19, 0.05, 1), (18, 0.05, 0), (9, 0.1, 1), (25, 0.1, 2), (9, 0.3, 3)]
)
def test_places_are_counted_among_one_more_than_there_are_distances(n, share, places):
    assert places_above(n, share) == places


def test_no_picture_is_near_its_class_because_it_is_in_its_mean():
    y, head = labelled(3, 4, 3), Watched()
    with pytest.raises(AttributeError):  # it has no space
        left_out_distances(numbered(y), y, head)
    head.space = lambda z: z
    assert len(left_out_distances(numbered(y), y, head)) == 9
    assert all(learned.bincount().tolist() == [2, 3, 2] for learned in head.learned)


def test_the_threshold_is_the_distance_of_that_rank():
    y = torch.arange(5).repeat_interleave(5)
    z = features(y, apart=1, seed=0)
    left = left_out_distances(z, y, PLAIN).sort().values
    found = threshold(z, y, PLAIN, false_alarms=0.1)
    assert found.distance == left[-2] and found.n == 25
    assert found.turns_away(torch.tensor([found.distance, found.distance + 1e-3])).tolist() == [False, True]


def test_false_alarms_are_at_most_as_many_as_promised_and_far_pictures_are_caught():
    y = torch.arange(5).repeat_interleave(5)
    new = torch.arange(5).repeat_interleave(20)
    alarms, caught = [], []
    for seed in range(80):
        both = features(torch.cat([y, new]), apart=1, seed=seed)
        z, query = both[:25], both[25:]
        fitted = PLAIN.fit(z, y, 5)
        limit = threshold(z, y, PLAIN, false_alarms=0.2)
        means = class_means(fitted, z, y)
        alarms.append(limit.turns_away(distances(fitted, means, query)).double().mean())
        caught.append(limit.turns_away(distances(fitted, means, query + 5)).double().mean())
    assert 0.1 < float(torch.stack(alarms).mean()) <= 0.2 and min(caught) == 1


def test_so_few_pictures_promise_nothing_and_the_words_say_what_would():
    y = torch.arange(5).repeat_interleave(3)
    found = threshold(features(y, apart=1, seed=0), y, PLAIN, false_alarms=0.05)
    assert math.isinf(found.distance) and not found.turns_away(torch.tensor([1e9])).any()
    assert "15 left-out pictures promise no fewer than 6.2 % false alarms, and 5 % are asked for" in found.words
    assert "Give none_of_these=0.063 (--none-of-these 0.063) or more" in found.words
    assert "or at least 4 pictures of each class: 19 in all are the fewest" in found.words
    assert math.isfinite(threshold(features(y, apart=1, seed=0), y, PLAIN, false_alarms=0.063).distance)


@pytest.mark.parametrize(("n_classes", "of_each"), [(2, 10), (3, 7), (5, 4), (20, 1)])
def test_as_many_of_each_class_as_the_words_say_are_enough_and_no_fewer(n_classes, of_each):
    few = threshold_of(torch.ones(n_classes), 0.05, n_classes=n_classes)
    assert f"at least {of_each} pictures of each class" in few.words or math.isfinite(few.distance)
    enough = [math.isfinite(threshold_of(torch.ones(n_classes * k), 0.05).distance) for k in (of_each - 1, of_each)]
    assert enough == [False, True]


def test_one_picture_of_a_class_turns_nothing_away():
    found = threshold(numbered(labelled(1, 3)), labelled(1, 3), PLAIN)
    assert math.isinf(found.distance) and found.n == 0 and "add a picture" in str(found)


@pytest.mark.parametrize("share", [0.0, 1.0, 5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match=r"\(none_of_these\) is .*: give one between 0 and 1"):
        threshold(numbered(labelled(2, 2)), labelled(2, 2), PLAIN, false_alarms=share)


@pytest.mark.parametrize("head", [Centroid(), PLAIN, LinearProbe()], ids=lambda head: type(head).__name__)
def test_any_head_has_class_means_in_its_own_space(head):
    y = labelled(3, 4)
    z = features(y, apart=3, seed=0)
    fitted = head.fit(z, y, 2)
    means = class_means(fitted, z, y)
    assert torch.allclose(means[1], fitted.space(z[y == 1]).mean(dim=0), atol=1e-6)
    nearest = (fitted.space(z)[:, None] - means).norm(dim=2).amin(dim=1)
    torch.testing.assert_close(distances(fitted, means, z), nearest)
