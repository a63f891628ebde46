"""Fine-tuning: the steps are `adapt`'s, frozen layers stay, no label has a head start, and batch norm is as said."""

import copy

import pytest
import torch
from torch.func import functional_call
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from metalib import finetune, maml, protonet
from metalib.adapt import adapt
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded

LAYERS = [finetune.ALL_LAYERS, finetune.LAST_BLOCK, finetune.HEAD]


def some_network(**settings):
    """A network with running statistics as of some data."""
    torch.manual_seed(0)
    network = conv4(width=8, downsample="stride", **settings)
    network.train()
    for _ in range(20):
        network(torch.rand(16, 1, 28, 28))
    return network.eval()


@pytest.fixture(scope="module")
def network():
    return some_network()


@pytest.fixture
def episodes(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(4, 2, 3), 3, generator=seeded(0))


def test_the_new_head_is_zero_and_the_rest_is_a_copy(network):
    model = finetune.with_head(network, 6)
    assert list(model.head.weight.shape) == [6, network.out_features]
    assert not model.head.weight.any() and not model.head.bias.any()
    for name, value in network.state_dict().items():
        assert_close(model.state_dict()[name], value)
    assert network.head is None
    assert not model.training
    with torch.no_grad():
        model.blocks[0][0].weight.add_(1)
    assert not torch.equal(model.blocks[0][0].weight, network.blocks[0][0].weight)


def test_an_old_head_is_thrown_away():
    old = some_network(n_out=9)
    assert_close(finetune.with_head(old, 3)(torch.rand(2, 1, 28, 28)), torch.zeros(2, 3))


def test_a_network_without_running_statistics_has_none_to_freeze(network):
    bare = conv4(width=8, downsample="stride", running_stats=False)
    with pytest.raises(ValueError, match="none to freeze: give running_stats=False"):
        finetune.with_head(bare, 5)
    model = finetune.with_head(network, 5, running_stats=False)
    assert "blocks.0.1.running_mean" not in model.state_dict()


@pytest.mark.parametrize("only", LAYERS)
def test_the_steps_are_those_of_adapt_on_the_whole_network(network, episodes, only):
    model = finetune.with_head(network, 4)
    theta = {name: value.detach() for name, value in model.named_parameters()}
    found = finetune.logits(model, episodes, only=only, inner_lr=0.1, inner_steps=3)
    for t in range(3):
        task = episodes.task(t)
        phi = adapt(model, theta, task.support_x, task.support_y, inner_lr=0.1, inner_steps=3, only=only)
        assert_close(found[t], functional_call(model, phi, (task.query_x,)), rtol=1e-3, atol=1e-4)


def test_the_steps_are_those_of_an_optimizer(network, episodes):
    task = episodes.task(1)
    model = finetune.with_head(network, 4)
    by_hand = copy.deepcopy(model)
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        cross_entropy(by_hand(task.support_x), task.support_y).backward()
        optimizer.step()
    found = finetune.logits(model, episodes, inner_lr=0.1, inner_steps=3)[1]
    assert_close(found, by_hand(task.query_x), rtol=1e-3, atol=1e-4)


