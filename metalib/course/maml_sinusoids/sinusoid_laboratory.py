"""Sinusoid laboratory: a task to shape, and what each start makes of its points after 0 to 10 steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import mse_loss

from metalib.adapt import Params, path
from metalib.course.kit import plots
from metalib.course.kit.colours import start_colour
from metalib.course.kit.old_graph import Graph, graph_script, graph_sheet
from metalib.course.maml_sinusoids.plots import adaptation
from metalib.runtime import seeded
from metalib.sinusoids import AMPLITUDES, INPUTS, PHASES, Waves

REACH = 7.0  # x and y run from −7 to 7; training had x from −5 to 5
LARGEST = 6.5  # amplitude
MOST_STEPS = 10
GRID = torch.linspace(-REACH, REACH, 113)  # eight to a unit
INSIDE = GRID.clamp(*INPUTS) == GRID  # where the error is taken
DIVERGED = 1e4


class Start(NamedTuple):
    """A start of the laboratory: its parameters, and the step size it was found to like."""

    theta: Params
    inner_lr: float


@dataclass(frozen=True)
class LaboratoryState:
    """The task, the x of its points, the steps taken, and the name of the start whose curve is shown."""

    amplitude: float
    phase: float
    points: tuple[float, ...]
    steps: int
    start: str


def scatter(n_points: int, generator: torch.Generator) -> tuple[float, ...]:
    """The x of `n_points` points, uniform where training had them."""
    low, high = INPUTS
    return tuple(round(x, 2) for x in (low + (high - low) * torch.rand(n_points, generator=generator)).tolist())


def outside(state: LaboratoryState) -> list[str]:
    """In which ways the task is none that training could draw, in words."""
    ranges = []
    if not AMPLITUDES[0] <= state.amplitude <= AMPLITUDES[1]:
        ranges.append(f"the amplitude {state.amplitude:.1f} (training had {AMPLITUDES[0]} to {AMPLITUDES[1]:.0f})")
    if not PHASES[0] <= state.phase <= PHASES[1]:
        ranges.append(f"the phase {state.phase / math.pi:.2f} π (training had 0 to π)")
    if any(not INPUTS[0] <= x <= INPUTS[1] for x in state.points):
        ranges.append(f"a point's x (training had {INPUTS[0]:.0f} to {INPUTS[1]:.0f})")
    return ranges


class SinusoidLaboratory(Graph):
    """A wave with sliders for amplitude and phase, points to drag along it, and a slider through the inner steps.

    model   the network of all starts
    starts  name -> Start; the first one is shown to begin with
    Inputs of −5 … 5 are shaded: there training had its points, and there the error is taken.
    """

    _esm, _css = graph_script(__file__), graph_sheet(__file__)
    words = "Sinusoid laboratory, a widget: run the cell to work with it. The picture beside it shows one task."

    def __init__(self, model: nn.Module, starts: Mapping[str, Start], *, n_points: int = 5, seed: int = 0) -> None:
        self.model, self.starts = model, dict(starts)
        self._generator = seeded(seed)
        self._thetas = {
            name: torch.stack([start.theta[name].detach() for start in self.starts.values()])
            for name in dict(model.named_parameters())
        }  # all starts at once, along a leading axis
        self._rates = torch.tensor([start.inner_lr for start in self.starts.values()])
        self._adapted = lru_cache(maxsize=8)(self._adapt)
        self.state = LaboratoryState(3.5, 1.0, scatter(n_points, self._generator), 1, next(iter(self.starts)))
        super().__init__()

    def set(self, name: str, value: float | str) -> None:
        """`amplitude`, `phase`, `steps`, or `start`: the number of one, or its name."""
        new: Any = int(value) if name == "steps" else value
        if name == "start" and not isinstance(value, str):
            new = list(self.starts)[int(value)]
        self.state = replace(self.state, **{name: new})

    def move(self, name: str, x: float, y: float) -> None:
        """The point of number `name` to x, along the wave."""
        points = list(self.state.points)
        points[int(name)] = round(min(REACH, max(-REACH, x)), 2)
        self.state = replace(self.state, points=tuple(points))

    def nudge(self, name: str, dx: float, dy: float) -> None:
        """The point of number `name` by fifths."""
        self.move(name, self.state.points[int(name)] + 0.2 * dx, 0.0)

    def press(self, name: str) -> None:
        """`5` or `10`: so many new points."""
        self.state = replace(self.state, points=scatter(int(name), self._generator))

    def outputs(self) -> Tensor:
        """[starts, 11, G]: each start's outputs on the grid after 0 … 10 steps."""
        return self._adapted(self.state.amplitude, self.state.phase, self.state.points)

    def errors(self) -> Tensor:
        """[starts, 11]: mean squared error over −5 … 5."""
        return (self.outputs() - self._wave(GRID))[..., INSIDE].square().mean(dim=-1)

    def twin(self) -> plots.Figure:
        """Each start before and after its steps on the task of this moment, as a figure."""
        figure, axes = plots.plt.subplots(
            1,
            len(self.starts),
            figsize=(3.6 * len(self.starts), 3.4),
            layout="constrained",
            facecolor="white",
            sharey=True,
        )
        x = torch.tensor(self.state.points)
        for ax, name, outputs, errors in zip(axes, self.starts, self.outputs(), self.errors().tolist(), strict=True):
            title = f"{name}\nerror {errors[0]:.2f}, {errors[1]:.2f}, {errors[MOST_STEPS]:.2f}"
            support = (x, self._wave(x))
            adaptation(ax, GRID, outputs, self._wave(GRID), support, name=name, title=title)
            ax.set_ylim(-REACH, REACH)
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5)
        return figure

    def _wave(self, x: Tensor) -> Tensor:
        wave = Waves(torch.tensor([self.state.amplitude]), torch.tensor([self.state.phase]))
        return wave(x[:, None])[0, :, 0]

    def _adapt(self, amplitude: float, phase: float, points: tuple[float, ...]) -> Tensor:
        x = torch.tensor(points)[:, None]  # [K, 1]
        y = Waves(torch.tensor([amplitude]), torch.tensor([phase]))(x)[0]

        def outputs(theta: Params, rate: Tensor) -> Tensor:
            how: dict[str, Any] = {"inner_lr": rate, "inner_steps": MOST_STEPS, "loss_fn": mse_loss}
            phis = path(self.model, theta, x, y, **how)
            return torch.stack([functional_call(self.model, phi, (GRID[:, None],))[:, 0] for phi in phis])

        with torch.no_grad():
            return vmap(outputs)(self._thetas, self._rates)

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state."""
        state, names = self.state, list(self.starts)
        number = names.index(state.start)
        errors = self.errors()[:, [0, state.steps]].nan_to_num(nan=math.inf).tolist()
        drawn = self.outputs()[number, : state.steps + 1].nan_to_num(nan=0).clamp(-3 * REACH, 3 * REACH)
        rows = [
            {"name": name, "colour": start_colour(name), "before": _said(before), "after": _said(after)}
            for name, (before, after) in zip(names, errors, strict=True)
        ]
        ways = outside(state)
        xs = torch.tensor(state.points)
        return {
            "state": {
                "amplitude": state.amplitude,
                "phase": state.phase,
                "points": state.points,
                "steps": state.steps,
                "start": state.start,
                "errors": [row["after"] for row in rows],
            },
            "reach": REACH,
            "inputs": INPUTS,
            "grid": GRID.tolist(),
            "truth": self._wave(GRID).tolist(),
            "curves": [[round(y, 3) for y in curve] for curve in drawn.tolist()],
            "points": [[x, y] for x, y in zip(state.points, self._wave(xs).tolist(), strict=True)],
            "chosen": number,
            "rows": rows,
            "steps": state.steps,
            "sliders": self._sliders(),
            "warning": f"Outside what training saw: {', and '.join(ways)}." if ways else "",
            "status": f"Error of {state.start} after {state.steps} steps: {rows[number]['after']}",
        }

    def _sliders(self) -> list[dict[str, Any]]:
        amplitude, phase, steps = self.state.amplitude, self.state.phase, self.state.steps
        ranges = {"amplitude": (0.1, LARGEST, 0.1), "phase": (-1.57, 4.71, 0.02), "steps": (0, MOST_STEPS, 1)}
        shown = [
            ("amplitude", "amplitude A", amplitude, f"{amplitude:.1f}", amplitude > AMPLITUDES[1]),
            ("phase", "phase ϕ", phase, f"{phase / math.pi:.2f} π", not PHASES[0] <= phase <= PHASES[1]),
            ("steps", "inner steps", steps, str(steps), False),
        ]
        return [
            {
                "name": name,
                "label": label,
                "value": value,
                "text": text,
                "warning": warning,
                **dict(zip(("min", "max", "step"), ranges[name], strict=True)),
            }
            for name, label, value, text, warning in shown
        ]


def _said(error: float) -> str:
    return f"{error:.3f}" if error < DIVERGED else "diverged"
