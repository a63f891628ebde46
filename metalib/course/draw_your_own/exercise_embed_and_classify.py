"""The check of `embed_and_classify`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, cosine_similarity

from metalib import protonet
from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded

Embed = Callable[[Any], Tensor]
Case = tuple[Embed, Any, list[str], Any]
NAMES = ("fish", "axe", "moon", "boat", "key")  # in no order of the alphabet


class Answer(NamedTuple):
    """What is compared: a name a query, and the distance to that name's class mean, [Q]."""

    names: list[str]
    distances: Tensor


def embed_and_classify(embed: Embed, support: Any, labels: Sequence[str], query: Any) -> Answer:
    """The name of the nearest class mean for each of the Q queries, and how far it is, [Q]: the course's answer.

    embed    pictures -> features [B, D]      support, query  what it takes: a tensor or a list
    labels   the S names of the support pictures, in any order
    """
    return _answered(*_points(embed, support, labels, query))


def _points(embed: Embed, support: Any, labels: Sequence[str], query: Any) -> tuple[list[str], Tensor, Tensor]:
    """The names of the classes, their means [N, D], and the queries' features [Q, D]."""
    with torch.no_grad():
        z, q = embed(support), embed(query)
    names, y = _numbered(labels)
    return names, protonet.prototypes(z, y.to(z.device), len(names)), q


def _numbered(labels: Sequence[str]) -> tuple[list[str], Tensor]:
    names = sorted(set(labels))
    return names, torch.tensor([names.index(label) for label in labels])


def _answered(names: list[str], means: Tensor, q: Tensor) -> Answer:
    distances, numbers = torch.cdist(q, means).min(dim=1)
    return Answer([names[i] for i in numbers.tolist()], distances)


def judge(function: Callable) -> None:
    """Compare names and distances with the right ones; raises Wrong with the mistake."""
    try:
        compare(
            function,
            [_case(3, torch.stack), _case(4, list), _case(5, torch.stack)],
            reference=embed_and_classify,
            read=_read,
            same=_same,
            mistakes=MISTAKES,
            show=_show,
        )
    except Wrong as wrong:
        if "TypeError" in str(wrong).splitlines()[0]:
            raise Wrong("\n".join([*str(wrong).splitlines()[:-1], AS_THEY_ARE])) from None
        raise


AS_THEY_ARE = (
    "In one case the pictures are a tensor, in another a list of pictures of unequal sizes. Hand each set to `embed` "
    "as it is, `z = embed(support)`, and go on with the features, [S, D]."
)


class Pooled:
    """An embedding for the cases: pictures of any size to 6 numbers each, from a tensor or from a list."""

    def __init__(self, generator: torch.Generator) -> None:
        self.weight = torch.randn(16, 6, generator=generator, dtype=torch.float64)

    def __call__(self, pictures: Any) -> Tensor:
        """[B, 6] of pictures [1, H, W]."""
        return torch.cat([torch.tanh(adaptive_avg_pool2d(p, 4).flatten()[None] @ self.weight) for p in pictures])


