"""Reptile (Nichol, Achiam and Schulman, 2018): adapt to a task, and move the start a little towards where that led.

    θ ← θ + ε · mean over tasks of (φᵢ − θ),      φᵢ = θ after k inner steps on task i

No query set, and no gradient through a gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from metalib.adapt import Params, adapt
from metalib.episodes import Episode


def step(
    model: nn.Module,
    theta: Params,
    episodes: Episode,
    *,
    meta_step_size: float,
    **adapting,
) -> Params:
    """θ after one outer step (algorithm 2 of the paper); nothing is changed in place.

    episodes        T tasks; only their support sets are used
    meta_step_size  ε
    adapting        inner_lr, inner_steps, and what else `adapted` takes
    """
    phis = adapted(model, theta, episodes, **adapting)
    return {name: theta[name] + meta_step_size * (torch.stack([phi[name] for phi in phis]) - theta[name]).mean(dim=0) for name in theta}


def adapted(
    model: nn.Module,
    theta: Params,
    episodes: Episode,
    *,
    inner_lr: float,
    inner_steps: int,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    **adapting,
) -> list[Params]:
    """φᵢ for each task, one after the other, without a graph.

    batch_size  pictures of an inner step, drawn from the support set by `minibatches`; None: all of them
    adapting    what else `adapt.path` takes; step_rule=InnerAdam() is the paper's, and its state goes on from task to task
    """
    theta = {name: value.detach() for name, value in theta.items()}
    phis = []
    for t in range(len(episodes.support_y)):
        task = episodes.task(t)
        batches = None if batch_size is None else minibatches(len(task.support_y), batch_size, inner_steps, generator)
        phis.append(
            adapt(
                model,
                theta,
                task.support_x,
                task.support_y,
                inner_lr=inner_lr,
                inner_steps=inner_steps,
                batches=batches,
                **adapting,
            )
        )
    return phis


def losses(model: nn.Module, theta: Params, episodes: Episode, **adapting) -> Tensor:
    """½‖θ − φᵢ‖² for each task, [T], with φᵢ held fixed: gradient descent on its mean, with rate ε, is Reptile's step.

    Source: section 5.2 of the paper, where φᵢ stands for the nearest optimum of task i.
    """
    phis = adapted(model, theta, episodes, **adapting)
    return torch.stack([sum((theta[name] - phi[name]).square().sum() for name in theta) / 2 for phi in phis])


def minibatches(size: int, batch_size: int, steps: int, generator: torch.Generator | None = None) -> list[Tensor]:
    """`steps` index tensors of `batch_size` into `size` examples, in random order; no example twice before all were in.

    Raises ValueError when a batch is larger than the set.
    """
    if batch_size > size:
        raise ValueError(f"minibatches of {batch_size} from {size} examples: lower batch_size or raise k_shot")
    per_pass = size // batch_size
    passes = -(-steps // per_pass)
    order = [torch.randperm(size, generator=generator)[: per_pass * batch_size] for _ in range(passes)]
    return list(torch.cat(order).split(batch_size))[:steps]
