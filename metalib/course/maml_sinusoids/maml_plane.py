"""The plane: two tasks with optima and curvatures to move, and where four methods would start from."""

from __future__ import annotations

from dataclasses import asdict

from torch import Tensor

from metalib import quadratics
from metalib.course.kit import plots
from metalib.course.kit.colours import start_colour
from metalib.course.kit.plane import EXTENT, LEVELS, PlaneState
from metalib.course.kit.widget import Widget, badge, bundle
from metalib.course.maml_sinusoids.plots import LETTERS, plane

METHODS = ("MAML", "first-order MAML", "joint training", "Reptile")


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


class Plane(Widget):
    """Four panels, one a method, with its start and the inner paths from there. Drag an optimum; move the sliders.

    `state` is what a PlaneState holds, as a dict: {"a": {"c", "along", "across", "angle"}, "b": …, "inner_lr",
    "inner_steps"}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "The plane, a widget: run the cell to work with it. The picture beside it shows its first state."

    def __init__(self, state: PlaneState | None = None) -> None:
        self.first = state or PlaneState()
        methods = [
            {"name": name, "letter": LETTERS[name][0], "up": LETTERS[name][1] > 0, "colour": start_colour(name)}
            for name in METHODS
        ]
        plane = {"extent": EXTENT, "levels": LEVELS, "tasks": [badge(0), badge(1)]}
        super().__init__(data={**plane, "methods": methods, "first": asdict(self.first)}, state=asdict(self.first))

    def twin(self) -> plots.Figure:
        """The first state's four panels as a figure, which says the same without a kernel."""
        figure, axes = plots.plt.subplots(1, 4, figsize=(7.8, 2.8), layout="constrained", sharey=True)
        tasks, inner = self.first.tasks, self.first.inner
        found = {name: start for name, start in starts(self.first).items() if start is not None}
        for ax, (name, start) in zip(axes, found.items(), strict=False):
            after = float(quadratics.meta_loss(tasks, start, **inner))
            title = f"{name} ({LETTERS[name][0]})\nmean loss {after:.3f}"
            plane(ax, tasks, found, paths(self.first, start), method=name, extent=EXTENT, title=title)
            ax.set_title(ax.get_title(), fontsize=9)
            ax.label_outer()
        figure.suptitle("Four starts and where the inner steps lead; below the name, the loss after them", fontsize=11)
        return figure
