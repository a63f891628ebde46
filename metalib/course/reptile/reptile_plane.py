"""Reptile's start on the plane: with more inner steps k it slides from the joint optimum to the mean of the optima."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from metalib import quadratics
from metalib.course.kit import plots
from metalib.course.kit.colours import start_colour
from metalib.course.kit.plane import EXTENT, LEVELS, PlaneState
from metalib.course.kit.widget import Widget, badge, bundle
from metalib.course.reptile.plots import slide
from metalib.quadratics import Quadratic

STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, None)  # where the slider stops; None: k → ∞
DRAWN = 200  # steps of an inner path that are drawn for k → ∞: it has arrived by then


@dataclass(frozen=True)
class SlideState:
    """Two tasks of unequal curvature, the stop of the slider for k, and the inner step size α."""

    tasks: list[Quadratic] = field(default_factory=lambda: PlaneState().tasks)
    stop: int = 0
    inner_lr: float = 0.2

    @property
    def inner_steps(self) -> int | None:
        """k; None stands for k → ∞."""
        return STEPS[self.stop]

    @property
    def k_in_words(self) -> str:
        return "k → ∞" if self.inner_steps is None else f"k = {self.inner_steps}"


def start(state: SlideState) -> Tensor:
    """Reptile's start [2] for the state's k."""
    if state.inner_steps is None:
        return quadratics.reptile_limit(state.tasks)
    return quadratics.reptile(state.tasks, inner_lr=state.inner_lr, inner_steps=state.inner_steps)


def trail(state: SlideState) -> Tensor:
    """[stops, 2]: the start at every stop of the slider."""
    return torch.stack([start(replace(state, stop=stop)) for stop in range(len(STEPS))])


def paths(state: SlideState) -> list[Tensor]:
    """The inner path from the start into each task, [k + 1, 2]."""
    alpha, k = state.inner_lr, state.inner_steps or DRAWN
    return [quadratics.inner_path(task, start(state), inner_lr=alpha, inner_steps=k) for task in state.tasks]


class ReptilePlane(Widget):
    """Two tasks, and Reptile's start for a number of inner steps that a slider sets.

    `state` is {"stop": the place of the slider for k among STEPS, "inner_lr": α}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Reptile on the plane, a widget: run the cell to work with it. The film strip beside it says the same."

    def __init__(self, state: SlideState | None = None) -> None:
        self.first = state or SlideState()
        tasks = [{**_in_axes(task), "badge": badge(number)} for number, task in enumerate(self.first.tasks)]
        colours = {"reptile": plots.method_colour("Reptile"), "joint": start_colour("joint training")}
        plane = {"extent": EXTENT, "levels": LEVELS, "tasks": tasks, "colours": colours}
        super().__init__(
            data={**plane, "steps": STEPS, "drawn": DRAWN},
            state={"stop": self.first.stop, "inner_lr": self.first.inner_lr},
        )

    def twin(self, stops: tuple[int, ...] = (0, 2, 7, len(STEPS) - 1)) -> plots.Figure:
        """A film strip: the plane at some stops of the slider."""
        figure, axes = plots.plt.subplots(
            1, len(stops), figsize=(13, 3.5), layout="constrained", facecolor="white", sharey=True
        )
        for ax, stop in zip(axes, stops, strict=True):
            state = replace(self.first, stop=stop)
            slide(ax, state.tasks, trail(state), start(state), paths(state), extent=EXTENT, title=state.k_in_words)
        return figure


def _in_axes(task: Quadratic) -> dict[str, Any]:
    """A task as the script takes it: its optimum, its curvatures, and the angle of the first's axis in radians."""
    curvatures, axes = torch.linalg.eigh(task.A)
    angle = torch.atan2(axes[1, 0], axes[0, 0]).item()
    return {"c": task.c.tolist(), "curvatures": curvatures.tolist(), "angle": angle}
