"""Facts about Reptile, in float64."""

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from metalib import reptile
from metalib.adapt import InnerAdam
from metalib.episodes import Episode
from metalib.models import mlp
from metalib.runtime import seeded

EXACT = {"rtol": 1e-11, "atol": 1e-13}


@pytest.fixture
def model():
    torch.manual_seed(0)
    return mlp((3, 6, 4), activation=nn.Tanh).double()


@pytest.fixture
def theta(model):
    return dict(model.named_parameters())


@pytest.fixture
def episodes():
    """Three tasks of 12 points, without queries."""
    x = torch.randn(3, 12, 3, generator=seeded(0), dtype=torch.float64)
    y = torch.arange(4).repeat(3).expand(3, -1)
    return Episode(x, y, x[:, :0], y[:, :0])


def by_torch(model, theta, x, y, batches, lr):
    """φ after SGD with torch.optim on the given batches."""
    model.load_state_dict({name: value.detach().clone() for name, value in theta.items()})
    optimizer = torch.optim.SGD(model.parameters(), lr)
    for rows in batches:
        optimizer.zero_grad()
        cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    return {name: value.detach().clone() for name, value in model.named_parameters()}


@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_step_goes_towards_the_mean_of_the_adapted_parameters(model, theta, episodes, batch_size):
    start = {name: value.detach().clone() for name, value in theta.items()}
    settings = {"inner_lr": 0.3, "inner_steps": 4, "batch_size": batch_size}
    new = reptile.step(model, start, episodes, meta_step_size=0.25, generator=seeded(1), **settings)
    generator, phis = seeded(1), []
    for x, y in zip(episodes.support_x, episodes.support_y, strict=True):
        batches = [slice(None)] * 4 if batch_size is None else reptile.minibatches(12, batch_size, 4, generator)
        phis.append(by_torch(model, start, x, y, batches, 0.3))
    for name, value in start.items():
        assert_close(new[name], 0.75 * value + 0.25 * sum(phi[name] for phi in phis) / 3, **EXACT)


@pytest.mark.parametrize("epsilon", [1.0, 0.1])
def test_one_inner_step_is_joint_training(model, theta, episodes, epsilon):
    """k = 1: one step of rate ε · α on the mean loss over all tasks; at ε = 1 that is α."""
    new = reptile.step(model, theta, episodes, meta_step_size=epsilon, inner_lr=0.3, inner_steps=1)
    joint = cross_entropy(
        functional_call(model, theta, (episodes.support_x.flatten(0, 1),)), episodes.support_y.flatten()
    )
    for (name, value), g in zip(theta.items(), torch.autograd.grad(joint, list(theta.values())), strict=True):
        assert_close(new[name], value.detach() - epsilon * 0.3 * g, **EXACT)


def test_two_inner_steps_are_not_joint_training(model, theta, episodes):
    new = reptile.step(model, theta, episodes, meta_step_size=1.0, inner_lr=0.3, inner_steps=2)
    joint = episodes._replace(
        support_x=episodes.support_x.flatten(0, 1)[None], support_y=episodes.support_y.flatten()[None]
    )
    twice = reptile.step(model, theta, joint, meta_step_size=1.0, inner_lr=0.3, inner_steps=2)
    assert max((new[name] - twice[name]).abs().max() for name in theta) > 1e-4


def test_with_adam_and_one_step_of_one_task_every_parameter_moves_by_alpha(model, theta, episodes):
    one = Episode(*(field[:1] for field in episodes))
    rule = InnerAdam(epsilon=0.0)
    new = reptile.step(model, theta, one, meta_step_size=1.0, inner_lr=0.01, inner_steps=1, step_rule=rule)
    for name in theta:
        assert_close((new[name] - theta[name]).abs(), torch.full_like(theta[name], 0.01), rtol=1e-10, atol=1e-12)


def test_gradient_descent_on_its_losses_is_its_step(model, theta, episodes):
    settings = {"inner_lr": 0.3, "inner_steps": 3}
    loss = reptile.losses(model, theta, episodes, **settings)
    assert loss.shape == (3,)
    new = reptile.step(model, theta, episodes, meta_step_size=0.2, **settings)
    for (name, value), g in zip(theta.items(), torch.autograd.grad(loss.mean(), list(theta.values())), strict=True):
        assert_close(new[name], value.detach() - 0.2 * g, **EXACT)


