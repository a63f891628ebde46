"""Sinusoids as tasks: few-shot regression, after Finn, Abbeel and Levine (2017), section 5.1.

A task is a wave y = A · sin(x − φ), of which a few points are given. Amplitude and phase differ from task to task.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import mse_loss

from metalib.adapt import Params, path
from metalib.episodes import Episode

AMPLITUDES, PHASES, INPUTS = (0.1, 5.0), (0.0, math.pi), (-5.0, 5.0)  # uniform in these ranges: the paper


class Waves(NamedTuple):
    """T tasks: amplitude [T], phase [T] in radians."""

    amplitude: Tensor
    phase: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """The waves' values at x [T, S, 1], or [S, 1] for all of them -> [T, S, 1]."""
        return self.amplitude[:, None, None] * torch.sin(x - self.phase[:, None, None])


def draw_waves(n_tasks: int, *, generator: torch.Generator) -> Waves:
    """`n_tasks` tasks, amplitude and phase uniform in the paper's ranges."""
    return Waves(_uniform((n_tasks,), AMPLITUDES, generator), _uniform((n_tasks,), PHASES, generator))


def sample_episodes(n_tasks: int, k_shot: int, n_query: int, *, generator: torch.Generator) -> Episode:
    """`n_tasks` regression episodes: support_x, support_y [T, K, 1], query_x, query_y [T, Q, 1], float32.

    Inputs are uniform in −5 … 5, so support and query points are different ones. No noise, as in the paper.
    Raises ValueError for a count below 1.
    """
    for name, count in (("n_tasks", n_tasks), ("k_shot", k_shot), ("n_query", n_query)):
        if count < 1:
            raise ValueError(f"{name} is {count}: give at least 1")
    waves = draw_waves(n_tasks, generator=generator)
    x = _uniform((n_tasks, k_shot + n_query, 1), INPUTS, generator)  # [T, K + Q, 1]
    y = waves(x)
    return Episode(x[:, :k_shot], y[:, :k_shot], x[:, k_shot:], y[:, k_shot:])


def mean_wave(x: Tensor) -> Tensor:
    """The mean of all waves at x: what joint training with the squared loss converges to; about −1.62 cos x.

    E[A] · E[sin(x − φ)] with φ uniform in 0 … π is E[A] · (−2/π) cos x: not zero, as the phases cover half a turn only.
    """
    return -2 / math.pi * sum(AMPLITUDES) / 2 * torch.cos(x)


def query_errors(model: nn.Module, theta: Params, episodes: Episode, *, inner_lr: float, inner_steps: int) -> Tensor:
    """The mean squared error on each task's queries after 0, 1, … k steps from θ. [T, k + 1], no graph."""

    def errors(theta: Params, task: Episode) -> Tensor:
        x, y = task.support_x, task.support_y
        phis = path(model, theta, x, y, inner_lr=inner_lr, inner_steps=inner_steps, loss_fn=mse_loss)
        return torch.stack([mse_loss(functional_call(model, phi, (task.query_x,)), task.query_y) for phi in phis])

    with torch.no_grad():  # torch.func.grad works here all the same
        return vmap(errors, in_dims=(None, 0))(theta, episodes)


def _uniform(shape: tuple[int, ...], bounds: tuple[float, float], generator: torch.Generator) -> Tensor:
    low, high = bounds
    return low + (high - low) * torch.rand(shape, generator=generator)
