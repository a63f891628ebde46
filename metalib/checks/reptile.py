"""The exercises of notebook 05: Reptile's step, its start for very many inner steps, and the alignment of gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib import quadratics
from metalib.checks import alignment, reptile_step
from metalib.checks.verdict import Wrong, check, compare
from metalib.quadratics import Quadratic
from metalib.runtime import seeded


@check
def check_reptile_step(function: Callable) -> str:
    """`reptile_step(model, theta, episodes, alpha, k, epsilon)` -> the new θ, a dict of tensors."""
    reptile_step.judge(function)
    return "Right. Your θ agrees for 2, 3 and 4 tasks and 2, 3 and 4 inner steps."


def reptile_limit(c: Tensor, A: Tensor) -> Tensor:
    """The mean of the optima. c [T, D], A [T, D, D]"""
    return quadratics.reptile_limit([Quadratic(*task) for task in zip(c, A, strict=True)])


def _weighted(c: Tensor, W: Tensor) -> Tensor:
    return torch.linalg.solve(W.sum(dim=0), (W @ c[..., None]).sum(dim=0))[:, 0]


LIMIT_MISTAKES = (
    (
        "You weigh the optima by their curvatures A. That is the joint optimum: Reptile's start for k = 1. With many "
        "steps φᵢ arrives at cᵢ, however steep the task is.",
        _weighted,
    ),
    (
        "You weigh the optima by the inverse of A. With many steps every φᵢ arrives, so the curvature drops out.",
        lambda c, A: _weighted(c, torch.linalg.inv(A)),
    ),
    ("You add the optima up. Divide by their number.", lambda c, A: c.sum(dim=0)),
    ("You take the median of the optima. The moves φᵢ − θ cancel at the mean.", lambda c, A: c.median(dim=0).values),
    (
        "You take the middle between the smallest and the largest value. With three tasks that is not the mean.",
        lambda c, A: (c.amin(dim=0) + c.amax(dim=0)) / 2,
    ),
    (
        "You return the steepest task's optimum. The other tasks pull as well.",
        lambda c, A: c[A.diagonal(dim1=1, dim2=2).sum(dim=1).argmax()],
    ),
    (
        "You weigh the optima by the trace of A. With many steps every φᵢ arrives, so the curvature drops out.",
        lambda c, A: _weighted(c, torch.eye(c.shape[1]).to(c) * A.diagonal(dim1=1, dim2=2).sum(dim=1)[:, None, None]),
    ),
    ("You take the mean over the coordinates of each optimum. Average over the tasks.", lambda c, A: c.mean(dim=1)),
    ("You return the optimum of the first task only.", lambda c, A: c[0]),
)


@check
def check_reptile_limit(function: Callable) -> str:
    """`reptile_limit(c, A)`: optima [T, D], curvatures [T, D, D] -> Reptile's start [D] for k → ∞."""

    def read(answer: Any, c: Tensor, A: Tensor) -> Tensor:
        try:
            point = torch.as_tensor(answer, dtype=torch.float64).detach()
        except (TypeError, ValueError, RuntimeError):
            raise Wrong(f"You return a {type(answer).__name__}. Return a point: a tensor of shape [D].") from None
        if point.ndim != 1 or len(point) not in c.shape:
            raise Wrong(f"Your answer has the shape {list(point.shape)}. Return one point, [{c.shape[1]}].")
        return point

    compare(
        function,
        [_quadratics(n_tasks, dims) for n_tasks, dims in ((3, 2), (5, 3), (6, 4))],
        reference=reptile_limit,
        read=read,
        same=lambda a, b: a.shape == b.shape and torch.allclose(a, b, rtol=1e-4, atol=1e-5),
        mistakes=LIMIT_MISTAKES,
        show=lambda case, answer, right: (
            f"For {len(case[0])} tasks in {case[0].shape[1]} dimensions the start is {_listed(right)}, and yours is "
            f"{_listed(answer)}. After very many steps, where is φᵢ? Then solve mean(φᵢ − θ) = 0 for θ."
        ),
    )
    return "Right. Your point agrees for 3, 5 and 6 tasks in 2, 3 and 4 dimensions."


def _quadratics(n_tasks: int, dims: int) -> tuple[Tensor, Tensor]:
    generator = seeded(n_tasks)
    c = torch.randn(n_tasks, dims, generator=generator, dtype=torch.float64)
    roots = torch.randn(n_tasks, dims, dims, generator=generator, dtype=torch.float64)
    return c, roots @ roots.mT + 0.2 * torch.eye(dims, dtype=torch.float64)


def _listed(point: Tensor) -> str:
    return f"({', '.join(f'{value:.2f}' for value in point.tolist())})"


@check
def check_inner_product(function: Callable) -> str:
    """`inner_product(model, theta, x, y, batch_size, generator)` -> g₁ · g₂ of two disjoint random minibatches."""
    return alignment.judge(function)
