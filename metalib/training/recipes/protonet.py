"""Prototypical networks on Omniglot, after Snell et al. (2017), section 3.1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from metalib import protonet, runtime
from metalib.banks.augment import jitter
from metalib.episodes import ClassBank, Episode
from metalib.models import Conv4
from metalib.training.loop import Run
from metalib.training.recipes.base import Predict, Recipe


@dataclass(frozen=True)
class ProtonetRecipe(Recipe):
    """A form for two cores; `PUBLISHED` is the paper's."""

    method: ClassVar[str] = "prototypical network"
    n_way: int = 20  # the paper: 60. An update of 20 costs a third, and two cores see more of them
    k_shot: int = 1  # the paper: as many as at test
    n_query: int = 5  # the paper
    meta_batch_size: int = 1  # the paper
    jitter: float = 0.1  # the paper: none. Validation, 15,000 updates, 20-way: 95.6 ± 0.2 %, without it 95.1 ± 0.3
    learning_rate: float = 1e-3  # the paper, with Adam
    updates: int = 80_000  # the paper does not say
    halve_every: int = 0  # the paper halves the rate every 2,000 updates; 0: it falls linearly to zero
    downsample: str = "max_pool"  # the paper

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """−log p(y | x), averaged over the queries of each task."""
        with runtime.fast_math(episodes.query_x.device):
            return protonet.losses(network, episodes, n_way=self.n_way)

    def predictor(self, network: nn.Module) -> Predict:
        """The nearest prototype; the network is put into evaluation mode before, so that a query stands alone."""

        def predict(episodes: Episode) -> Tensor:
            with runtime.fast_math(episodes.query_x.device):
                return protonet.predict(network, episodes)

        return predict

    @property
    def label(self) -> str:
        """The method's name; the form of conv4 that other methods have is named."""
        return self.method if self.downsample == "max_pool" else f"{self.method}, stride"

    @property
    def notebook(self) -> int:  # type: ignore[override]
        """Notebook 01 has the paper's form; the form of the other methods is set beside them in 06."""
        return 1 if self.downsample == "max_pool" else 6

    def start(self, model: Conv4, training: ClassBank) -> Run:
        """A run at update 0, with the rate's schedule of this recipe."""
        run = super().start(model, training)
        if self.halve_every:
            run.optimizer = torch.optim.Adam(model.parameters(), self.learning_rate)
            run.schedule = torch.optim.lr_scheduler.StepLR(run.optimizer, self.halve_every, gamma=0.5)
        return run

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Episode]:
        """The function that draws the episode of one update."""
        draw = super().draw_from(training)
        if not self.jitter:
            return draw
        return lambda generator: jitter(draw(generator), self.jitter, generator=generator, paper=self.paper)


PUBLISHED = ProtonetRecipe(n_way=60, jitter=0.0, halve_every=2000)
