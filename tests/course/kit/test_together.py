"""Facts about networks that answer together."""

from functools import partial

import pytest
import torch

from metalib import protonet
from metalib.course.kit import together
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


@pytest.fixture(scope="module")
def task(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(10, 1, 2), 1, generator=seeded(0))


def encoders(n):
    networks = []
    for seed in range(n):
        torch.manual_seed(seed)
        networks.append(conv4().eval())
    return networks


def test_one_network_or_the_same_one_twice_answers_as_it_does_alone(task):
    (network,) = encoders(1)
    alone = protonet.predict(network, task)
    assert torch.equal(together.predict([network], task), alone)
    assert torch.equal(together.predict([network, network], task), alone)


def test_the_size_of_a_networks_embeddings_gives_it_no_more_weight(task):
    first, second = encoders(2)

    def large(pictures):
        return 1000 * second(pictures)

    assert torch.equal(together.predict([first, large], task), together.predict([first, second], task))


def test_two_outvote_one():
    """Distances to candidates at 0 and 1: one network has the query at 0.1, two have it at 0.7."""
    labels = torch.tensor([[0, 1]])
    support = torch.tensor([0.0, 1.0]).view(1, 2, 1, 1, 1)
    episode = Episode(support, labels, torch.full((1, 1, 1, 1, 1), 0.5), torch.tensor([[1]]))

    def at(place, pictures):
        return torch.where(pictures == 0.5, torch.tensor(place), pictures).flatten(1)

    sure, nearly = partial(at, 0.1), partial(at, 0.7)
    assert together.predict([sure], episode).tolist() == [[0]]
    assert together.predict([sure, nearly, nearly], episode).tolist() == [[1]]


def test_a_query_stands_alone(task):
    networks = encoders(2)
    whole = together.predict(networks, task)
    first = task._replace(query_x=task.query_x[:, :1], query_y=task.query_y[:, :1])
    assert torch.equal(together.predict(networks, first), whole[:, :1])


def test_a_query_on_all_prototypes_is_no_error():
    labels = torch.tensor([[0, 1]])
    nothing = torch.zeros(1, 2, 1, 1, 1)
    assert together.predict([torch.nn.Flatten()], Episode(nothing, labels, nothing, labels)).shape == (1, 2)


def test_a_network_in_training_mode_is_refused(task):
    with pytest.raises(ValueError, match="eval"):
        together.predict([encoders(1)[0].train()], task)
