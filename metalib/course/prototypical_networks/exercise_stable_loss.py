"""What the check of `stable_loss` looks at: the loss of distances that are small, large, and far apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.overrides import TorchFunctionMode

from metalib.course.kit.verdict import Wrong, attempt, compare, read_number
from metalib.runtime import seeded


def stable_loss(distances: Tensor, labels: Tensor) -> Tensor:
    """The mean of −log p(y | x) with p = softmax(−d). distances [Q, N], labels [Q]"""
    return cross_entropy(-distances, labels)


def _loss(distances: Tensor, labels: Tensor) -> float:
    return stable_loss(distances.double(), labels).item()


def _own(d: Tensor, y: Tensor) -> Tensor:
    return d.gather(1, y[:, None])[:, 0]  # [Q]


def _naive(d: Tensor, y: Tensor, shift: Callable[[Tensor], Tensor]) -> float:
    e = (-(d - shift(d))).exp()
    return -(_own(e, y) / e.sum(dim=1)).log().mean().item()


def _nothing(d: Tensor) -> Tensor:
    return torch.zeros(1)


def _largest_first(d: Tensor, y: Tensor, shift: Tensor) -> float:
    d = d - shift
    return (_own(d, y) + (-d).exp().sum(dim=1).log()).mean().item()


def _log_sum(d: Tensor) -> Tensor:
    return (-d).logsumexp(dim=1)


# by the names that torch gives them, whoever calls them: a module of `torch.nn`, a distribution, a function elsewhere
READY_MADE = {
    "softmax": "softmax",
    "log_softmax": "log_softmax",
    "softmin": "softmin",
    "gumbel_softmax": "gumbel_softmax",
    "logsumexp": "logsumexp",
    "logcumsumexp": "logcumsumexp",
    "logaddexp": "logaddexp",
    "logaddexp2": "logaddexp2",
    "cross_entropy": "cross_entropy",
    "cross_entropy_loss": "cross_entropy",
    "nll_loss": "nll_loss",
    "nll_loss_nd": "nll_loss",
    "softplus": "softplus",
    "logsigmoid": "logsigmoid",
}


class _Watch(TorchFunctionMode):
    """Notes the names of the functions of torch that are called, also by what is called."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.add(getattr(func, "__name__", ""))
        return func(*args, **(kwargs or {}))


def _names(code: CodeType | None) -> Iterator[str]:
    """Every name that a function's code has, inner functions included: another library's logsumexp is no torch call."""
    if code is not None:
        yield from code.co_names
        for constant in code.co_consts:
            yield from _names(constant) if isinstance(constant, CodeType) else ()


def _ready_made(function: Callable, cases: list[tuple[Tensor, Tensor]]) -> list[str]:
    """What the function leaves to others, sorted."""
    with _Watch() as watch:
        for case in cases:
            attempt(function, *case)
    seen = watch.seen | set(_names(getattr(function, "__code__", None)))
    return sorted({READY_MADE[name] for name in seen & READY_MADE.keys()})


