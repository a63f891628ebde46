"""Facts about vmap: a norm that it gets wrong is refused, however it is called; all else is let through."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.functional import mse_loss

from metalib import maml, vetting
from metalib.episodes import Episode
from metalib.models import BatchNorm2d, conv4, mlp
from metalib.runtime import seeded

SETTINGS = {"inner_lr": 0.1, "inner_steps": 1, "loss_fn": mse_loss}


class Own(nn.Module):
    """A learner's own network, with `middle` called as a function between two layers."""

    def __init__(self, middle):
        super().__init__()
        self.first, self.last, self.middle = nn.Linear(1, 8), nn.Linear(8, 1), middle
        self.weight, self.bias = nn.Parameter(torch.ones(8)), nn.Parameter(torch.zeros(8))

    def forward(self, x):
        return self.last(torch.tanh(self.middle(self.first(x), self.weight, self.bias)))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.last = nn.LSTM(1, 4, batch_first=True), nn.Linear(4, 1)

    def forward(self, x):
        return self.last(self.lstm(x[:, None])[0][:, 0])


def layer_norm(h, weight, bias):
    return functional.layer_norm(h, (8,), weight, bias)


def batch_norm(h, weight, bias):
    return functional.batch_norm(h, None, None, weight, bias, training=True)


def group_norm(h, weight, bias):
    return functional.group_norm(h, 2, weight, bias)


def dropout(h, weight, bias):
    return functional.dropout(h * weight + bias, 0.5, training=True)


@pytest.fixture
def tasks():
    generator = seeded(0)
    return Episode(*(torch.randn(4, 5, 1, generator=generator) for _ in range(4)))


def losses(model, tasks, **settings):
    return maml.losses(model, dict(model.named_parameters()), tasks, **SETTINGS, **settings)


@pytest.mark.parametrize("norm", [layer_norm, batch_norm])
def test_a_norm_that_is_called_as_a_function_is_refused(tasks, norm):
    with pytest.raises(ValueError, match=r"wrong second derivatives of weight: give chunk_size=1, first_order=True"):
        losses(Own(norm), tasks)
    assert losses(Own(norm), tasks, only="last").shape == (4,)  # the norm's weight stays
    assert losses(Own(norm), tasks, chunk_size=1).shape == losses(Own(norm), tasks, first_order=True).shape == (4,)


def test_what_vmap_gets_right_is_looked_at_once_and_gives_the_loops_gradient(tasks, monkeypatch):
    model = Own(group_norm).double()
    tasks = Episode(*(field.double() for field in tasks))
    theta = list(model.parameters())
    ours, loops = (torch.autograd.grad(losses(model, tasks, chunk_size=n).mean(), theta) for n in (None, 1))
    for a, b in zip(ours, loops, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)
    monkeypatch.setattr(vetting, "_Norms", lambda: pytest.fail("looked at a second time"))
    losses(model, tasks)


@pytest.mark.parametrize("norm", [layer_norm, batch_norm])
def test_those_that_are_refused_are_wrong(tasks, norm, monkeypatch):
    """The reason for the list: where this fails, torch has mended one."""
    model, tasks = Own(norm).double(), Episode(*(field.double() for field in tasks))
    monkeypatch.setattr(vetting, "check_vmap", lambda *arguments, **settings: None)
    ours, loops = (
        torch.cat(
            [
                g.flatten()
                for g in torch.autograd.grad(losses(model, tasks, chunk_size=n).mean(), list(model.parameters()))
            ]
        )
        for n in (None, 1)
    )
    assert (ours - loops).norm() / loops.norm() > 1e-4


def test_a_model_of_ones_own_works_inside_transforms_and_with_what_is_float32_in_it(tasks):
    class Casts(Own):
        def forward(self, x):
            return super().forward(x.float())

    for model in (Own(group_norm), Casts(group_norm)):
        theta = dict(model.named_parameters())
        gradient = torch.func.grad(lambda t, m=model: maml.losses(m, t, tasks, **SETTINGS).mean())(theta)
        loop = torch.func.grad(lambda t, m=model: maml.losses(m, t, tasks, chunk_size=1, **SETTINGS).mean())(theta)
        torch.testing.assert_close(gradient, loop, rtol=1e-4, atol=1e-6)
    batches = Episode(*(torch.stack([field, field.flip(0)]) for field in tasks))
    model = Own(group_norm)
    found = torch.vmap(lambda *batch: maml.losses(model, dict(model.named_parameters()), Episode(*batch), **SETTINGS))(
        *batches
    )
    assert found.shape == (2, 4)


def test_the_courses_own_networks_are_known(tasks, monkeypatch):
    monkeypatch.setattr(vetting, "_Norms", lambda: pytest.fail("looked at"))
    losses(mlp(), tasks)
    pictures = Episode(*(torch.rand(2, 4, 1, 28, 28), torch.arange(4).expand(2, 4)) * 2)
    network = conv4(width=4, n_out=4, downsample="stride", running_stats=False)
    maml.losses(network, dict(network.named_parameters()), pictures, inner_lr=0.1, inner_steps=1)


@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("model", [Own(dropout), Recurrent()], ids=["dropout", "LSTM"])
def test_what_vmap_cannot_batch_is_told_to_take_a_loop(tasks, model):
    for order in ({}, {"first_order": True}):
        with pytest.raises(ValueError, match=r"several tasks of this model at once .* give chunk_size=1"):
            losses(model, tasks, **order)
    assert losses(model, tasks, chunk_size=1).shape == (4,)


def test_a_fault_of_the_models_own_keeps_its_words(tasks):
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        losses(nn.Sequential(nn.Linear(1, 3), nn.Linear(4, 1)), tasks)


def test_layers_that_are_inexact_under_vmap_are_named():
    layers = [
        nn.BatchNorm2d(4, track_running_stats=False),
        nn.BatchNorm2d(4),  # its statistics are fixed in evaluation
        nn.BatchNorm2d(4, affine=False, track_running_stats=False),  # it has no weight
        nn.InstanceNorm2d(4, affine=True),
        nn.GroupNorm(2, 4),  # right in torch
        nn.LayerNorm(5),
        BatchNorm2d(4, track_running_stats=False),
    ]
    model = nn.Sequential(*layers).eval()
    found = vetting.inexact_under_vmap(model, dict(model.named_parameters()), torch.rand(3, 4, 5, 5))
    assert found == ["0.weight", "3.weight", "5.weight"]
    network = conv4(running_stats=False)
    assert vetting.inexact_under_vmap(network, {}, torch.rand(3, 1, 28, 28)) == []
