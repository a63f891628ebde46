"""Facts about prediction by views."""

import math

import torch
from torch.testing import assert_close

from metalib import protonet
from metalib.course.kit import views
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


def pixels(pictures):
    return pictures.flatten(1)


def test_views_of_strength_zero_give_the_plain_embedding(tiny_bank):
    network = conv4().eval()
    pictures = tiny_bank.images[:4, 0].float() / 255
    with torch.no_grad():
        found = views.mean_embedding(network, views.maps(3, strength=0), pictures)
        assert_close(found, network(pictures), atol=1e-4, rtol=1e-4)


def test_the_mean_is_that_of_each_view(tiny_bank):
    pictures = tiny_bank.images[:4, 0].float() / 255
    maps = views.maps(5)
    each = [views.mean_embedding(pixels, one[None], pictures) for one in maps]
    assert_close(views.mean_embedding(pixels, maps, pictures), torch.stack(each).mean(dim=0))
    assert (each[0] - each[1]).abs().mean() > 0.01


def test_a_picture_is_embedded_the_same_beside_any_others(tiny_bank):
    """So that a query stands alone."""
    network, pictures = conv4().eval(), tiny_bank.images[:4, 0].float() / 255
    maps = views.maps(3)
    with torch.no_grad():
        alone = views.mean_embedding(network, maps, pictures[:1])
        assert_close(views.mean_embedding(network, maps, pictures)[:1], alone, atol=1e-5, rtol=1e-4)


def test_the_maps_have_the_spread_that_they_say():
    maps = views.maps(20_000, seed=1)
    turn = torch.atan2(maps[:, 1, 0], maps[:, 0, 0])
    assert_close(turn.std().item(), views.ROTATION, atol=0.002, rtol=0)
    area = maps[:, 0, 0] * maps[:, 1, 1] - maps[:, 0, 1] * maps[:, 1, 0]  # the product of the scales
    assert_close(area.std().item(), math.sqrt(2) * views.SCALE, atol=0.003, rtol=0)
    assert_close(maps[:, :, 2].std(dim=0), torch.full((2,), views.SHIFT), atol=0.001, rtol=0)
    # of a map turn · shear · scales, the columns' product in the turned frame is the shear
    down = maps[:, 0, 1] * turn.cos() + maps[:, 1, 1] * turn.sin()
    height = -maps[:, 0, 1] * turn.sin() + maps[:, 1, 1] * turn.cos()
    assert_close((down / height).std().item(), views.SHEAR, atol=0.003, rtol=0)


def test_equal_seeds_give_equal_views():
    assert torch.equal(views.maps(4, seed=2), views.maps(4, seed=2))
    assert not torch.equal(views.maps(4, seed=2), views.maps(4, seed=3))


def test_a_prototypical_network_predicts_by_views(tiny_bank):
    """The nearest prototype by hand, on averaged pixels."""
    maps = views.maps(4)
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 2, generator=seeded(0))
    predicted = protonet.predict(views.by_views(pixels, maps), episodes)
    for t in range(2):
        support, query = (views.mean_embedding(pixels, maps, x[t]) for x in (episodes.support_x, episodes.query_x))
        assert torch.equal(predicted[t], torch.cdist(query, support).argmin(dim=1))
