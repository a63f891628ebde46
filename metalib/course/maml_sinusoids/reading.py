"""What a learner returns where a row of numbers is asked for, and which names stand in the code."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metalib.course.kit.verdict import read_number


def row_of_numbers(answer: Any, n: int, what: str) -> Tensor | None:
    """A list, tuple or numpy array of n numbers as a tensor [n], and a tensor as it is; None for anything else.

    Raises Wrong for an entry that is no number: `what` names it.
    """
    if isinstance(answer, Tensor):
        return answer
    if isinstance(answer, np.ndarray) and answer.dtype.kind in "fiu":
        return torch.as_tensor(answer)
    if isinstance(answer, (list, tuple)) and len(answer) == n:
        return torch.tensor([read_number(value, what) for value in answer], dtype=torch.float64)
    return None


def names_in(function: Callable) -> set[str]:
    """All names in a function, in those inside it, and in the helpers beside it that it calls."""
    found: set[str] = set()
    todo, seen = [function], []
    while todo:
        one = todo.pop()
        if one in seen or not isinstance(one, FunctionType):
            continue
        seen.append(one)
        names = _names(one.__code__)
        found |= names
        beside = [value for name, value in one.__globals__.items() if name in names]
        for cell in one.__closure__ or ():
            with suppress(ValueError):  # a name that is not set yet
                beside.append(cell.cell_contents)
        todo += [f for f in beside if getattr(f, "__module__", None) == one.__module__]
    return found


def _names(code: CodeType) -> set[str]:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return set(code.co_names) | set().union(*map(_names, inner))
