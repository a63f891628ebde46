"""What the check of `prototype_loss` looks at: four tasks, each by another distance and scale, and the gradient."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, cross_entropy

from metalib import protonet
from metalib.course.kit.verdict import Wrong, attempt, compare, read_number
from metalib.runtime import seeded

Distance = Callable[[Tensor, Tensor], Tensor]


def prototype_loss(
    support: Tensor, support_y: Tensor, query: Tensor, query_y: Tensor, distance: Distance, scale: float | Tensor
) -> Tensor:
    """The mean of −log p(y | x) over the queries, with p the softmax of −s · d(f(x), c)."""
    prototypes = protonet.prototypes(support, support_y, _ways(support_y))
    return cross_entropy(-scale * distance(query, prototypes), query_y)


# --- the distances and the tasks of the check


def _squared(z: Tensor, c: Tensor) -> Tensor:
    return (z[:, None] - c).square().sum(dim=2)


def _by_streets(z: Tensor, c: Tensor) -> Tensor:
    return (z[:, None] - c).abs().sum(dim=2)


def _cosine(z: Tensor, c: Tensor) -> Tensor:
    return 1 - cosine_similarity(z[:, None], c, dim=2)


def _lopsided(z: Tensor, c: Tensor) -> Tensor:
    """Another from z to c than from c to z, so that the order of the two counts."""
    return torch.where(z[:, None] > c, 2.0, 0.5).mul((z[:, None] - c).abs()).sum(dim=2)


# neither sorted nor round and round; label 0 never comes first; the last task has classes of 1, 2 and 3 pictures
ORDERS = ((2, 0, 1, 0, 2, 1), (1, 3, 0, 2, 2, 0, 3, 1, 0, 1, 2, 3), (1, 2, 0, 1, 2, 1), (1, 0, 2, 0, 1, 2))
KINDS = ((_squared, 0.3), (_cosine, 2.5), (_by_streets, 0.4), (_lopsided, 0.2))


def _task(number: int) -> tuple:
    """Support rows in the order of ORDERS, and seven queries."""
    generator, labels = seeded(number), torch.tensor(ORDERS[number])
    n_way = _ways(labels)
    centres = torch.randn(n_way, 5, generator=generator)
    query_y = torch.randperm(7, generator=generator) % n_way
    support, query = (centres[y] + torch.randn(len(y), 5, generator=generator) for y in (labels, query_y))
    return support, labels, query, query_y, *KINDS[number]


def judge(function: Callable) -> str:
    """Four tasks, each by another distance; raises Wrong with the mistake."""
    cases = [_task(number) for number in range(len(ORDERS))]
    try:
        compare(
            function,
            cases,
            reference=lambda *case: prototype_loss(*case).item(),
            read=lambda answer, *case: _read(answer),
            same=lambda a, b: math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5),
            mistakes=[(message, _number(mistake)) for message, mistake in LOSS_MISTAKES],
            show=_show,
        )
    except Wrong as wrong:
        raise Wrong(_with_hint(str(wrong))) from wrong.__cause__
    _see_gradients(function)
    return "Right. Your loss and its gradients agree on tasks of 3 and 4 ways, by four distances, each with its scale."


def _with_hint(words: str) -> str:
    if "out of bounds" in words:  # torch's words for a label that is no column
        return f"{words}\nLabels run from 0 to N − 1, so N is `support_y.max() + 1`, and the prototypes are [N, D]."
    return words


def _read(answer: Any) -> float:
    if isinstance(answer, Tensor) and answer.numel() > 1 and answer.ndim == 1:
        raise Wrong(
            f"You return {len(answer)} numbers, one a query. Return their mean: one number, in nats for each query."
        )
    return read_number(answer.detach() if isinstance(answer, Tensor) else answer, "the mean loss of the queries")


def _show(case: tuple, answer: float, right: float) -> str:
    if not math.isfinite(answer):
        return (
            f"Your loss is {answer}. A class without a picture has nan for its mean: N is the number of different "
            "support labels, `support_y.max() + 1`, and `support_y == k` chooses the pictures of class k."
        )
    return (
        f"For {_ways(case[1])} classes, {len(case[3])} queries and a scale of {case[5]} the loss is {right:.4f}, and "
        f"yours is {answer:.4f}. The logit of class k is minus the scale times `distance(query, c)`; the loss is the "
        "cross-entropy of the softmax over the classes."
    )


def _see_gradients(function: Callable) -> None:
    """Raise Wrong where what comes back cannot train the network, or not through the prototypes."""
    support, support_y, query, query_y, distance, scale = _task(0)
    leaves = [support.requires_grad_(), query.requires_grad_(), torch.tensor(scale, requires_grad=True)]
    case = (support, support_y, query, query_y, distance, leaves[2])
    loss = attempt(function, *case)
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        raise Wrong(
            "The number is right, and nothing can be trained by it: what you return has no gradient. Look for "
            "`.item()`, `.detach()`, `float(...)`, numpy and `torch.no_grad`."
        )
    found = torch.autograd.grad(loss.sum(), leaves, allow_unused=True)
    expected = torch.autograd.grad(prototype_loss(*case), leaves)
    names = ("support pictures: the prototypes are", "queries: they are", "scale: it is")
    for gradient, right, name in zip(found, expected, names, strict=True):
        if gradient is None or not torch.allclose(gradient, right, rtol=1e-3, atol=1e-5):
            raise Wrong(
                f"The number is right, and its gradient is not that of the {name} cut off on the way, or in part. The "
                "loss has to pull on them too. Look for `.detach()`, `.data`, `no_grad`, `float(...)` and "
                "`torch.tensor(...)`, which makes a copy."
            )


# --- typical mistakes: (message, a function that makes it)


def _ways(labels: Tensor) -> int:
    return int(labels.max()) + 1


def _means(rows: Tensor, labels: Tensor) -> Tensor:
    return protonet.prototypes(rows, labels, _ways(labels))


def _number(mistake: Callable[..., Tensor]) -> Callable[..., float]:
    return lambda *case: float(mistake(*case))


def _of(prototypes: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The mistake that makes the prototypes in another way."""
    return lambda s, s_y, q, q_y, d, scale: cross_entropy(-scale * d(q, prototypes(s, s_y)), q_y)


