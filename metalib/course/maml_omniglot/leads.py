"""A label that leads: how far its logit is above the others' for all pictures alike, and what an inner step leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import one_hot

from metalib.adapt import Params, adapt
from metalib.episodes import Episode

NUDGE = 0.02  # of the lead, up and down: the step is nearly linear in between


def most_frequent(network: Any, tasks: Sequence[Episode]) -> tuple[int, float]:
    """The label that `network` gives most queries before any step, and its share of the answers."""
    with torch.no_grad():
        given = torch.cat([network(task.query_x).argmax(dim=1) for task in tasks]).bincount()
    return int(given.argmax()), (given.max() / given.sum()).item()


def lead(logits: Tensor, label: int) -> float:
    """How far the logit of `label` is above the mean of the others, mean over the pictures. logits: [B, N]."""
    n_way = logits.shape[1]
    return (n_way / (n_way - 1) * (logits[:, label] - logits.mean(dim=1))).mean().item()


def before_and_after(network: Any, tasks: Sequence[Episode], label: int, recipe: Any) -> tuple[float, float]:
    """The lead of `label` on the support sets before and after the inner steps of `recipe`, means over the tasks."""
    theta = dict(network.named_parameters())
    how = {"inner_lr": recipe.inner_lr, "inner_steps": recipe.inner_steps, "only": recipe.only}
    found = [_leads(network, theta, task, task.support_x, label, **how) for task in tasks]
    before, after = torch.tensor(found).mean(dim=0).tolist()
    return before, after


def taken(network: Any, tasks: Sequence[Episode], label: int, alpha: float) -> float:
    """What the head's part of one step takes off the lead: α N/(N − 1) (p − 1/N) (‖h̄‖² + 1).

    p is the label's share of the probability on the support sets, h̄ the mean feature; features count as alike.
    """
    n_way, p, size = _measures(network, tasks, label)
    return alpha * n_way / (n_way - 1) * (p - 1 / n_way) * size


def foreseen(network: Any, tasks: Sequence[Episode], label: int, alpha: float) -> float:
    """What the head's part of one step multiplies a small lead by: 1 − α N/(N − 1) p (1 − p) (‖h̄‖² + 1)."""
    n_way, p, size = _measures(network, tasks, label)
    return 1 - alpha * n_way / (n_way - 1) * p * (1 - p) * size


def measured(network: Any, tasks: Sequence[Episode], label: int, alpha: float, *, only: str = "") -> float:
    """What one step multiplies a small lead by, on the queries: mean over the tasks. Below 0 the step overshoots.

    The label's row of the head is moved along the mean feature by ±NUDGE, and the two leads after the step are compared
    with the two before.
    """
    theta, found = dict(network.named_parameters()), []
    with torch.no_grad():
        h = torch.cat([network.features(task.support_x) for task in tasks]).mean(dim=0)  # [F]
    direction = one_hot(torch.tensor(label), len(theta["head.bias"])).to(h) / (h.square().sum() + 1)  # [N]
    for task in tasks:
        ends = []
        for nudge in (-NUDGE, NUDGE):
            head = {
                "head.weight": theta["head.weight"] + nudge * direction[:, None] * h,
                "head.bias": theta["head.bias"] + nudge * direction,
            }
            moved = {**theta, **head}
            ends.append(_leads(network, moved, task, task.query_x, label, inner_lr=alpha, inner_steps=1, only=only))
        (low, low_after), (high, high_after) = ends
        found.append((high_after - low_after) / (high - low))
    return sum(found) / len(found)


def _measures(network: Any, tasks: Sequence[Episode], label: int) -> tuple[int, float, float]:
    """N, p and ‖h̄‖² + 1 on the support sets; the last is a mean over the tasks."""
    with torch.no_grad():
        shares = torch.cat([network(task.support_x).softmax(dim=1) for task in tasks])
        sizes = torch.stack([network.features(task.support_x).mean(dim=0).square().sum() for task in tasks])
    return shares.shape[1], shares[:, label].mean().item(), sizes.mean().item() + 1


def _leads(network: Any, theta: Params, task: Episode, x: Tensor, label: int, **how: Any) -> tuple[float, float]:
    """The lead for the pictures x, with θ and after the inner steps."""
    phi = adapt(network, theta, task.support_x, task.support_y, first_order=True, **how)
    with torch.no_grad():
        before, after = (lead(functional_call(network, params, (x,)), label) for params in (theta, phi))
    return before, after
