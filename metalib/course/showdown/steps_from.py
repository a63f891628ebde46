"""Accuracy after 0, 1, … steps on a task's pictures, from three starts; each query alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from metalib import finetune
from metalib.adapt import Params, path
from metalib.course.kit.prototype_head import start, with_head
from metalib.episodes import Episode
from metalib.models import Conv4

_QUERIES_AT_ONCE = 10  # each brings the whole support set along
Steps = Callable[[Conv4, Episode, float, Sequence[int]], Tensor]


def of_protomaml(network: Conv4, episodes: Episode, rate: float, at: Sequence[int]) -> Tensor:
    """[T, M]: the query accuracy of each task after each number of steps in `at`, from the prototypes.

    network  without running statistics: each query passes with the support set
    """
    tasks = (episodes.task(t) for t in range(len(episodes.support_y)))
    return torch.stack([_one_task(network, task, rate, at) for task in tasks])


def _one_task(network: Conv4, task: Episode, rate: float, at: Sequence[int]) -> Tensor:
    model = with_head(network, int(task.support_y.max()) + 1)
    with torch.no_grad():
        theta = start(model, task)
        steps = path(model, theta, task.support_x, task.support_y, inner_lr=rate, inner_steps=max(at))
        found = [_accuracy(model, phi, task) for step, phi in enumerate(steps) if step in at]
    return torch.stack(found)


def _accuracy(model: Conv4, phi: Params, task: Episode) -> Tensor:
    def alone(query: Tensor) -> Tensor:
        return functional_call(model, phi, (torch.cat([task.support_x, query[None]]),))[-1]

    logits = vmap(alone, chunk_size=_QUERIES_AT_ONCE)(task.query_x)
    right = (logits.argmax(dim=1) == task.query_y) & logits.isfinite().all(dim=1)  # what is no number answers nothing
    return right.double().mean()


def of_classifier(only: finetune.Only) -> Steps:
    """The same from a classifier with a head of zeros, its layers `only` trained; `rate` is for a class.

    As in the course's fine-tuning, the step grows with the number of ways, and running statistics stay.
    """

    def steps(network: Conv4, episodes: Episode, rate: float, at: Sequence[int]) -> Tensor:
        n_way = int(episodes.support_y.max()) + 1
        model = finetune.with_head(network, n_way)
        settings: dict[str, Any] = {"only": only, "inner_lr": rate * n_way, "at": list(at)}
        return finetune.curves(model, episodes, **settings).query_accuracy

    return steps


# method -> (entrant whose network it starts from, its steps)
METHODS: dict[str, tuple[str, Steps]] = {
    "ProtoMAML": ("ProtoMAML", of_protomaml),
    "fine-tuned": ("classifier", of_classifier(finetune.ALL_LAYERS)),
    "linear probe": ("classifier", of_classifier(finetune.HEAD)),
}
