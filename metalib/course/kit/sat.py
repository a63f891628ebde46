"""Which questions of exam C a person was asked, and how each was answered: as text for the score file, and back."""

from __future__ import annotations

import re
from typing import NamedTuple

import torch
from torch import Tensor

from metalib.course.kit import board
from metalib.course.kit.exams import EXAM_C

_ANSWER = re.compile(r"(\d+)\.(\d+)([+-])")


class Sat(NamedTuple):
    """Q questions: their run and item, from 0, and whether the answer was right; all [Q]."""

    run: Tensor
    item: Tensor
    right: Tensor

    def __str__(self) -> str:
        """ "3.17+ 12.4-": run and item as people count them, and a sign for right or wrong."""
        answers = zip(self.run.tolist(), self.item.tolist(), self.right.tolist(), strict=True)
        return " ".join(f"{run + 1}.{item + 1}{'+' if right else '-'}" for run, item, right in answers)


def read(text: str) -> Sat | None:
    """What `str` of a `Sat` says; None where the text is none, as in scores of older editions."""
    parts = [_ANSWER.fullmatch(part) for part in text.split()]
    if not parts or None in parts:
        return None
    found = [(int(part[1]) - 1, int(part[2]) - 1, part[3] == "+") for part in parts if part]
    run, item, right = (torch.tensor(of) for of in zip(*found, strict=True))
    return Sat(run, item, right)


def yours() -> Sat | None:
    """The round that you finished last in notebook 01; None where there is none on the board."""
    rows = board.rows(EXAM_C.letter, bank=EXAM_C.bank)
    return next((read(row.run) for row in rows if row.mine and row.method == board.YOU), None)
