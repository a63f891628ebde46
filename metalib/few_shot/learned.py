"""What a classifier knows after it has seen its support pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from metalib.few_shot.backbones import Backbone
from metalib.few_shot.heads import Fitted, Head


@dataclass(frozen=True)
class Learned:
    """A head that has learned N classes from S support pictures, and these.

    head_name  as `heads.make` takes it
    classes    [N] labels, in order      y        [S] long: the number of each picture's class
    names      S names of the pictures   remarks  sentences on what was noticed of them
    z          [S, ...], what the head looks at; None where that was not saved
    space      [S, E], where the head sees the pictures
    """

    backbone: Backbone
    head_name: str
    head: Head
    fitted: Fitted
    classes: np.ndarray
    y: Tensor
    names: tuple[str, ...]
    remarks: tuple[str, ...]
    z: Tensor | None
    space: Tensor
