"""Facts about the recipe for Lake's runs."""

import dataclasses

import pytest
import torch
from torch.testing import assert_close

from metalib import protonet
from metalib.episodes import ClassBank, Episode
from metalib.runtime import seeded
from metalib.training.recipes import RECIPES, hands

RECIPE = dataclasses.replace(RECIPES["protonet-hands"], n_way=4, n_query=2, jitter=0.0)


@pytest.fixture
def bank():
    """Three alphabets of 6 characters; a picture is its class and its hand."""
    number = torch.arange(18 * 5).view(18, 5)
    images = torch.stack([number // 5, number % 5], dim=2).view(18, 5, 1, 1, 2).expand(-1, -1, -1, 2, -1)
    return ClassBank(images.to(torch.uint8), tuple(map(str, range(18))), tuple("aaaaaabbbbbbcccccc"), "numbers")


def alphabets(recipe, bank):
    """How many alphabets the classes of each of 200 updates are from."""
    draw, generator = dataclasses.replace(recipe, rotations=False).draw_from(bank), seeded(0)
    classes = [draw(generator).support_x[0, :, 0, 0, 0].mul(255).round().long() // 6 for _ in range(200)]
    return torch.tensor([len(set(row.tolist())) for row in classes])


def test_the_share_of_updates_within_one_alphabet_is_as_told(bank):
    assert (alphabets(dataclasses.replace(RECIPE, within=1.0), bank) == 1).all()
    share = (alphabets(dataclasses.replace(RECIPE, within=0.5), bank) == 1).double().mean()
    assert 0.4 < share < 0.6
    assert (alphabets(dataclasses.replace(RECIPE, within=0.0), bank) > 1).double().mean() > 0.9


def test_by_hand_puts_each_hands_pictures_together(bank):
    episodes = dataclasses.replace(RECIPE, rotations=False).draw_from(bank)(seeded(0))
    pictures = hands.by_hand(episodes.task(0), 4).mul(255).round().long()  # [3, 4, 1, 2, 2]
    of_class, by = pictures[:, :, 0, 0].unbind(dim=2)
    assert pictures.shape == (3, 4, 1, 2, 2)
    assert torch.equal(of_class, of_class[:1].expand(3, 4)) and torch.equal(by, by[:, :1].expand(3, 4))
    assert len(set(by[:, 0].tolist())) == 3


def test_the_loss_is_the_mean_of_the_papers_over_the_hands_that_draw_the_candidates():
    """Three tasks of the paper, each with another hand's drawings as the support."""
    pictures, encoder = torch.rand(3, 4, 1, 2, 2, generator=seeded(0)), torch.nn.Flatten()
    labels = torch.arange(4)
    tasks = []
    for hand in range(3):
        others = pictures[[h for h in range(3) if h != hand]].flatten(0, 1)
        tasks.append(Episode(pictures[hand], labels, others, labels.repeat(2)))
    episodes = Episode(*map(torch.stack, zip(*tasks, strict=True)))
    expected = protonet.losses(encoder, episodes).mean()
    assert_close(hands.each_hand_in_turn(encoder, pictures), expected)
