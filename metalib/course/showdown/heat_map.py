"""The heat map: what each method has by ways and shots, and a stored episode of each cell with the method's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from metalib.course.kit import plots
from metalib.course.kit.colours import LETTERS, method_colour
from metalib.course.kit.widget import Widget, badge, bundle, strip
from metalib.course.showdown.grid import Cells, Grid, OfBank, Stored
from metalib.course.showdown.plots_heat_map import heat_maps
from metalib.evaluate import Interval


class HeatMap(Widget):
    """A map of accuracies for one method and data set at a time; a click on a cell, or an arrow key, shows its episode.

    grid      what was measured
    episodes  name of the data set -> the pictures of its stored episode; None where it is not at hand
    `state`: {"bank", "method": places in the grid's lists, "compare": whether differences are shown, "way", "shot":
    the chosen cell's places}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "The heat map, a widget: run the cell to work with it. The picture beside it has the maps of all methods."

    def __init__(self, grid: Grid, episodes: Mapping[str, Stored | None]) -> None:
        self.grid = grid
        first = {"bank": 0, "method": grid.methods.index(grid.reference), "compare": False, "way": 0, "shot": 0}
        super().__init__(data=self._data(episodes), state=first)

    def cell(self) -> tuple[str, str, int, int]:
        """What is chosen: the data set, the method, the ways, the shots."""
        grid, state = self.grid, self.state
        bank, method = list(grid.of_bank)[state["bank"]], grid.methods[state["method"]]
        return bank, method, grid.ways[state["way"]], grid.shots[state["shot"]]

    def twin(self) -> plots.Figure:
        """The maps of all methods on the first data set as one figure."""
        name, found = next(iter(self.grid.of_bank.items()))
        return heat_maps(self.grid, found.accuracy, title=f"% right by ways and shots, {name}: the darker, the better")

    def caption(self) -> str:
        """What the twin shows, in words: each method's best and worst cell."""
        name, found = next(iter(self.grid.of_bank.items()))
        said = []
        for method, cells in found.accuracy.items():
            least, most = min(cells, key=lambda at: cells[at].mean), max(cells, key=lambda at: cells[at].mean)
            ends = [f"{100 * cells[at].mean:.1f} % at {at[0]}-way {at[1]}-shot" for at in (least, most)]
            said.append(f"{method}: from {ends[0]} to {ends[1]}")
        return f"accuracies by ways and shots on {name}. {'; '.join(said)}."

    def _data(self, episodes: Mapping[str, Stored | None]) -> dict[str, Any]:
        """What the script needs beside the state."""
        grid = self.grid
        return {
            "ways": list(grid.ways),
            "shots": list(grid.shots),
            "methods": [{"name": name, "colour": method_colour(name)} for name in grid.methods],
            "reference": grid.methods.index(grid.reference),
            "labels": [badge(label) for label in range(max(grid.ways))],
            "banks": [self._of_bank(name, found, episodes.get(name)) for name, found in grid.of_bank.items()],
        }

    def _of_bank(self, name: str, found: OfBank, episode: Stored | None) -> dict[str, Any]:
        return {
            "name": name,
            "accuracy": self._by_cell(found.accuracy, _result),
            "ahead": self._by_cell(found.ahead, _result),
            "answers": self._by_cell(found.answers, lambda labels: "".join(LETTERS[label] for label in labels)),
            "pictures": episode and strip(torch.cat([episode.query[:, None], episode.support], dim=1).flatten(0, 1)),
        }

    def _by_cell(self, of_methods: Cells | Mapping[str, Mapping], form: Any) -> list[list[list[Any]]]:
        """[methods][ways][shots], None for what there is not."""
        grid = self.grid
        found = [of_methods.get(method, {}) for method in grid.methods]
        return [[[form(of[n, k]) if (n, k) in of else None for k in grid.shots] for n in grid.ways] for of in found]


def _result(result: Interval) -> list[float]:
    return [*(round(value, 5) for value in result[:3]), result.n]
