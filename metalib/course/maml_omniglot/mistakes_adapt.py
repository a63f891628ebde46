"""The inner loop as the exercise asks for it, and the ways to get it wrong, each with what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad
from torch.nn.functional import cross_entropy

from metalib import adapt as inner
from metalib.adapt import Params
from metalib.runtime import seeded

Answer = tuple[Params, Params]  # φ, and the gradient of a query loss at φ with respect to θ
Case = tuple[nn.Module, Params, Tensor, Tensor, float, int, str]


def adapt(
    model: nn.Module, theta: Params, support_x: Tensor, support_y: Tensor, alpha: float, k: int, only: str = ""
) -> Params:
    """φ: all parameters by name, after k steps of those whose names start with `only`: the course's answer."""
    moved = {name: value for name, value in theta.items() if name.startswith(only)}

    def support_loss(moved: Params) -> Tensor:
        return cross_entropy(functional_call(model, {**theta, **moved}, (support_x,)), support_y)

    for _ in range(k):
        g = grad(support_loss)(moved)
        moved = {name: moved[name] - alpha * g[name] for name in moved}
    return {**theta, **moved}


def gradient_through(phi: Params, model: nn.Module, theta: Params) -> Params:
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


def _flawed(
    model: nn.Module,
    theta: Params,
    x: Tensor,
    y: Tensor,
    alpha: float,
    k: int,
    only: str,
    *,
    moving: Callable[[str, str], bool] = str.startswith,
    still: str = "kept",
    first_order: bool = False,
    loss_fn: Callable[[Tensor, Tensor], Tensor] = cross_entropy,
) -> Params:
    """φ, with flaws. moving: (name, only) -> whether it moves.

    still  what becomes of the parameters that do not move: "kept", "constant in the steps", "detached in φ", or both
    """
    names = tuple(name for name in theta if moving(name, only))
    if not names:
        return dict(theta)
    rest = {name: value for name, value in theta.items() if name not in names}
    cut = {name: value.detach() for name, value in rest.items()}
    start = {**theta, **cut} if still in ("constant in the steps", "both") else theta
    how: dict[str, Any] = {"inner_lr": alpha, "inner_steps": k, "first_order": first_order, "loss_fn": loss_fn}
    phi = inner.adapt(model, start, x, y, only=names, **how)
    return {**phi, **(cut if still in ("detached in φ", "both") else rest)}


def mistaken(turn: Callable[[float, int, int], tuple[float, int]] | None = None, **flaws: Any) -> Callable[..., Answer]:
    """The answer of `_flawed`; `turn` takes α, k and the number of pictures, and changes the first two."""

    def answer(model: nn.Module, theta: Params, x: Tensor, y: Tensor, alpha: float, k: int, only: str) -> Answer:
        alpha, k = turn(alpha, k, len(y)) if turn else (alpha, k)
        phi = _flawed(model, theta, x, y, alpha, k, only, **flaws)
        return phi, gradient_through(phi, model, theta)

    return answer


def _cut_off(*case: Any) -> Answer:
    phi = {name: value.detach() for name, value in adapt(*case).items()}
    return phi, gradient_through(phi, *case[:2])


def _from_the_models_weights(model: nn.Module, theta: Params, *rest: Any) -> Answer:
    """θ was not used: `phi = dict(model.named_parameters())`."""
    phi = adapt(model, {name: value.detach() for name, value in model.named_parameters()}, *rest)
    return phi, gradient_through(phi, model, theta)


def _at_the_models_weights(
    model: nn.Module, theta: Params, x: Tensor, y: Tensor, alpha: float, k: int, only: str
) -> Answer:
    """The loss is `cross_entropy(model(x), y)`, and its gradient that of the model's own parameters."""
    own = {name: value.detach() for name, value in model.named_parameters()}
    g = grad(lambda params: cross_entropy(functional_call(model, params, (x,)), y))(own)
    phi = {name: value - k * alpha * g[name] * name.startswith(only) for name, value in theta.items()}
    return phi, gradient_through(phi, model, theta)


def _rest_from_the_model(model: nn.Module, theta: Params, x: Tensor, y: Tensor, *rest: Any) -> Answer:
    """What does not move was not handed to `functional_call`, which then takes the model's own."""
    only = rest[-1]
    own = {name: value.detach() for name, value in model.named_parameters()}
    start = {name: value if name.startswith(only) else own[name] for name, value in theta.items()}
    phi = adapt(model, start, x, y, *rest)
    phi = {name: phi[name] if name.startswith(only) else value for name, value in theta.items()}
    return phi, gradient_through(phi, model, theta)


