"""Facts about fine-tuning: where it starts, that it learns, and when it ends."""

import itertools
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from metalib.few_shot.fine_tuning import FineTuning
from metalib.few_shot.heads import Centroid
from metalib.models import conv4


@pytest.fixture
def task():
    """Pictures of 3 classes of 2, 3 and 4, with labels."""
    generator = torch.Generator().manual_seed(0)
    y = torch.tensor([0, 0, 1, 1, 1, 2, 2, 2, 2])
    return torch.rand(3, 1, 28, 28, generator=generator)[y] + 0.5 * torch.rand(9, 1, 28, 28, generator=generator), y


@pytest.fixture
def head():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = conv4(width=8).eval()
    return FineTuning(network, unit_length=False, updates=5, learning_rate=1e-3)


@pytest.mark.parametrize("unit_length", [False, True])
def test_it_starts_as_the_classifier_by_distance(task, head, unit_length):
    """Its logits are minus the distances, but for what is the same for all classes."""
    x, y = task
    found = replace(head, unit_length=unit_length, scale=3.0, updates=0).fit(x, y, 3)
    with torch.no_grad():
        z = head.network(x)
    centroid = Centroid(unit_length, scale=3.0).fit(z, y, 3)
    assert_close(found.logits(x).softmax(dim=1), centroid.logits(z).softmax(dim=1), atol=1e-5, rtol=1e-4)
    assert_close(found.space(x), centroid.space(z))


def test_it_learns_in_all_layers_and_the_backbone_stays_as_it_is(task, head):
    x, y = task
    before = {name: value.clone() for name, value in head.network.state_dict().items()}
    start, found = replace(head, updates=0).fit(x, y, 3), head.fit(x, y, 3)
    assert cross_entropy(found.logits(x), y) < cross_entropy(start.logits(x), y)
    assert_close(dict(head.network.state_dict()), before)
    after = found.tensors()
    changed = {name for name in before if not torch.equal(after[f"network.{name}"], before[name])}
    assert changed == {name for name, _ in head.network.named_parameters()}  # and no running statistics


def test_the_same_seed_gives_the_same_network(task, head):
    many = [part.repeat(3, *[1] * (part.ndim - 1)) for part in task]  # more than one update takes
    first, second = (replace(head, seed=1).fit(*many, 3).tensors() for _ in range(2))
    assert_close(first, second, atol=0, rtol=0)
    other = replace(head, seed=2).fit(*many, 3).tensors()
    assert not torch.equal(first["weight"], other["weight"])


@pytest.mark.parametrize(("seconds", "ticks"), [(0, 2), (3, 4), (5.5, 7)])
def test_it_ends_when_its_time_is_up_and_after_one_update_at_least(task, head, seconds, ticks):
    """The clock goes on by a second whenever it is asked: once at the start, and once after each update."""
    asked = itertools.count()
    replace(head, updates=None, seconds=seconds, clock=lambda: float(next(asked))).fit(*task, 3)
    assert next(asked) == ticks


def test_what_it_learned_comes_back_of_its_tensors(task, head):
    found = head.fit(*task, 3)
    assert_close(head.restore(found.tensors()).logits(task[0]), found.logits(task[0]))
