"""The exercises of notebook 04: adapting the head alone, a label leak in a sampler, and the largest stable step."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian  # torch.func's goes by forward mode, which warns of torch.jit
from torch.func import functional_call
from torch.nn.functional import mse_loss

from metalib.adapt import Params
from metalib.course.kit import episode_sampler
from metalib.course.kit.parameters import values
from metalib.course.kit.verdict import Wrong, check, compare, read_number
from metalib.course.maml_omniglot.exercise_adapted_head import judge_head
from metalib.models import mlp
from metalib.runtime import seeded


@check
def check_adapt_head(function: Callable) -> str:
    """`adapt_head(model, theta, support_x, support_y, alpha, k)` -> φ, all parameters by name, the head adapted."""
    judge_head(function)
    return "Right. Your φ agrees for 1, 2 and 3 steps, and so does the outer gradient through it, the body's included."


@check
def check_mended_sampler(function: Callable) -> str:
    """`mended_sampler(images, n_way, k_shot, n_query, generator)` -> support_x, support_y, query_x, query_y."""
    remark = episode_sampler.judge(function)
    return f"Right. Label i is a class drawn at random, and the rest is still as it should be.{remark}"


def curvatures(model: nn.Module, theta: Params, x: Tensor, y: Tensor, *, reduction: str = "mean") -> Tensor:
    """[P, P]: the Hessian of the squared error at θ, in the order of the names."""
    sizes = [value.numel() for value in theta.values()]

    def loss(flat: Tensor) -> Tensor:
        parts = zip(theta.items(), flat.split(sizes), strict=True)
        params = {name: part.view_as(value) for (name, value), part in parts}
        return mse_loss(functional_call(model, params, (x,)), y, reduction=reduction)

    return hessian(loss, torch.cat([value.detach().flatten() for value in theta.values()]))


def _highest(matrix: Tensor) -> float:
    return torch.linalg.eigvalsh(matrix)[-1].item()


def largest_stable_step(model: nn.Module, theta: Params, x: Tensor, y: Tensor) -> float:
    """2 / λmax of the squared error at θ."""
    return 2 / _highest(curvatures(model, theta, x, y))


def _highest_of_one_tensor(model: nn.Module, theta: Params, x: Tensor, y: Tensor) -> float:
    whole, start, found = curvatures(model, theta, x, y), 0, []
    for value in theta.values():
        end = start + value.numel()
        found.append(_highest(whole[start:end, start:end]))
        start = end
    return max(found)


STEP_MISTAKES = (
    (
        "You return 1/λ: at that step the steepest direction is at its minimum at once. It stays stable up to twice "
        "that: |1 − αλ| < 1 up to α = 2/λ.",
        lambda *case: 1 / _highest(curvatures(*case)),
    ),
    ("You return the highest curvature. The step is 2 divided by it.", lambda *case: _highest(curvatures(*case))),
    (
        "You divide by the lowest curvature. The steepest direction is the first to diverge: take the highest.",
        lambda *case: 2 / torch.linalg.eigvalsh(curvatures(*case))[0].item(),
    ),
    (
        "You divide by the trace, the sum of all curvatures. The highest one alone decides: an eigenvalue.",
        lambda *case: 2 / curvatures(*case).trace().item(),
    ),
    (
        "You divide by the highest number on the diagonal. The steepest direction mixes the parameters: take the "
        "highest eigenvalue, `torch.linalg.eigvalsh`.",
        lambda *case: 2 / curvatures(*case).diagonal().max().item(),
    ),
    (
        "You divide by the mean curvature. The highest one alone decides.",
        lambda *case: 2 / curvatures(*case).diagonal().mean().item(),
    ),
    (
        "Your loss is a sum over the points. With the mean, as `mse_loss` takes it, the curvature is smaller by the "
        "number of points.",
        lambda *case: 2 / _highest(curvatures(*case, reduction="sum")),
    ),
    (
        "A factor 2 is missing from your curvature: the loss is the mean of (f − y)², without ½.",
        lambda *case: 4 / _highest(curvatures(*case)),
    ),
    (
        "You take the curvature of one tensor at a time. All parameters move together: flatten them into one vector, "
        "and take the Hessian of that.",
        lambda *case: 2 / _highest_of_one_tensor(*case),
    ),
)


@functools.cache
def _minimum(sizes: tuple[int, ...], n_points: int) -> tuple[nn.Module, Params, Tensor, Tensor]:
    """A small smooth network at a minimum of its error on random points."""
    generator = seeded(n_points)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(n_points)
        model = mlp(sizes, activation=nn.Tanh).double()
    x, y = (torch.randn(n_points, n, generator=generator, dtype=torch.float64) for n in (sizes[0], 1))
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = mse_loss(model(x), y)
        value.backward()
        return value

    optimizer.step(loss)
    return model, values(dict(model.named_parameters())), x, y


@check
def check_largest_stable_step(function: Callable) -> str:
    """`largest_stable_step(model, theta, x, y)`: at a minimum of the squared error -> a number, 2 / λmax."""
    minima = [_minimum((1, 8, 1), 5), _minimum((1, 5, 5, 1), 6), _minimum((2, 6, 1), 7)]
    cases = [(model, values(theta), x, y) for model, theta, x, y in minima]  # the minima outlive this check
    before = {id(theta): values(theta) for _, theta, *_ in cases}

    def read(answer: Any, model: nn.Module, theta: Params, *rest: Any) -> float:
        if any(not value.equal(before[id(theta)][name]) for name, value in theta.items()):
            raise Wrong("Your function changes `theta`. Work on a copy, or make new tensors.")
        return read_number(answer, "the largest stable step size")

    compare(
        function,
        cases,
        reference=largest_stable_step,
        read=read,
        same=lambda a, b: abs(a - b) <= 0.01 * abs(b),
        mistakes=STEP_MISTAKES,
        show=lambda case, answer, right: (
            f"For a network of {sum(value.numel() for value in case[1].values())} parameters and {len(case[2])} points "
            f"the largest stable step is {right:.4g}, and yours is {answer:.4g}. The loss is the mean squared error. "
            "Its Hessian is taken at θ, over all parameters together."
        ),
    )
    return "Right. Your steps agree on three networks, to 1 %."
