"""Support plane: drag support points, and see which class is likely where, by three distances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from metalib import protonet
from metalib.course.kit import plots
from metalib.course.kit.widget import Widget, badge, bundle
from metalib.course.prototypical_networks.plots import regions

LEFT, RIGHT, BOTTOM, TOP = WINDOW = (-5.0, 5.0, -3.5, 3.5)
COLUMNS, ROWS = 160, 112  # the cells in which the plane is counted
DISTANCES = {"squared_euclidean": "squared Euclid", "euclidean": "plain Euclid", "cosine": "cosine"}
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
SURE = 0.9


@dataclass(frozen=True)
class PlaneState:
    """Where the points lie. `points` are (label, x, y), the query is (x, y), in units of the embedding."""

    points: tuple[tuple[int, float, float], ...] = (
        (0, -3.6, 1.4),
        (0, -2.2, 2.4),
        (0, -1.6, 0.6),
        (1, 2.6, 1.9),
        (1, 3.8, 0.7),
        (1, 1.7, 0.6),
        (2, -0.6, -2.6),
        (2, 1.4, -2.2),
        (2, 0.4, -1.2),
    )
    query: tuple[float, float] = (0.4, 1.1)
    distance: str = "squared_euclidean"
    scale: float = 1.0

    @property
    def labels(self) -> Tensor:
        """[M]: the label of each support point."""
        return torch.tensor([label for label, _, _ in self.points])

    @property
    def places(self) -> Tensor:
        """[M, 2]: where each support point lies; in double precision, as the script computes."""
        return torch.tensor([[x, y] for _, x, y in self.points], dtype=torch.float64)


def prototypes(state: PlaneState) -> Tensor:
    """[N, 2]: the mean of each class's support points."""
    return protonet.prototypes(state.places, state.labels, int(state.labels.max()) + 1)


def probabilities(state: PlaneState, places: Tensor) -> Tensor:
    """[M, N]: the class probabilities at the points [M, 2] of the plane."""
    logits = protonet.logits(places, prototypes(state), distance=state.distance, scale=state.scale)
    return logits.softmax(dim=1)


def grid(columns: int = COLUMNS, rows: int = ROWS) -> Tensor:
    """[rows, columns, 2]: the middle of each cell of the plane, the top row first."""
    x = LEFT + (RIGHT - LEFT) * (torch.arange(columns, dtype=torch.float64) + 0.5) / columns
    y = TOP - (TOP - BOTTOM) * (torch.arange(rows, dtype=torch.float64) + 0.5) / rows
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def field(state: PlaneState, columns: int = COLUMNS, rows: int = ROWS) -> Tensor:
    """[rows, columns, N]: the class probabilities over the plane."""
    return probabilities(state, grid(columns, rows).flatten(0, 1)).view(rows, columns, -1)


def sure(shaded: Tensor) -> float:
    """The share of the plane in which the likeliest class has a probability above 0.9. shaded [H, W, N]"""
    return (shaded.amax(dim=-1) > SURE).double().mean().item()


class SupportPlane(Widget):
    """Nine support points of three classes and a query in a plane. Drag them, or use their arrow keys.

    `state` is {"points": (x, y) of each support point, "query": (x, y), "distance": its name in
    `metalib.protonet.logits`, "scale": what the logits are multiplied by}.
    Source: Snell et al. (2017), figure 1 and section 2.7 (squared Euclid against cosine).
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Support plane, a widget: run the cell to work with it. The pictures beside it show all three distances."

    def __init__(self, state: PlaneState | None = None) -> None:
        self.first = state or PlaneState()
        placed = {"points": self.first.places.tolist(), "query": list(self.first.query)}
        settings = {"distance": self.first.distance, "scale": self.first.scale}
        super().__init__(data=self._data({**placed, **settings}), state={**placed, **settings})

    def shares(self) -> dict[str, float]:
        """For each distance, by its name: the share of the plane in which the likeliest class is sure, at first."""
        return {name: sure(field(replace(self.first, distance=key))) for key, name in DISTANCES.items()}

    def twin(self) -> plots.Figure:
        """The first points under all three distances as a figure, which says the same without a kernel."""
        figure = plots.plt.figure(figsize=(9.6, 2.9), layout="constrained", facecolor="white")
        for ax, (distance, name) in zip(figure.subplots(1, 3), DISTANCES.items(), strict=True):
            state = replace(self.first, distance=distance)
            shaded = field(state, 3 * COLUMNS, 3 * ROWS)
            regions(ax, shaded, WINDOW, state.places, state.labels, prototypes(state))
            ax.set_title(f"{name}: sure in {100 * sure(field(state)):.0f} %")
        return figure

    def _data(self, first: dict[str, Any]) -> dict[str, Any]:
        """What the script needs beside the state, and the state to come back to."""
        return {
            "first": first,
            "labels": [badge(label) for label in range(int(self.first.labels.max()) + 1)],
            "label_of": self.first.labels.tolist(),
            "window": WINDOW,
            "cells": (COLUMNS, ROWS),
            "sure": SURE,
            "distances": [{"key": key, "name": name} for key, name in DISTANCES.items()],
            "scales": sorted({*SCALES, self.first.scale}),
        }
