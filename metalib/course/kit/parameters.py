"""What the checks of functions of a model and its θ share: small cases, and whether both stay as they were."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from metalib.adapt import Params
from metalib.course.kit.verdict import Wrong
from metalib.episodes import Episode
from metalib.models import mlp
from metalib.runtime import seeded

Snapshot = tuple[Params, Params]  # θ, and the model's own weights


def small_case(n_tasks: int) -> tuple[nn.Module, Params, Episode]:
    """A small smooth network, a θ apart from its own weights, and tasks of 4 support and 6 query points."""
    generator = seeded(n_tasks)
    model = mlp((1, 6, 6, 1), activation=nn.Tanh).double()

    def noise(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    theta = {name: (0.7 * noise(*value.shape)).requires_grad_() for name, value in model.named_parameters()}
    return model, theta, Episode(*(noise(n_tasks, points, 1) for points in (4, 4, 6, 6)))


def values(params: Params) -> Params:
    """Copies of the numbers, without a graph."""
    return {name: value.detach().clone() for name, value in params.items()}


def snapshot(model: nn.Module, theta: Params) -> Snapshot:
    """What a learner's function has to leave as it is."""
    return values(theta), values(dict(model.named_parameters()))


def see_that_nothing_changed(
    model: nn.Module, theta: Params, before: Snapshot, *, for_theta: str, for_model: str
) -> None:
    """Raise Wrong where θ or the model's weights differ from `before`; for_theta and for_model are the remedies."""
    old, weights = before
    if theta.keys() != old.keys() or any(not theta[name].equal(old[name]) for name in theta):
        raise Wrong(f"Your function changes `theta`: leave it as it is. {for_theta}")
    if any(not value.equal(weights[name]) for name, value in model.named_parameters()):
        raise Wrong(f"Your function changes the model's own weights. {for_model}")
