"""The exercises of notebook 06: prototypes from labels in any order, the linear layer, a loss without overflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from metalib import protonet
from metalib.course.kit.verdict import Wrong, check, compare
from metalib.course.prototypical_networks import exercise_stable_loss
from metalib.runtime import seeded

# --- prototypes


def prototypes(embeddings: Tensor, labels: Tensor, n_support: int, n_way: int) -> Tensor:
    """[N, D]: the mean embedding of each class's support pictures, which are the first `n_support` rows."""
    return protonet.prototypes(embeddings[:n_support], labels[:n_support], n_way)


def _counts(y: Tensor, s: int, n: int) -> Tensor:
    return y[:s].bincount(minlength=n)[:, None]  # [N, 1]


def _sums(z: Tensor, y: Tensor, s: int, n: int) -> Tensor:
    return prototypes(z, y, s, n) * _counts(y, s, n)


def _means(rows: Tensor, labels: Tensor, n: int) -> Tensor:
    return torch.stack([rows[labels == k].mean(dim=0) for k in range(n)])  # nan where a label is missing


def _by_appearance(z: Tensor, y: Tensor, s: int, n: int) -> Tensor:
    return prototypes(z, y, s, n)[list(dict.fromkeys(y[:s].tolist()))]


def _first_of_class(z: Tensor, y: Tensor, s: int, n: int) -> Tensor:
    return torch.stack([z[:s][y[:s] == k][0] for k in range(n)])


# neither sorted nor round and round; label 0 never comes first; the last task has classes of 1, 2 and 3 pictures
ORDERS = ((2, 0, 1, 0, 2, 1), (1, 3, 0, 2, 2, 0, 3, 1, 0, 1, 2, 3), (1, 2, 0, 1, 2, 1))
PROTOTYPE_MISTAKES = (
    (
        "You take the mean over the queries too. The query labels are what is asked for: only the first `n_support` "
        "rows, `embeddings[:n_support]` and `labels[:n_support]`, may enter a prototype.",
        lambda z, y, s, n: protonet.prototypes(z, y, n),
    ),
    (
        "You cut the rows into N blocks, as if they were sorted by label. They come in any order here: choose the rows "
        "of class k by `labels == k`.",
        lambda z, y, s, n: z[:s].reshape(n, -1, z.shape[1]).mean(dim=1),
    ),
    (
        "You take every N-th row, as if the labels ran 0, 1, …, N − 1, 0, 1, … They come in any order here: choose the "
        "rows of class k by `labels == k`.",
        lambda z, y, s, n: z[:s].reshape(-1, n, z.shape[1]).mean(dim=0),
    ),
    ("You add the embeddings of a class up. Divide by their number: take the mean.", _sums),
    (
        "You divide by the number of all support pictures, K·N. Divide each class's sum by the number of its own "
        "pictures.",
        lambda z, y, s, n: _sums(z, y, s, n) / s,
    ),
    (
        "You divide every sum by the same K. The last task here has classes with unequal numbers of pictures: divide "
        "each sum by the number of its own.",
        lambda z, y, s, n: _sums(z, y, s, n) / (s / n),
    ),
    (
        "You divide by the number of classes. Divide each class's sum by the number of its pictures.",
        lambda z, y, s, n: _sums(z, y, s, n) / n,
    ),
    (
        "Your rows stand in the order in which the labels first appear. Row k is the prototype of label k: loop over "
        "`range(n_way)`.",
        _by_appearance,
    ),
    (
        "You take the mean of the queries, and leave the support set out. The support set is the first `n_support` "
        "rows: `embeddings[:n_support]` and `labels[:n_support]`.",
        lambda z, y, s, n: _means(z[s:], y[s:], n),
    ),
    (
        "Your mask and your rows are cut from different places: it is made from the labels of the last rows, and "
        "chooses among the first. Both are `[:n_support]`.",
        lambda z, y, s, n: _means(z[:s], y[-s:], n),
    ),
    (
        "Your mask chooses the pictures of all *other* classes. `labels == k` is true where the label is k.",
        lambda z, y, s, n: torch.stack([z[:s][y[:s] != k].mean(dim=0) for k in range(n)]),
    ),
    (
        "Your labels run from 1 to N: row 0 is the prototype of label 1, and the last row has no picture. Labels start "
        "at 0: loop over `range(n_way)`.",
        lambda z, y, s, n: _means(z[:s], y[:s] - 1, n),
    ),
    (
        "You take one picture of each class. Take the mean of all its support pictures.",
        _first_of_class,
    ),
    (
        "All your prototypes are the mean of the whole support set. Choose the rows of class k first: `labels == k`.",
        lambda z, y, s, n: z[:s].mean(dim=0).expand(n, -1),
    ),
    (
        "You scale the prototypes to length 1. Where a mean lies matters here, and not only its direction.",
        lambda z, y, s, n: normalize(prototypes(z, y, s, n), dim=1),
    ),
)


