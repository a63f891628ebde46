"""Facts about the recipes for pictures in colour."""

import dataclasses

import pytest
import torch

from metalib.banks import emoji
from metalib.episodes import EpisodeSpec
from metalib.models import conv4
from metalib.runtime import seeded
from metalib.training.recipes import RECIPES
from metalib.training.recipes.protonet import ProtonetRecipe

COLOUR = ["protonet-emoji", "classifier-emoji", "maml-emoji"]
SMALL = {
    "protonet-emoji": {"n_way": 5},
    "classifier-emoji": {"batch_size": 8},
    "maml-emoji": {"meta_batch_size": 1},
}


@pytest.fixture(scope="module")
def training():
    return emoji.training(emoji.load())


@pytest.mark.parametrize("name", COLOUR)
def test_an_update_moves_every_parameter(name, training):
    recipe = dataclasses.replace(RECIPES[name], updates=2, **SMALL[name])
    before, network = recipe.network(), recipe.network()
    run = recipe.start(network, training)
    recipe.losses(network.train(), recipe.draw_from(training)(run.generator), run).mean().backward()
    run.optimizer.step()
    after = dict(network.named_parameters())
    assert all(not torch.equal(value, after[parameter].contiguous()) for parameter, value in before.named_parameters())


@pytest.mark.parametrize("name", COLOUR)
def test_networks_take_32_pixels_in_colour_and_answer_every_query(name, training):
    recipe = RECIPES[name]
    network = recipe.network().eval()
    assert (network.settings["in_channels"], network.settings["image_size"]) == (3, 32)
    episodes = emoji.across_vendors(training, EpisodeSpec(5, 1, 2), 2, generator=seeded(0))
    for _, _, predict in recipe.modes(network):
        assert predict(episodes).shape == episodes.query_y.shape


def test_settings_of_the_method_stay():
    """A mixin takes no defaults with it."""
    assert RECIPES["protonet-emoji"].n_way == ProtonetRecipe().n_way == 20
    assert RECIPES["maml-emoji"].inner_lr == RECIPES["maml"].inner_lr
    assert {RECIPES[name].bank for name in COLOUR} == {"emoji"} and RECIPES["protonet"].bank == ""
    assert {RECIPES[name].notebook for name in COLOUR} == {7}


@pytest.mark.parametrize("name", ["protonet-emoji", "maml-emoji"])
def test_an_update_has_supports_by_one_vendor_and_queries_by_others(name, training):
    """A picture is its vendor."""
    images = torch.arange(5, dtype=torch.uint8).view(1, 5, 1, 1, 1).expand_as(training.images)
    recipe = dataclasses.replace(RECIPES[name], jitter=0.0)
    drawn = recipe.draw_from(dataclasses.replace(training, images=images))(seeded(0))
    for task in range(len(drawn.support_y)):
        [support], queries = ((255 * x[task, :, 0, 0, 0]).round().unique() for x in (drawn.support_x, drawn.query_x))
        assert len(queries) == 3 and support not in queries


@pytest.mark.parametrize("name", COLOUR)
def test_jitter_shows_white_paper(name, training):
    blank = dataclasses.replace(training, images=torch.full_like(training.images, 255))
    drawn = dataclasses.replace(RECIPES[name], **SMALL[name]).draw_from(blank)(seeded(0))
    pictures = drawn.x if name == "classifier-emoji" else drawn.support_x
    assert pictures.min() > 0.999


def test_validation_is_of_exam_ds_form(training, monkeypatch):
    seen = []
    recipe = RECIPES["protonet-emoji"]

    def answer(episodes):
        seen.append(episodes.query_x.shape)
        return episodes.query_y

    monkeypatch.setattr(type(recipe), "predictor", lambda self, network: answer)
    assert recipe.validate(conv4(), training).mean == 1
    assert sum(shape[0] for shape in seen) == 400 and {shape[1:] for shape in seen} == {(5, 3, 32, 32)}
