"""Sinusoid laboratory: a task to shape, and what each start makes of its points after 0 to 10 steps."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import mse_loss

from metalib.adapt import Params, path
from metalib.course.kit import plots
from metalib.course.kit.colours import start_colour
from metalib.course.kit.widget import Widget, bundle
from metalib.course.maml_sinusoids.plots import adaptation
from metalib.runtime import seeded
from metalib.sinusoids import AMPLITUDES, INPUTS, PHASES, Waves

REACH = 7.0  # x and y run from −7 to 7; training had x from −5 to 5
MOST_STEPS = 10
GRID = torch.linspace(-REACH, REACH, 113)  # eight to a unit
INSIDE = GRID.clamp(*INPUTS) == GRID  # where the error is taken
COUNTS, DEALS = (5, 10), 12  # of points; the buttons go through so many sets of them
COLUMNS = 3  # of the static twin: more would be too small to read on a page


class Start(NamedTuple):
    """A start of the laboratory: its parameters, and the step size it was found to like."""

    theta: Params
    inner_lr: float


def scatter(n_points: int, generator: torch.Generator) -> list[float]:
    """The x of `n_points` points, uniform where training had them."""
    low, high = INPUTS
    return [round(x, 2) for x in (low + (high - low) * torch.rand(n_points, generator=generator)).tolist()]


def sizes_of(model: nn.Module) -> list[int]:
    """The sizes of an mlp's layers. Raises ValueError for what the widget's script cannot run."""
    layers = list(model.children())
    linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
    alternate = [type(layer) for layer in layers] == ([nn.Linear, nn.ReLU] * len(linear))[:-1]
    sizes = [linear[0].in_features, *(layer.out_features for layer in linear)] if linear else []
    joined = all(a.out_features == b.in_features for a, b in pairwise(linear))
    if not (alternate and joined and sizes[0] == sizes[-1] == 1 and all(layer.bias is not None for layer in linear)):
        raise ValueError("the laboratory runs an mlp with ReLU, one number in and one out: take metalib.models.mlp()")
    return sizes


def weights_of(model: nn.Module, theta: Params) -> str:
    """`theta` as the script's `network` takes it: float32 as base64, in the order of the model's parameters."""
    values = torch.cat([theta[name].detach().cpu().float().flatten() for name, _ in model.named_parameters()])
    return base64.b64encode(values.numpy().astype("<f4").tobytes()).decode()


class SinusoidLaboratory(Widget):
    """A wave with sliders for amplitude and phase, points to drag along it, and a slider through the inner steps.

    model   the network of all starts: an mlp with ReLU
    starts  name -> Start; the first one is drawn to begin with
    Inputs of −5 … 5 are shaded: there training had its points, and there the error is taken.
    `state` is {"amplitude", "phase", "points": their x, "steps", "drawn": names of starts, "dealt": how often}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Sinusoid laboratory, a widget: run the cell to work with it. The picture beside it shows one task."

    def __init__(self, model: nn.Module, starts: Mapping[str, Start], *, n_points: int = 5, seed: int = 0) -> None:
        generator = seeded(seed)
        self.model, self.starts = model, dict(starts)
        self.first = {"amplitude": 3.5, "phase": 1.0, "points": scatter(n_points, generator), "steps": 1}
        super().__init__(
            data={
                "reach": REACH,
                "ranges": {"amplitude": AMPLITUDES, "phase": PHASES, "x": INPUTS},
                "grid": GRID.tolist(),
                "sizes": sizes_of(model),
                "starts": [self._start(name) for name in self.starts],
                "deals": {str(count): [scatter(count, generator) for _ in range(DEALS)] for count in COUNTS},
                "most": MOST_STEPS,
            },
            state={**self.first, "drawn": list(self.starts)[:1], "dealt": 0},
        )

    def _start(self, name: str) -> dict[str, Any]:
        """A start as the script takes it."""
        theta, inner_lr = self.starts[name]
        weights = weights_of(self.model, theta)
        return {"name": name, "colour": start_colour(name), "inner_lr": inner_lr, "weights": weights}

    def outputs(self, state: Mapping[str, Any] | None = None) -> Tensor:
        """[starts, 11, G]: each start's outputs on the grid after 0 … 10 steps. None: on the task of the twin.

        The widget's script computes the same.
        """
        state = state or self.first
        x = torch.tensor(state["points"])[:, None]  # [K, 1]
        y = _wave(state, x[:, 0])[:, None]
        thetas = {
            name: torch.stack([start.theta[name].detach() for start in self.starts.values()])
            for name in dict(self.model.named_parameters())
        }  # all starts at once, along a leading axis
        rates = torch.tensor([start.inner_lr for start in self.starts.values()])

        def outputs(theta: Params, rate: Tensor) -> Tensor:
            how: dict[str, Any] = {"inner_lr": rate, "inner_steps": MOST_STEPS, "loss_fn": mse_loss}
            phis = path(self.model, theta, x, y, **how)
            return torch.stack([functional_call(self.model, phi, (GRID[:, None],))[:, 0] for phi in phis])

        with torch.no_grad():
            return vmap(outputs)(thetas, rates)

    def errors(self, state: Mapping[str, Any] | None = None) -> Tensor:
        """[starts, 11]: mean squared error over −5 … 5. None: on the task of the twin."""
        return (self.outputs(state) - _wave(state or self.first, GRID))[..., INSIDE].square().mean(dim=-1)

    def twin(self) -> plots.Figure:
        """Each start before and after its steps on the first task, as a figure."""
        columns = min(COLUMNS, len(self.starts))
        rows = math.ceil(len(self.starts) / columns)
        size = (7.8, 0.6 + 2.2 * rows)
        figure, axes = plots.plt.subplots(
            rows, columns, figsize=size, layout="constrained", sharex=True, sharey=True, squeeze=False
        )
        x, truth = torch.tensor(self.first["points"]), _wave(self.first, GRID)
        shown = zip(axes.flat, self.starts, self.outputs(), self.errors().tolist(), strict=False)
        for number, (ax, name, outputs, errors) in enumerate(shown):
            title = f"{name}\nerror {errors[0]:.2f}, {errors[1]:.2f}, {errors[MOST_STEPS]:.2f}"
            adaptation(ax, GRID, outputs, truth, (x, _wave(self.first, x)), name=name, title=title)
            ax.set_title(title, fontsize=10)
            ax.set_ylim(-REACH, REACH)
            lowest, first = number + columns >= len(self.starts), number % columns == 0
            ax.tick_params(labelbottom=lowest)
            ax.set(xlabel="x" if lowest else "", ylabel="y" if first else "")
        for ax in axes.flat[len(self.starts) :]:
            ax.remove()
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=5, fontsize=9)
        return figure


def _wave(state: Mapping[str, Any], x: Tensor) -> Tensor:
    """The state's wave at x [X] -> [X]."""
    wave = Waves(torch.tensor([state["amplitude"]]), torch.tensor([state["phase"]]))
    return wave(x[:, None])[0, :, 0]
