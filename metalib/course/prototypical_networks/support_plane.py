"""Support plane: drag support points, and see which class is likely where, by three distances."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, replace
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from metalib import protonet
from metalib.course.kit import plots
from metalib.course.kit.old_widget import Widget, badge, script, sheet
from metalib.course.prototypical_networks.plots import regions, shade

LEFT, RIGHT, BOTTOM, TOP = WINDOW = (-5.0, 5.0, -3.5, 3.5)
COLUMNS, ROWS = 160, 112
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
        """[M, 2]: where each support point lies."""
        return torch.tensor([[x, y] for _, x, y in self.points])


def prototypes(state: PlaneState) -> Tensor:
    """[N, 2]: the mean of each class's support points."""
    return protonet.prototypes(state.places, state.labels, int(state.labels.max()) + 1)


def probabilities(state: PlaneState, places: Tensor) -> Tensor:
    """[M, N]: the class probabilities at the points [M, 2] of the plane."""
    logits = protonet.logits(places, prototypes(state), distance=state.distance, scale=state.scale)
    return logits.softmax(dim=1)


def grid() -> Tensor:
    """[ROWS, COLUMNS, 2]: the middle of each cell of the shaded picture, the top row first."""
    x = LEFT + (RIGHT - LEFT) * (torch.arange(COLUMNS) + 0.5) / COLUMNS
    y = TOP - (TOP - BOTTOM) * (torch.arange(ROWS) + 0.5) / ROWS
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)


def field(state: PlaneState) -> Tensor:
    """[ROWS, COLUMNS, N]: the class probabilities over the plane."""
    return probabilities(state, grid().flatten(0, 1)).view(ROWS, COLUMNS, -1)


def moved(state: PlaneState, point: int, x: float, y: float) -> PlaneState:
    """The state with support point `point` at (x, y), or the query where `point` is −1; kept within the window."""
    x, y = (round(min(max(v, low), high), 2) for v, low, high in ((x, LEFT, RIGHT), (y, BOTTOM, TOP)))
    if point < 0:
        return replace(state, query=(x, y))
    points = list(state.points)
    points[point] = (points[point][0], x, y)
    return replace(state, points=tuple(points))


class SupportPlane(Widget):
    """Nine support points of three classes and a query in a plane. Drag them, or use their arrow keys.

    Source: Snell et al. (2017), figure 1 and section 2.7 (squared Euclid against cosine).
    """

    _esm, _css = script(__file__), sheet(__file__)
    words = "Support plane, a widget: run the cell to work with it. The pictures beside it show all three distances."

    def __init__(self, state: PlaneState | None = None) -> None:
        super().__init__({"move": self.move, "choose": self.choose, "sharpen": self.sharpen, "reset": self.reset})
        self.first = self.state = state or PlaneState()
        self.view = self._view()

    def move(self, point: int, x: float, y: float) -> None:
        """Put support point `point`, or the query (−1), to (x, y)."""
        self._set(moved(self.state, point, x, y))

    def choose(self, distance: str) -> None:
        """Take another distance, by its name in `metalib.protonet.logits`."""
        self._set(replace(self.state, distance=distance))

    def sharpen(self, step: int) -> None:
        """The next larger (step 1) or smaller (step −1) scale."""
        place = min(max(SCALES.index(self.state.scale) + step, 0), len(SCALES) - 1)
        self._set(replace(self.state, scale=SCALES[place]))

    def reset(self) -> None:
        """All points back to where they were."""
        self._set(self.first)

    def shares(self) -> dict[str, float]:
        """For each distance, by its name: the share of the plane in which the likeliest class is sure."""
        return {name: sure(field(replace(self.state, distance=key))) for key, name in DISTANCES.items()}

    def twin(self) -> plots.Figure:
        """The same points under all three distances as a figure, which says the same without a kernel."""
        figure = plots.plt.figure(figsize=(9.6, 2.9), layout="constrained", facecolor="white")
        for ax, (distance, name) in zip(figure.subplots(1, 3), DISTANCES.items(), strict=True):
            state = replace(self.state, distance=distance)
            picture = shade(field(state))
            regions(ax, picture, WINDOW, state.places, state.labels, prototypes(state))
            ax.set_title(f"{name}: sure in {100 * sure(field(state)):.0f} %")
        return figure

    def _set(self, state: PlaneState) -> None:
        self.state = state
        self.view = self._view()

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state."""
        state, shaded = self.state, field(self.state)
        at_query = probabilities(state, torch.tensor([state.query]))[0].tolist()
        shares = ", ".join(f"{plots.LETTERS[k]} {100 * p:.0f} %" for k, p in enumerate(at_query))
        return {
            "state": {"points": state.points, "query": state.query, "distance": state.distance, "scale": state.scale},
            "window": WINDOW,
            "picture": _png(shade(shaded)),
            "points": [{"badge": badge(label, plots.LETTERS[label]), "x": x, "y": y} for label, x, y in state.points],
            "prototypes": [
                {"badge": badge(k, plots.LETTERS[k]), "x": x, "y": y}
                for k, (x, y) in enumerate(prototypes(state).tolist())
            ],
            "query": state.query,
            "distances": [
                {"key": key, "name": name, "chosen": key == state.distance} for key, name in DISTANCES.items()
            ],
            "scale": f"scale {state.scale:g}",
            "status": f"At the star: {shares}. "
            f"The likeliest class has over {100 * SURE:.0f} % in {100 * sure(shaded):.0f} % of the plane.",
        }


def sure(shaded: Tensor) -> float:
    """The share of the plane in which the likeliest class has a probability above 0.9. shaded [H, W, N]"""
    return (shaded.amax(dim=-1) > SURE).double().mean().item()


def _png(rgb: Tensor) -> str:
    png = io.BytesIO()
    Image.fromarray(rgb.numpy()).save(png, format="png", compress_level=1)  # quick: it is made at every move
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
