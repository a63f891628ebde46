"""A learner's Reptile step on small networks against the right one, and the mistake behind a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss

from metalib.adapt import Loss, Params
from metalib.course.kit.parameters import see_that_nothing_changed, small_case, snapshot, values
from metalib.course.kit.verdict import Wrong, compare
from metalib.course.reptile.mistakes_reptile_step import STEP_MISTAKES, reptile_step

FOR_THETA = (
    "Look for `theta[name] = ...`, `+=` and methods that end in `_`. Make a new dict: "
    "`phi = {name: value - alpha * g[name] ...}`."
)
FOR_MODEL = "All tasks share them: leave them as they are. Call the model with φ: `functional_call(model, phi, (x,))`."


def judge(function: Callable) -> None:
    """Compare the learner's step with Reptile's on three small networks; raises Wrong with the mistake."""
    cases = [_case(3, 0.1, 2, 0.3), _case(2, 0.05, 4, 0.6), _case(4, 0.2, 3, 0.15, l1_loss)]
    reptile_step(*cases[0])  # the first gradient loads half of torch: that shall not count as the learner's time
    before = {id(theta): snapshot(model, theta) for model, theta, *_ in cases}

    def read(answer: Any, model: nn.Module, theta: Params, *rest: Any) -> Params:
        see_that_nothing_changed(model, theta, before[id(theta)], for_theta=FOR_THETA, for_model=FOR_MODEL)
        return _read_params(answer, theta)

    compare(
        function,
        cases,
        reference=reptile_step,
        read=read,
        same=lambda a, b: all(torch.allclose(a[name], b[name], rtol=1e-6, atol=1e-9) for name in b),
        mistakes=STEP_MISTAKES,
        show=_show_step,
    )


def _case(n_tasks: int, alpha: float, k: int, epsilon: float, loss_fn: Loss = mse_loss) -> tuple:
    model, theta, episodes = small_case(n_tasks)
    return model, values(theta), episodes, alpha, k, epsilon, loss_fn  # plain tensors, as later in the notebook


def _read_params(answer: Any, theta: Params) -> Params:
    if not isinstance(answer, dict):
        kind = type(answer).__name__
        raise Wrong(f"What you return has the type {kind}. Return the new θ: a dict with a tensor for each name.")
    if answer.keys() != theta.keys():
        names = ", ".join(sorted(theta.keys() ^ answer.keys()))
        raise Wrong(f"The names in your dict are not those of `theta`. These are in one of them only: {names}.")
    for name, value in answer.items():
        if not isinstance(value, Tensor) or value.shape != theta[name].shape:
            shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise Wrong(f"Your `{name}` is {shape}, and θ's has the shape {list(theta[name].shape)}.")
    return {name: value.detach().double() for name, value in answer.items()}


def _show_step(case: tuple, answer: Params, right: Params) -> str:
    theta = torch.cat([case[1][name].detach().flatten() for name in right])
    ours, theirs = (torch.cat([p[name].flatten() for name in right]) - theta for p in (right, answer))
    cosine = torch.cosine_similarity(ours, theirs, dim=0).item()
    return (
        f"With {len(case[2].support_y)} tasks, α = {case[3]}, k = {case[4]} and ε = {case[5]}, θ moves by "
        f"{ours.norm():.4f}, and yours by {theirs.norm():.4f}. The cosine between the two moves is {cosine:.3f}. Try "
        "two tasks with ε = ½: the new θ lies half-way between θ and the midpoint of φ₁ and φ₂."
    )
