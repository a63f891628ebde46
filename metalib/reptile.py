"""Reptile (Nichol, Achiam and Schulman, 2018): adapt to a task, and move the start a little towards where that led.

    θ ← θ + ε · mean over tasks of (φᵢ − θ),      φᵢ = θ after k inner steps on task i

No query set, and no gradient through a gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from metalib import inputs
from metalib.adapt import Params, Rate, adapt
from metalib.episodes import Episode


def step(model: nn.Module, theta: Params, episodes: Episode, *, meta_step_size: float, **adapting) -> Params:
    """θ after one outer step (algorithm 2 of the paper); nothing is changed in place.

    episodes        T tasks; only their support sets are used
    meta_step_size  ε
    adapting        inner_lr, inner_steps, and what else `adapted` takes
    """
    phis = adapted(model, theta, episodes, **adapting)
    with torch.no_grad():  # the new θ has no history: else each step would hang on all those before it
        return {
            name: value + meta_step_size * torch.stack([phi[name] - value for phi in phis]).mean(dim=0)
            for name, value in theta.items()
        }


def adapted(
    model: nn.Module,
    theta: Params,
    episodes: Episode,
    *,
    inner_lr: Rate,
    inner_steps: int,
    batch_size: int | None = None,
    generator: torch.Generator | None = None,
    **adapting,
) -> list[Params]:
    """φᵢ for each task, one after the other, without a graph.

    batch_size  pictures of an inner step, drawn from the support set by `minibatches`; None: all of them
    adapting    what else `adapt.path` takes; step_rule=InnerAdam() is the paper's, its state goes on from task to task
    """
    inputs.check_some(episodes)
    phis = []
    for t in range(len(episodes.support_y)):
        x, y = episodes.support_x[t], episodes.support_y[t]
        if batch_size is not None:
            adapting["batches"] = minibatches(len(y), batch_size, inner_steps, generator)
        with torch.no_grad():
            phis.append(adapt(model, theta, x, y, inner_lr=inner_lr, inner_steps=inner_steps, **adapting))
    return phis


def losses(model: nn.Module, theta: Params, episodes: Episode, **adapting) -> Tensor:
    """½‖θ − φᵢ‖² for each task, [T], with φᵢ held fixed: gradient descent on its mean, with rate ε, is Reptile's step.

    Source: section 5.2 of the paper, where φᵢ stands for the nearest optimum of task i.
    """
    phis = adapted(model, theta, episodes, **adapting)
    squares = [[(theta[name] - phi[name].detach()).square().sum() for name in theta] for phi in phis]
    return torch.stack([torch.stack(of_task).sum() / 2 for of_task in squares])


def minibatches(size: int, batch_size: int, steps: int, generator: torch.Generator | None = None) -> list[Tensor]:
    """`steps` index tensors of `batch_size` into `size` examples: one shuffled pass after the other, cut into batches.

    No example comes a second time before all came once. A batch may end one pass and begin the next, as in the
    authors' code. Raises ValueError for a batch that is empty or larger than the set.
    """
    if not 1 <= batch_size <= size:
        raise ValueError(
            f"minibatches of {batch_size} from {size} examples: give a batch_size from 1 to {size}, or raise k_shot"
        )
    passes = max(1, -(-steps * batch_size // size))  # rounded up
    order = torch.cat([torch.randperm(size, generator=generator) for _ in range(passes)])
    return list(order.split(batch_size))[:steps]


def lay_out(episodes: Episode, batch_size: int, steps: int, generator: torch.Generator | None = None) -> Episode:
    """The episodes with support rows in the order in which `minibatches` takes them, one order a task.

    Step i then takes rows i · batch_size to (i + 1) · batch_size, whatever was drawn: so a GPU can repeat a recording.
    """
    n_tasks, size = episodes.support_y.shape
    orders = [torch.cat(minibatches(size, batch_size, steps, generator)) for _ in range(n_tasks)]
    rows = torch.stack(orders).to(episodes.support_y.device)  # [T, steps · batch_size]
    task = torch.arange(n_tasks, device=rows.device)[:, None]
    return episodes._replace(support_x=episodes.support_x[task, rows], support_y=episodes.support_y[task, rows])
