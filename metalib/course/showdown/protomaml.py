"""ProtoMAML (Triantafillou et al., 2020): MAML whose head starts where the prototypes of the support set are.

    φ₀ = (θ, W = 2c, b = −‖c‖²),      φ_{t+1} = φ_t − α ∇L_S(φ_t),      min over θ of  mean over tasks of  L_Q(φ_k(θ))

With k = 0 it is a prototypical network. The prototypes c depend on θ, and the outer gradient goes through them. By
first order, as in the paper, it ignores how the inner gradients depend on θ, and not how the start does.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from metalib import inputs, maml
from metalib.adapt import Params
from metalib.course.kit.prototype_head import start, with_head
from metalib.episodes import Episode
from metalib.models import Conv4


def losses(body: Conv4, episodes: Episode, **adapting: Any) -> Tensor:
    """The query loss of each task after the steps from its prototypes: [T], differentiable in the parameters of `body`.

    body      without a head      episodes  with a task axis T
    adapting  inner_lr, inner_steps, first_order, ... as `adapt.path` has them
    """
    model = with_head(body, inputs.ways(episodes))
    tasks = (episodes.task(t) for t in range(len(episodes.support_y)))
    return torch.stack([maml.task_loss(model, start(model, task), task, **adapting) for task in tasks])


def predict(body: Conv4, episodes: Episode, *, transductive: bool, **adapting: Any) -> Tensor:
    """[T, Q]: the label that each query gets after the steps; `transductive` and the rest as `maml.logits` has them."""
    model = with_head(body, inputs.ways(episodes))

    def answers(_theta: Params, task: Episode) -> Tensor:
        return maml.logits(model, start(model, task), task, transductive=transductive, **adapting)

    with torch.no_grad():
        return inputs.finite(maml.over_tasks(answers, {}, episodes, chunk_size=1)).argmax(dim=2)
