"""The plane: two tasks with optima and curvatures to move, and where four methods would start from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from metalib import quadratics
from metalib.course.kit import plots
from metalib.course.kit.colours import start_colour
from metalib.course.kit.old_graph import Graph, graph_script, graph_sheet
from metalib.course.kit.plane import EXTENT, LEVELS, Bowl, PlaneState, radii
from metalib.course.maml_sinusoids.plots import LETTERS, plane

METHODS = ("MAML", "first-order MAML", "joint training", "Reptile")
STEEP, FLAT = 4.0, 0.25  # the largest and the smallest curvature; α stays below 2 / STEEP
REPELS = (
    "First-order MAML's point repels: the inner step jumps across an optimum, and training runs away from the point. "
    "Lower α, or take an even k."
)


def starts(state: PlaneState) -> dict[str, Tensor | None]:
    """The start [2] of each method; None where it is not unique."""

    def start(method: str) -> Tensor | None:
        try:
            if method == "joint training":
                return quadratics.joint(state.tasks)
            found = {
                "MAML": quadratics.maml,
                "first-order MAML": quadratics.first_order_maml,
                "Reptile": quadratics.reptile,
            }
            return found[method](state.tasks, **state.inner)
        except ValueError:
            return None

    return {method: start(method) for method in METHODS}


def paths(state: PlaneState, start: Tensor) -> list[Tensor]:
    """The inner path to each task, [k + 1, 2]."""
    return [quadratics.inner_path(task, start, **state.inner) for task in state.tasks]


class Plane(Graph):
    """Four panels, one a method, with its start and the inner paths from there. Drag an optimum; move the sliders."""

    _esm, _css = graph_script(__file__), graph_sheet(__file__)
    words = "The plane, a widget: run the cell to work with it. The picture beside it shows its first state."

    def __init__(self, state: PlaneState | None = None) -> None:
        self.state = state or PlaneState()
        super().__init__()

    def set(self, name: str, value: float) -> None:
        """`inner_lr`, `inner_steps`, or a.along, a.across, a.angle and the same of b."""
        bowl, _, part = name.rpartition(".")
        if bowl:
            self._change(bowl, **{part: float(value)})
        else:
            new: Any = int(value) if name == "inner_steps" else float(value)
            self.state = replace(self.state, **{name: new})

    def move(self, name: str, x: float, y: float) -> None:
        """The optimum of task `name` ("a" or "b") to (x, y), within the picture."""
        limit = EXTENT - 0.2
        self._change(name, c=(round(min(limit, max(-limit, x)), 3), round(min(limit, max(-limit, y)), 3)))

    def nudge(self, name: str, dx: float, dy: float) -> None:
        """The optimum of task `name` by tenths."""
        x, y = getattr(self.state, name).c
        self.move(name, x + 0.1 * dx, y + 0.1 * dy)

    def press(self, name: str) -> None:
        """`equal`: task B gets the curvature of task A. `reset`: as in the beginning."""
        if name == "equal":
            a = self.state.a
            self._change("b", along=a.along, across=a.across, angle=a.angle)
        else:
            self.state = PlaneState()

    def twin(self) -> plots.Figure:
        """The four panels as a figure, which says the same without a kernel."""
        figure, axes = plots.plt.subplots(1, 4, figsize=(13, 3.6), layout="constrained", facecolor="white", sharey=True)
        found = {name: start for name, start in starts(self.state).items() if start is not None}
        for ax, (name, start) in zip(axes, found.items(), strict=False):
            after = float(quadratics.meta_loss(self.state.tasks, start, **self.state.inner))
            title = f"{name} ({LETTERS[name][0]})\nmean loss after the steps {after:.3f}"
            plane(ax, self.state.tasks, found, paths(self.state, start), method=name, extent=EXTENT, title=title)
        return figure

    def _change(self, bowl: str, **values: Any) -> None:
        self.state = replace(self.state, **{bowl: replace(getattr(self.state, bowl), **values)})

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state."""
        state, found = self.state, starts(self.state)
        panels = [self._panel(method, start) for method, start in found.items()]
        losses = [panel["after"] for panel in panels if panel["after"] is not None]
        for panel in panels:
            panel["best"] = panel["after"] is not None and panel["after"] < min(losses) + 5e-4
        repels = not quadratics.first_order_attracts(state.tasks, **state.inner)
        known = [start for start in found.values() if start is not None]
        distance = max(float((a - b).norm()) for a in known for b in known)
        status = "All four starts coincide." if distance < 1e-3 else f"The starts lie up to {distance:.2f} apart."
        return {
            "state": {
                "a": state.a.c,
                "b": state.b.c,
                "curvatures": [(bowl.along, bowl.across, bowl.angle) for bowl in (state.a, state.b)],
                **state.inner,
            },
            "extent": EXTENT,
            "bowls": [self._bowl(number, bowl) for number, bowl in enumerate((state.a, state.b))],
            "panels": panels,
            "sliders": self._sliders(),
            "status": status,
            "warning": REPELS if repels else "",
        }

    def _panel(self, method: str, start: Tensor | None) -> dict[str, Any]:
        letter, side = LETTERS[method]
        panel: dict[str, Any] = {"method": method, "colour": start_colour(method)}
        panel |= {"letter": letter, "side": side}
        if start is None:
            return {**panel, "start": None, "paths": [], "before": None, "after": None}
        mean = {
            k: quadratics.meta_loss(self.state.tasks, start, inner_lr=self.state.inner_lr, inner_steps=k).item()
            for k in (0, self.state.inner_steps)
        }
        routes = [path.tolist() for path in paths(self.state, start)]
        return {
            **panel,
            "start": start.tolist(),
            "paths": routes,
            "before": mean[0],
            "after": mean[self.state.inner_steps],
        }

    def _bowl(self, number: int, bowl: Bowl) -> dict[str, Any]:
        rings = [radii((bowl.along, bowl.across), level) for level in LEVELS]
        colour = plots.class_colour(number)
        return {
            "name": "ab"[number],
            "letter": "AB"[number],
            "colour": colour,
            "c": bowl.c,
            "angle": bowl.angle,
            "rings": rings,
        }

    def _sliders(self) -> list[dict[str, Any]]:
        """Groups of sliders: of each task, and of the inner loop."""
        curvature, turn = (FLAT, STEEP, 0.05), (0, 180, 5)
        groups = []
        for name, bowl in (("a", self.state.a), ("b", self.state.b)):
            parts = [
                _slider(f"{name}.along", "curvature", bowl.along, f"{bowl.along:.2f}", curvature),
                _slider(f"{name}.across", "across", bowl.across, f"{bowl.across:.2f}", curvature),
                _slider(f"{name}.angle", "turned by", bowl.angle, f"{bowl.angle:.0f}°", turn),
            ]
            groups.append({"legend": f"Task {name.upper()}", "sliders": parts})
        lr, k = self.state.inner_lr, self.state.inner_steps
        inner = [
            _slider("inner_lr", "step size α", lr, f"{lr:.2f}", (0.02, 0.48, 0.02)),
            _slider("inner_steps", "steps k", k, str(k), (1, 20, 1)),
        ]
        return [*groups, {"legend": "Inner loop", "sliders": inner}]


def _slider(name: str, label: str, value: float, text: str, span: tuple[float, float, float]) -> dict[str, Any]:
    low, high, step = span
    return {"name": name, "label": label, "value": value, "text": text, "min": low, "max": high, "step": step}
