"""What is equal for all methods of the comparison, and that each training moves what it should."""

import dataclasses

import pytest
import torch

from metalib.banks.augment import jitter
from metalib.course.showdown import recipes, trainings
from metalib.course.showdown.recipes import ENTRANTS, TRIALS
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.runtime import seeded
from metalib.training.recipes.maml import MamlRecipe
from metalib.training.recipes.protonet import ProtonetRecipe

SMALL = {
    **{name: {"meta_batch_size": 1} for name in ("first-order MAML", "MAML", "MAML, tied rows", "ANIL", "ProtoMAML")},
    "Reptile": {"meta_batch_size": 1, "inner_steps": 2},
    "classifier": {"batch_size": 8},
    "NCA": {"n_way": 5},
    "prototypical network": {"n_way": 5},
}


def pictures(recipe):
    """How many pictures an update shows to the network."""
    if hasattr(recipe, "batch_size"):
        return recipe.batch_size
    if hasattr(recipe, "inner_batch"):
        return recipe.meta_batch_size * recipe.inner_steps * recipe.inner_batch
    return recipe.meta_batch_size * recipe.n_way * (recipe.k_shot + recipe.n_query)


@pytest.mark.parametrize("name", ENTRANTS)
def test_form_jitter_turns_and_pictures_are_equal_for_all(name):
    recipe = ENTRANTS[name]
    network = recipe.network()
    assert (network.settings["downsample"], network.out_features) == ("stride", 256)
    assert getattr(recipe, "jitter", recipes.JITTER) == recipes.JITTER and recipe.rotations
    assert 240 <= pictures(recipe) <= 250


def test_every_method_has_three_trials_and_none_changes_what_is_equal():
    assert list(TRIALS) == list(ENTRANTS)
    assert {len(trials) for trials in TRIALS.values()} == {3}
    assert {setting for trials in TRIALS.values() for trial in trials for setting in trial} == {
        "learning_rate",
        "inner_lr",
    }


@pytest.mark.parametrize("name", ENTRANTS)
def test_an_update_moves_every_weight_of_the_blocks(name, tiny_bank):
    recipe = dataclasses.replace(ENTRANTS[name], updates=2, **SMALL[name])
    before, network = dict(recipe.network().named_parameters()), recipe.network()
    run = recipe.start(network, tiny_bank)
    recipe.losses(network.train(), recipe.draw_from(tiny_bank)(run.generator), run).mean().backward()
    run.optimizer.step()
    after = dict(network.named_parameters())
    assert all(not torch.equal(value, after[key].contiguous()) for key, value in before.items() if "blocks" in key)


@pytest.mark.parametrize("name", ["MAML", "Reptile", "ProtoMAML"])
def test_episodes_of_gradient_methods_are_jittered(name, tiny_bank, monkeypatch):
    recipe, seen = dataclasses.replace(ENTRANTS[name], **SMALL[name]), []

    def noted(episodes, scale, **more):
        seen.append(scale)
        return jitter(episodes, scale, **more)

    monkeypatch.setattr(recipes.augment, "jitter", noted)
    recipe.draw_from(tiny_bank)(seeded(0))
    assert seen == [recipes.JITTER]


def test_a_mixin_takes_no_defaults_with_it():
    assert ENTRANTS["MAML"].inner_lr == MamlRecipe().inner_lr
    assert ENTRANTS["MAML"].test_steps == MamlRecipe().test_steps
    assert ENTRANTS["prototypical network"].n_way == ProtonetRecipe().n_way


def test_a_training_is_kept_with_its_seconds_and_is_not_run_again(tiny_bank, tmp_path, monkeypatch):
    monkeypatch.setattr(trainings.runs, "folder_of", lambda study, settings: tmp_path / study)
    settings = {"n_way": 5, "updates": 2}
    first = trainings.trained("NCA", tiny_bank, **settings)
    second = trainings.trained("NCA", tiny_bank, **settings)
    assert first.cpu_seconds == second.cpu_seconds > 0
    again = second.network.state_dict()
    assert all(torch.equal(value, again[name]) for name, value in first.network.state_dict().items())
    assert not second.network.training and second.folder == tmp_path / "showdown-nca"


def test_the_inductive_way_leaves_each_query_alone(tiny_bank):
    recipe = ENTRANTS["MAML"]
    network = recipe.network()
    tasks = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 1, generator=seeded(0))
    predict = trainings.inductive(recipe, network)
    one = tasks._replace(query_x=tasks.query_x[:, :1], query_y=tasks.query_y[:, :1])
    assert predict(tasks)[:, :1].equal(predict(one))
