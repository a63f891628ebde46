"""What the check of `linear_head` looks at: whether a linear layer has the probabilities that the distances have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from metalib import protonet
from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded


def linear_head(prototypes: Tensor) -> tuple[Tensor, Tensor]:
    """W [N, D] and b [N] whose softmax is that of minus the squared distance."""
    return protonet.linear_head(prototypes)


def judge(function: Callable) -> str:
    """Prototypes of several numbers and dimensions; raises Wrong with the mistake."""
    compare(
        function,
        [(1.5 * torch.randn(n, d, generator=seeded(n), dtype=torch.float64),) for n, d in ((5, 3), (4, 7), (20, 6))],
        reference=lambda c: _log_probabilities(*linear_head(c)),
        read=_read,
        same=lambda a, b: torch.allclose(a, b, rtol=1e-4, atol=1e-4),
        mistakes=[(message, _head(weight, bias)) for message, weight, bias in HEAD_MISTAKES],
        show=lambda case, answer, right: (
            f"With {len(case[0])} prototypes the first query has the probabilities "
            f"{[round(p, 3) for p in right[0, :3].exp().tolist()]} … by distance, and "
            f"{[round(p, 3) for p in answer[0, :3].exp().tolist()]} … by your W and b."
        ),
    )
    return "Right. `z @ W.T + b` and minus the squared distance give the same probabilities, for 4, 5 and 20 classes."


def _log_probabilities(weight: Tensor, bias: Tensor) -> Tensor:
    """[40, N], for 40 fixed queries: adding the same to all logits changes nothing here."""
    z = torch.randn(40, weight.shape[1], generator=seeded(9), dtype=torch.float64)
    return (z @ weight.double().T + bias.double()).log_softmax(dim=1)


def _head(weight: Callable[[Tensor], Tensor], bias: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda c: _log_probabilities(weight(c), bias(c))


def _norm(c: Tensor) -> Tensor:
    return c.square().sum(dim=1)


def _read(answer: Any, c: Tensor) -> Tensor:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong("Return two tensors: `return W, b`.")
    weight, bias = (_as_tensor(part, name) for part, name in zip(answer, ("W", "b"), strict=True))
    if bias.ndim == 2 and weight.shape == bias.shape[:1]:
        raise Wrong("The two come in the other order. Return `W, b`.")
    if weight.shape == c.T.shape and c.shape[0] != c.shape[1]:
        raise Wrong(
            f"Your W has the shape {list(weight.shape)}, one column a class. A linear layer has one row a class."
        )
    if weight.shape != c.shape:
        raise Wrong(f"Your W has the shape {list(weight.shape)}. It should be [N, D] = {list(c.shape)}.")
    if bias.shape != c.shape[:1]:
        axis = " You summed over the classes: sum over the D dimensions, `dim=1`." if bias.shape == c.shape[1:] else ""
        raise Wrong(
            f"Your b has the shape {list(bias.shape)}. It should be [N] = {[len(c)]}, one number a class.{axis}"
        )
    return _log_probabilities(weight, bias)


def _as_tensor(part: Any, name: str) -> Tensor:
    """A tensor, an array of numpy or a list of numbers, as a tensor of real numbers."""
    if isinstance(part, (list, tuple)) and part and all(isinstance(row, Tensor) for row in part):
        raise Wrong(f"Your {name} is a list of {len(part)} tensors. Join them to one: `torch.stack(rows)`.")
    try:
        tensor = part if isinstance(part, Tensor) else torch.from_numpy(np.asarray(part, dtype=np.float64))
    except (TypeError, ValueError):
        raise Wrong(f"Return two tensors: `return W, b`. Your {name} is a {type(part).__name__}.") from None
    if tensor.is_complex():
        raise Wrong(f"Your {name} holds complex numbers. W and b are real.")
    return tensor.detach()


HEAD_MISTAKES: tuple[tuple[str, Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]], ...] = (
    (
        "Your W and b are half of what they should be: the regions are right, and the probabilities are too soft. "
        "Expand ‖z − c‖²: the middle term is −2 c·z.",
        lambda c: c,
        lambda c: -_norm(c) / 2,
    ),
    (
        "The factor 2 is missing in W. In ‖z − c‖² = ‖z‖² − 2 c·z + ‖c‖² the middle term has it.",
        lambda c: c,
        lambda c: -_norm(c),
    ),
    (
        "Your b does nothing: it is zero, or the same for all classes. A far prototype then wins by its length. "
        "b_k = −‖c_k‖², one number a class.",
        lambda c: 2 * c,
        lambda c: 0 * _norm(c),
    ),
    (
        "Your b has the wrong sign. The logit is minus the distance, and so ‖c‖² comes in with a minus.",
        lambda c: 2 * c,
        _norm,
    ),
    (
        "Your W has the wrong sign. The logit is minus the distance, and so the middle term −2 c·z becomes +2 c·z.",
        lambda c: -2 * c,
        lambda c: -_norm(c),
    ),
    (
        "Both signs are turned: yours are the logits of plus the distance, and the farthest prototype wins.",
        lambda c: -2 * c,
        _norm,
    ),
    (
        "Your b is the length −‖c‖. It should be the squared length, −‖c‖²: `c.square().sum(dim=1)`.",
        lambda c: 2 * c,
        lambda c: -_norm(c).sqrt(),
    ),
    (
        "Your b is twice too large. Only the middle term of ‖z‖² − 2 c·z + ‖c‖² has the factor 2.",
        lambda c: 2 * c,
        lambda c: -2 * _norm(c),
    ),
    (
        "Your b is the mean of the squares. ‖c‖² is their sum over the D dimensions.",
        lambda c: 2 * c,
        lambda c: -c.square().mean(dim=1),
    ),
    (
        "You use the prototypes alone, as a dot product. That is another classifier: W = 2c and b = −‖c‖².",
        lambda c: c,
        lambda c: 0 * _norm(c),
    ),
    (
        "You scale the prototypes to length 1. That is the cosine; here the length counts.",
        lambda c: 2 * normalize(c, dim=1),
        lambda c: 0 * _norm(c) - 1,
    ),
)
