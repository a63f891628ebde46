"""The check of `head_steps`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded

Case = tuple[Tensor, Tensor, Tensor, Tensor, float, int]
Head = tuple[Tensor, Tensor]


def head_steps(W: Tensor, b: Tensor, s: Tensor, y: Tensor, rate: float, steps: int) -> Head:
    """The head (W [N, D], b [N]) after so many steps of gradient descent on the mean cross-entropy.

    s [S, D] features of the support set      y [S] their labels
    With P the softmax of sWᵀ + b and Y the labels one-hot: W ← W + rate · (Y − P)ᵀ s / S, b ← b + rate · mean(Y − P).
    """
    return _steps(W, b, s, y, rate, steps)


def _steps(
    W: Tensor,
    b: Tensor,
    s: Tensor,
    y: Tensor,
    rate: float,
    steps: int,
    *,
    shares: Callable[[Tensor], Tensor] = lambda logits: logits.softmax(dim=1),
    with_bias: bool = True,
    bias_rate: float = 1.0,
) -> Head:
    """The same; the mistakes below replace one of its parts."""
    target = one_hot(y, len(b)).to(s)
    for _ in range(steps):
        off = (target - shares(s @ W.T + (b if with_bias else 0))) / len(s)  # [S, N]: minus the gradient of the logits
        W, b = W + rate * off.T @ s, b + bias_rate * rate * off.sum(dim=0)
    return W, b


def judge(function: Callable) -> None:
    """Compare the learner's heads with the right ones; raises Wrong with the mistake."""
    compare(function, cases(), reference=head_steps, read=_read, same=_same, mistakes=MISTAKES, show=_show)


def cases() -> list[Case]:
    """Classes of unequal size, heads of zeros and others, none to several steps."""
    generator, found = seeded(0), []
    labels = torch.tensor([2, 0, 1, 0, 2, 2, 1])
    for steps, rate, begun in ((1, 0.5, 0.0), (1, 0.7, 1.0), (3, 0.4, 0.5), (0, 0.5, 1.0)):
        W, b = (begun * torch.randn(shape, generator=generator) for shape in ((3, 4), (3,)))
        found.append((W, b, torch.randn(7, 4, generator=generator), labels, rate, steps))
    return found


def _read(answer: Any, W: Tensor, b: Tensor, *case: Any) -> Head:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2 or not all(isinstance(x, Tensor) for x in answer):
        raise Wrong("Return two tensors, the new W and the new b: `return W, b`.")
    for name, found, old in zip(("W", "b"), answer, (W, b), strict=True):
        if found.shape != old.shape:
            raise Wrong(f"Your {name} has the shape {list(found.shape)}, and the one you were given {list(old.shape)}.")
        if found.is_complex() or not found.isfinite().all():
            raise Wrong(f"Your {name} has entries that are no finite real numbers.")
    return answer[0].detach().double(), answer[1].detach().double()


def _same(a: Head, b: Head) -> bool:
    return all(torch.allclose(x.double(), y.double(), rtol=1e-3, atol=1e-5) for x, y in zip(a, b, strict=True))


def _show(case: Case, answer: Head, right: Head) -> str:
    *_, rate, steps = case
    off = [float((x - y.double()).abs().max()) for x, y in zip(answer, right, strict=True)]
    return (
        f"After {steps} step{'s' * (steps != 1)} at rate {rate:g} your W is off by up to {off[0]:.3g} and your b by "
        f"up to {off[1]:.3g}. In each step, with P from the present W and b: W gains rate · (Y − P)ᵀ s / S, b gains "
        "rate times the mean of Y − P."
    )


# --- typical mistakes: (message, a function that makes it)


def _mistake(**parts: Any) -> Callable[..., Head]:
    return lambda *case: _steps(*case, **parts)


def _at_rate(of: Callable[[float, Tensor, Tensor], float]) -> Callable[..., Head]:
    """The steps at another rate."""
    return lambda W, b, s, y, rate, steps: _steps(W, b, s, y, of(rate, s, b), steps)


def _from_zeros(W: Tensor, b: Tensor, s: Tensor, y: Tensor, rate: float, steps: int) -> Head:
    return _steps(torch.zeros_like(W), torch.zeros_like(b), s, y, rate, steps)


def _first_shares(W: Tensor, b: Tensor, s: Tensor, y: Tensor, rate: float, steps: int) -> Head:
    """P is computed once."""
    return _steps(W, b, s, y, rate * steps, 1)


def _one_after_the_other(W: Tensor, b: Tensor, s: Tensor, y: Tensor, rate: float, steps: int) -> Head:
    """P is computed anew between W and b."""
    target = one_hot(y, len(b)).to(s)
    for _ in range(steps):
        W = W + rate * (target - (s @ W.T + b).softmax(dim=1)).T @ s / len(s)
        b = b + rate * (target - (s @ W.T + b).softmax(dim=1)).mean(dim=0)
    return W, b


MISTAKES: tuple[tuple[str, Callable[..., Head]], ...] = (
    (
        "You climb: the loss grows. The gradient of the mean cross-entropy in the logits is (P − Y) / S, and a step "
        "goes against it.",
        _at_rate(lambda rate, s, b: -rate),
    ),
    (
        "You take the sum over the pictures. The loss is their mean: divide by S.",
        _at_rate(lambda rate, s, b: rate * len(s)),
    ),
    (
        "You divide by S·N. The cross-entropy has one term a picture: divide by S.",
        _at_rate(lambda rate, s, b: rate / len(b)),
    ),
    ("Your b stays as it was. It gains rate times the mean of Y − P.", _mistake(bias_rate=0.0)),
    ("Your b gains the sum of Y − P over the pictures. Take their mean, as in W.", _mistake(bias_rate=7.0)),
    ("You leave b out of the logits: P is the softmax of sWᵀ + b.", _mistake(with_bias=False)),
    (
        "Your softmax runs over the pictures. The shares of one picture sum to 1 over the classes: `dim=1`.",
        _mistake(shares=lambda logits: logits.softmax(dim=0)),
    ),
    (
        "You take a sigmoid for each class. The classes compete: a softmax over them, `dim=1`.",
        _mistake(shares=torch.sigmoid),
    ),
    (
        "You compare labels with logits: that is the squared error. Take the softmax of the logits first.",
        _mistake(shares=lambda logits: logits),
    ),
    ("You start from zeros. Start from the W and b that you are given.", _from_zeros),
    (
        "P is computed before the loop. Each step needs it anew, from the present W and b.",
        _first_shares,
    ),
    (
        "You compute P once more between W and b, so that b's step sees the new W. Both are of one gradient: one P for "
        "each step.",
        _one_after_the_other,
    ),
    ("You take one step, however many `steps` asks for.", lambda W, b, s, y, rate, steps: _steps(W, b, s, y, rate, 1)),
    (
        "Your loop takes a step too many: with 0 steps W and b stay.",
        lambda W, b, s, y, rate, steps: _steps(W, b, s, y, rate, steps + 1),
    ),
    ("You return W and b as they came.", lambda W, b, s, y, rate, steps: (W, b)),
)
