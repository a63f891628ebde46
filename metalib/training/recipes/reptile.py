"""Reptile on Omniglot, after Nichol et al. (2018), section 6.1 and appendix A."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn

from metalib import maml, reptile, runtime
from metalib.adapt import InnerAdam
from metalib.episodes import ClassBank, Episode
from metalib.models import Conv4
from metalib.training import threads
from metalib.training.loop import Run
from metalib.training.recipes.base import ALONE, TRANSDUCTIVE, Predict, Recipe


@dataclass(frozen=True)
class ReptileRecipe(Recipe):
    """A form for two cores. `PUBLISHED` has the paper's numbers, on bright ink; the paper's ink is dark."""

    method: ClassVar[str] = "Reptile"
    notebook: ClassVar[int] = 5

    k_shot: int = 10  # the paper: in training, 10 pictures of a class make a task, whatever the shots at test
    n_query: int = 1  # not used in training
    meta_batch_size: int = 5  # the paper
    inner_lr: float = 1e-3  # the paper, 5-way, of Adam with beta1 = 0
    inner_steps: int = 5  # the paper, 5-way
    inner_batch: int = 10  # the paper, 5-way
    test_steps: int = 50  # the paper
    test_batch: int = 5  # the paper, 5-way 1-shot: all of the support set
    learning_rate: float = 1.0  # ε: the paper, falling linearly to zero
    updates: int = 10_000  # the paper: 100,000, four hours on two slow cores

    def network_settings(self) -> dict:
        """A head, and batch norm that always takes the statistics of its batch, as in the paper."""
        return {"n_out": self.n_way, "running_stats": False}

    def start(self, model: Conv4, training: ClassBank) -> Run:
        """A run at update 0: Reptile's step is gradient descent with rate ε on ½‖θ − φ‖². The inner Adam is kept."""
        run = super().start(model, training)
        run.optimizer = torch.optim.SGD(model.parameters(), self.learning_rate)
        run.schedule = torch.optim.lr_scheduler.LinearLR(run.optimizer, 1.0, 0.0, self.updates)
        run.inner = InnerAdam()
        return run

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Episode]:
        """The function that draws the tasks of one update, their pictures in the order of the minibatches."""
        draw = super().draw_from(training)
        return lambda generator: reptile.lay_out(draw(generator), self.inner_batch, self.inner_steps, generator)

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """½‖θ − φᵢ‖² for each task, whose gradient is θ − φᵢ."""
        return reptile.losses(
            network,
            dict(network.named_parameters()),
            episodes,
            inner_lr=self.inner_lr,
            inner_steps=self.inner_steps,
            batches=[slice(i * self.inner_batch, (i + 1) * self.inner_batch) for i in range(self.inner_steps)],
            step_rule=run.inner,
        )

    def stage(self, run: Run) -> Hashable:
        """All updates are alike."""
        return ()

    def predictor(self, network: nn.Module, *, transductive: bool = True, steps: int | None = None) -> Predict:
        """Fine-tuning on the support set, then the adapted network's answers."""
        steps = self.test_steps if steps is None else steps

        def of_tasks(network: nn.Module, episodes: Episode) -> Tensor:
            size = episodes.support_y.shape[1]
            small = size <= self.test_batch  # then each step takes all of the support set
            return maml.predict(
                network,
                dict(network.named_parameters()),
                episodes,
                inner_lr=self.inner_lr,
                inner_steps=steps,
                batches=None if small else reptile.minibatches(size, self.test_batch, steps, runtime.seeded(0)),
                step_rule=InnerAdam,
                transductive=transductive,
                chunk_size=runtime.tasks_at_once(episodes.support_x.device, len(episodes.support_x)),
            )

        return partial(threads.predict, of_tasks, network)

    def modes(self, network: nn.Module) -> Iterator[tuple[str, str, Predict]]:
        """The queries of a task together, and each query alone: the paper has both."""
        yield self.label, TRANSDUCTIVE, self.predictor(network)
        yield f"{self.label}, each query alone", ALONE, self.predictor(network, transductive=False)

    @property
    def fixed_way(self) -> int | None:
        """As many as the head has rows."""
        return self.n_way


PUBLISHED = ReptileRecipe(updates=100_000)
PUBLISHED_20_WAY = ReptileRecipe(
    n_way=20, inner_lr=5e-4, inner_steps=10, inner_batch=20, test_batch=10, updates=200_000
)
