"""Exam D as a list of pictures and rows of it: each picture passes a backbone once, and tasks only pick rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_D
from metalib.episodes import ClassBank


class EmojiTasks(NamedTuple):
    """The 400 tasks of exam D: five emoji, one drawing of each by one vendor, and one by another.

    pictures  [M] arrays [32, 32, 3] uint8, each once
    support, query  [T, 5], rows of `pictures`; column k of both is class k
    """

    pictures: list[np.ndarray]
    support: Tensor
    query: Tensor


def exam_d(evaluation: ClassBank | None = None) -> EmojiTasks:
    """The exam's tasks.   evaluation  the evaluation part of the emoji; None: it is loaded"""
    evaluation = split(load_bank("emoji", quiet=True)).evaluation if evaluation is None else evaluation
    rows: dict[bytes, int] = {}
    found: list[list[Tensor]] = [[], []]
    for batch in EXAM_D.episodes(evaluation):
        for side, x in zip(found, (batch.support_x, batch.query_x), strict=True):
            side.append(_rows_of((255 * x).round().byte(), rows))
        if not (batch.support_y == batch.query_y).all():
            raise ValueError("exam D's queries stand in the order of its support pictures: this bank's do not")
    pictures = [np.frombuffer(pixels, np.uint8).reshape(32, 32, 3) for pixels in rows]
    return EmojiTasks(pictures, *(torch.cat(side) for side in found))


def _rows_of(pictures: Tensor, rows: dict[bytes, int]) -> Tensor:
    """[T, 5] of pictures [T, 5, 3, 32, 32]: the row of each, which is a new one for a picture not seen before."""
    flat = pictures.movedim(2, -1).flatten(0, 1).cpu().numpy()
    return torch.tensor([rows.setdefault(picture.tobytes(), len(rows)) for picture in flat]).view(pictures.shape[:2])


def pixels(pictures: list[np.ndarray]) -> Tensor:
    """[M, 3072] in 0 … 1: the colours themselves, as features."""
    return torch.from_numpy(np.stack(pictures)).flatten(1).float() / 255


def accuracies(z: Tensor, support: Tensor, query: Tensor) -> Tensor:
    """[T]: how many of each task's queries are nearest to their own support picture.

    z  [M, D], features      support, query  [T, 5], rows of z
    """
    nearest = torch.cdist(z[query], z[support]).argmin(dim=2)  # [T, 5]
    return (nearest == torch.arange(support.shape[1])).double().mean(dim=1)
