"""A learner's adaptation of the head alone against the right one, and the mistake behind a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from metalib.adapt import Params, adapt
from metalib.course.kit.gradient_errors import with_cause
from metalib.course.kit.parameters import see_that_nothing_changed, snapshot
from metalib.course.kit.verdict import Wrong, compare
from metalib.models import conv4
from metalib.runtime import seeded

Answer = tuple[Params, Params]  # φ, and the gradient of a query loss at φ with respect to θ


def _cut(theta: Params, prefix: str) -> Params:
    """θ with the tensors whose names start so detached."""
    return {name: value.detach() if name.startswith(prefix) else value for name, value in theta.items()}


def adapt_head(
    model: nn.Module,
    theta: Params,
    support_x: Tensor,
    support_y: Tensor,
    alpha: float,
    k: int,
    *,
    only: str = "head",
    inner: str = "-",
    outer: str = "-",
    first_order: bool = False,
) -> Params:
    """φ after k steps of the head. The mistakes differ in the settings: which tensors adapt; which ones count as
    constants in the inner steps, and which of φ's do in the outer gradient; `-` is none of them."""
    how: dict[str, Any] = {"inner_lr": alpha, "inner_steps": k, "first_order": first_order, "only": only}
    phi = adapt(model, _cut(theta, inner), support_x, support_y, **how)
    if inner != "-" and outer != inner:
        phi |= {name: value for name, value in theta.items() if name.startswith(inner)}
    return _cut(phi, outer)


def _gradient_through(phi: Params, model: nn.Module, theta: Params) -> Params:
    """Of a query loss at φ with respect to θ; zero where φ has no path to θ."""
    generator = seeded(99)
    query_x = torch.rand(6, 1, 16, 16, generator=generator, dtype=torch.float64)
    loss = cross_entropy(functional_call(model, phi, (query_x,)), torch.arange(6) % 3)
    if not loss.requires_grad:
        return {name: torch.zeros_like(value) for name, value in theta.items()}
    found = torch.autograd.grad(loss, list(theta.values()), allow_unused=True)
    return {
        name: torch.zeros_like(value) if g is None else g for (name, value), g in zip(theta.items(), found, strict=True)
    }


def _mistaken(**settings: Any) -> Callable[..., Answer]:
    """The answer of `adapt_head` with `settings`; `turn` changes α and k first."""
    turn = settings.pop("turn", lambda alpha, k, n: (alpha, k))

    def answer(model: nn.Module, theta: Params, x: Tensor, y: Tensor, alpha: float, k: int) -> Answer:
        phi = adapt_head(model, theta, x, y, *turn(alpha, k, len(y)), **settings)
        return phi, _gradient_through(phi, model, theta)

    return answer


def _with_the_models_own_body(model: nn.Module, theta: Params, x: Tensor, y: Tensor, alpha: float, k: int) -> Answer:
    own = {name: value.detach() for name, value in model.named_parameters()}
    head = {name: value for name, value in theta.items() if name.startswith("head")}
    phi = adapt_head(model, {**own, **head}, x, y, alpha, k)
    phi = {**theta, **{name: phi[name] for name in head}}
    return phi, _gradient_through(phi, model, theta)


HEAD_MISTAKES = (
    (
        "You adapt all parameters. Update only the names that start with `head`, and take the others from `theta`.",
        _mistaken(only=""),
    ),
    (
        "You adapt the body and leave the head. Turn the condition round: update the names that start with `head`.",
        _mistaken(only="blocks"),
    ),
    (
        "Your φ has the right numbers and no path back to θ, so nothing can be learned through it. Look for `detach`, "
        "`.data` and `no_grad`.",
        _mistaken(outer=""),
    ),
    (
        "Your φ has the right numbers, but the body is cut out of the outer gradient: it would never be trained. Put "
        "the tensors of `theta` themselves into φ, without `detach`. In ANIL the body learns in the outer loop.",
        _mistaken(inner="blocks", outer="blocks"),
    ),
    (
        "Your φ has the right numbers, but its body is detached: the outer gradient reaches the body through the head "
        "alone. Put the tensors of `theta` themselves into φ.",
        _mistaken(outer="blocks"),
    ),
    (
        "Your φ has the right numbers, but your inner step takes the body for a constant. The head's step depends on "
        "the features, and so on the body: part of the outer gradient is missing. Leave out the `detach` there.",
        _mistaken(inner="blocks"),
    ),
    (
        "Your φ has the right numbers, and your outer gradient is the first-order one: the inner gradient counts as a "
        "constant. Ask for it with `create_graph=True`, and do not detach it.",
        _mistaken(first_order=True),
    ),
    ("Your step climbs: it adds α times the gradient. Write φ = θ − α g.", _mistaken(turn=lambda a, k, n: (-a, k))),
    (
        "Your loss is a sum over the support pictures, so that your step is N·K times too long. `cross_entropy` takes "
        "the mean, unless you set `reduction`.",
        _mistaken(turn=lambda a, k, n: (a * n, k)),
    ),
    (
        "You take one step, whatever k is. Does the second step start from the φ that the first one gave?",
        _mistaken(turn=lambda a, k, n: (a, 1)),
    ),
    (
        "All your k steps take the gradient at θ. From the second one on, take it at the head that the step before "
        "gave.",
        _mistaken(turn=lambda a, k, n: (a * k, 1)),
    ),
    (
        "Your model runs with weights of its own instead of θ's body: a name that you do not hand to `functional_call` "
        "is taken from the model. Hand over all of them: `{**theta, **head}`.",
        _with_the_models_own_body,
    ),
    ("You take one step too few: k − 1. Count the turns of your loop.", _mistaken(turn=lambda a, k, n: (a, k - 1))),
    ("You take one step too many: k + 1. Count the turns of your loop.", _mistaken(turn=lambda a, k, n: (a, k + 1))),
    ("Your φ is θ: nothing adapts. Return the parameters after the steps.", _mistaken(turn=lambda a, k, n: (a, 0))),
)