@check
def check_prototypes(function: Callable) -> str:
    """`prototypes(embeddings, labels, n_support, n_way)`: [S + Q, D], [S + Q], S, N -> [N, D]."""
    compare(
        function,
        [_batch(ORDERS[0], seed=1), _batch(ORDERS[1], seed=2), _batch(ORDERS[2], seed=3)],
        reference=prototypes,
        read=_read_prototypes,
        same=lambda a, b: torch.allclose(a, b, rtol=1e-4, atol=1e-5, equal_nan=True),
        mistakes=PROTOTYPE_MISTAKES,
        show=_show_prototype,
    )
    return "Right. Your prototypes agree on tasks of 3 and 4 ways, with the rows in any order and unequal classes."


def _batch(support: tuple[int, ...], *, seed: int) -> tuple[Tensor, Tensor, int, int]:
    """Embeddings and labels of one batch, support rows first, then seven queries."""
    generator, n_way = seeded(seed), max(support) + 1
    labels = torch.cat([torch.tensor(support), torch.randint(n_way, (7,), generator=generator)])
    return torch.randn(len(labels), 5, generator=generator), labels, len(support), n_way


def _read_prototypes(answer: Any, z: Tensor, y: Tensor, s: int, n: int) -> Tensor:
    if isinstance(answer, (list, tuple)) and answer and all(isinstance(row, Tensor) for row in answer):
        raise Wrong(
            f"You return {len(answer)} tensors in a list. Join them to one of shape [N, D]: `torch.stack(rows)`."
        )
    if isinstance(answer, dict):
        raise Wrong("You return a dict. Return one tensor of shape [N, D], where row k belongs to label k.")
    if not isinstance(answer, Tensor):
        raise Wrong(f"You return a {type(answer).__name__}. Return one tensor of shape [N, D].")
    if answer.shape == (s, z.shape[1]) and s != n:
        raise Wrong(
            f"You return {s} rows, one for each support picture, and there are {n} classes. `set(labels)` of a tensor "
            "does that: no two of its elements count as equal. Loop over `range(n_way)`."
        )
    if answer.shape == (z.shape[1], n):
        raise Wrong(f"You return the shape {list(answer.shape)}: one column a class. Return one row a class, [N, D].")
    if answer.shape != (n, z.shape[1]):
        raise Wrong(
            f"You return the shape {list(answer.shape)}. {n} classes in {z.shape[1]} dimensions make [N, D] = "
            f"{[n, z.shape[1]]}."
        )
    return answer.detach().float()


def _show_prototype(case: tuple, answer: Tensor, right: Tensor) -> str:
    empty = answer.isnan().any(dim=1).nonzero().flatten().tolist()
    if empty:
        return (
            f"Your prototype of label {empty[0]} is nan, the mean of no rows at all: your mask is true nowhere. Look "
            "at it: `labels == k`, for the first `n_support` labels, and k from 0 to N − 1."
        )
    k = int((~torch.isclose(answer, right, rtol=1e-4, atol=1e-5)).any(dim=1).nonzero()[0])
    return (
        f"For the support labels {case[1][: case[2]].tolist()} the prototype of label {k} starts with "
        f"{right[k, 0]:.3f}, and yours with {answer[k, 0]:.3f}: the mean of the rows in which that label stands."
    )


# --- the linear layer


def linear_head(prototypes: Tensor) -> tuple[Tensor, Tensor]:
    """W [N, D] and b [N] whose softmax is that of minus the squared distance."""
    return protonet.linear_head(prototypes)


