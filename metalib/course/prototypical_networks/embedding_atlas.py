"""Embedding atlas: drawings of unseen alphabets in the plane, at stages of training; point at one to see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from metalib.course.kit import plots
from metalib.course.kit.widget import Widget, bundle, packed, strip
from metalib.course.prototypical_networks.plots import cloud
from metalib.course.prototypical_networks.study_prototypical_atlas import coordinates
from metalib.episodes import ClassBank
from metalib.evaluate import Interval

TSNE = "t-SNE of the last"
PANELS = (0, 3, 5, 6)  # the stages of the film strip


class EmbeddingAtlas(Widget):
    """Drawings as points, each joined to the mean of its class. A slider goes through the stages of training.

    bank   the evaluation part of the bank that `stored` belongs to
    stored what `studies.read_atlas` returns
    `state` is {"stage": its number, the last one is the t-SNE; "group": the alphabet that is shown alone, or None;
    "picked": the number of the drawing that was pointed at}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Embedding atlas, a widget: run the cell to work with it. The film strip beside it shows four stages."

    def __init__(self, bank: ClassBank, stored: Mapping[str, Any]) -> None:
        self.bank, self.stages = bank, stored["stages"]
        self.n_drawings = stored["drawings"]
        self.numbers = stored["classes"]  # [C] in the bank
        self.classes = torch.arange(len(self.numbers)).repeat_interleave(self.n_drawings)  # [M]
        self.groups = list(dict.fromkeys(bank.groups[c] for c in self.numbers))
        self.group_of = torch.tensor([self.groups.index(bank.groups[c]) for c in self.numbers])  # [C]
        self.points = [coordinates(s["points"]) for s in self.stages] + [coordinates(stored["tsne"])]  # of [M, 2]
        first = {"stage": len(self.stages) - 1, "group": None, "picked": 0}
        super().__init__(data=self._data(), state=first)

    def title(self, stage: int) -> str:
        """What a stage is called."""
        if stage == len(self.stages):
            return TSNE
        update = self.stages[stage]["update"]
        return f"{update:,} updates" if update else "untrained"

    def ratio(self, stage: int) -> float:
        """Mean squared distance within classes over that between them, in the whole space; of a t-SNE, in the plane."""
        if stage == len(self.stages):
            return plane_ratio(self.points[-1], self.classes)
        return self.stages[stage]["within"] / self.stages[stage]["between"]

    def twin(self) -> plots.Figure:
        """Four stages and the t-SNE as a film strip, which says the same without a kernel; one class is ringed."""
        shown = [*PANELS, len(self.stages)]
        figure = plots.plt.figure(figsize=(11, 2.9), layout="constrained", facecolor="white")
        for ax, stage in zip(figure.subplots(1, len(shown)), shown, strict=True):
            groups = self.group_of[self.classes]
            cloud(ax, self.points[stage], self.classes, groups, self.groups, ringed=self._followed())
            measured = "" if stage == len(self.stages) else f"\nwithin / between {self.ratio(stage):.2f}"
            ax.set_title(self.title(stage) + measured, fontsize=9)
        handles, names = ax.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False, markerscale=2)
        return figure

    def _followed(self) -> int:
        """The class that the film strip rings, a typical one: the median by how far training draws points together.

        The stages are scaled to the same size, so their distances can be compared.
        """
        spreads = []  # of the first stage and of the last, each [C]
        for points in (self.points[0], self.points[len(self.stages) - 1]):
            away = (points - class_means(points, self.classes)[self.classes]).square().sum(dim=1)
            spreads.append(away.reshape(-1, self.n_drawings).mean(dim=1))
        return int((spreads[0] - spreads[1]).median(dim=0).indices)

    def _data(self) -> dict[str, Any]:
        """All stages as the script takes them: where each drawing lies, and what is known of the stage."""
        stages = [
            {"title": self.title(i), "ratio": self.ratio(i), "words": self._status(i)} for i in range(len(self.points))
        ]
        return {
            "stages": stages,
            "points": packed(torch.stack(self.points)),  # [S + 1, M, 2]
            "drawings": strip(self.bank.images[self.numbers, : self.n_drawings].flatten(0, 1)),
            "n_drawings": self.n_drawings,
            "names": [f"{self.bank.groups[c]}, {self.bank.names[c].split('/')[-1]}" for c in self.numbers],
            "group_of": self.group_of.tolist(),
            "groups": [{"name": g, "colour": plots.class_colour(i)} for i, g in enumerate(self.groups)],
        }

    def _status(self, stage: int) -> str:
        if stage == len(self.stages):
            return "t-SNE keeps neighbours and not distances: the gaps and sizes of its groups mean nothing."
        record = self.stages[stage]
        return (
            f"Within / between {self.ratio(stage):.2f}. Exam A {Interval(*record['exam_a'])}. "
            f"These two directions hold {100 * record['share_of_variance']:.0f} % of the variance."
        )


def class_means(points: Tensor, classes: Tensor) -> Tensor:
    """[C, 2]: the mean of each class's points."""
    return torch.stack([points[classes == c].mean(dim=0) for c in range(int(classes.max()) + 1)])


def plane_ratio(points: Tensor, classes: Tensor) -> float:
    """Mean squared distance of points [M, 2] from their class mean, over that of the class means from their own."""
    means = class_means(points, classes)
    within = (points - means[classes]).square().sum(dim=1).mean()
    return (within / (means - means.mean(dim=0)).square().sum(dim=1).mean()).item()
