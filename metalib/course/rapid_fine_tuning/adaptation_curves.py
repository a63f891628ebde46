"""Adaptation curves: what start, layers, step size and number of steps do to support and query accuracy together."""

from __future__ import annotations

from typing import Any

from metalib.course.kit import plots
from metalib.course.kit.widget import Widget, bundle
from metalib.course.rapid_fine_tuning.plots import QUERY_COLOUR, SUPPORT_COLOUR, adaptation_curves

TOPS = {"accuracy": 1.0, "loss": 4.0}  # where the picture of each ends; losses are cut there
# a query's batch has the query in it too, so there are six pictures in it, not the five that the record's name says
CALLED = {"pre-trained, batch norm from the five pictures": "pre-trained, batch norm of the batch"}
PARTS = {"support": SUPPORT_COLOUR, "query": QUERY_COLOUR}


def _called(row: dict[str, Any]) -> str:
    """The start of a row of the record, in the words that are shown."""
    return CALLED.get(row["start"], row["start"])


class AdaptationCurves(Widget):
    """Support and query curve of a start, a choice of layers and a step size, with a marker at a number of steps.

    study  the record of `metalib study fine-tuning`: every curve was computed there, so moving a slider trains nothing
    `state` has the numbers of what is chosen: {"start", "layers", "step_size", "steps", "measure"}, each from 0.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Adaptation curves, a widget: run the cell to work with it. The picture below it shows two of its settings."

    def __init__(self, study: dict[str, Any]) -> None:
        rows = study["results"]["grid"]
        self.settings = study["settings"]
        self.rows = {(_called(row), row["layers"], row["step_size"]): row for row in rows}
        self.starts = list(dict.fromkeys(map(_called, rows)))
        self.layers = list(dict.fromkeys(row["layers"] for row in rows))
        self.step_sizes, self.marks = self.settings["step_sizes"], self.settings["steps"]
        self.best = {(_called(row), row["layers"]): row for row in study["results"]["chosen"]}
        step_size, steps = self._best(self.starts[0], self.layers[0])
        super().__init__(
            data=self._data(),
            state={"start": 0, "layers": 0, "step_size": step_size, "steps": steps, "measure": 0},
        )

    def twin(self) -> plots.Figure:
        """The first and the last start with all layers trained, each at the step size that validated best.

        The other choices of layers look the same: nine panels would hide the two that differ.
        """
        figure, axes = plots.plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)
        for ax, start in zip(axes, (self.starts[0], self.starts[-1]), strict=True):
            layers = self.layers[-1]
            best = self.best[start, layers]
            row = self.rows[start, layers, best["step_size"]]
            adaptation_curves(
                ax,
                self.marks,
                row["support_accuracy"],
                row["query_accuracy"],
                chance=1 / self.settings["n_way"],
                title=f"{start}, {layers}, α = {best['step_size']:g}",
            )
            ax.label_outer()
        return figure

    def _best(self, start: str, layers: str) -> list[int]:
        """The numbers of the step size and of the number of steps that validated best."""
        best = self.best[start, layers]
        return [self.step_sizes.index(best["step_size"]), self.marks.index(best["steps"])]

    def _data(self) -> dict[str, Any]:
        """All curves, by the numbers of start, layers and step size."""
        return {
            "starts": self.starts,
            "layers": self.layers,
            "step_sizes": self.step_sizes,
            "steps": self.marks,
            "chance": 1 / self.settings["n_way"],
            "tasks": self.settings["tasks"],
            "tops": TOPS,
            "colours": PARTS,
            "best": [[self._best(start, layers) for layers in self.layers] for start in self.starts],
            "curves": [
                [[_curves(self.rows[start, layers, size]) for size in self.step_sizes] for layers in self.layers]
                for start in self.starts
            ],
        }


def _curves(row: dict[str, Any]) -> dict[str, dict[str, dict[str, list[float]]]]:
    """Measure -> part -> the mean and the edges of the band after each number of steps, cut where the picture ends."""
    return {
        measure: {
            part: {name: [min(top, value) for value in values] for name, values in row[f"{part}_{measure}"].items()}
            for part in PARTS
        }
        for measure, top in TOPS.items()
    }
