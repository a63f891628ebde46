"""Exercise 1 of notebook 00: each query goes to the class whose prototype is nearest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from metalib import protonet
from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded

Case = tuple[Callable[[Tensor], Tensor], Tensor, Tensor, Tensor, int]


def nearest_prototype(
    f_theta: Callable[[Tensor], Tensor], support_x: Tensor, support_y: Tensor, query_x: Tensor, n_way: int
) -> Tensor:
    """The label of the nearest prototype, [Q].   support_x [S, 1, H, W], support_y [S], query_x [Q, 1, H, W]"""
    with torch.no_grad():
        support, query = f_theta(support_x), f_theta(query_x)  # [S, D], [Q, D]
    return protonet.logits(query, protonet.prototypes(support, support_y, n_way)).argmax(dim=1)


def _points(case: Case) -> tuple[Tensor, Tensor, Tensor]:
    f_theta, support_x, support_y, query_x, n_way = case
    with torch.no_grad():
        support, query = f_theta(support_x), f_theta(query_x)
    return protonet.prototypes(support, support_y, n_way), support, query


def _by(score: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The mistake that takes the class of the largest score(queries [Q, D], prototypes [N, D])."""

    def mistake(*case: Any) -> Tensor:
        c, _, query = _points(case)
        return score(query, c).argmax(dim=1)

    return mistake


def _nearest_picture(*case: Any) -> Tensor:
    _, support, query = _points(case)
    return torch.cdist(query, support).argmin(dim=1)


def _sums(*case: Any) -> Tensor:
    _, _, support_y, _, n_way = case
    c, _, query = _points(case)
    return torch.cdist(query, c * support_y.bincount(minlength=n_way)[:, None]).argmin(dim=1)


def _of_pixels(f_theta: Any, *rest: Any) -> Tensor:
    return nearest_prototype(lambda x: x.flatten(1), *rest)


def _first_picture(*case: Any) -> Tensor:
    _, _, support_y, _, n_way = case
    _, support, query = _points(case)
    first = torch.stack([support[support_y == k][0] for k in range(n_way)])
    return torch.cdist(query, first).argmin(dim=1)


def _of_mean_pictures(f_theta: Any, support_x: Tensor, support_y: Tensor, query_x: Tensor, n_way: int) -> Tensor:
    """The network of the mean picture, in place of the mean of the network's points."""
    pictures = protonet.prototypes(support_x.flatten(1), support_y, n_way).view(n_way, *support_x.shape[1:])
    with torch.no_grad():
        return torch.cdist(f_theta(query_x), f_theta(pictures)).argmin(dim=1)


def _always(n: int, *, nan_is_least: bool) -> Callable[..., Tensor]:
    """The mistake that makes `n` prototypes in each task. Those of no pictures are nan, which torch takes as least."""

    def mistake(*case: Any) -> Tensor:
        _, support, query = _points(case)
        c = torch.stack([support[case[2] == k].mean(dim=0) for k in range(n)])
        squared_distances = (query[:, None] - c).square().sum(dim=2)
        return (squared_distances if nan_is_least else squared_distances.nan_to_num(nan=torch.inf)).argmin(dim=1)

    return mistake


def _as_they_come(f_theta: Any, support_x: Tensor, support_y: Tensor, *rest: Any) -> Tensor:
    """The first pictures for class 0, the next for class 1, whatever their labels say."""
    return nearest_prototype(f_theta, support_x, support_y.sort().values, *rest)


