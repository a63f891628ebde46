"""What the statistics look at: the tasks that can be judged, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from metalib.course.kit.audit.labels import Labelled
from metalib.course.kit.lookup import Located


@dataclass(frozen=True)
class Drawn:
    """Tasks in the order in which they were drawn, those only whose labels each stand for one class of its own.

    numbers    [T]: which of the audited tasks these are
    classes    [T, L]: the class of each label, −1 beyond the N labels of the task
    n_way      [T]
    ids        [T, R]: the number of each picture, support first, −1 where it is unknown or several
    labels     [T, R]
    n_support  how many of the R pictures are the support set
    """

    numbers: Tensor
    classes: Tensor
    n_way: Tensor
    ids: Tensor
    labels: Tensor
    n_support: int

    @classmethod
    def of(cls, labelled: Labelled, sides: list[Located], labels: list[Tensor]) -> Drawn:
        """The tasks that can be judged."""
        everything = cls(
            torch.arange(len(labels[0])),
            labelled.classes[..., 0],
            labelled.n_way,
            torch.cat([side.ids for side in sides], dim=1),
            torch.cat(labels, dim=1),
            labels[0].shape[1],
        )
        return everything.keep(labelled.order_known)

    def keep(self, tasks: Tensor) -> Drawn:
        """The tasks with a True in `tasks` [T]."""
        fields = (self.numbers, self.classes, self.n_way, self.ids, self.labels)
        numbers, classes, n_way, ids, labels = (field[tasks] for field in fields)
        return Drawn(numbers, classes, n_way, ids, labels, self.n_support)

    def __len__(self) -> int:
        return len(self.classes)