def _after(logits: Callable[[Tensor, float | Tensor], Tensor], loss: Callable[[Tensor, Tensor], Tensor]) -> Callable:
    """The mistake in what is made of the right distances: logits(distances, scale), then loss(logits, labels)."""
    return lambda s, s_y, q, q_y, d, scale: loss(logits(d(q, _means(s, s_y)), scale), q_y)


def _right_logits(distances: Tensor, scale: float | Tensor) -> Tensor:
    return -scale * distances


def _own(values: Tensor, y: Tensor) -> Tensor:
    return values.gather(1, y[:, None])[:, 0]


def _blocks(rows: Tensor, labels: Tensor) -> Tensor:
    return rows.reshape(_ways(labels), -1, rows.shape[1]).mean(dim=1)


def _every_nth(rows: Tensor, labels: Tensor) -> Tensor:
    return rows.reshape(-1, _ways(labels), rows.shape[1]).mean(dim=0)


def _sums(rows: Tensor, labels: Tensor) -> Tensor:
    return _means(rows, labels) * labels.bincount()[:, None]


def _first_of_class(rows: Tensor, labels: Tensor) -> Tensor:
    return torch.stack([rows[labels == k][0] for k in range(_ways(labels))])


def _by_appearance(rows: Tensor, labels: Tensor) -> Tensor:
    return _means(rows, labels)[list(dict.fromkeys(labels.tolist()))]


def _all_points(s: Tensor, s_y: Tensor, q: Tensor, q_y: Tensor, d: Distance, scale: float | Tensor) -> Tensor:
    c = protonet.prototypes(torch.cat([s, q]), torch.cat([s_y, q_y]), _ways(s_y))
    return cross_entropy(-scale * d(q, c), q_y)