def test_fine_tuning_changes_nothing_that_was_handed_in(network, episodes):
    model = finetune.with_head(network, 4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    finetune.logits(model, episodes, inner_lr=0.1, inner_steps=2)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("only", LAYERS)
def test_relabelling_the_classes_changes_no_answer(network, episodes, only):
    settings = {"only": only, "inner_lr": 0.1, "inner_steps": 3}
    order = torch.tensor([2, 0, 3, 1])
    renamed = episodes._replace(support_y=order[episodes.support_y], query_y=order[episodes.query_y])
    model = finetune.with_head(network, 4)
    plain, other = (finetune.logits(model, e, **settings) for e in (episodes, renamed))
    assert_close(other[:, :, order], plain, rtol=1e-3, atol=1e-4)


def test_the_first_step_points_the_head_to_the_centroids(network, episodes):
    model, task = finetune.with_head(network, 4), episodes.task(0)
    theta = {name: value.detach() for name, value in model.named_parameters()}
    phi = adapt(model, theta, task.support_x, task.support_y, inner_lr=0.5, inner_steps=1)
    z = network.features(task.support_x).detach()
    centroids = protonet.prototypes(z, task.support_y, 4)
    assert_close(phi["head.weight"], 0.5 / 4 * (centroids - z.mean(dim=0)), rtol=1e-3, atol=1e-6)
    assert torch.equal(phi["blocks.0.0.weight"], theta["blocks.0.0.weight"])


def test_a_step_is_equally_long_for_every_number_of_ways():
    settings = finetune.METHODS["linear probe"]
    assert settings.inner_lr(20) / 20 == pytest.approx(settings.inner_lr(5) / 5)


def test_with_batch_statistics_each_query_passes_with_the_support_set_alone(network, episodes):
    model = finetune.with_head(network, 4, running_stats=False)
    theta = {name: value.detach() for name, value in model.named_parameters()}
    found = finetune.logits(model, episodes, only=finetune.LAST_BLOCK, inner_lr=0.1, inner_steps=2)
    how = {"inner_lr": 0.1, "inner_steps": 2, "only": finetune.LAST_BLOCK}
    asked = torch.stack([maml.logits(model, theta, episodes.task(t), transductive=False, **how) for t in range(3)])
    assert_close(found, asked.detach(), rtol=1e-3, atol=1e-4)


def test_curves_have_the_losses_and_accuracies_of_each_task(network, episodes):
    model = finetune.with_head(network, 4)
    settings = {"only": finetune.HEAD, "inner_lr": 0.2}
    curves = finetune.curves(model, episodes, at=[0, 2, 4], **settings)
    assert {list(values.shape) == [3, 3] for values in curves} == {True}
    assert_close(curves.support_loss[:, 0], torch.full((3,), 4.0).log())
    assert_close(curves.query_accuracy[:, 0], torch.full((3,), 0.25).double())  # all logits are equal: label 0
    logits = finetune.logits(model, episodes, **settings, inner_steps=4)
    for t in range(3):
        assert_close(curves.query_loss[t, 2], cross_entropy(logits[t], episodes.query_y[t]))
        right = (logits[t].argmax(dim=1) == episodes.query_y[t]).double().mean()
        assert_close(curves.query_accuracy[t, 2], right)


@pytest.mark.parametrize("method", finetune.METHODS)
def test_predictors_take_any_number_of_ways(network, tiny_bank, method):
    for spec in (EpisodeSpec(5, 1, 2), EpisodeSpec(8, 2, 1)):
        episodes = sample_episodes(tiny_bank, spec, 2, generator=seeded(1))
        predicted = finetune.predictor(network, method)(episodes)
        assert predicted.shape == episodes.query_y.shape
        only, _, steps = finetune.METHODS[method]
        how = {"only": only, "inner_lr": finetune.METHODS[method].inner_lr(spec.n_way), "inner_steps": steps}
        logits = finetune.logits(finetune.with_head(network, spec.n_way), episodes, **how)
        assert torch.equal(predicted, logits.argmax(dim=2))


@pytest.mark.parametrize("method", finetune.METHODS)
def test_predictors_work_under_autocast(network, episodes, method):
    """torch's batch norm takes one type under vmap, and autocast hands it another than its weights'."""
    predict = finetune.predictor(network, method)
    exact = predict(episodes)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert (predict(episodes) == exact).double().mean() > 0.9


def test_a_predictor_never_sees_the_query_labels(network, episodes):
    predict = finetune.predictor(network, "fine-tuned classifier")
    hidden = Episode(episodes.support_x, episodes.support_y, episodes.query_x, torch.zeros_like(episodes.query_y))
    assert torch.equal(predict(episodes), predict(hidden))


def test_the_nearest_centroid_is_that_of_the_features(network, episodes):
    with_old_head = some_network(n_out=9)
    assert torch.equal(finetune.nearest_centroid(with_old_head)(episodes), finetune.nearest_centroid(network)(episodes))
    assert torch.equal(finetune.nearest_centroid(network)(episodes), protonet.predict(network, episodes))


def test_unknown_layers_and_methods_are_refused(network, episodes):
    with pytest.raises(ValueError, match=r"no parameter starts with 'block9': the network has blocks\.0"):
        finetune.logits(finetune.with_head(network, 4), episodes, only="block9", inner_lr=0.1, inner_steps=1)
    with pytest.raises(ValueError, match="no method 'maml': give one of linear probe"):
        finetune.predictor(network, "maml")


def test_what_requires_no_gradient_in_the_network_stays(episodes):
    """A user's own freezing: fine-tuning all layers is then fine-tuning the others."""
    network = some_network()
    network.blocks[:3].requires_grad_(False)
    settings = {"inner_lr": 0.1, "inner_steps": 3}
    model = finetune.with_head(network, 4)
    assert [value.requires_grad for value in model.blocks[0].parameters()] == [False] * 3
    frozen = finetune.logits(model, episodes, **settings)
    expected = finetune.logits(finetune.with_head(some_network(), 4), episodes, only=finetune.LAST_BLOCK, **settings)
    assert_close(frozen, expected)


def test_a_network_that_diverged_has_no_answers(network, episodes):
    model = finetune.with_head(network, 4)
    with pytest.raises(ValueError, match="answers are not finite: the network diverged"):
        finetune.logits(model, episodes, inner_lr=1e30, inner_steps=3)
    found = finetune.curves(model, episodes, at=(0, 3), inner_lr=1e30)
    assert found.support_accuracy[:, 1].tolist() == found.query_accuracy[:, 1].tolist() == [0.0] * 3
