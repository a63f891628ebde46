"""What a learner returns where a row of numbers is asked for."""

from __future__ import annotations

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
