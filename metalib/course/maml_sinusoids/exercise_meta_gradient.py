"""MAML's gradient by hand: the product of the inner steps' factors I − α H, times the query loss's gradient at φ."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import grad, hessian

from metalib.course.kit.digits import beside
from metalib.course.kit.verdict import Mistakes, Wrong, compare
from metalib.course.maml_sinusoids.reading import names_in, row_of_numbers

VectorLoss = Callable[[Tensor], Tensor]
P = 3  # parameters of the check's cases
SECOND = {"hessian", "hvp", "vhp", "jacobian", "jacrev", "jacfwd", "jvp", "vjp", "linearize"}
NO_PRODUCT = (
    "But no Hessian stands in your code: did torch go through the steps for you? The exercise asks for the factors "
    "I − αH, by `hessian(support_loss)(phi)`: the comparison below says more with them."
)


def has_second_derivative(function: Callable) -> bool:
    """Whether the function, or a helper that it calls, names a second derivative or a gradient of a gradient's part."""
    return bool(names_in(function) & SECOND)


def meta_gradient(support_loss: VectorLoss, query_loss: VectorLoss, theta: Tensor, alpha: float, k: int) -> Tensor:
    """The gradient of the query loss after k inner steps, with respect to θ: [P]. Both losses take a vector [P]."""
    points = _points(support_loss, theta, alpha, k)
    return _product([_factor(support_loss, phi, alpha) for phi in points[:-1]], theta) @ grad(query_loss)(points[-1])


def _points(loss: VectorLoss, theta: Tensor, alpha: float, k: int) -> list[Tensor]:
    """φ₀ = θ, φ₁ … φₖ."""
    points = [theta]
    for _ in range(k):
        points.append(points[-1] - alpha * grad(loss)(points[-1]))
    return points


def _factor(loss: VectorLoss, phi: Tensor, alpha: float) -> Tensor:
    return torch.eye(len(phi), dtype=phi.dtype) - alpha * hessian(loss)(phi)


def _product(factors: list[Tensor], theta: Tensor) -> Tensor:
    product = torch.eye(len(theta), dtype=theta.dtype)
    for factor in factors:
        product = product @ factor
    return product


def _variant(
    factors: Callable[[list[Tensor]], list[Tensor]] = lambda points: points[:-1],
    *,
    loss: int = 0,
    scale: Callable[[float], float] = lambda alpha: alpha,
    end: Callable[[list[Tensor]], Tensor] = lambda points: points[-1],
    outer: int = 1,
) -> Callable[..., Tensor]:
    """A mistaken `meta_gradient`: `factors` are taken at other points, of another loss, with another α, and so on."""

    def mistaken(support_loss: VectorLoss, query_loss: VectorLoss, theta: Tensor, alpha: float, k: int) -> Tensor:
        losses = (support_loss, query_loss)
        points = _points(support_loss, theta, alpha, k)
        taken = [_factor(losses[loss], phi, scale(alpha)) for phi in factors(points)]
        return _product(taken, theta) @ grad(losses[outer])(end(points))

    return mistaken


def _reordered(s: VectorLoss, q: VectorLoss, theta: Tensor, alpha: float, k: int) -> Tensor:
    return _variant(lambda points: points[-2::-1])(s, q, theta, alpha, k)


def _from_theta(s: VectorLoss, q: VectorLoss, theta: Tensor, alpha: float, k: int) -> Tensor:
    """Each step goes from θ again."""
    phi, factors = theta, []
    for _ in range(k):
        factors.append(_factor(s, phi, alpha))
        phi = theta - alpha * grad(s)(phi)
    return _product(factors, theta) @ grad(q)(phi)


def _entry_by_entry(*, all_ones: bool, product: bool) -> Callable[..., Tensor]:
    """Numbers where matrices are meant: 1 − αH for I − αH (`all_ones`), and `*` between the factors (`product`)."""

    def mistaken(s: VectorLoss, q: VectorLoss, theta: Tensor, alpha: float, k: int) -> Tensor:
        points = _points(s, theta, alpha, k)
        factors = [_factor(s, phi, alpha) for phi in points[:-1]]
        if all_ones:
            factors = [1 - alpha * hessian(s)(phi) for phi in points[:-1]]
        whole = _product(factors, theta)
        if product:
            whole = torch.stack(factors).prod(dim=0)
        return whole @ grad(q)(points[-1])

    return mistaken


def _diagonal(s: VectorLoss, q: VectorLoss, theta: Tensor, alpha: float, k: int) -> Tensor:
    """`*` from the identity on: nothing but the diagonals is left."""
    points = _points(s, theta, alpha, k)
    factors = [_factor(s, phi, alpha).diagonal().diag() for phi in points[:-1]]
    return _product(factors, theta) @ grad(q)(points[-1])