FOR_THETA = "Look for `theta[name] = ...`, `-=`, `.sub_()` and `.data`. Make a new dict: `phi = {**theta, **head}`."
FOR_MODEL = "Call it by `functional_call(model, phi, (x,))`."


def judge_head(function: Callable) -> None:
    """Compare the learner's φ and the outer gradient through it with the right ones; raises Wrong with the mistake."""
    cases = [_head_case(*numbers) for numbers in ((1, 0.5, 2), (2, 0.3, 1), (3, 0.4, 3))]
    before = {id(theta): snapshot(model, theta) for model, theta, *_ in cases}

    def read(phi: Any, model: nn.Module, theta: Params, *rest: Any) -> Answer:
        see_that_nothing_changed(model, theta, before[id(theta)], for_theta=FOR_THETA, for_model=FOR_MODEL)
        _see_that_it_is_phi(phi, theta)
        return phi, _gradient_through(phi, model, theta)

    try:
        compare(
            function,
            cases,
            reference=_mistaken(),
            read=read,
            same=lambda a, b: all(_close(*pair) for pair in zip(a, b, strict=True)),
            mistakes=HEAD_MISTAKES,
            show=_show_phi,
        )
    except Wrong as wrong:
        raise with_cause(wrong) from None


def _head_case(seed: int, alpha: float, k: int) -> tuple[nn.Module, Params, Tensor, Tensor, float, int]:
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
    return model, {name: value.requires_grad_() for name, value in theta.items()}, x, torch.arange(6) // 2, alpha, k


def _close(a: Params, b: Params) -> bool:
    return all(torch.allclose(a[name], b[name], rtol=1e-4, atol=1e-9) for name in b)


def _see_that_it_is_phi(phi: Any, theta: Params) -> None:
    if not isinstance(phi, dict):
        raise Wrong(f"You return a {type(phi).__name__}. Return φ: a dict with a tensor for each name in `theta`.")
    if missing := theta.keys() - phi.keys():
        raise Wrong(
            f"{len(missing)} names of `theta` are missing in your φ, such as `{min(missing)}`. φ holds all parameters: "
            "write `{**theta, **head}`."
        )
    if strange := [name for name in theta if getattr(phi[name], "shape", None) != theta[name].shape]:
        raise Wrong(f"Your `{strange[0]}` is no tensor of the shape {list(theta[strange[0]].shape)}, as it is in θ.")


def _show_phi(case: tuple, answer: Answer, right: Answer) -> str:
    names = [name for name in right[0] if not torch.allclose(answer[0][name], right[0][name], rtol=1e-4, atol=1e-9)]
    if body := [name for name in names if not name.startswith("head")]:
        return (
            f"Your φ differs from θ in {len(body)} tensors of the body, such as `{body[0]}`. Only the names that start "
            "with `head` may move; take the others from `theta`."
        )
    if names:
        return f"With α = {case[4]} and k = {case[5]}, your φ differs from the right one in {', '.join(names)}."
    names = [name for name in right[1] if not torch.allclose(answer[1][name], right[1][name], rtol=1e-4, atol=1e-9)]
    return (
        f"Your φ is right, and the outer gradient through it is not, in {len(names)} tensors, such as {names[0]}. Look "
        "for `detach`, `.data` and `no_grad`."
    )
