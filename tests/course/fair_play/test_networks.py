"""The networks of notebook 07, taken apart: their layers do what the whole does."""

import pytest
import torch

from metalib import maml
from metalib.banks import load_bank, split
from metalib.course.fair_play import networks
from metalib.course.fair_play.exercise_with_statistics_of import with_statistics_of
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.runtime import seeded


@pytest.fixture(scope="module")
def task():
    evaluation = split(load_bank("glyphs", quiet=True)).evaluation
    return sample_episodes(evaluation, EpisodeSpec(5, 1, 2), 1, generator=seeded(0)).task(0)


@pytest.mark.parametrize("name", ["protonet", "protonet-stride", "maml-published-paper"])
def test_one_layer_after_the_other_is_the_network(name, task):
    network, _ = networks.load(name, "cpu")
    z = task.query_x
    with torch.no_grad():
        for layer in networks.layers_of(network):
            z = layer(z)
        torch.testing.assert_close(z, network(task.query_x), rtol=1e-4, atol=1e-4)


def test_the_adapted_copy_answers_as_maml_does_and_leaves_the_network_alone(task):
    network, recipe = networks.load("maml-published-paper", "cpu")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    layers = networks.layers_of(networks.adapted(network, recipe, task))
    found = with_statistics_of(layers, task.query_x, task.query_x)
    settings = {"inner_lr": recipe.inner_lr, "inner_steps": recipe.test_steps}
    right = maml.logits(network, dict(network.named_parameters()), task, **settings)
    torch.testing.assert_close(found, right.detach(), rtol=1e-3, atol=1e-3)
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())


def test_what_no_network_of_the_papers_split_has_seen():
    bank = load_bank("glyphs", quiet=True)
    evaluation = split(bank).evaluation
    assert networks.unseen(bank, evaluation) is evaluation


def test_omniglots_unseen_are_the_papers_test_characters_and_their_turns(omniglot):
    unseen = networks.unseen(omniglot, split(omniglot).evaluation)
    training = set(split(omniglot, "paper").training.names)
    assert unseen.n_classes == 4 * 423
    assert not {name.partition(", turned")[0] for name in unseen.names} & training