def _log_probabilities(weight: Tensor, bias: Tensor) -> Tensor:
    """[40, N], for 40 fixed queries: adding the same to all logits changes nothing here."""
    z = torch.randn(40, weight.shape[1], generator=seeded(9), dtype=torch.float64)
    return (z @ weight.double().T + bias.double()).log_softmax(dim=1)


def _head(weight: Callable[[Tensor], Tensor], bias: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda c: _log_probabilities(weight(c), bias(c))


def _norm(c: Tensor) -> Tensor:
    return c.square().sum(dim=1)


HEAD_MISTAKES = (
    (
        "Your W and b are half of what they should be: the regions are right, and the probabilities are too soft. "
        "Expand ‖z − c‖²: the middle term is −2 c·z.",
        _head(lambda c: c, lambda c: -_norm(c) / 2),
    ),
    (
        "The factor 2 is missing in W. In ‖z − c‖² = ‖z‖² − 2 c·z + ‖c‖² the middle term has it.",
        _head(lambda c: c, lambda c: -_norm(c)),
    ),
    (
        "Your b does nothing: it is zero, or the same for all classes. A far prototype then wins by its length. "
        "b_k = −‖c_k‖², one number a class.",
        _head(lambda c: 2 * c, lambda c: 0 * _norm(c)),
    ),
    (
        "Your b has the wrong sign. The logit is minus the distance, and so ‖c‖² comes in with a minus.",
        _head(lambda c: 2 * c, lambda c: _norm(c)),
    ),
    (
        "Both signs are turned: yours are the logits of plus the distance, and the farthest prototype wins.",
        _head(lambda c: -2 * c, lambda c: _norm(c)),
    ),
    (
        "Your b is the length −‖c‖. It should be the squared length, −‖c‖²: `c.square().sum(dim=1)`.",
        _head(lambda c: 2 * c, lambda c: -_norm(c).sqrt()),
    ),
    (
        "Your b is twice too large. Only the middle term of ‖z‖² − 2 c·z + ‖c‖² has the factor 2.",
        _head(lambda c: 2 * c, lambda c: -2 * _norm(c)),
    ),
    (
        "Your b is the mean of the squares. ‖c‖² is their sum over the D dimensions.",
        _head(lambda c: 2 * c, lambda c: -c.square().mean(dim=1)),
    ),
    (
        "You use the prototypes alone, as a dot product. That is another classifier: W = 2c and b = −‖c‖².",
        _head(lambda c: c, lambda c: 0 * _norm(c)),
    ),
    (
        "You scale the prototypes to length 1. That is the cosine; here the length counts.",
        _head(lambda c: 2 * normalize(c, dim=1), lambda c: 0 * _norm(c) - 1),
    ),
)


@check
def check_linear_head(function: Callable) -> str:
    """`linear_head(prototypes)`: [N, D] -> W [N, D], b [N]."""
    compare(
        function,
        [(1.5 * torch.randn(n, d, generator=seeded(n), dtype=torch.float64),) for n, d in ((5, 3), (4, 7), (20, 6))],
        reference=lambda c: _log_probabilities(*linear_head(c)),
        read=_read_head,
        same=lambda a, b: torch.allclose(a, b, rtol=1e-4, atol=1e-4),
        mistakes=HEAD_MISTAKES,
        show=lambda case, answer, right: (
            f"With {len(case[0])} prototypes the first query has the probabilities "
            f"{[round(p, 3) for p in right[0, :3].exp().tolist()]} … by distance, and "
            f"{[round(p, 3) for p in answer[0, :3].exp().tolist()]} … by your W and b."
        ),
    )
    return "Right. `z @ W.T + b` and minus the squared distance give the same probabilities, for 4, 5 and 20 classes."


def _read_head(answer: Any, c: Tensor) -> Tensor:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2 or not all(isinstance(x, Tensor) for x in answer):
        raise Wrong("Return two tensors: `return W, b`.")
    weight, bias = answer
    if weight.shape == bias.shape[:1] and bias.ndim == 2:
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


@check
def check_stable_loss(function: Callable) -> str:
    """`stable_loss(distances, labels)`: [Q, N] squared distances, [Q] -> one number."""
    return exercise_stable_loss.judge(function)
