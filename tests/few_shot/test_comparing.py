"""Facts about the comparison of backbones and heads: the same pictures, leads by chance, the first one's luck."""

import math

import numpy as np
import pytest
import torch
from features_of_tasks import PLAIN, Watched, features, labelled, numbered

from metalib.few_shot.comparing import chosen_too_good, compare, compare_features, lead, told_apart
from metalib.few_shot.estimates import leave_one_of_each_out
from metalib.few_shot.heads import Centroid
from metalib.runtime import seeded

Y = torch.arange(5).repeat_interleave(5)


def candidates(*aparts, seed=0):
    return {f"{apart:g}": (features(Y, apart=apart, seed=seed), PLAIN) for apart in aparts}


def test_all_are_asked_the_same_pictures():
    y, heads = labelled(3, 4, 5), [Watched(), Watched()]
    compare_features({str(i): (numbered(y), head) for i, head in enumerate(heads)}, y)
    assert heads[0].asked == heads[1].asked


def test_each_figure_is_the_estimate_of_one_alone():
    z = features(Y, apart=0.5, seed=0)
    found = compare_features({"plain": (z, PLAIN), "unit": (z, Centroid())}, Y)
    for row in found.rows:
        head = PLAIN if row.name == "plain" else Centroid()
        assert row.estimate == leave_one_of_each_out(z, Y, head)


def test_the_best_comes_first_and_what_sees_nothing_is_told_from_it():
    found = compare_features(candidates(0, 3, 0.3), Y)
    assert found.rows[0].name == found.winner == "3"
    assert {row.name: row.apart for row in found.rows}["0"] and not found.rows[0].apart


def test_equal_ones_stay_in_the_order_given_and_are_not_told_apart():
    z = features(Y, apart=1, seed=0)
    found = compare_features({name: (z, PLAIN) for name in ("simple", "grand", "third")}, Y)
    assert [row.name for row in found.rows] == ["simple", "grand", "third"]
    assert not any(row.apart for row in found.rows) and found.optimism == pytest.approx(0, abs=0.02)
    assert found.words.startswith("simple is first; 25 pictures cannot tell it from any of the other 2. ")


@pytest.mark.parametrize(
    ("better", "worse", "chance"), [(5, 0, 2 / 32), (6, 0, 2 / 64), (3, 3, 1), (7, 1, 2 * 9 / 256)]
)
def test_a_lead_is_as_likely_as_so_many_heads_of_a_coin(better, worse, chance):
    first = torch.tensor([1.0] * better + [0.0] * worse + [0.5] * 4)
    other = torch.tensor([0.0] * better + [1.0] * worse + [0.5] * 4)
    assert lead(first, other) == pytest.approx(chance)
    assert lead(first, first) == 1


def test_of_several_leads_each_has_to_be_the_clearer():
    assert told_apart([0.04]) == [True]
    assert told_apart([0.04, 0.03]) == [False, False]
    assert told_apart([0.04, 0.02, 0.9]) == [False, False, False]
    assert told_apart([0.03, 0.01]) == [True, True]
    assert told_apart([]) == []


def test_the_first_of_many_equally_good_ones_is_said_to_be_lucky_by_about_as_much_as_it_is():
    """Twelve coins of 0.7 on 25 pictures: the best figure is about 14 points too high."""
    generator = seeded(0)
    said, luck = [], []
    for _ in range(40):
        shares = (torch.rand(12, 25, generator=generator) < 0.7).double()
        luck.append(float(shares.mean(dim=1).max()) - 0.7)
        said.append(chosen_too_good(shares, 25, generator=generator, resamples=100))
    assert np.mean(luck) == pytest.approx(np.mean(said), abs=0.03) and np.mean(said) > 0.1


def test_who_stands_alone_or_cannot_be_judged_is_told():
    assert compare_features(candidates(1), Y).words == "1 stands alone."
    y = labelled(1, 4)
    found = compare_features({"a": (numbered(y), PLAIN), "b": (numbered(y), PLAIN)}, y)
    assert found.rows[0].estimate.accuracy is None and "add a picture" in found.words and "no estimate" in str(found)


def test_whom_the_pictures_tell_from_the_first_is_named():
    words = [compare_features(candidates(*aparts), Y).words for aparts in ((3, 0), (3, 2.9, 0), (3, 3.1))]
    assert "25 pictures tell it from the other." in words[0] and "points too good" in words[0]
    assert "tell it from 0, and not from the other 1." in words[1]
    assert "cannot tell it from the other." in words[2]


def test_the_table_has_a_line_each_and_the_words_below():
    found = compare_features(candidates(3, 0), Y)
    lines = str(found).splitlines()
    assert len(lines) == 3 and lines[2] == found.words and "behind" in lines[1] and "25 pictures" in lines[0]


def test_backbones_and_heads_by_name():
    """Two drawings each of a ring and a cross, by two networks of the course with two heads."""
    pictures, labels = zip(*[drawing(kind, size) for kind in ("ring", "cross") for size in (20, 26, 32)], strict=True)
    found = compare(list(pictures), list(labels), heads=(None, "centroid"), cache=False)
    names = {row.name for row in found.rows}
    assert names == {
        f"{backbone}, {head}" for backbone in ("omniglot", "emoji") for head in ("plain centroid", "centroid")
    }
    assert all(row.estimate.shots == 2 and row.estimate.accuracy.n == 6 for row in found.rows)


def test_a_backbone_that_is_not_asked_because_none_is_named_is_told():
    pictures, labels = zip(*[drawing(kind, size) for kind in ("ring", "cross") for size in (20, 26)], strict=True)
    silent = compare(list(pictures), list(labels), cache=False)
    assert silent.not_asked == ("photos",)
    assert "Not asked: photos; with backbones=['omniglot', 'emoji', 'photos'] it is." in str(silent)
    named = compare(list(pictures), list(labels), backbones=["omniglot"], cache=False)
    assert named.not_asked == () and "Not asked" not in str(named)


def drawing(kind, size):
    """A dark ring or cross of about this size on white paper, [64, 64] uint8."""
    row, column = np.mgrid[-32:32, -32:32]
    radius = np.hypot(row, column)
    near = (
        np.abs(radius - size / 2)
        if kind == "ring"
        else np.where(radius < size / 2, np.minimum(abs(row), abs(column)), 99)
    )
    return np.where(near < 2.5, 0, 255).astype(np.uint8), kind


def test_a_chance_is_no_more_than_one():
    assert lead(torch.ones(4), torch.ones(4)) == 1 and math.isfinite(lead(torch.zeros(1), torch.ones(1)))


def test_labels_that_are_none_are_refused_before_a_picture_is_opened():
    with pytest.raises(ValueError, match=r"2 pictures and labels of shape \[3\]: give each one label"):
        compare(["missing.png", "gone.png"], ["a", "b", "a"])
    with pytest.raises(ValueError, match=r"1 class \(a\), and there is nothing to tell apart"):
        compare(["missing.png", "gone.png"], ["a", "a"])
