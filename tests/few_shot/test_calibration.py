"""Facts about probabilities: what their scale is taken from, what it changes, and how their error is counted."""

import math
from dataclasses import replace

import pytest
import torch
from features_of_tasks import PLAIN, features, labelled

from metalib.few_shot.calibration import calibration_error, reliability, scaled
from metalib.few_shot.heads import Centroid, LinearProbe


def test_a_scale_changes_no_answer():
    y = labelled(4, 4, 4)
    z, query = (features(y, apart=0.5, seed=seed) for seed in (0, 1))
    plain, ours = (head.fit(z, y, 3).logits(query) for head in (PLAIN, scaled(PLAIN, z, y)))
    assert torch.equal(plain.argmax(dim=1), ours.argmax(dim=1)) and not torch.allclose(plain, ours)


@pytest.mark.parametrize("times", [3, 1 / 3], ids=["far apart", "close together"])
def test_probabilities_mean_more_than_at_a_scale_of_the_wrong_unit(times):
    """Over tasks, mean confidence and share of right answers; without a scale one is never, or always, in doubt."""
    y, new = (torch.arange(5).repeat_interleave(n) for n in (5, 20))
    gaps = {"plain": [], "ours": []}
    for seed in range(40):
        both = times * features(torch.cat([y, new]), apart=0.5, seed=seed)
        z, query = both[:25], both[25:]
        for name, head in (("plain", PLAIN), ("ours", scaled(PLAIN, z, y))):
            confidence, answer = head.fit(z, y, 5).logits(query).softmax(dim=1).max(dim=1)
            gaps[name].append(confidence.mean() - (answer == new).double().mean())
    plain, ours = (abs(torch.stack(gaps[name]).mean()) for name in ("plain", "ours"))
    assert plain > 0.2 and ours < 0.12


def test_features_of_length_one_get_a_steeper_scale_where_they_are_told_apart():
    y = labelled(5, 5, 5)
    assert scaled(Centroid(scale=1.0), features(y, apart=3, seed=0), y).scale > 2


@pytest.mark.parametrize("head", [PLAIN, LinearProbe()])
def test_what_cannot_be_scaled_stays_as_it_is(head):
    y = labelled(1, 3) if head is PLAIN else labelled(3, 3)
    assert scaled(head, features(y, apart=1, seed=0), y) is head


def test_the_table_counts_what_lies_in_each_range():
    confidence = torch.tensor([0.05, 0.55, 0.51, 0.99, 1.0])
    right = torch.tensor([0, 1, 0, 1, 1])
    table = reliability(confidence, right)
    assert [n for n, _, _ in table] == [1, 2, 2]
    assert table[1][1:] == (pytest.approx(0.53), 0.5)


def test_the_error_is_the_mean_gap_by_number_of_answers():
    assert calibration_error([(1, 0.5, 1.0), (3, 0.9, 0.8)]) == pytest.approx((0.5 + 3 * 0.1) / 4)
    assert calibration_error([(7, 0.25, 0.25)]) == 0


def test_where_no_picture_is_wrong_the_scale_stays_near_the_heads_own():
    """The steeper the likelier, without an end: so few pictures do not say that nothing will ever be in doubt."""
    y = torch.arange(5).repeat_interleave(2)
    z = features(y, apart=10, seed=0)
    assert 1 <= scaled(PLAIN, z, y).scale < 2 and 16 <= scaled(replace(PLAIN, scale=16.0), z, y).scale < 32


def test_more_pictures_outweigh_the_heads_own_scale():
    """With two pictures a class the scale stays closer to the head's own, off by a factor of 100, than with ten."""
    off = []
    for shots in (2, 10):
        y = torch.arange(5).repeat_interleave(shots)
        found = scaled(replace(PLAIN, scale=0.01), features(y, apart=0.5, seed=0), y).scale
        off.append(math.log(found / 0.01))
    assert 0 < off[0] < off[1]
