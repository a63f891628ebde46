"""Facts about what needs no training."""

import pytest
import torch

from metalib import baselines
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded
from metalib.training.recipes import RECIPES


def test_the_nearest_pixels_against_a_loop(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(4, 2, 3), 2, generator=seeded(0))
    predicted = baselines.pixel_neighbour(episodes)
    for t in range(2):
        task = episodes.task(t)
        for q, picture in enumerate(task.query_x):
            distances = [(picture - s).square().sum().item() for s in task.support_x]
            assert predicted[t, q] == task.support_y[distances.index(min(distances))]


def test_a_query_that_is_in_the_support_set_is_found(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 1), 4, generator=seeded(0))
    assert torch.equal(baselines.pixel_neighbour(episodes._replace(query_x=episodes.support_x)), episodes.query_y)


def test_no_query_gets_a_label_that_is_none(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 1), 4, generator=seeded(0))
    hidden = episodes._replace(support_y=episodes.support_y - 100)
    for predict in (baselines.pixel_neighbour, baselines.untrained_centroid, RECIPES["maml-tied"].predictor(conv4())):
        with pytest.raises(ValueError, match="support labels run from -100"):
            predict(hidden)


def test_the_untrained_network_is_the_same_each_time_and_leaves_the_global_seed_alone(tiny_bank):
    before = torch.random.get_rng_state()
    a, b = baselines.untrained_network(3), baselines.untrained_network(3)
    assert torch.equal(before, torch.random.get_rng_state())
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))
    assert not torch.equal(a.blocks[0][0].weight, baselines.untrained_network(4).blocks[0][0].weight)


def test_the_untrained_network_classifies_each_query_by_itself(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 3), 2, generator=seeded(0))
    fewer = episodes._replace(query_x=episodes.query_x[:, :4], query_y=episodes.query_y[:, :4])
    assert torch.equal(baselines.untrained_centroid(fewer), baselines.untrained_centroid(episodes)[:, :4])
