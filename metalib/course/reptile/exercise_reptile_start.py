"""A learner's closed form of Reptile's start on quadratic tasks, and the mistake behind a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib import quadratics
from metalib.course.kit.verdict import STOPPED, Wrong, compare
from metalib.quadratics import Quadratic
from metalib.runtime import seeded


def reptile_start(c: Tensor, A: Tensor, alpha: float, k: int) -> Tensor:
    """Where the mean of θ − φ is zero: Σ (I − Mᵏ)(θ − c) = 0 with M = I − α A. c [T, D], A [T, D, D] -> [D]"""
    tasks = [Quadratic(*task) for task in zip(c, A, strict=True)]
    return quadratics.reptile(tasks, inner_lr=alpha, inner_steps=k)


def _power(A: Tensor, alpha: float, k: int) -> Tensor:
    return torch.linalg.matrix_power(_eye(A) - alpha * A, k)  # Mᵏ, [T, D, D]


def _eye(A: Tensor) -> Tensor:
    return torch.eye(A.shape[-1]).to(A)


def _pulls(c: Tensor, W: Tensor) -> Tensor:
    return (W @ c[..., None])[..., 0]  # [T, D]


def _weighted(c: Tensor, W: Tensor) -> Tensor:
    """What solves Σ W (θ − c) = 0; where ΣW cannot be inverted, no numbers, and no error."""
    return torch.linalg.solve_ex(W.sum(dim=0), _pulls(c, W).sum(dim=0))[0]


def _ones_for_eye(number: int) -> Callable[[Tensor, float, int], Tensor]:
    """The weights that come of 1 − α A, as a matrix power or as one of each number, taken from I or from 1."""

    def weight(A: Tensor, alpha: float, k: int) -> Tensor:
        M = 1 - alpha * A
        Mk = torch.linalg.matrix_power(M, k) if number < 2 else M**k
        return (_eye(A) if number % 2 == 0 else 1) - Mk

    return weight


def _by(weight: Callable[[Tensor, float, int], Tensor]) -> Callable[..., Tensor]:
    """The mistake that weighs the optima by weight(A, α, k), [T, D, D]."""
    return lambda c, A, alpha, k: _weighted(c, weight(A, alpha, k))


START_MISTAKES = (
    (
        "You weigh the optima by their curvatures A, whatever k is. That is the joint optimum: Reptile's start for "
        "k = 1. After k steps a task moves θ by (I − Mᵏ)(c − θ).",
        _by(lambda A, alpha, k: A),
    ),
    (
        "You return the mean of the optima, whatever k is. With few steps φᵢ does not arrive at cᵢ: weigh each optimum "
        "by I − Mᵏ.",
        lambda c, A, alpha, k: c.mean(dim=0),
    ),
    (
        "You weigh the optima by Mᵏ. That is what is *left* of the way to c after k steps; what a task has moved is "
        "I − Mᵏ.",
        _by(_power),
    ),
    (
        "You raise each number of M to the power k. Mᵏ is a product of matrices: `torch.linalg.matrix_power(M, k)`.",
        _by(lambda A, alpha, k: _eye(A) - (_eye(A) - alpha * A) ** k),
    ),
    *(
        (
            "Your M is 1 − α A. With a matrix A, torch takes α A from 1 in *every* place, beside the diagonal too. "
            "The identity I has its ones on the diagonal alone: `torch.eye(D) - alpha * A`.",
            _by(_ones_for_eye(number)),
        )
        for number in range(4)
    ),
    (
        "You weigh the optima by 1 − Mᵏ. With a matrix, torch takes Mᵏ from 1 in *every* place, beside the diagonal "
        "too. Write I − Mᵏ, with I = `torch.eye(D)`.",
        _by(lambda A, alpha, k: 1 - _power(A, alpha, k)),
    ),
    (
        "You weigh the optima by (α A)ᵏ, the power of I − M. It is M that has the power k: I − Mᵏ.",
        _by(lambda A, alpha, k: torch.linalg.matrix_power(alpha * A, k)),
    ),
    (
        "One side of your equation is a sum over tasks and the other one a mean: your answer is off by the number of "
        "tasks. Take two sums, or two means.",
        lambda c, A, alpha, k: reptile_start(c, A, alpha, k) / len(c),
    ),
    (
        "One side of your equation is a mean over tasks and the other one a sum: your answer is off by the number of "
        "tasks. Take two sums, or two means.",
        lambda c, A, alpha, k: reptile_start(c, A, alpha, k) * len(c),
    ),
    (
        "You forgot α: M = I − α A.",
        _by(lambda A, alpha, k: _eye(A) - _power(A, 1.0, k)),
    ),
    (
        "Your inner steps climb: M = I + α A. A step against the gradient is M = I − α A.",
        _by(lambda A, alpha, k: _eye(A) - _power(A, -alpha, k)),
    ),
    (
        "You take one inner step too many: k + 1.",
        _by(lambda A, alpha, k: _eye(A) - _power(A, alpha, k + 1)),
    ),
    (
        "You take one inner step too few: k − 1.",
        _by(lambda A, alpha, k: _eye(A) - _power(A, alpha, k - 1)),
    ),
    (
        "You weigh the optima by A Mᵏ, the gradient at φ: that is first-order MAML's start. Reptile's move is I − Mᵏ.",
        _by(lambda A, alpha, k: A @ _power(A, alpha, k)),
    ),
    (
        "You weigh the optima by Mᵏ A Mᵏ: that is MAML's start. Reptile's move is I − Mᵏ.",
        _by(lambda A, alpha, k: _power(A, alpha, k) @ A @ _power(A, alpha, k)),
    ),
    (
        "You return Σ (I − Mᵏ) c. That is the right-hand side: solve Σ (I − Mᵏ) θ = Σ (I − Mᵏ) c for θ.",
        lambda c, A, alpha, k: _pulls(c, _eye(A) - _power(A, alpha, k)).sum(dim=0),
    ),
    (
        "You return the mean of (I − Mᵏ) c: where *one* update leads from zero. The start is where the updates end: "
        "solve for θ.",
        lambda c, A, alpha, k: _pulls(c, _eye(A) - _power(A, alpha, k)).mean(dim=0),
    ),
    (
        "Your sign is wrong: the start is the negative of yours. From Σ (I − Mᵏ)(θ − c) = 0 follows "
        "Σ (I − Mᵏ) θ = Σ (I − Mᵏ) c.",
        lambda c, A, alpha, k: -reptile_start(c, A, alpha, k),
    ),
    (
        "You use the first task only, and return its optimum. Sum over the tasks.",
        lambda c, A, alpha, k: c[0],
    ),
)
TOO_SLOW = (
    "Too slow: your function was stopped. Is there a loop over updates in it? The equation is linear in θ: solve the "
    "linear system instead."
)


def judge(function: Callable) -> str:
    """Hold the learner's start for few and for very many inner steps against the closed form."""

    def read(answer: Any, c: Tensor, *rest: Any) -> Tensor:
        try:
            point = torch.as_tensor(answer, dtype=torch.float64).detach()
        except (TypeError, ValueError, RuntimeError):
            raise Wrong(
                f"What you return has the type {type(answer).__name__}. Return a point: a tensor of shape [D]."
            ) from None
        if point.shape != c.shape[1:]:
            raise Wrong(f"Your answer has the shape {list(point.shape)}. Return one point, [{c.shape[1]}].")
        return point

    few_steps = [_quadratics(3, 2, 2), _quadratics(5, 3, 3), _quadratics(6, 4, 6)]
    for cases in (few_steps, [_quadratics(4, 3, 2000)]):  # apart, as many mistakes overflow after very many steps
        try:
            compare(
                function,
                cases,
                reference=reptile_start,
                read=read,
                same=lambda a, b: torch.allclose(a, b, rtol=1e-4, atol=1e-5),
                mistakes=START_MISTAKES,
                show=_show_start,
            )
        except Wrong as wrong:
            raise Wrong(TOO_SLOW) if str(wrong).startswith(STOPPED.partition("{")[0]) else wrong from None
    return "Right. Your start agrees for 2, 3 and 6 inner steps, and for 2,000."


def _quadratics(n_tasks: int, dims: int, k: int) -> tuple[Tensor, Tensor, float, int]:
    generator = seeded(n_tasks)
    c = torch.randn(n_tasks, dims, generator=generator, dtype=torch.float64)
    roots = torch.randn(n_tasks, dims, dims, generator=generator, dtype=torch.float64)
    A = roots @ roots.mT + 0.2 * torch.eye(dims, dtype=torch.float64)
    return c, A, round(0.9 / float(torch.linalg.eigvalsh(A).max()), 3), k


def _show_start(case: tuple[Tensor, Tensor, float, int], answer: Tensor, right: Tensor) -> str:
    c, _, alpha, k = case
    return (
        f"For {len(c)} tasks in {c.shape[1]} dimensions, α = {alpha} and k = {k} the start is {_listed(right)}, and "
        f"yours is {_listed(answer)}. After k steps φᵢ − cᵢ = Mᵏ (θ − cᵢ). Put that into mean(φᵢ − θ) = 0, and solve "
        "for θ."
    )


def _listed(point: Tensor) -> str:
    return f"({', '.join(f'{value:.2f}' for value in point.tolist())})"
