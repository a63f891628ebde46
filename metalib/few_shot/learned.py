"""What a classifier knows after it has seen its support pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from metalib import protonet
from metalib.few_shot.backbones import Backbone
from metalib.few_shot.heads import Fitted, Head
from metalib.few_shot.none_of_these import Threshold

NONE = "none of these"


@dataclass(frozen=True)
class Learned:
    """A head that has learned N classes from S support pictures, and these.

    head_name  as `heads.make` takes it
    classes    [N] labels, in order      y        [S] long: the number of each picture's class
    names      S names of the pictures   remarks  sentences on what was noticed of them
    z          [S, ...], what the head looks at; None where that was not saved
    space      [S, E], where the head sees the pictures
    threshold  beyond which a picture is none of the classes; None: every picture is one of them
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
    threshold: Threshold | None

    @property
    def means(self) -> Tensor:
        """[N, E]: where the classes lie in the head's space."""
        return protonet.prototypes(self.space, self.y, len(self.classes))

    @property
    def none(self) -> Any:
        """The label of a picture of no class: words, or −1 where labels are numbers."""
        return NONE if self.classes.dtype.kind == "U" else -1
