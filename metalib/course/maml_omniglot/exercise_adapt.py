"""A learner's inner loop against the right one: φ after k steps of some parameters, and the outer gradient through it.

The mistakes behind wrong answers are in `mistakes_adapt`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from metalib.adapt import Params
from metalib.course.kit.gradient_errors import NO_PATH, with_cause
from metalib.course.kit.parameters import see_that_nothing_changed, snapshot
from metalib.course.kit.verdict import Wrong, compare
from metalib.course.maml_omniglot.mistakes_adapt import MISTAKES, Answer, Case, gradient_through, mistaken
from metalib.models import conv4
from metalib.runtime import seeded

# α, k and `only`: all parameters, the head, and one block of the body
# the last is the start of the body's names, and stands in head.bias as well
SETTINGS = ((0.5, 2, ""), (0.3, 1, "head"), (0.4, 3, "head"), (0.2, 2, "blocks.3"), (0.3, 1, "b"))
NOT_IN_THE_LOSS = (
    "One step works. From the second one on, what you differentiate is not in that loss: run the model with "
    "`{**theta, **moved}`, moved last."
)
FOR_THETA = "Look for `theta[name] = ...`, `-=`, `.sub_()` and `.data`. Make a new dict: `{**theta, **moved}`."
FOR_MODEL = "Call it by `functional_call(model, phi, (x,))`."
FAR: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-9}


def judge(function: Callable) -> None:
    """Compare the learner's φ and the outer gradient through it with the right ones; raises Wrong with the mistake."""
    cases = [_case(seed, *numbers) for seed, numbers in enumerate(SETTINGS)]
    before = {id(theta): snapshot(model, theta) for model, theta, *_ in cases}

    def read(phi: Any, model: nn.Module, theta: Params, *rest: Any) -> Answer:
        see_that_nothing_changed(model, theta, before[id(theta)], for_theta=FOR_THETA, for_model=FOR_MODEL)
        _see_that_it_is_phi(phi, theta)
        return phi, gradient_through(phi, model, theta)

    try:
        compare(
            function,
            cases,
            reference=mistaken(),
            read=read,
            same=lambda a, b: all(_close(*pair) for pair in zip(a, b, strict=True)),
            mistakes=MISTAKES,
            show=_show,
        )
    except Wrong as wrong:
        told = str(with_cause(wrong))
        if told.endswith(NO_PATH) and _takes_one_step(function):
            told = told.removesuffix(NO_PATH) + NOT_IN_THE_LOSS
        raise Wrong(told) from None


def _takes_one_step(function: Callable) -> bool:
    """Whether the learner's function gets through with k = 1."""
    try:
        function(*_case(0, 0.5, 1, ""))
    except Exception:
        return False
    return True


def _case(seed: int, alpha: float, k: int, only: str) -> Case:
    """A small conv4 in double precision, a θ apart from its own weights, and three classes of two pictures."""
    generator = seeded(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = conv4(width=4, image_size=16, downsample="stride", n_out=3, running_stats=False).double()
    theta = {
        name: (value.detach() + 0.2 * torch.randn(value.shape, generator=generator, dtype=torch.float64))
        for name, value in model.named_parameters()
    }
    x = torch.rand(6, 1, 16, 16, generator=generator, dtype=torch.float64)
    theta = {name: value.requires_grad_() for name, value in theta.items()}
    return model, theta, x, torch.arange(6) // 2, alpha, k, only


def _close(a: Params, b: Params) -> bool:
    return all(torch.allclose(a[name], b[name], **FAR) for name in b)


def _see_that_it_is_phi(phi: Any, theta: Params) -> None:
    if not isinstance(phi, dict):
        raise Wrong(f"You return a {type(phi).__name__}. Return φ: a dict with a tensor for each name in `theta`.")
    if missing := theta.keys() - phi.keys():
        raise Wrong(
            f"{len(missing)} names of `theta` are missing in your φ, such as `{min(missing)}`. φ holds all parameters: "
            "write `{**theta, **moved}`."
        )
    if strange := [name for name in theta if getattr(phi[name], "shape", None) != theta[name].shape]:
        raise Wrong(f"Your `{strange[0]}` is no tensor of the shape {list(theta[strange[0]].shape)}, as it is in θ.")
    if other := [name for name in theta if phi[name].dtype != theta[name].dtype]:
        raise Wrong(f"Your `{other[0]}` is of the type {phi[other[0]].dtype}, and θ's is {theta[other[0]].dtype}.")


def _show(case: Case, answer: Answer, right: Answer) -> str:
    only, settings = case[6], f'With α = {case[4]}, k = {case[5]} and `only = "{case[6]}"`'
    names = [name for name in right[0] if not torch.allclose(answer[0][name], right[0][name], **FAR)]
    if still := [name for name in names if not name.startswith(only)]:
        return (
            f"{settings}, your φ differs from θ in {len(still)} tensors that should stay, such as `{still[0]}`. Only "
            f"the names that start with `{only}` may move; take the others from `theta`."
        )
    if names:
        return f"{settings}, your φ differs from the right one in {', '.join(names[:3])}."
    names = [name for name in right[1] if not torch.allclose(answer[1][name], right[1][name], **FAR)]
    return (
        f"{settings}, your φ is right, and the outer gradient through it is not, in {len(names)} tensors, such as "
        f"{names[0]}. Look for `detach`, `.data` and `no_grad`."
    )