def _of_probabilities(logits: Tensor, labels: Tensor) -> Tensor:
    return cross_entropy(logits.softmax(dim=1), labels)


MISTAKES = (
    (
        "You adapt all parameters, whatever `only` says. Update the names that start with `only`, and take the others "
        "from `theta`.",
        mistaken(moving=lambda name, only: True),
    ),
    (
        "You always adapt the head. `only` says what moves: `name.startswith(only)`. The empty text is the start of "
        "every name.",
        mistaken(moving=lambda name, only: name.startswith("head")),
    ),
    (
        "You move what should stay, and leave the rest. Turn the condition round: update the names that start with "
        "`only`.",
        mistaken(moving=lambda name, only: not name.startswith(only)),
    ),
    (
        'You look for `only` anywhere in a name: `"b" in "head.bias"` is true as well. `name.startswith(only)` looks '
        "at the start.",
        mistaken(moving=lambda name, only: only in name),
    ),
    (
        "Your φ has the right numbers and no path back to θ, so nothing can be learned through it. Look for `detach`, "
        "`.data` and `no_grad`.",
        _cut_off,
    ),
    (
        "Your φ has the right numbers, but what does not move is cut out of the outer gradient: it would never be "
        "trained. Put the tensors of `theta` themselves into φ, without `detach`. In ANIL the body learns in the outer "
        "loop.",
        mistaken(still="both"),
    ),
    (
        "Your φ has the right numbers, but what does not move is detached in it: the outer gradient reaches the body "
        "through the head alone. Put the tensors of `theta` themselves into φ.",
        mistaken(still="detached in φ"),
    ),
    (
        "Your φ has the right numbers, but your inner step takes what does not move for a constant. The head's step "
        "depends on the features, and so on the body: part of the outer gradient is missing. Leave out the `detach` "
        "there.",
        mistaken(still="constant in the steps"),
    ),
    (
        "Your φ has the right numbers, and your outer gradient is the first-order one: the inner gradient counts as a "
        "constant. Ask for it with `create_graph=True`, and do not detach it.",
        mistaken(first_order=True),
    ),
    ("Your step climbs: it adds α times the gradient. Write φ = φ − α g.", mistaken(lambda a, k, n: (-a, k))),
    (
        "Your loss is a sum over the support pictures, so that your step is N·K times too long. `cross_entropy` takes "
        "the mean, unless you set `reduction`.",
        mistaken(lambda a, k, n: (a * n, k)),
    ),
    (
        "You hand probabilities to `cross_entropy`, which takes logits and has a softmax of its own. Leave yours out.",
        mistaken(loss_fn=_of_probabilities),
    ),
    (
        "You take one step, whatever k is. Does the second step start from the φ that the first one gave?",
        mistaken(lambda a, k, n: (a, 1)),
    ),
    (
        "All your k steps take the gradient at θ. From the second one on, take it at the φ that the step before gave.",
        mistaken(lambda a, k, n: (a * k, 1)),
    ),
    (
        "You start from the model's own weights. Start from `theta`: in a training the two differ.",
        _from_the_models_weights,
    ),
    (
        "Your gradient is taken at the model's own weights: `model(x)` and `model.parameters()` know nothing of θ. "
        "Write `functional_call(model, phi, (x,))`, and take the gradient with respect to φ.",
        _at_the_models_weights,
    ),
    (
        "Your model runs with weights of its own where nothing moves: a name that you do not hand to `functional_call` "
        "is taken from the model. Hand over all of them: `{**theta, **moved}`.",
        _rest_from_the_model,
    ),
    ("You take one step too few: k − 1. Count the turns of your loop.", mistaken(lambda a, k, n: (a, k - 1))),
    ("You take one step too many: k + 1. Count the turns of your loop.", mistaken(lambda a, k, n: (a, k + 1))),
    (
        "Your φ is θ: nothing adapts. Return the parameters after the steps. If you choose them by name, look at the "
        "condition: names look like `head.weight`, and `name.startswith(only)` holds for these. And the loss must "
        "depend on what you differentiate: in `{**theta, **moved}`, moved comes last.",
        mistaken(lambda a, k, n: (a, 0)),
    ),
)