MISTAKES = (
    *(
        (
            f"You make {n} prototypes whatever the task: one here has {' classes, another '.join(others)}. Use "
            "`n_way`. The mean of no pictures is nan.",
            _always(n, nan_is_least=nan_is_least),
        )
        for n, others in ((5, ("3", "7")), (3, ("5", "7")), (7, ("3", "5")))
        for nan_is_least in (True, False)
        if nan_is_least or n < 7  # one too many that is never the nearest does no harm
    ),
    (
        "You take the class that is *farthest* away. The nearest has the smallest distance: `argmin`, not `argmax`.",
        _by(lambda query, c: torch.cdist(query, c)),
    ),
    (
        "You compare pixels. Hand the pictures to `f_theta` first, support and queries, and compare the points.",
        _of_pixels,
    ),
    (
        "You average the pictures, then embed the mean. Embed each picture first, then average the points.",
        _of_mean_pictures,
    ),
    (
        "You return the number of the nearest support picture. Wanted is a class, 0 … N − 1.",
        _nearest_picture,
    ),
    (
        "You give each query the label of the nearest support *picture*. Take the mean of each class's points first: "
        "the query goes to the nearest mean.",
        lambda *case: case[2][_nearest_picture(*case)],
    ),
    (
        "You add the points of a class up. A prototype is their *mean*: a class with more pictures is not farther out.",
        _sums,
    ),
    (
        "You take one support picture of each class and leave out the others. A prototype is the mean of all of them.",
        _first_picture,
    ),
    (
        "You take the support pictures as they come. Their labels are in any order: `support_y == k` says which are "
        "of class k.",
        _as_they_come,
    ),
    (
        "You take the largest inner product with a prototype. A long prototype wins then. Take the distance.",
        _by(lambda query, c: query @ c.T),
    ),
    (
        "You compare directions (the cosine). Take the distance between the points, as the equation has it.",
        _by(lambda query, c: nn.functional.cosine_similarity(query[:, None], c, dim=2)),
    ),
    (
        "You add up the differences without a square, so that they cancel. Square them first, then sum.",
        _by(lambda query, c: -(query[:, None] - c).sum(dim=2)),
    ),
    (
        "You add up absolute differences. Is it the Euclidean distance? Square the differences, then sum.",
        _by(lambda query, c: -torch.cdist(query, c, p=1)),
    ),
)


def judge(function: Callable) -> None:
    """Raise Wrong where the answers differ from the nearest prototypes'."""
    compare(
        function,
        [_case(3, 2), _case(5, 1), _case(7, 3)],
        reference=nearest_prototype,
        read=_read,
        same=torch.equal,
        mistakes=MISTAKES,
        show=_show,
    )


def _show(case: Case, answer: Tensor, right: Tensor) -> str:
    n_way = case[4]
    if answer.max() >= n_way or answer.min() < 0:
        outside = answer[(answer >= n_way) | (answer < 0)][0]
        return (
            f"You answer label {int(outside)}, and this task has the classes 0 to {n_way - 1}: make one prototype a "
            "class, `n_way` in all. The mean of no pictures is nan."
        )
    return (
        f"{int((answer != right).sum())} of {len(right)} queries go to another class than the one with the nearest "
        f"prototype, in a task of {n_way} classes. Is it the Euclidean distance, between points? Take one query, print "
        "its distances to all prototypes, and see which is smallest."
    )


def _case(n_way: int, k_shot: int) -> Case:
    """A small network and a task: labels in no order, and one class with an extra picture."""
    generator = seeded(n_way)
    network = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.Tanh()).double()
    with torch.no_grad():
        for value in network.parameters():
            value.copy_(torch.randn(value.shape, generator=generator, dtype=torch.float64) / 2)
    labels = torch.cat([torch.arange(n_way).repeat(k_shot), torch.tensor([1])])
    labels = labels[torch.randperm(len(labels), generator=generator)]
    pictures = torch.rand(len(labels) + 40, 1, 4, 4, generator=generator, dtype=torch.float64)
    return network, pictures[: len(labels)], labels, pictures[len(labels) :], n_way


def _read(answer: Any, f_theta: Any, support_x: Tensor, support_y: Tensor, query_x: Tensor, n_way: int) -> Tensor:
    if isinstance(answer, tuple) and hasattr(answer, "indices"):
        raise Wrong("You return what `min` gives: the smallest values and their places. The places alone: `argmin`.")
    try:
        labels = torch.as_tensor(answer).detach().cpu()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise Wrong(
            f"You return a {type(answer).__name__}. Return {len(query_x)} labels, one a query, as a tensor."
        ) from None
    if labels.shape == (len(query_x), n_way):
        raise Wrong(
            "You return a number for each query and class. Return the class with the smallest: `.argmin(dim=1)`."
        )
    if labels.shape == (n_way,):
        raise Wrong("You return one number a class: the smallest was taken along the wrong axis. Try `.argmin(dim=1)`.")
    if labels.shape != (len(query_x),):
        raise Wrong(f"Your answer has the shape {list(labels.shape)}. Return one label a query, [{len(query_x)}].")
    if labels.is_complex() or not labels.double().equal(labels.double().round()):
        raise Wrong("Your labels are not whole numbers. Return the *number* of the nearest class, not its distance.")
    return labels.long()
