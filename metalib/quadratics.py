"""Quadratic tasks, on which each method's start has a closed form: L(θ) = ½ (θ − c)ᵀ A (θ − c), with A ≻ 0.

Support and query loss of a task are the same function here, as if every task had endless data. One gradient step takes
θ − c to M (θ − c) with M = I − α A, and k steps to Mᵏ (θ − c). So every method's mean gradient is linear in θ, and its
fixed point solves a linear system Σ Wᵢ (θ − cᵢ) = 0:

    joint training     W = A
    MAML               W = Mᵏ A Mᵏ         the gradient of the mean loss after k steps
    first-order MAML   W = A Mᵏ            the same without the factor Mᵏ of the inner steps
    Reptile            W = I − Mᵏ          the mean of θ − φ; k = 1 is joint training, and for k → ∞ W = I
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor


class Quadratic(NamedTuple):
    """One task: its optimum c [D] and its curvature A [D, D], symmetric with positive eigenvalues."""

    c: Tensor
    A: Tensor

    def loss(self, theta: Tensor) -> Tensor:
        """½ (θ − c)ᵀ A (θ − c). theta [..., D] -> [...]"""
        return ((theta - self.c) * self.gradient(theta)).sum(dim=-1) / 2

    def gradient(self, theta: Tensor) -> Tensor:
        """A (θ − c). theta [..., D] -> [..., D]"""
        return (theta - self.c) @ self.A.mT


Tasks = Sequence[Quadratic]


def ellipse_task(c: Tensor, curvatures: tuple[float, float], angle: float) -> Quadratic:
    """A task in the plane whose first curvature lies along `angle` (radians, from the first axis). c [2]

    Raises ValueError unless both curvatures are positive.
    """
    if min(curvatures) <= 0:
        raise ValueError(f"curvatures {curvatures}: give positive ones, or the task has no optimum")
    turn = torch.tensor(angle, dtype=c.dtype)
    axes = torch.stack([torch.stack([turn.cos(), -turn.sin()]), torch.stack([turn.sin(), turn.cos()])])  # [2, 2]
    return Quadratic(c, axes @ torch.diag(torch.tensor(curvatures, dtype=c.dtype)) @ axes.mT)


def largest_step(tasks: Tasks) -> float:
    """2 / λmax: with a larger α gradient descent runs away from the optimum of at least one task."""
    return 2 / max(float(torch.linalg.eigvalsh(task.A)[-1]) for task in tasks)


def inner_path(task: Quadratic, theta: Tensor, *, inner_lr: float, inner_steps: int) -> Tensor:
    """θ and the point after each gradient step on the task. theta [D] -> [k + 1, D]

    Written out with the exact gradient, and not through `metalib.adapt`: the tests hold one against the other.
    """
    points = [theta]
    for _ in range(inner_steps):
        points.append(points[-1] - inner_lr * task.gradient(points[-1]))
    return torch.stack(points)


def meta_loss(tasks: Tasks, theta: Tensor, *, inner_lr: float, inner_steps: int) -> Tensor:
    """The mean over tasks of the loss after k steps from θ: MAML's objective. theta [D] -> a number"""
    ends = [inner_path(task, theta, inner_lr=inner_lr, inner_steps=inner_steps)[-1] for task in tasks]
    return torch.stack([task.loss(end) for task, end in zip(tasks, ends, strict=True)]).mean()


def contraction(task: Quadratic, inner_lr: float, inner_steps: int) -> Tensor:
    """Mᵏ = (I − α A)ᵏ, [D, D]: what k steps do to θ − c, and the derivative of φ with respect to θ."""
    return torch.linalg.matrix_power(torch.eye(len(task.c), dtype=task.A.dtype) - inner_lr * task.A, inner_steps)


def joint(tasks: Tasks) -> Tensor:
    """Joint training's start, [D]: the minimum of the mean loss, the mean of the optima weighted by A."""
    return fixed_point(tasks, lambda task: task.A)


def maml(tasks: Tasks, *, inner_lr: float, inner_steps: int) -> Tensor:
    """MAML's start, [D]: the minimum of `meta_loss`."""

    def weight(task: Quadratic) -> Tensor:
        power = contraction(task, inner_lr, inner_steps)
        return power @ task.A @ power

    return fixed_point(tasks, weight)


def first_order_maml(tasks: Tasks, *, inner_lr: float, inner_steps: int) -> Tensor:
    """First-order MAML's start, [D]: where the mean of ∇L(φ) is zero. It may repel: see `first_order_attracts`."""
    return fixed_point(tasks, lambda task: task.A @ contraction(task, inner_lr, inner_steps))


def first_order_attracts(tasks: Tasks, *, inner_lr: float, inner_steps: int) -> bool:
    """Whether small first-order MAML steps lead to its fixed point; with α < 1/λmax, or even k, they do.

    With a larger α the inner step jumps across an optimum, ∇L(φ) points back, and its weight is negative.
    """
    total = torch.stack([task.A @ contraction(task, inner_lr, inner_steps) for task in tasks]).sum(dim=0)
    return bool(torch.linalg.eigvalsh(total)[0] > 0)


def reptile(tasks: Tasks, *, inner_lr: float, inner_steps: int) -> Tensor:
    """Reptile's start, [D]: where the mean of θ − φ is zero. From k = 1, joint training's, to `reptile_limit`.

    Raises ValueError for no inner step: nothing moves then.
    """
    if inner_steps < 1:
        raise ValueError(f"Reptile with {inner_steps} inner steps stays where it is: give at least 1")
    return fixed_point(
        tasks, lambda task: torch.eye(len(task.c), dtype=task.A.dtype) - contraction(task, inner_lr, inner_steps)
    )


def reptile_limit(tasks: Tasks) -> Tensor:
    """Reptile's start for k → ∞ and α < `largest_step`, [D]: the mean of the optima."""
    return torch.stack([task.c for task in tasks]).mean(dim=0)


def fixed_point(tasks: Tasks, weight: Callable[[Quadratic], Tensor]) -> Tensor:
    """The θ [D] with Σ Wᵢ (θ − cᵢ) = 0. Raises ValueError where Σ Wᵢ is singular: then none, or a whole line."""
    weights = [weight(task) for task in tasks]
    total = torch.stack(weights).sum(dim=0)
    if not torch.linalg.cond(total) < 1 / torch.finfo(total.dtype).eps:  # "not", as it is nan for zeros
        raise ValueError(
            "the weights add up to a singular matrix, so the start is not unique: change inner_lr a little"
        )
    pull = torch.stack([w @ task.c for w, task in zip(weights, tasks, strict=True)]).sum(dim=0)
    return torch.linalg.solve(total, pull)
