"""Inner-step scrubber: a slider through the steps of one task's adaptation, with what each query is taken for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy

from metalib.adapt import Params, path
from metalib.course.kit import plots
from metalib.course.kit.widget import Widget, badge, bundle, packed, strip
from metalib.course.maml_omniglot.plots import film_strip
from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes
from metalib.runtime import seeded

MOST_STEPS = 10
STEP_SIZES = (0.001, 0.004, 0.01, 0.04, 0.1, 0.2, 0.4, 1.0, 2.0, 4.0, 10.0, 40.0)
LOSS_RANGE = (1e-4, 100.0)  # nats, of the chart; what lies outside is drawn at its edge
TASKS = 3  # that the button goes through; each takes 1 to 2 s on one core when the widget is made, and some 70 kB


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


def follow(model: nn.Module, task: Episode, inner_lr: float | Tensor, steps: int = MOST_STEPS) -> Adaptation:
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


class InnerStepScrubber(Widget):
    """Two sliders: through the inner steps, and through step sizes from too small to divergence.

    models     name -> a network with a head for as many classes as the tasks have; the first is shown
    bank       where the tasks come from: classes that no network was trained on
    inner_lr   the step size to begin with, one of STEP_SIZES
    `state` has numbers from 0: {"task", "model", "step_size", "step"}. All ways are computed when the widget is made.
    Raises ValueError for another step size.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
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
        generator, spec = seeded(seed), EpisodeSpec(n_way, 1, n_query)
        self.tasks = [sample_episodes(bank, spec, 1, generator=generator).task(0) for _ in range(TASKS)]
        self.ways = [[_all_ways(model, task) for model in models.values()] for task in self.tasks]
        super().__init__(
            data={
                "labels": [badge(label) for label in range(n_way)],
                "models": list(models),
                "step_sizes": STEP_SIZES,
                "range": LOSS_RANGE,
                "tasks": [_sent(*pair) for pair in zip(self.tasks, self.ways, strict=True)],
            },
            state={"task": 0, "model": 0, "step_size": STEP_SIZES.index(inner_lr), "step": 0},
        )

    @property
    def task(self) -> Episode:
        """The present task."""
        return self.tasks[self.state["task"]]

    def set(self, name: str, value: int) -> None:
        """Another "task", "model", "step_size" or "step", by its number."""
        self.state = {**self.state, name: value}

    def refresh(self) -> None:
        """Send the present state to the page once more."""
        self.send_state("state")

    def adaptation(self) -> Adaptation:
        """The whole way of the present task with the present network and step size."""
        ways = self.ways[self.state["task"]][self.state["model"]]
        return Adaptation(*(values[self.state["step_size"]] for values in ways))

    def twin(self, steps: Sequence[int] = (0, 1, 2, 3, 5, 10)) -> plots.Figure:
        """The present task as a film strip: a row for each of `steps`."""
        figure, ax = plots.canvas(9.5, 1.6 + 0.85 * len(steps))
        size = STEP_SIZES[self.state["step_size"]]
        title = f"Step by step at α = {size:g}: bars are the probabilities of the classes"
        film_strip(ax, self.task, *self.adaptation(), steps=steps, title=title)
        return figure


def _all_ways(model: nn.Module, task: Episode) -> Adaptation:
    """The ways with every step size, at once: a leading axis A. That takes half as long as one after the other."""
    step_sizes = torch.tensor(STEP_SIZES, device=task.support_x.device)
    return vmap(lambda inner_lr: follow(model, task, inner_lr))(step_sizes)


def _sent(task: Episode, ways: Sequence[Adaptation]) -> dict[str, Any]:
    """A task as the script takes it, with its ways by network.

    The answers go beside the probabilities: rounded ones could be equal where these are not.
    """
    probabilities = torch.stack([of_model.probabilities for of_model in ways])  # [models, A, k + 1, Q, N]
    return {
        "pictures": strip(torch.cat([task.support_x, task.query_x])),
        "support": task.support_y.tolist(),
        "truth": task.query_y.tolist(),
        "probabilities": packed(probabilities),
        "answers": packed(probabilities.argmax(dim=-1)),
        "support_losses": [[_numbers(losses) for losses in of_model.support_loss] for of_model in ways],
        "query_losses": [[_numbers(losses) for losses in of_model.query_loss] for of_model in ways],
    }


def _numbers(losses: Tensor) -> list[float | None]:
    """Losses as JSON has them, to five digits; None: infinite."""
    return [None if math.isinf(loss) else float(f"{loss:.5g}") for loss in losses.tolist()]
