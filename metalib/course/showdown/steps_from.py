"""Accuracy after 0, 1, … steps on a task's pictures, from four starts; each query alone.

One task after the other: with many pictures of a class vmap over tasks takes several times as long on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from metalib import finetune
from metalib.adapt import Params, path
from metalib.course.kit.prototype_head import start, with_head
from metalib.course.showdown.exercise_head_steps import head_steps
from metalib.episodes import Episode
from metalib.models import Conv4

_QUERIES_AT_ONCE = 10  # each brings the whole support set along
Steps = Callable[[Conv4, Episode, float, Sequence[int]], Tensor]


def of_protomaml(network: Conv4, task: Episode, rate: float, at: Sequence[int]) -> Tensor:
    """[M]: the query accuracy after each number of steps in `at`, from the prototypes.

    network  without running statistics: each query passes with the support set
    """
    model = with_head(network, int(task.support_y.max()) + 1)

    def logits(phi: Params) -> Tensor:
        def alone(query: Tensor) -> Tensor:
            return functional_call(model, phi, (torch.cat([task.support_x, query[None]]),))[-1]

        return vmap(alone, chunk_size=_QUERIES_AT_ONCE)(task.query_x)

    with torch.no_grad():
        steps = path(model, start(model, task), *task[:2], inner_lr=rate, inner_steps=max(at))
        return torch.stack([_accuracy(logits(phi), task) for step, phi in enumerate(steps) if step in at])


def fine_tuned(network: Conv4, task: Episode, rate: float, at: Sequence[int]) -> Tensor:
    """[M]: the same for a classifier with a head of zeros, all layers trained, under its running statistics.

    rate  for a class: as in the course's fine-tuning, the step grows with the number of ways
    """
    n_way = int(task.support_y.max()) + 1
    model = finetune.with_head(network, n_way)
    theta: Params = dict(model.named_parameters())
    with torch.no_grad():
        steps = path(model, theta, *task[:2], inner_lr=rate * n_way, inner_steps=max(at))
        found = [functional_call(model, phi, (task.query_x,)) for step, phi in enumerate(steps) if step in at]
    return torch.stack([_accuracy(logits, task) for logits in found])


def linear_probe(network: Conv4, task: Episode, rate: float, at: Sequence[int]) -> Tensor:
    """[M]: the same for the head alone."""
    n_way = int(task.support_y.max()) + 1
    model, one = finetune.with_head(network, n_way), Episode(*(field[None] for field in task))
    curves = finetune.curves(model, one, only=finetune.HEAD, inner_lr=rate * n_way, at=list(at))
    return curves.query_accuracy[0]


def centred_head(network: Conv4, task: Episode, rate: float, at: Sequence[int]) -> Tensor:
    """[M]: the same for a head of zeros on frozen features, centred, their squares summing to 1 on average.

    Then no curvature of the loss exceeds ½, and every rate below 4 descends.
    """
    n_way = int(task.support_y.max()) + 1
    with torch.no_grad():
        s, q = network.features(task.support_x), network.features(task.query_x)
    mean = s.mean(dim=0)
    scale = (s - mean).square().sum(dim=1).mean().sqrt()
    s, q = (s - mean) / scale, (q - mean) / scale
    W, b, found = s.new_zeros(n_way, s.shape[1]), s.new_zeros(n_way), []
    for before, steps in zip([0, *at], at, strict=False):
        W, b = head_steps(W, b, s, task.support_y, rate, steps - before)
        found.append(_accuracy(q @ W.T + b, task))
    return torch.stack(found)


def _accuracy(logits: Tensor, task: Episode) -> Tensor:
    right = (logits.argmax(dim=1) == task.query_y) & logits.isfinite().all(dim=1)  # what is no number answers nothing
    return right.double().mean()


# method -> (entrant whose network it starts from, its steps)
METHODS: dict[str, tuple[str, Steps]] = {
    "ProtoMAML": ("ProtoMAML", of_protomaml),
    "fine-tuned": ("classifier", fine_tuned),
    "linear probe": ("classifier", linear_probe),
    "centred head": ("classifier", centred_head),
}