STARS = "You multiply the factors entry by entry, with `*`. The product of matrices is `product @ factor`."
ONES = (
    "You write `1 - alpha * H`, which takes αH from a matrix full of ones. Take it from the identity: "
    "`torch.eye(len(theta), dtype=theta.dtype) - alpha * H`."
)
GRADIENT_MISTAKES: Mistakes = (
    (ONES, _entry_by_entry(all_ones=True, product=False)),
    (f"{ONES} And the product of matrices is `@`, not `*`.", _entry_by_entry(all_ones=True, product=True)),
    (STARS, _diagonal),
    (STARS, _entry_by_entry(all_ones=False, product=True)),
    (
        "Your factors stand in the wrong order. The chain rule gives dφₖ/dθ with the *last* step's factor on the left; "
        "transposing turns the product around, so that the first step's stands there: start with the identity, and "
        "write `product = product @ factor` in each step.",
        _reordered,
    ),
    (
        "Your gradient is first-order MAML's: the gradient of the query loss at φₖ, without the factors I − αH.",
        _variant(lambda points: []),
    ),
    (
        "All your Hessians are taken at θ. Each step has its own: at the point φₜ that the step starts from.",
        _variant(lambda points: [points[0]] * (len(points) - 1)),
    ),
    (
        "Your Hessians are one step late: φ moves first, and the factor is taken where the step *ends*. Take it at the "
        "point where the step starts.",
        _variant(lambda points: points[1:]),
    ),
    (
        "All your Hessians are taken at φₖ, after the last step. Take each inside the loop, before its step.",
        _variant(lambda points: [points[-1]] * (len(points) - 1)),
    ),
    (
        "Only the last step's factor is in your gradient. Keep the product of the factors of all steps.",
        _variant(lambda points: points[-2:-1]),
    ),
    (
        "Only the first step's factor is in your gradient. Multiply in each turn of the loop.",
        _variant(lambda points: points[:1]),
    ),
    (
        "Your Hessians are those of the query loss. The steps go down the support loss, and so the factors come from "
        "its Hessian.",
        _variant(loss=1),
    ),
    (
        "Your factors are I + αH. The step has a minus: φ − α∇L, so its derivative is I − αH.",
        _variant(scale=lambda alpha: -alpha),
    ),
    ("Your factors are I − H: the step size α is missing.", _variant(scale=lambda alpha: 1.0)),
    (
        "Your last gradient is taken at θ. Take the query loss's gradient at φₖ, where the steps end.",
        _variant(end=lambda points: points[0]),
    ),
    (
        "Your last gradient is the support loss's. The outer loss is `query_loss`.",
        _variant(outer=0),
    ),
    (
        "Each of your inner steps goes from θ again. Go on from where the last one ended: `phi = phi - alpha * ...`.",
        _from_theta,
    ),
    (
        "You take one inner step, whatever k is.",
        lambda s, q, theta, alpha, k: meta_gradient(s, q, theta, alpha, 1),
    ),
    (
        "You take one inner step too few: k − 1.",
        lambda s, q, theta, alpha, k: meta_gradient(s, q, theta, alpha, k - 1),
    ),
    (
        "You take one inner step too many: k + 1.",
        lambda s, q, theta, alpha, k: meta_gradient(s, q, theta, alpha, k + 1),
    ),
    (
        "Your inner step climbs: it adds α times the gradient. Write φ − α∇L.",
        lambda s, q, theta, alpha, k: meta_gradient(s, q, theta, -alpha, k),
    ),
    (
        "Your sign is wrong: you return the direction of descent. Return the gradient itself.",
        lambda s, q, theta, alpha, k: -meta_gradient(s, q, theta, alpha, k),
    ),
)


@functools.cache
def _first_hessian() -> None:
    """The first `hessian` in a kernel uses torch.jit.script, and torch warns of that: nothing that a learner did."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        hessian(torch.sum)(torch.zeros(1))


def judge(function: Callable) -> None:
    """Compare the learner's gradient with the right one for 1, 2 and 3 steps; raises Wrong with the mistake."""
    _first_hessian()
    compare(
        function,
        [(*_losses(seed), 0.12, k) for seed, k in ((0, 1), (1, 2), (2, 3))],
        reference=meta_gradient,
        read=lambda answer, *case: _read(answer),
        same=lambda a, b: torch.allclose(a, b, rtol=1e-4, atol=1e-7),
        mistakes=GRADIENT_MISTAKES,
        show=_show,
    )


def _losses(seed: int) -> tuple[VectorLoss, VectorLoss, Tensor]:
    """A support and a query loss whose Hessians change from point to point and do not commute, and a θ [3]."""
    generator = torch.Generator().manual_seed(seed)
    s, q, (theta, target) = (torch.randn(n, P, generator=generator, dtype=torch.float64) for n in (4, 4, 2))

    def support_loss(phi: Tensor) -> Tensor:
        return (torch.tanh(s @ phi) - 0.5).square().sum() + 0.3 * (phi - target).square().sum()

    def query_loss(phi: Tensor) -> Tensor:
        return (torch.tanh(q @ phi) + 0.2).square().sum() + 0.1 * phi.square().sum()

    return support_loss, query_loss, theta


def _read(answer: Any) -> Tensor:
    """[P], float64."""
    kind = type(answer).__name__
    answer = row_of_numbers(answer, P, "one entry of the gradient")
    if answer is None:
        raise Wrong(f"You return a {kind}. Return the gradient, a tensor [P], as long as θ.")
    if list(answer.shape) == [P, P]:
        raise Wrong(
            "You return a matrix [P, P]. Multiply the product of the factors by the gradient of the query loss at φₖ, "
            "with `@`: `*` multiplies entry by entry."
        )
    if list(answer.shape) != [P]:
        raise Wrong(f"You return a tensor of shape {list(answer.shape)}. Return the gradient, [{P}], as long as θ.")
    if answer.is_complex():
        raise Wrong("You return complex numbers. Return real ones.")
    return answer.detach().double()


def _show(case: tuple, answer: Tensor, right: Tensor) -> str:
    at = int((answer - right).abs().argmax())
    ours, theirs, why = beside(right[at].item(), answer[at].item())
    return (
        f"With α = {case[3]} and k = {case[4]}, entry {at} of the gradient is {ours}, and yours is {theirs}.{why} "
        "Compare with k = 1 first: one factor, I − αH at θ, times the query loss's gradient at φ₁."
    )
