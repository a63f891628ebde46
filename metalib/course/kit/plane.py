"""The plane of notebooks 03 and 05: two tasks with quadratic losses, what the sliders set, and their ellipses."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patches import Ellipse

from metalib import quadratics
from metalib.quadratics import Quadratic

EXTENT = 3.0  # the picture shows −3 … 3
LEVELS = (0.15, 0.6, 1.35)  # of the loss, at which a task's ellipses are drawn: radii as 1, 2, 3


@dataclass(frozen=True)
class Bowl:
    """A task as the sliders have it: its optimum, its curvature along `angle` (degrees) and across."""

    c: tuple[float, float]
    along: float
    across: float
    angle: float

    @property
    def task(self) -> Quadratic:
        return quadratics.ellipse_task(
            torch.tensor(self.c, dtype=torch.float64), (self.along, self.across), math.radians(self.angle)
        )


@dataclass(frozen=True)
class PlaneState:
    """Two tasks, the inner step size α and the number of inner steps k."""

    a: Bowl = Bowl((-1.4, -0.6), 3.2, 0.5, 20.0)
    b: Bowl = Bowl((1.2, 0.9), 0.5, 1.6, 60.0)
    inner_lr: float = 0.2
    inner_steps: int = 2

    @property
    def tasks(self) -> list[Quadratic]:
        return [self.a.task, self.b.task]

    @property
    def inner(self) -> dict[str, Any]:
        """The settings of the inner loop."""
        return {"inner_lr": self.inner_lr, "inner_steps": self.inner_steps}


def radii(curvatures: Iterable[float], level: float) -> tuple[float, ...]:
    """The half axes of the ellipse on which the loss ½ Σ λ u² is `level`."""
    return tuple(math.sqrt(2 * level / curvature) for curvature in curvatures)


def ellipses(ax: Axes, task: Quadratic, colour: str) -> None:
    """Draw the task's ellipses of equal loss, one for each of LEVELS."""
    x, y = task.c.tolist()
    curvatures, axes = np.linalg.eigh(task.A.numpy())
    angle = math.degrees(math.atan2(axes[1, 0], axes[0, 0]))
    for level in LEVELS:
        width, height = (2 * radius for radius in radii(curvatures, level))
        ax.add_patch(Ellipse((x, y), width, height, angle=angle, fill=False, edgecolor=colour, linewidth=1))
