"""Flaws of single pictures: unknown ones, those that come twice, and those of classes that must not occur."""

from __future__ import annotations

import re
from collections.abc import Collection

import torch
from torch import Tensor

from metalib.course.kit.audit.finding import (
    FORBIDDEN_CLASS,
    REPEATED_PICTURE,
    SUPPORT_IN_QUERY,
    UNKNOWN_PICTURE,
    Finding,
    equals_next,
    finding,
    first,
)
from metalib.course.kit.lookup import Located, PictureIndex
from metalib.episodes import ClassBank, Episode


def unknown_pictures(index: PictureIndex, episodes: Episode, support: Located, query: Located) -> Finding | None:
    """Pictures that the bank lacks."""
    unknown = torch.cat([~support.found, ~query.found], dim=1)  # [T, S + Q]
    if not unknown.any():
        return None
    task, _ = first(unknown)
    pictures = torch.cat([episodes.support_x, episodes.query_x], dim=1)[unknown.to(episodes.query_x.device)][None]
    turned = sum(int(index.locate(torch.rot90(pictures, turn, dims=(-2, -1))).found.sum()) for turn in (1, 2, 3))
    cause = (
        f"turned copies of its pictures among them: {turned:,}, so audit against bank.rotated()"
        if turned
        else "they come from another bank, or were changed after drawing (inverted, normalised, shifted)"
    )
    message = f"pictures that are not in this bank: {int(unknown.sum()):,}, the first in task {task}; {cause}"
    return finding(UNKNOWN_PICTURE, unknown, message)


def support_in_query(bank: ClassBank, support: Located, query: Located) -> Finding | None:
    """Support pictures that are asked again."""
    both = torch.cat([support.ids, query.ids], dim=1)
    values, order = both.sort(dim=1, stable=True)  # among equal pictures those of the support set come first
    n_support = support.ids.shape[1]
    shared = equals_next(values) & (order[:, :-1] < n_support) & (order[:, 1:] >= n_support)
    if not shared.any():
        return None
    task, at = first(shared)
    name = bank.names[values[task, at] // bank.n_drawings]
    message = (
        f"support pictures that are asked again in the query set: {int(shared.sum()):,}, the first in task {task}, a "
        f"drawing of {name}; draw K + Q drawings of a class at once without replacement, then cut"
    )
    return finding(SUPPORT_IN_QUERY, shared, message)


def repeated_pictures(support: Located, query: Located) -> Finding | None:
    """Pictures that come twice within one set."""
    repeats = [equals_next(side.ids.sort(dim=1).values) for side in (support, query)]
    both = torch.cat(repeats, dim=1)
    if not both.any():
        return None
    message = (
        f"pictures that occur again within their support set: {int(repeats[0].sum()):,}, within their query set: "
        f"{int(repeats[1].sum()):,}, the first in task {first(both)[0]}; draw without replacement"
    )
    return finding(REPEATED_PICTURE, both, message)


def barred_classes(bank: ClassBank, forbidden: Collection[str]) -> Tensor:
    """[C] bool: which classes must not occur, a turned class with its original."""
    barred = {_original(name) for name in forbidden}
    return torch.tensor([bool(barred) and _original(name) in barred for name in bank.names])


def forbidden_classes(bank: ClassBank, support: Located, query: Located, barred: Tensor) -> Finding | None:
    """Classes that must not occur, those with a True in `barred` [C]."""
    classes = torch.cat([support.classes, query.classes], dim=1)
    hits = (classes >= 0) & barred[classes]
    if not hits.any():
        return None
    task, at = first(hits)
    message = (
        f"classes that are not for these tasks: {len(classes[hits].unique()):,}, the first in task {task}, "
        f"{bank.names[classes[task, at]]}; split the classes before you draw episodes, and rotate after the split"
    )
    return finding(FORBIDDEN_CLASS, hits, message)


def _original(name: str) -> str:
    """The name of a class before `ClassBank.rotated` turned it."""
    return re.sub(r", turned (90|180|270)°$", "", name)