def _case(n_way: int, gather: Callable[[list[Tensor]], Any]) -> Case:
    """Classes of unequal size in no order; no query is a close call.   gather  list of pictures -> what embed takes"""
    generator = seeded(n_way)
    embed = Pooled(generator)
    y = torch.cat([torch.arange(n_way).repeat(2), torch.tensor([1, 1, 2])])
    y = y[torch.randperm(len(y), generator=generator)]
    centres = torch.randn(n_way, 1, 4, 4, generator=generator, dtype=torch.float64)

    def draw(k: int, i: int) -> Tensor:
        side = 4 if gather is torch.stack else 4 * (1 + i % 3)  # of the list's pictures
        noise = torch.randn(1, 4, 4, generator=generator, dtype=torch.float64)
        return (centres[k] + 0.7 * noise).repeat_interleave(side // 4, 1).repeat_interleave(side // 4, 2)

    support = gather([draw(k, i) for i, k in enumerate(y.tolist())])
    queries = [draw(i % n_way, i) for i in range(30)]
    labels = [NAMES[k] for k in y.tolist()]
    _, means, q = _points(embed, support, labels, queries)
    two = torch.cdist(q, means).topk(2, largest=False).values
    return embed, support, labels, gather([p for p, (a, b) in zip(queries, two.tolist(), strict=True) if b - a > 0.05])


def _read(answer: Any, embed: Embed, support: Any, labels: list[str], query: Any) -> Answer:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Wrong(
            f"You return a {type(answer).__name__}. Return two things: the names, and how far each class mean is: "
            "`return answers, distances`."
        )
    names, distances = answer
    if isinstance(names, Tensor) and isinstance(distances, (list, tuple)):
        raise Wrong("You return a tensor first. The names come first, then the distances.")
    return Answer(_read_names(names, labels, len(query)), _read_distances(distances, labels, len(query)))


def _read_names(names: Any, labels: list[str], n_query: int) -> list[str]:
    if isinstance(names, Tensor) or (isinstance(names, (list, tuple)) and all(isinstance(n, int) for n in names)):
        raise Wrong(
            "You return the classes as numbers. Return their names, as in `labels`: with `names = sorted(set(labels))`"
            " class i is `names[i]`."
        )
    names = list(names) if isinstance(names, (list, tuple, np.ndarray)) else names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Wrong(f"Your names are a {type(names).__name__} of something else. Return a list of names, one a query.")
    if len(names) != n_query:
        raise Wrong(f"You return {len(names)} names for {n_query} queries. Each query gets one: `dim=1` of [Q, N].")
    if strange := sorted(set(names) - set(labels)):
        raise Wrong(f"You answer {strange[0]!r}, and there is no such name in `labels`: {sorted(set(labels))}.")
    return [str(name) for name in names]


def _read_distances(distances: Any, labels: list[str], n_query: int) -> Tensor:
    try:
        distances = torch.as_tensor(distances).detach().cpu().double()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise Wrong(f"Your distances are a {type(distances).__name__}. Return a tensor, a number a query.") from None
    if distances.shape == (n_query, len(set(labels))):
        raise Wrong("You return the distances to all classes. Wanted is one a query, to the nearest: `.min(dim=1)`.")
    if distances.shape != (n_query,):
        raise Wrong(f"Your distances have the shape {list(distances.shape)}. Return one a query, [{n_query}].")
    return distances


def _same(a: Answer, b: Answer) -> bool:
    return a.names == b.names and bool(torch.allclose(a.distances, b.distances.double(), rtol=1e-4, atol=1e-6))


def _show(case: Case, answer: Answer, right: Answer) -> str:
    n_way, n_query = len(set(case[2])), len(right.names)
    if not answer.distances.isfinite().all():
        return "A distance is not a number. Is a class mean one of no pictures? Take each class's rows by `labels`."
    wrong = sum(a != b for a, b in zip(answer.names, right.names, strict=True))
    if not wrong:
        off = (answer.distances - right.distances).abs().max()
        return (
            f"Your names are right, and your distances are off by up to {off:.3g}. Wanted is the Euclidean distance of "
            "each query's feature to the nearest class mean."
        )
    return (
        f"With {n_way} classes of unequal size {wrong} of {n_query} queries get another name than that of the nearest "
        "class mean. Print the means' shape, [N, D], and for one query its distances to all of them."
    )


# --- typical mistakes: (message, a function that makes it)


def _by(answer: Callable[[list[str], Tensor, Tensor], Answer]) -> Callable[..., Answer]:
    """The mistake that answers otherwise from names, means and queries."""
    return lambda *case: answer(*_points(*case))


def _distances_as(change: Callable[[Tensor], Tensor]) -> Callable[..., Answer]:
    return _by(lambda *points: (a := _answered(*points))._replace(distances=change(a.distances)))


def _score(score: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Answer]:
    """The class of the largest score(q, means), and that score."""

    def answer(names: list[str], means: Tensor, q: Tensor) -> Answer:
        scores, numbers = score(q, means).max(dim=1)
        return Answer([names[i] for i in numbers.tolist()], scores)

    return _by(answer)


def _first_seen(names: list[str], means: Tensor, q: Tensor, labels: list[str]) -> Answer:
    """The number of a class is used to look into `labels`."""
    distances, numbers = torch.cdist(q, means).min(dim=1)
    return Answer([labels[i] for i in numbers.tolist()], distances)


def _nearest_picture(embed: Embed, support: Any, labels: list[str], query: Any) -> Answer:
    distances, rows = torch.cdist(embed(query), embed(support)).min(dim=1)
    return Answer([labels[i] for i in rows.tolist()], distances)


def _sums(embed: Embed, support: Any, labels: list[str], query: Any) -> Answer:
    names, means, q = _points(embed, support, labels, query)
    return _answered(names, means * _numbered(labels)[1].bincount()[:, None], q)


def _first_picture(embed: Embed, support: Any, labels: list[str], query: Any) -> Answer:
    z, names = embed(support), sorted(set(labels))
    return _answered(names, torch.stack([z[labels.index(name)] for name in names]), embed(query))


def _as_they_come(embed: Embed, support: Any, labels: list[str], query: Any) -> Answer:
    return embed_and_classify(embed, support, sorted(labels), query)


def _farthest(names: list[str], means: Tensor, q: Tensor) -> Answer:
    distances, numbers = torch.cdist(q, means).max(dim=1)
    return Answer([names[i] for i in numbers.tolist()], distances)


def _unsorted(embed: Embed, support: Any, labels: list[str], query: Any) -> Answer:
    """Means in the order of the alphabet, names in that of their first picture."""
    _, means, q = _points(embed, support, labels, query)
    return _answered(list(dict.fromkeys(labels)), means, q)


MISTAKES: tuple[tuple[str, Callable[..., Answer]], ...] = (
    (
        "You take the class that is *farthest* away. The nearest has the smallest distance: `.min(dim=1)`.",
        _by(_farthest),
    ),
    (
        "Your distances are squared. Return them as they are: the threshold below is set by them.",
        _distances_as(torch.square),
    ),
    ("Your distances have a minus. A distance is 0 or more.", _distances_as(torch.neg)),
    (
        "You give each query the name of the nearest support *picture*. Take the mean of each class's features first.",
        _nearest_picture,
    ),
    (
        "Your `labels[i]` looks up picture i, and i is the number of a class. Make a list of the classes, "
        "`names = sorted(set(labels))`, and look it up there.",
        lambda embed, support, labels, query: _first_seen(*_points(embed, support, labels, query), labels),
    ),
    (
        "Your names and your means stand in two orders. Make one list of the classes, and the means in its order.",
        _unsorted,
    ),
    ("You add the features of a class up. Take their *mean*: classes have unequal numbers of pictures here.", _sums),
    (
        "You take the first picture of each class and leave out the others. Take the mean of all of them.",
        _first_picture,
    ),
    (
        "You take the support pictures to be sorted by class. Their names come in any order: choose the rows whose "
        "label is the class's name.",
        _as_they_come,
    ),
    (
        "You take the largest inner product with a class mean. A long mean wins then. Take the distance.",
        _score(lambda q, means: q @ means.T),
    ),
    (
        "You compare directions (the cosine). Take the distance; what a length of 1 does comes in the next exercise.",
        _score(lambda q, means: cosine_similarity(q[:, None], means, dim=2)),
    ),
    (
        "Your distance is a sum of absolute differences. Take the Euclidean one: the root of the sum of squares.",
        lambda *case: (s := _score(lambda q, m: -torch.cdist(q, m, p=1))(*case))._replace(distances=-s.distances),
    ),
    (
        "Your distance is that of the mean square: you divide by D. Take the root of the *sum* of squares.",
        lambda *case: (a := embed_and_classify(*case))._replace(distances=a.distances / 6**0.5),
    ),
)