def test_the_loss_is_half_the_squared_way(model, theta, episodes):
    settings = {"inner_lr": 0.3, "inner_steps": 3}
    phi = reptile.adapted(model, theta, episodes, **settings)[1]
    way = torch.cat([(theta[name] - phi[name]).flatten() for name in theta])
    assert_close(reptile.losses(model, theta, episodes, **settings)[1], way.square().sum() / 2, **EXACT)


def test_adams_state_goes_on_from_task_to_task(model, theta, episodes):
    rule, settings = InnerAdam(), {"inner_lr": 0.01, "inner_steps": 2}
    together = reptile.adapted(model, theta, episodes, step_rule=rule, **settings)
    assert rule.steps == 6
    alone = reptile.adapted(
        model, theta, Episode(*(field[1:2] for field in episodes)), step_rule=InnerAdam(), **settings
    )
    assert max((together[1][name] - alone[0][name]).abs().max() for name in theta) > 1e-4


def test_nothing_is_changed_in_place_and_no_graph_is_kept(model, theta, episodes):
    """theta asks for gradients: with a graph, each new θ would hang on all those before it."""
    before = {name: value.detach().clone() for name, value in theta.items()}
    rule = InnerAdam()
    new = reptile.step(model, theta, episodes, meta_step_size=0.5, inner_lr=0.3, inner_steps=2, step_rule=rule)
    assert_close({name: value.detach() for name, value in theta.items()}, before, rtol=0, atol=0)
    assert not any(value.requires_grad for value in [*new.values(), rule.mean, rule.square])
    assert all(p.grad is None for p in model.parameters())


def test_the_order_of_the_rows_does_not_matter(model, theta, episodes):
    order = torch.randperm(12, generator=seeded(2))
    shuffled = episodes._replace(support_x=episodes.support_x[:, order], support_y=episodes.support_y[:, order])
    settings = {"meta_step_size": 0.5, "inner_lr": 0.3, "inner_steps": 3}
    assert_close(
        reptile.step(model, theta, shuffled, **settings), reptile.step(model, theta, episodes, **settings), **EXACT
    )


@pytest.mark.parametrize(("size", "batch_size", "steps"), [(50, 10, 5), (12, 5, 7), (5, 2, 9), (4, 4, 3), (6, 4, 1)])
def test_minibatches_take_every_example_before_one_comes_again(size, batch_size, steps):
    batches = reptile.minibatches(size, batch_size, steps, seeded(0))
    assert [len(batch) for batch in batches] == [batch_size] * steps
    seen = torch.cat(batches)
    for start in range(0, len(seen), size):
        one_pass = seen[start : start + size]
        assert len(one_pass.unique()) == len(one_pass)
    assert seen.max() < size


def test_minibatches_come_from_the_generator():
    one, same, other = (torch.cat(reptile.minibatches(20, 5, 8, seeded(seed))) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_no_steps_no_batches():
    assert reptile.minibatches(10, 5, 0) == []


@pytest.mark.parametrize("batch_size", [0, 13])
def test_a_batch_that_cannot_be_drawn(model, theta, episodes, batch_size):
    with pytest.raises(
        ValueError, match=f"minibatches of {batch_size} from 12 examples: give a batch_size from 1 to 12"
    ):
        reptile.adapted(model, theta, episodes, inner_lr=0.3, inner_steps=1, batch_size=batch_size)


def test_negative_steps(model, theta, episodes):
    with pytest.raises(ValueError, match="inner_steps is -2"):
        reptile.adapted(model, theta, episodes, inner_lr=0.3, inner_steps=-2, batch_size=4)


def test_laid_out_rows_are_the_minibatches_one_after_the_other(model, theta, episodes):
    """The same φ whether each task draws its minibatches or finds them in its rows."""
    settings = {"inner_lr": 0.3, "inner_steps": 4}
    expected = reptile.adapted(model, theta, episodes, batch_size=5, generator=seeded(3), **settings)
    laid_out = reptile.lay_out(episodes, 5, 4, seeded(3))
    assert laid_out.support_y.shape == (3, 20)
    settings["batches"] = [slice(i, i + 5) for i in (0, 5, 10, 15)]
    for phi, found in zip(expected, reptile.adapted(model, theta, laid_out, **settings), strict=True):
        assert_close(found, phi, **EXACT)
