"""Supervised pre-training: one softmax over all training classes, no episodes, as in Chen et al.'s (2019) baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from metalib import protonet, runtime
from metalib.banks.augment import jitter_pictures
from metalib.episodes import ClassBank, Episode
from metalib.models import Conv4
from metalib.training.loop import Run
from metalib.training.recipes.base import Predict, Recipe


class Pictures(NamedTuple):
    """An ordinary batch: x [B, 1, H, W] float32 in 0 … 1, y [B] long in 0 … number of training classes − 1."""

    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class ClassifierRecipe(Recipe):
    """An ordinary classifier of the training classes. Its head is thrown away: the features are what is kept."""

    method: ClassVar[str] = "pre-trained classifier"
    notebook: ClassVar[int] = 2

    n_way: int = 5  # in validation only
    batch_size: int = 128  # pictures an update: about as many as an update of the prototypical network has
    rotations: bool = True  # as for the other methods: a turned character is a class of its own
    jitter: float = 0.1  # as for the prototypical network
    updates: int = 20_000  # the state that validates best is kept: it came after a fifth of them

    def start(self, model: Conv4, training: ClassBank) -> Run:
        """A run at update 0. The head for the training classes belongs to the run: `model` has none."""
        n_classes = training.n_classes * (4 if self.rotations else 1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            model.head = nn.Linear(model.out_features, n_classes)
        return super().start(model, training)

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Pictures]:
        """The function that draws the pictures of one update, with replacement."""
        bank = training.rotated() if self.rotations else training
        sizes = bank.sizes.to(bank.device)

        def draw(generator: torch.Generator) -> Pictures:
            classes = torch.randint(bank.n_classes, (self.batch_size,), generator=generator).to(bank.device)
            drawings = torch.randint(bank.n_drawings, (self.batch_size,), generator=generator).to(bank.device)
            drawings %= sizes[classes]  # classes of unequal size have fewer
            x = bank.images[classes, drawings].float().div_(255)
            if self.jitter:
                x = jitter_pictures(x, self.jitter, generator=generator, paper=self.paper)
            return Pictures(x, classes)

        return draw

    def losses(self, network: nn.Module, episodes: Pictures, run: Run) -> Tensor:
        """[B]: −log p(class | picture)."""
        with runtime.fast_math(episodes.x.device):
            logits = network(episodes.x)
        return cross_entropy(logits.float(), episodes.y, reduction="none")

    def predictor(self, network: nn.Module) -> Predict:
        """Nearest centroid on the features, with running statistics: no step is taken."""
        assert isinstance(network, Conv4)

        def predict(episodes: Episode) -> Tensor:
            with runtime.fast_math(episodes.query_x.device):
                return protonet.predict(network.features, episodes)

        return predict
