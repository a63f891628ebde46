"""Reptile's start on the plane: with more inner steps k it slides from the joint optimum to the mean of the optima."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from metalib import quadratics
from metalib.course.kit import plots
from metalib.course.kit.colours import start_colour
from metalib.course.kit.old_graph import Graph, graph_script, graph_sheet
from metalib.course.kit.plane import EXTENT, LEVELS, PlaneState, radii
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


class ReptilePlane(Graph):
    """Two tasks, and Reptile's start for a number of inner steps that a slider sets."""

    _esm, _css = graph_script(__file__), graph_sheet(__file__)
    words = "Reptile on the plane, a widget: run the cell to work with it. The film strip beside it says the same."

    def __init__(self, state: SlideState | None = None) -> None:
        self.state = state or SlideState()
        super().__init__()

    def set(self, name: str, value: float) -> None:
        """`stop`, the place of the slider for k, or `inner_lr`."""
        new: Any = int(value) if name == "stop" else float(value)
        self.state = replace(self.state, **{name: new})

    def twin(self, stops: tuple[int, ...] = (0, 2, 7, len(STEPS) - 1)) -> plots.Figure:
        """A film strip: the plane at some stops of the slider."""
        figure, axes = plots.plt.subplots(
            1, len(stops), figsize=(13, 3.5), layout="constrained", facecolor="white", sharey=True
        )
        for ax, stop in zip(axes, stops, strict=True):
            state = replace(self.state, stop=stop)
            slide(ax, state.tasks, trail(state), start(state), paths(state), extent=EXTENT, title=state.k_in_words)
        return figure

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state."""
        state, here = self.state, start(self.state)
        to_joint, to_mean = (
            float((here - end).norm()) for end in (quadratics.joint(state.tasks), quadratics.reptile_limit(state.tasks))
        )
        stop = {
            "name": "stop",
            "label": "inner steps k",
            "min": 0,
            "max": len(STEPS) - 1,
            "step": 1,
            "value": state.stop,
            "text": state.k_in_words,
        }
        alpha = {
            "name": "inner_lr",
            "label": "step size α",
            "min": 0.02,
            "max": 0.48,
            "step": 0.02,
            "value": state.inner_lr,
            "text": f"{state.inner_lr:.2f}",
        }
        return {
            "state": {"k": state.inner_steps, "inner_lr": state.inner_lr, "start": here.tolist()},
            "extent": EXTENT,
            "bowls": [self._bowl(number, task) for number, task in enumerate(state.tasks)],
            "trail": trail(state).tolist(),
            "start": here.tolist(),
            "paths": [path.tolist() for path in paths(state)],
            "colours": {"reptile": plots.method_colour("Reptile"), "joint": start_colour("joint training")},
            "sliders": [stop, alpha],
            "status": f"{state.k_in_words}: {to_joint:.3f} from the joint optimum, {to_mean:.3f} from the mean of the "
            "optima.",
        }

    def _bowl(self, number: int, task: Quadratic) -> dict[str, Any]:
        curvatures, axes = torch.linalg.eigh(task.A)
        angle = torch.rad2deg(torch.atan2(axes[1, 0], axes[0, 0])).item()
        rings = [radii(curvatures.tolist(), level) for level in LEVELS]
        return {
            "letter": "AB"[number],
            "colour": plots.class_colour(number),
            "c": task.c.tolist(),
            "angle": angle,
            "rings": rings,
        }