LARGEST = (
    "You subtract the largest distance, or another that is not the smallest. Then −(d − m) is positive for nearer "
    "ones, and exp of 800 overflows to inf. Subtract the smallest distance of each row: no exponential is then above "
    "exp(0) = 1."
)
MISTAKES = (
    (
        "Right for small distances, and not finite for large ones: exp(−1000) is 0. What may you subtract from the "
        "distances of a row, so that p stays the same?",
        lambda d, y: _naive(d, y, _nothing),
    ),
    (
        "You subtract the smallest distance of the whole batch. A query that is far from all its prototypes still "
        "underflows: take the minimum of each row, `min(dim=1, keepdim=True)`.",
        lambda d, y: _naive(d, y, Tensor.min),
    ),
    (
        "Not finite where another prototype is far nearer than the own one. Either you subtract the smallest distance, "
        "and then take the logarithm of a probability that can be 0: write log p = −(d_y − m) − log Σ exp(−(d − m)). "
        "Or you subtract the own distance d_y, and exp of 2,000 overflows: subtract the smallest one.",
        lambda d, y: _naive(d, y, lambda d: d.min(dim=1, keepdim=True).values),
    ),
    (LARGEST, lambda d, y: _largest_first(d, y, d.amax(dim=1, keepdim=True))),
    (LARGEST, lambda d, y: _largest_first(d, y, d.max())),
    (
        "The minus is missing: you take the softmax of plus the distance, so that the farthest prototype is likeliest.",
        lambda d, y: cross_entropy(d.double(), y).item(),
    ),
    (
        "Your loss is that of plain Euclid. Did you take the root? `distances` are squared already: use them as they "
        "are.",
        lambda d, y: _loss(d.double().sqrt(), y),
    ),
    (
        "You add the losses of the queries up. Take their mean.",
        lambda d, y: _loss(d, y) * len(y),
    ),
    (
        "You normalise over the queries. The probabilities of one query's classes sum to 1: `dim=1`.",
        lambda d, y: -_own((-d.double()).log_softmax(dim=0), y).mean().item(),
    ),
    (
        "You return the mean distance to the own prototype. The other prototypes count too: add log Σ exp(−d).",
        lambda d, y: _own(d.double(), y).mean().item(),
    ),
    (
        "You shift the distances in the sum, and not the own one. Both need the same m: "
        "(d_y − m) + log Σ exp(−(d − m)).",
        lambda d, y: (_own(d, y) + _log_sum(d - d.min(dim=1, keepdim=True).values)).double().mean().item(),
    ),
    (
        "You divide by the number of queries times classes. Each query has one term: divide by the number of queries.",
        lambda d, y: _loss(d, y) / d.shape[1],
    ),
    (
        "You return the log probability. The loss is minus that: it falls when the probability grows.",
        lambda d, y: -_loss(d, y),
    ),
)


def judge(function: Callable) -> str:
    """Small, large, and far apart distances; raises Wrong with the mistake."""
    far_apart, own = _distances(0, 0, 2000, seed=4)
    cases = [
        _distances(0, 0, 4, seed=1),
        _distances(1000, 0, 4, seed=2),  # tells who subtracts nothing
        _distances(0, 300, 4, seed=3),  # tells who subtracts one number from all rows
        (far_apart, own),  # tells who forms a probability that is too small
        # tells who subtracts the largest: where the own class is the nearest, no probability is too small
        (far_apart - far_apart.amin(dim=1, keepdim=True), far_apart.argmin(dim=1)),
    ]
    compare(
        function,
        cases,
        reference=_loss,
        read=lambda answer, d, y: read_number(
            answer.detach() if isinstance(answer, Tensor) else answer, "the mean loss of the queries"
        ),
        same=_same_number,
        mistakes=MISTAKES,
        show=_show,
    )
    if used := _ready_made(function, cases):
        raise Wrong(
            f"The numbers are right, and they come from `{used[0]}`, which does inside what this exercise is about. "
            "Write it from `exp`, `log` and `sum`, here and in what you call."
        )
    return "Right. Your loss agrees for distances near 0, above 1,000, and up to 2,000 apart."


def _distances(offset: float, growth: float, spread: float, *, seed: int) -> tuple[Tensor, Tensor]:
    """Squared distances [6, 4] and labels; row i starts at offset + i · growth, and reaches up to `spread` further."""
    generator = seeded(seed)
    rows = offset + growth * torch.arange(6)[:, None]
    distances = rows + spread * torch.rand(6, 4, generator=generator)
    return distances, torch.randint(4, (6,), generator=generator)


def _same_number(a: float, b: float) -> bool:
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.isfinite(a) == math.isfinite(b)
    return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-4)


def _show(case: tuple[Tensor, Tensor], answer: float, right: float) -> str:
    d, _ = case
    if d.max() < 10:
        return f"For small distances, {d[0, 0]:.2f} and so on, the loss is {right:.4f}, and yours is {answer:.4f}."
    return (
        f"Right for small distances. For distances from {d.min():.0f} to {d.max():.0f} the loss is {right:.3f}, and "
        f"yours is {answer:.3f}. A small number that is added to p, or a clamp, hides the zeros and gives another loss."
    )
