"""What the check of `simple_shot` looks at: small sets of features, and what happens when a line is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from metalib.course.kit.verdict import Wrong, compare
from metalib.protonet import prototypes
from metalib.runtime import seeded

Case = tuple[Tensor, Tensor, Tensor, Tensor]


def simple_shot(support_z: Tensor, support_y: Tensor, query_z: Tensor, centre: Tensor) -> Tensor:
    """[Q] labels: the nearest centroid of features that are centred and have length 1 (Wang et al., 2019)."""
    support, query = unit(support_z - centre), unit(query_z - centre)
    return nearest(query, means(support, support_y))


def unit(z: Tensor) -> Tensor:
    """Each row of z [B, D] at length one."""
    return normalize(z, dim=1)


def means(z: Tensor, y: Tensor) -> Tensor:
    """[N, D]: the centroid of each class."""
    return prototypes(z, y, int(y.max()) + 1)


def nearest(query: Tensor, centroids: Tensor) -> Tensor:
    """The number of the nearest centroid, [Q], of query [Q, D] and centroids [N, D]."""
    return torch.cdist(query, centroids).argmin(dim=1)


def _features(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The nearest centroid of other features: `change` takes features and centre."""
    return lambda s, y, q, m: nearest(change(q, m), means(change(s, m), y))