LOSS_MISTAKES: tuple[tuple[str, Callable[..., Tensor]], ...] = (
    (
        "The minus is missing: you take the softmax of plus the distance, so that the farthest prototype is likeliest. "
        "The logits are `-scale * distance(query, c)`.",
        _after(lambda d, scale: scale * d, cross_entropy),
    ),
    (
        "The minus stands outside of `cross_entropy`. That takes −log p by itself; the minus belongs to the distances: "
        "`cross_entropy(-scale * distance(query, c), query_y)`.",
        _after(lambda d, scale: scale * d, lambda logits, y: -cross_entropy(logits, y)),
    ),
    (
        "Your `scale` does nothing. It multiplies the distances before the softmax: `-scale * distance(query, c)`.",
        _after(lambda d, scale: -d, cross_entropy),
    ),
    (
        "You divide the distances by `scale`. It multiplies them: a larger scale makes the softmax surer.",
        _after(lambda d, scale: -d / scale, cross_entropy),
    ),
    (
        "You multiply the loss by `scale`. It belongs inside the softmax, where it decides how sure the network is: "
        "`-scale * distance(query, c)`.",
        lambda s, s_y, q, q_y, d, scale: scale * prototype_loss(s, s_y, q, q_y, d, 1.0),
    ),
    (
        "You multiply the points by `scale`, and not the distances. For squared Euclid that is the square of the "
        "scale, and for the cosine nothing at all.",
        lambda s, s_y, q, q_y, d, scale: prototype_loss(scale * s, s_y, scale * q, q_y, d, 1.0),
    ),
    (
        "You always take the squared distance. Which distance it is, is handed over: call `distance(query, c)`.",
        lambda s, s_y, q, q_y, d, scale: prototype_loss(s, s_y, q, q_y, _squared, scale),
    ),
    (
        "You hand the two to `distance` in the other order. It takes the queries first, then the prototypes: "
        "`distance(query, c)`. Not every distance is the same both ways.",
        lambda s, s_y, q, q_y, d, scale: cross_entropy(-scale * d(_means(s, s_y), q).T, q_y),
    ),
    (
        "You add the losses of the queries up. Take their mean.",
        _after(_right_logits, lambda logits, y: cross_entropy(logits, y, reduction="sum")),
    ),
    (
        "You divide by the number of queries times classes. Each query has one term: divide by the number of queries.",
        _after(_right_logits, lambda logits, y: cross_entropy(logits, y) / logits.shape[1]),
    ),
    (
        "You normalise over the queries. The probabilities of one query's classes sum to 1: `dim=1`.",
        _after(_right_logits, lambda logits, y: -_own(logits.log_softmax(dim=0), y).mean()),
    ),
    (
        "You take the softmax twice: `cross_entropy` takes logits, and does the softmax inside.",
        _after(_right_logits, lambda logits, y: cross_entropy(logits.softmax(dim=1), y)),
    ),
    (
        "The logarithm is missing: you return the mean probability of the right class, or minus that.",
        _after(_right_logits, lambda logits, y: -_own(logits.softmax(dim=1), y).mean()),
    ),
    (
        "The logarithm is missing: you return the mean probability of the right class, or minus that.",
        _after(_right_logits, lambda logits, y: _own(logits.softmax(dim=1), y).mean()),
    ),
    (
        "You return the log probability. The loss is minus that: it falls when the probability grows.",
        _after(_right_logits, lambda logits, y: -cross_entropy(logits, y)),
    ),
    (
        "Your loss is in bits: you take the logarithm to the base 2. Take the natural one.",
        _after(_right_logits, lambda logits, y: cross_entropy(logits, y) / math.log(2)),
    ),
    (
        "You return the mean distance to the own prototype. The other prototypes count too: take the softmax over all.",
        _after(_right_logits, lambda logits, y: -_own(logits, y).mean()),
    ),
    (
        "You return the loss of the support pictures. The queries are what the network has to answer.",
        lambda s, s_y, q, q_y, d, scale: prototype_loss(s, s_y, s, s_y, d, scale),
    ),
    (
        "Your prototypes are means over the queries too. Their labels are what is asked for: only the support set may "
        "enter a prototype.",
        _all_points,
    ),
    (
        "You cut the support rows into N blocks, as if they were sorted by label. They come in any order: choose the "
        "rows of class k by `support_y == k`.",
        _of(_blocks),
    ),
    (
        "You take every N-th support row, as if the labels ran 0, 1, …, N − 1, 0, 1, … They come in any order: choose "
        "the rows of class k by `support_y == k`.",
        _of(_every_nth),
    ),
    ("Your prototypes are sums. Divide by the number of pictures of the class: take the mean.", _of(_sums)),
    (
        "You divide every class's sum by the same K. One task here has classes with unequal numbers of pictures: take "
        "the mean of each class's own.",
        _of(lambda s, s_y: _sums(s, s_y) / (len(s_y) / _ways(s_y))),
    ),
    (
        "Your prototypes stand in the order in which the labels first appear. Row k is the prototype of label k: loop "
        "over `range(n_way)`.",
        _of(_by_appearance),
    ),
    ("You take one picture of each class. Take the mean of all its support pictures.", _of(_first_of_class)),
)
