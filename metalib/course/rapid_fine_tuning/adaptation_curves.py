"""Adaptation curves: what start, layers, step size and number of steps do to support and query accuracy together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from metalib.course.kit import plots
from metalib.course.kit.old_graph import Graph, graph_script, graph_sheet
from metalib.course.rapid_fine_tuning.plots import QUERY_COLOUR, SUPPORT_COLOUR, adaptation_curves

MEASURES = {"accuracy": "accuracy", "loss": "loss (nats a picture)"}
MOST_LOSS = 4.0  # above this the picture of the losses ends
# a query's batch has the query in it too, so there are six pictures in it, not the five that the record's name says
CALLED = {"pre-trained, batch norm from the five pictures": "pre-trained, batch norm of the batch"}
PARTS = {"support": SUPPORT_COLOUR, "query": QUERY_COLOUR}


@dataclass(frozen=True)
class CurvesState:
    """Which curves are shown, and where: numbers of a start, of layers, of a step size and of a number of steps."""

    start: int = 0
    layers: int = 0
    step_size: int = 0
    steps: int = 0
    measure: str = "accuracy"


def _called(row: dict[str, Any]) -> str:
    """The start of a row of the record, in the words that are shown."""
    return CALLED.get(row["start"], row["start"])


class AdaptationCurves(Graph):
    """Support and query curve of a start, a choice of layers and a step size, with a marker at a number of steps.

    study  the record of `metalib study fine-tuning`: every curve was computed there, so moving a slider trains nothing
    """

    _esm, _css = graph_script(__file__), graph_sheet(__file__)
    words = (
        "Adaptation curves, a widget: run the cell to work with it. The picture beside it shows all starts and layers."
    )

    def __init__(self, study: dict[str, Any]) -> None:
        rows = study["results"]["grid"]
        self.settings = study["settings"]
        self.rows = {(_called(row), row["layers"], row["step_size"]): row for row in rows}
        self.starts = list(dict.fromkeys(map(_called, rows)))
        self.layers = list(dict.fromkeys(row["layers"] for row in rows))
        self.step_sizes, self.marks = self.settings["step_sizes"], self.settings["steps"]
        self.best = {(_called(row), row["layers"]): row for row in study["results"]["chosen"]}
        self.state = self._best_of(CurvesState())
        super().__init__()

    def set(self, name: str, value: float) -> None:
        """`start`, `layers`, `step_size`, `steps` or `measure`: the number of one."""
        new: Any = list(MEASURES)[int(value)] if name == "measure" else int(value)
        self.state = replace(self.state, **{name: new})

    def press(self, name: str) -> None:
        """`best`: the step size and number of steps that validated best for this start and these layers."""
        self.state = self._best_of(self.state)

    @property
    def row(self) -> dict[str, Any]:
        """The curves that are shown."""
        start, layers = self.starts[self.state.start], self.layers[self.state.layers]
        return self.rows[start, layers, self.step_sizes[self.state.step_size]]

    def twin(self) -> plots.Figure:
        """A panel for each start (rows) and choice of layers (columns), at the step size that validated best."""
        shape = (len(self.starts), len(self.layers))
        figure, axes = plots.plt.subplots(
            *shape, figsize=(3.6 * shape[1], 2.6 * shape[0]), layout="constrained", facecolor="white", sharey=True
        )
        for i, start in enumerate(self.starts):
            for j, layers in enumerate(self.layers):
                best = self.best[start, layers]
                row = self.rows[start, layers, best["step_size"]]
                adaptation_curves(
                    axes[i][j],
                    self.marks,
                    row["support_accuracy"],
                    row["query_accuracy"],
                    chance=1 / self.settings["n_way"],
                    title=f"{start}\n{layers}, α = {best['step_size']:g}".replace(", batch", ",\nbatch"),
                    legend=(i, j) == (0, 0),
                )
                axes[i][j].label_outer()
        return figure

    def _best_of(self, state: CurvesState) -> CurvesState:
        best = self.best[self.starts[state.start], self.layers[state.layers]]
        step_size, steps = self.step_sizes.index(best["step_size"]), self.marks.index(best["steps"])
        return replace(state, step_size=step_size, steps=steps)

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state."""
        state, row = self.state, self.row
        start, layers = self.starts[state.start], self.layers[state.layers]
        curves = [{"name": part, "colour": colour, **self._curve(row, part)} for part, colour in PARTS.items()]
        steps = self.marks[state.steps]
        said = {curve["name"]: self._said(curve, state.steps) for curve in curves}
        count = f"{steps} step{'' if steps == 1 else 's'}"
        return {
            "state": {
                "start": start,
                "layers": layers,
                "step_size": row["step_size"],
                "steps": steps,
                "measure": state.measure,
                "shown": said,
            },
            "marks": self.marks,
            "place": state.steps,
            "top": 1.0 if state.measure == "accuracy" else MOST_LOSS,
            "chance": 1 / self.settings["n_way"] if state.measure == "accuracy" else None,
            "measure": MEASURES[state.measure],
            "percent": state.measure == "accuracy",
            "curves": curves,
            "choices": self._choices(),
            "sliders": self._sliders(),
            "status": f"After {count}: support {said['support']}, query {said['query']}",
            "note": f"Line: mean of {self.settings['tasks']} validation tasks. Band: the middle 80 % of the tasks.",
        }

    def _curve(self, row: dict[str, Any], part: str) -> dict[str, list[float]]:
        found = row[f"{part}_{self.state.measure}"]
        top = 1.0 if self.state.measure == "accuracy" else MOST_LOSS
        return {name: [min(value, top) for value in found[name]] for name in ("mean", "low", "high")}

    def _said(self, curve: dict[str, Any], place: int) -> str:
        value = curve["mean"][place]
        if self.state.measure == "accuracy":
            return f"{100 * value:.1f} %"
        return f"{value:.3f}" if value < MOST_LOSS else f"above {MOST_LOSS:g}"

    def _choices(self) -> list[dict[str, Any]]:
        """Groups of radio buttons."""
        groups = (
            ("start", "Start", self.starts, self.state.start),
            ("layers", "Trained layers", self.layers, self.state.layers),
            ("measure", "Shown", list(MEASURES), list(MEASURES).index(self.state.measure)),
        )
        return [{"name": n, "legend": legend, "options": options, "chosen": c} for n, legend, options, c in groups]

    def _sliders(self) -> list[dict[str, Any]]:
        step_size, steps = self.step_sizes[self.state.step_size], self.marks[self.state.steps]
        size = {"name": "step_size", "label": "step size α", "value": self.state.step_size, "text": f"{step_size:g}"}
        count = {"name": "steps", "label": "steps", "value": self.state.steps, "text": str(steps)}
        ends = ((size, len(self.step_sizes) - 1), (count, len(self.marks) - 1))
        return [{**slider, "min": 0, "max": last, "step": 1} for slider, last in ends]
