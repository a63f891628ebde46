"""Inner-step scrubber: a slider through the steps of one task's adaptation, with what each query is taken for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from metalib.adapt import Params, path
from metalib.course.kit import plots
from metalib.course.kit.old_graph import Graph, graph_script, graph_sheet
from metalib.course.kit.old_widget import badge, data_url
from metalib.course.maml_omniglot.plots import film_strip
from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes
from metalib.runtime import seeded

MOST_STEPS = 10
STEP_SIZES = (0.001, 0.004, 0.01, 0.04, 0.1, 0.2, 0.4, 1.0, 2.0, 4.0, 10.0, 40.0)
LOSS_RANGE = (1e-4, 100.0)  # nats, of the chart; what lies outside is drawn at its edge


class Adaptation(NamedTuple):
    """One task's way: after each of 0 … k steps, the probabilities of the queries' classes, and the two losses.

    probabilities  [k + 1, Q, N]      support_loss, query_loss  [k + 1], in nats a picture
    """

    probabilities: Tensor
    support_loss: Tensor
    query_loss: Tensor

    @property
    def predicted(self) -> Tensor:
        """[k + 1, Q]: the label of each query after each step."""
        return self.probabilities.argmax(dim=2)


@dataclass(frozen=True)
class ScrubberState:
    """Which task of those dealt, which step size by number, and which step is shown."""

    task: int
    step_size: int
    step: int


def follow(model: nn.Module, task: Episode, inner_lr: float, steps: int = MOST_STEPS) -> Adaptation:
    """Adapt to one task, and look at its queries after every step. They pass together, as in MAML's paper.

    What diverged counts as an infinite loss and equal probabilities.
    """
    theta: Params = dict(model.named_parameters())
    found = []
    with torch.no_grad():
        for phi in path(model, theta, task.support_x, task.support_y, inner_lr=inner_lr, inner_steps=steps):
            on_support, on_query = (functional_call(model, phi, (x,)) for x in (task.support_x, task.query_x))
            losses = cross_entropy(on_support, task.support_y), cross_entropy(on_query, task.query_y)
            probabilities = on_query.softmax(dim=1).nan_to_num(nan=1 / on_query.shape[1])
            found.append((probabilities, *(loss.nan_to_num(nan=math.inf) for loss in losses)))
    return Adaptation(*(torch.stack(values).cpu() for values in zip(*found, strict=True)))


class InnerStepScrubber(Graph):
    """Two sliders: through the inner steps, and through step sizes from too small to divergence.

    models     name -> a network with a head for as many classes as the tasks have; the first is shown
    bank       where the tasks come from: classes that no network was trained on
    inner_lr   the step size to begin with, one of STEP_SIZES
    Raises ValueError for another step size.
    """

    _esm, _css = graph_script(__file__), graph_sheet(__file__)
    words = "Inner-step scrubber, a widget: run the cell to work with it. The film strip beside it shows one task."

    def __init__(
        self,
        models: Mapping[str, nn.Module],
        bank: ClassBank,
        *,
        inner_lr: float = 0.4,
        n_way: int = 5,
        n_query: int = 3,
        seed: int = 0,
    ) -> None:
        if inner_lr not in STEP_SIZES:
            raise ValueError(f"inner_lr is {inner_lr}: give one of {', '.join(map(str, STEP_SIZES))}")
        self.models, self.bank, self.spec = dict(models), bank, EpisodeSpec(n_way, 1, n_query)
        self.model_name = next(iter(self.models))
        self._generator = seeded(seed)
        self._known: dict[tuple[str, int], Adaptation] = {}  # of this task, by network and number of the step size
        self.state = ScrubberState(0, STEP_SIZES.index(inner_lr), 0)
        self._deal()
        super().__init__()

    def set(self, name: str, value: float) -> None:
        """`step`, or `step_size`: the number of one of STEP_SIZES; `model`: the number of a network."""
        if name == "model":
            self.model_name = list(self.models)[int(value)]
        else:
            self.state = replace(self.state, **{name: int(value)})

    def press(self, name: str) -> None:
        """`deal`: another task, seen from the same step."""
        self.state = replace(self.state, task=self.state.task + 1)
        self._deal()

    def adaptation(self) -> Adaptation:
        """The whole way of the present task with the present network and step size; computed once."""
        key = (self.model_name, self.state.step_size)
        if key not in self._known:
            self._known[key] = follow(self.models[self.model_name], self.task, STEP_SIZES[self.state.step_size])
        return self._known[key]

    def twin(self, steps: Sequence[int] = (0, 1, 2, 3, 5, 10)) -> plots.Figure:
        """The present task as a film strip: a row for each of `steps`."""
        found = self.adaptation()
        figure, ax = plots.canvas(9.5, 1.6 + 0.85 * len(steps))
        title = f"Step by step at α = {STEP_SIZES[self.state.step_size]:g}: bars are the probabilities of the classes"
        film_strip(ax, self.task, *found, steps=steps, title=title)
        return figure

    def _deal(self) -> None:
        self.task = sample_episodes(self.bank, self.spec, 1, generator=self._generator).task(0)
        self._known.clear()

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state."""
        found, state = self.adaptation(), self.state
        predicted, truth = found.predicted[state.step].tolist(), self.task.query_y.tolist()
        right = sum(a == b for a, b in zip(predicted, truth, strict=True))
        losses = {name: loss[state.step].item() for name, loss in zip(("support", "query"), found[1:], strict=True)}
        said = ", ".join(f"{name} loss {_said(loss)}" for name, loss in losses.items())
        steps = f"{state.step} step{'' if state.step == 1 else 's'}"
        return {
            "state": {"task": state.task, "step_size": STEP_SIZES[state.step_size], "step": state.step}
            | {"model": self.model_name, "predictions": predicted},
            "sliders": self._sliders(),
            "models": list(self.models),
            "chosen": list(self.models).index(self.model_name),
            "support": [
                {"badge": badge(label, plots.LETTERS[label]), "picture": data_url(picture)}
                for label, picture in zip(self.task.support_y.tolist(), self.task.support_x, strict=True)
            ],
            "queries": self._queries(found.probabilities[state.step], predicted, truth),
            "chart": {
                "support": _drawn(found.support_loss),
                "query": _drawn(found.query_loss),
                "range": [math.log10(edge) for edge in LOSS_RANGE],
                "step": state.step,
                "chance": math.log10(math.log(self.spec.n_way)),
            },
            "status": f"After {steps}: {right} of {len(truth)} queries right, {said}.",
        }

    def _queries(self, probabilities: Tensor, predicted: list[int], truth: list[int]) -> list[dict[str, Any]]:
        return [
            {
                "badge": badge(given, plots.LETTERS[given]),
                "picture": data_url(picture),
                "truth": plots.LETTERS[right],
                "wrong": given != right,
                "bars": [
                    {"colour": plots.class_colour(label), "share": round(p, 3)} for label, p in enumerate(row.tolist())
                ],
                "words": ", ".join(f"{plots.LETTERS[label]} {100 * p:.0f} %" for label, p in enumerate(row.tolist())),
            }
            for picture, row, given, right in zip(self.task.query_x, probabilities, predicted, truth, strict=True)
        ]

    def _sliders(self) -> list[dict[str, Any]]:
        step, number = self.state.step, self.state.step_size
        last = len(STEP_SIZES) - 1
        slides = (
            ("step", "inner step", MOST_STEPS, step, str(step)),
            ("step_size", "step size α", last, number, f"{STEP_SIZES[number]:g}"),
        )
        return [
            {"name": name, "label": label, "min": 0, "max": most, "step": 1, "value": value, "text": text}
            for name, label, most, value, text in slides
        ]


def _said(loss: float) -> str:
    return "diverged" if math.isinf(loss) else f"{loss:.3f}" if loss < LOSS_RANGE[1] else f"{loss:.0f}"


def _drawn(losses: Tensor) -> list[float]:
    """log₁₀ of the losses, kept inside the chart."""
    return [round(value, 3) for value in losses.nan_to_num(posinf=LOSS_RANGE[1]).clamp(*LOSS_RANGE).log10().tolist()]
