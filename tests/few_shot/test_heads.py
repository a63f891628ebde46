"""Facts about heads: what they answer, that large classes have no advantage, and that names do not matter."""

import pytest
import torch
from torch.nn.functional import cross_entropy, normalize
from torch.testing import assert_close

from metalib import protonet
from metalib.few_shot import backbones, heads
from metalib.few_shot.fine_tuning import FineTuning
from metalib.few_shot.heads import HEADS, Centroid, LinearProbe

OF_FEATURES = list(HEADS.values())


@pytest.fixture
def task():
    """Features of 3 classes, 9 pictures in an order of no meaning, with labels; and 5 queries."""
    generator = torch.Generator().manual_seed(0)
    y = torch.tensor([2, 0, 1, 1, 0, 2, 2, 0, 1])
    means = 3 * torch.randn(3, 8, generator=generator)
    return means[y] + torch.randn(9, 8, generator=generator), y, torch.randn(5, 8, generator=generator)


def test_the_plain_centroid_is_the_prototypical_network(task):
    z, y, query = task
    found = Centroid(unit_length=False).fit(z, y, 3).logits(query)
    assert_close(found, protonet.logits(query, protonet.prototypes(z, y, 3)))


def test_at_unit_length_how_long_features_are_does_not_matter(task):
    z, y, query = task
    lengths = torch.rand(9, 1, generator=torch.Generator().manual_seed(1)) + 0.1
    for head in (HEADS["centroid"], HEADS["linear probe"]):
        assert_close(head.fit(lengths * z, y, 3).logits(7 * query), head.fit(z, y, 3).logits(query), atol=1e-5, rtol=0)


@pytest.mark.parametrize("penalty", [0.1, 0.01])
def test_the_linear_probe_is_where_its_loss_has_no_slope(task, penalty):
    z, y, _ = task
    weight = LinearProbe(penalty).fit(z, y, 3).weight.requires_grad_()
    loss = cross_entropy(normalize(z, dim=1) @ weight.T, y) + penalty * weight.square().sum() / 2
    assert torch.autograd.grad(loss, weight)[0].abs().amax() < 1e-6


@pytest.mark.parametrize("head", OF_FEATURES, ids=HEADS)
def test_other_numbers_for_the_classes_give_the_same_answers(head, task):
    z, y, query = task
    anew = torch.tensor([1, 2, 0])
    assert_close(head.fit(z, anew[y], 3).logits(query)[:, anew], head.fit(z, y, 3).logits(query), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("head", OF_FEATURES, ids=HEADS)
def test_a_class_whose_pictures_all_came_twice_has_no_advantage(head, task):
    z, y, query = task
    again = torch.cat([z, z[y == 1]]), torch.cat([y, y[y == 1]])
    assert_close(head.fit(*again, 3).logits(query), head.fit(z, y, 3).logits(query), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("head", OF_FEATURES, ids=HEADS)
def test_what_was_learned_comes_back_of_its_tensors(head, task):
    z, y, query = task
    fitted = head.fit(z, y, 3)
    assert_close(head.restore(fitted.tensors()).logits(query), fitted.logits(query))


LEVEL, AS_IT_IS = Centroid(unit_length=False, level=True), Centroid(unit_length=False)


def test_for_classes_of_one_size_a_level_head_gives_the_same_probabilities(task):
    z, y, query = task
    found = [head.fit(z, y, 3).logits(query).softmax(dim=1) for head in (LEVEL, AS_IT_IS)]
    assert_close(*found)


def test_a_level_head_takes_off_the_variance_of_each_mean():
    """Pictures at −1 and 1 have variance 2; their mean has half of it, a lone picture all."""
    z, y = torch.tensor([[-1.0], [1.0], [5.0]]), torch.tensor([0, 0, 1])
    query = torch.tensor([[2.0]])
    assert_close(AS_IT_IS.fit(z, y, 2).logits(query), torch.tensor([[-4.0, -9.0]]))
    assert_close(LEVEL.fit(z, y, 2).logits(query), torch.tensor([[-4.0 + 1, -9.0 + 2]]))


def test_lone_pictures_have_no_variance():
    z, y = torch.tensor([[0.0], [5.0]]), torch.tensor([0, 1])
    assert_close(LEVEL.fit(z, y, 2).logits(z), AS_IT_IS.fit(z, y, 2).logits(z))


def test_a_small_class_beside_large_ones_gets_its_pictures():
    """1,000 tasks of Gaussian classes, of 1, 9 and 9 pictures: how many pictures of the small class are named."""
    generator = torch.Generator().manual_seed(0)
    y = torch.tensor([0, *[1] * 9, *[2] * 9])
    right = torch.zeros(2)
    for _ in range(1000):
        means = torch.randn(3, 8, generator=generator)
        z = means[y] + torch.randn(19, 8, generator=generator)
        query = means[:1] + torch.randn(1, 8, generator=generator)
        right += torch.tensor([head.fit(z, y, 3).logits(query).argmax() == 0 for head in (LEVEL, AS_IT_IS)])
    assert right[0] > 780 and right[1] < 660, right


def test_heads_by_name():
    backbone = backbones.load("emoji")
    for name in heads.NAMES:
        assert heads.make(name, backbone, seconds=7, seed=3).looks_at == (
            "pictures" if name == "fine-tuning" else "features"
        )
    assert heads.make("centroid", backbone).level and heads.make("plain centroid", backbone).level
    tuning = heads.make("fine-tuning", backbone, seconds=7, seed=3)
    assert isinstance(tuning, FineTuning) and (tuning.seconds, tuning.seed, tuning.unit_length) == (7, 3, False)
    with pytest.raises(ValueError, match="no head 'svm': give one of centroid, plain centroid, linear probe, fine-tun"):
        heads.make("svm", backbone)