def _centred_at(centre: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """With another centre: `centre` takes the features of support and query set."""
    return lambda s, y, q, m: simple_shot(s, y, q, centre(s, q))


def _at_their_own(s: Tensor, y: Tensor, q: Tensor, m: Tensor) -> Tensor:
    return nearest(unit(q - q.mean(dim=0)), means(unit(s - s.mean(dim=0)), y))


def _nearest_picture(s: Tensor, y: Tensor, q: Tensor, m: Tensor) -> Tensor:
    return y[torch.cdist(unit(q - m), unit(s - m)).argmin(dim=1)]


def _sorted_support(s: Tensor, y: Tensor, q: Tensor, m: Tensor) -> Tensor:
    return simple_shot(s, y.sort().values, q, m)


def _at_first_pictures(s: Tensor, y: Tensor, q: Tensor, m: Tensor) -> Tensor:
    first = torch.stack([unit(s - m)[y == k][0] for k in range(int(y.max()) + 1)])
    return nearest(unit(q - m), first)


def _divided_by_spread(s: Tensor, y: Tensor, q: Tensor, m: Tensor) -> Tensor:
    spread = torch.cat([s, q]).std(dim=0)
    return nearest((q - m) / spread, means((s - m) / spread, y))


QUERY_CENTRE = (
    "Your centre is the mean of the queries, or has them in it. Each answer then depends on the other queries, which "
    "one who labels a single picture does not have. Subtract `centre`."
)
MEAN_FIRST = (
    "You take the mean of a class first, and then the length. Each picture's feature is made as long as 1 before the "
    "mean is taken. With one picture a class it is the same, with more it is not."
)
MISTAKES: tuple[tuple[str, Callable[..., Tensor]], ...] = (
    (
        "Your answers are those of the plain nearest centroid. Is the length left as it is? To subtract `centre` alone "
        "changes no distance between features: divide by the length after it.",
        _features(lambda z, m: z),
    ),
    (
        "Your answers are those of features that are divided by their length and not centred. Subtract `centre` first: "
        "after the length it changes no distance between features.",
        _features(lambda z, m: unit(z)),
    ),
    (
        "You divide by the length twice, before and after the centre is subtracted. Subtract first, then divide.",
        _features(lambda z, m: unit(unit(z) - m)),
    ),
    ("You add `centre`. Subtract it.", _features(lambda z, m: unit(z + m))),
    (
        "Your length runs over the pictures, `dim=0`. Each picture's feature is a row, and its length is over `dim=1`.",
        _features(lambda z, m: normalize(z - m, dim=0)),
    ),
    (
        "You divide by one length for all pictures together. Each picture's feature has a length of its own: `dim=1`.",
        _features(lambda z, m: (z - m) / (z - m).norm()),
    ),
    (
        "You divide by the squared length. The length is the square root of the sum of squares.",
        _features(lambda z, m: (z - m) / (z - m).square().sum(dim=1, keepdim=True)),
    ),
    (
        "You divide by the sum of the absolute values. The length is the square root of the sum of squares.",
        _features(lambda z, m: normalize(z - m, p=1, dim=1)),
    ),
    (
        "You centre and divide the support set only. The queries need the same two lines, or they lie elsewhere.",
        lambda s, y, q, m: nearest(q, means(unit(s - m), y)),
    ),
    (
        "You centre and divide the queries only. The support set needs the same two lines, or it lies elsewhere.",
        lambda s, y, q, m: nearest(unit(q - m), means(s, y)),
    ),
    (
        "You subtract `centre` from the support set only. Subtract it from the queries too.",
        lambda s, y, q, m: nearest(unit(q), means(unit(s - m), y)),
    ),
    (
        "You subtract `centre` from the queries only. Subtract it from the support set too.",
        lambda s, y, q, m: nearest(unit(q - m), means(unit(s), y)),
    ),
    (
        "Only your queries have length 1. Do the same to the support pictures.",
        lambda s, y, q, m: nearest(unit(q - m), means(s - m, y)),
    ),
    (
        "Only your support pictures have length 1. Do the same to the queries.",
        lambda s, y, q, m: nearest(q - m, means(unit(s - m), y)),
    ),
    (
        "Your centre is the mean of the support set: of five pictures, say. `centre` is handed over, and is the mean "
        "of thousands.",
        _centred_at(lambda s, q: s.mean(dim=0)),
    ),
    (QUERY_CENTRE, _centred_at(lambda s, q: q.mean(dim=0))),
    (QUERY_CENTRE, _centred_at(lambda s, q: torch.cat([s, q]).mean(dim=0))),
    (QUERY_CENTRE, _at_their_own),
    (MEAN_FIRST, lambda s, y, q, m: nearest(unit(q - m), unit(means(s - m, y)))),
    (
        "You divide by the length once more, the class means'. The pictures' features have length 1 already, and the "
        "centroid is their mean as it is: leave out the second `normalize`.",
        lambda s, y, q, m: nearest(unit(q - m), unit(means(unit(s - m), y))),
    ),
    (
        "You give each query the label of the nearest support picture. Take each class's centroid first, its mean.",
        _nearest_picture,
    ),
    ("You take the first picture of each class for its centroid. It is the mean of them all.", _at_first_pictures),
    (
        "Your centroid is the sum of the features of a class. Divide by their number: it is the mean.",
        lambda s, y, q, m: nearest(unit(q - m), means(unit(s - m), y) * y.bincount()[:, None]),
    ),
    (
        "You take the largest inner product. Centroids differ in length, and so the nearest one may be another: "
        "compare the distances, `torch.cdist`.",
        lambda s, y, q, m: (unit(q - m) @ means(unit(s - m), y).T).argmax(dim=1),
    ),
    (
        "Your distance is a sum of absolute differences. The equation has the Euclidean distance.",
        lambda s, y, q, m: torch.cdist(unit(q - m), means(unit(s - m), y), p=1).argmin(dim=1),
    ),
    (
        "You divide each number of a feature by its spread over the pictures. Divide each feature by its length.",
        _divided_by_spread,
    ),
    (
        "You take the farthest centroid. A small distance is what you look for: `argmin`, or `argmax` of minus it.",
        lambda s, y, q, m: torch.cdist(unit(q - m), means(unit(s - m), y)).argmax(dim=1),
    ),
    (
        "You take the support pictures to be sorted by class. Labels come in any order: choose by `support_y == k`.",
        _sorted_support,
    ),
)


def judge(function: Callable) -> None:
    """Raise Wrong with the first flaw of what the learner's function answers."""
    compare(
        function,
        [_case(4, 3, 40, 1), _case(5, 1, 60, 2), _case(3, 2, 40, 3)],
        reference=simple_shot,
        read=_read,
        same=torch.equal,
        mistakes=MISTAKES,
        show=lambda case, answer, right: (
            f"{int((answer != right).sum())} of {len(right)} answers differ from the nearest centroid of centred "
            f"features of length 1; the first is query {int((answer != right).nonzero()[0])}. Print the lengths of "
            "your features, `.norm(dim=1)`: all should be 1. Then print the shape of your distances, [Q, N]."
        ),
    )


def _case(n_way: int, k_shot: int, n_query: int, seed: int) -> Case:
    """Features that are all positive, as behind a ReLU, of unequal lengths; no answer is a close call."""
    generator = seeded(seed)
    labels = torch.arange(n_way).repeat(k_shot)[torch.randperm(n_way * k_shot, generator=generator)]
    directions = torch.rand(n_way, 8, generator=generator)

    def draw(y: Tensor) -> Tensor:
        z = directions[y] + 0.9 * torch.rand(len(y), 8, generator=generator)
        return z * (0.5 + 1.5 * torch.rand(len(y), 1, generator=generator)) + 0.3

    support = draw(labels)
    queries = draw(torch.arange(n_way).repeat(n_query))
    centre = 0.6 + 0.5 * torch.rand(8, generator=generator)
    two = torch.cdist(unit(queries - centre), means(unit(support - centre), labels)).topk(2, largest=False).values
    clear = (two[:, 1] - two[:, 0]) > 0.02
    return support, labels, queries[clear], centre


def _read(answer: Any, support_z: Tensor, support_y: Tensor, query_z: Tensor, centre: Tensor) -> Tensor:
    n_way, n_query = int(support_y.max()) + 1, len(query_z)
    try:
        answer = torch.as_tensor(answer).detach().cpu()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise Wrong(
            f"You return a {type(answer).__name__}. Return a tensor of {n_query} labels, one a query."
        ) from None
    if answer.shape == (n_query, n_way):
        raise Wrong(f"You return {n_way} numbers for each query. Return the label of the nearest centroid: `argmin`.")
    if answer.shape == (n_way,) and n_way != n_query:
        raise Wrong("Your `argmin` runs over the queries. Each query gets one label: `dim=1` of distances [Q, N].")
    if answer.shape != (n_query,):
        raise Wrong(f"You return the shape {list(answer.shape)}. Return one label for each of {n_query} queries.")
    if answer.is_complex() or not bool((answer == answer.round()).all()):
        raise Wrong("Your labels are no whole numbers. Return the number of the nearest class: `argmin`.")
    if answer.min() < 0 or answer.max() >= n_way:
        raise Wrong(
            f"You answer label {int(answer.max())}, and this task has the classes 0 to {n_way - 1}. Count them in "
            "`support_y`: tasks differ in their number of classes. Or is it the number of a support picture?"
        )
    return answer.long()
