"""Tasks by hands: who draws what, and whether a drawing's number does name a hand."""

import pytest
import torch

from metalib.banks.hands import LAKE, draw_by_hands, lake_tasks
from metalib.episodes import ClassBank, EpisodeSpec
from metalib.runtime import seeded


@pytest.fixture
def bank():
    """Two alphabets of 25 and one of 19 characters; a picture is its class and its hand."""
    number = torch.arange(69 * 6).view(69, 6)
    images = torch.stack([number // 6, number % 6], dim=2).view(69, 6, 1, 1, 2).to(torch.uint8)
    groups = ("a",) * 25 + ("b",) * 25 + ("c",) * 19
    return ClassBank(images, tuple(map(str, range(69))), groups, "numbers")


def test_the_kth_drawing_of_every_class_is_by_one_hand_and_no_hand_draws_twice(bank):
    draw = draw_by_hands(bank, EpisodeSpec(5, 2, 3), 40, generator=seeded(0))
    assert draw.drawings.shape == (40, 5, 5)
    assert torch.equal(draw.drawings, draw.drawings[:, :1].expand(-1, 5, -1))
    assert all(len(set(row)) == 5 for row in draw.drawings[:, 0].tolist())
    assert set(draw.drawings.flatten().tolist()) == set(range(6))


def test_a_lake_task_has_twenty_characters_of_one_alphabet_by_one_hand_and_another(bank):
    tasks = list(lake_tasks(bank, 50, seed=0))
    support, query = (torch.cat(x).mul(255).round().long() for x in zip(*((t[0], t[2]) for t in tasks), strict=True))
    assert support.shape == query.shape == (50, 20, 1, 1, 2)
    (of_support, by), (of_query, other) = (x.flatten(2).unbind(dim=2) for x in (support, query))  # [50, 20] each
    assert torch.equal(of_support, of_query)  # rows by label
    assert all(len(set(row)) == 20 for row in of_support.tolist())
    assert torch.equal(of_support // 25, (of_support // 25)[:, :1].expand(-1, 20)) and of_support.max() < 50
    assert torch.equal(by, by[:, :1].expand(-1, 20)) and torch.equal(other, other[:, :1].expand(-1, 20))
    assert (by != other).all()


def test_equal_seeds_give_equal_tasks(bank):
    first, again, others = (next(lake_tasks(bank, 20, seed=seed)).query_x for seed in (3, 3, 4))
    assert torch.equal(first, again) and not torch.equal(first, others)


def test_a_bank_of_unequal_classes_has_no_hands():
    images = [torch.zeros(n, 1, 2, 2, dtype=torch.uint8) for n in (3, 4)]
    bank = ClassBank.of_unequal(images, ["a", "b"], ["x", "x"], "emoji")
    with pytest.raises(ValueError, match="names no hand"):
        draw_by_hands(bank, EpisodeSpec(2, 1, 1), 1, generator=seeded(0))


def test_the_runs_form_is_lakes():
    assert (LAKE.n_way, LAKE.k_shot, LAKE.n_query, LAKE.within_group) == (20, 1, 1, True)
