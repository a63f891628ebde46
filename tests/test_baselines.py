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


# --- SimpleShot


@pytest.fixture
def network():
    torch.manual_seed(0)
    return conv4(width=8).eval()


def test_the_mean_feature_is_that_of_all_pictures_and_of_no_padding(tiny_bank, network):
    three = [tiny_bank.images[0], tiny_bank.images[1, :4], tiny_bank.images[2, :1]]
    bank = type(tiny_bank).of_unequal(three, tiny_bank.names[:3], tiny_bank.groups[:3], "unequal")
    with torch.no_grad():
        right = network.features(torch.cat(three).float() / 255).mean(dim=0)
    torch.testing.assert_close(baselines.mean_feature(network, bank), right)


def test_simple_shot_against_a_loop_over_cosines(tiny_bank, network):
    """Between vectors of length 1 the nearest is the one with the largest cosine."""
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 3), 3, generator=seeded(0))
    centre = baselines.mean_feature(network, tiny_bank)
    with torch.no_grad():
        found = baselines.simple_shot(network, centre, episodes)
        for t in range(3):
            task = episodes.task(t)
            support, query = (network.features(x) - centre for x in (task.support_x, task.query_x))
            for q, z in enumerate(query):
                cosines = [float(z @ s / (z.norm() * s.norm())) for s in support]
                assert found[t, q] == task.support_y[cosines.index(max(cosines))]


def test_a_network_in_training_mode_is_sent_back(tiny_bank, network):
    """Its running statistics would move."""
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 3), 1, generator=seeded(0))
    centre = baselines.mean_feature(network, tiny_bank)
    network.train()
    with pytest.raises(ValueError, match="training mode"):
        baselines.mean_feature(network, tiny_bank)
    with pytest.raises(ValueError, match="training mode"):
        baselines.simple_shot(network, centre, episodes)
