"""Networks for pictures in colour: tasks across vendors, so that a network must know a thing in another hand.

The jitter (for the prototypical network) and the states kept were chosen on the validation emoji, by tasks of exam D's
form; the numbers of updates by time, a quarter of an hour of one CPU core.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import nn

from metalib.banks import augment, emoji
from metalib.episodes import ClassBank, Episode, EpisodeSpec
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.training.recipes.classifier import ClassifierRecipe
from metalib.training.recipes.maml import MamlRecipe
from metalib.training.recipes.protonet import ProtonetRecipe

VALIDATION_TASKS = 400
FORM = EpisodeSpec(n_way=5, k_shot=1, n_query=1)  # of exam D


if TYPE_CHECKING:
    from metalib.training.recipes.base import Recipe as Mixin
else:  # a dataclass would take the defaults of its fields from such a base, not from the method's recipe
    Mixin = object


class InColour(Mixin):
    """What a recipe for emoji has in place of one for Omniglot: three channels, white paper, tasks across vendors."""

    bank: ClassVar[str] = "emoji"
    notebook: ClassVar[int] = 7
    paper: ClassVar[float] = 1.0

    def network_settings(self) -> dict:
        """Three channels of 32×32, beside what the method asks for."""
        return {**super().network_settings(), "in_channels": 3, "image_size": emoji.SIDE}

    def validate(self, network: nn.Module, bank: ClassBank) -> Interval:
        """Accuracy on tasks of exam D's form from the classes of `bank`, always the same ones."""
        tasks = emoji.stream_across_vendors(bank, FORM, VALIDATION_TASKS, seed=1)
        return mean_interval(evaluate(self.predictor(network), tasks))


class AcrossVendors(InColour):
    """The same for recipes that learn from episodes: supports by one vendor, queries by others."""

    if TYPE_CHECKING:
        jitter: float

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Any]:
        """The function that draws the episodes of one update."""
        spec = EpisodeSpec(self.n_way, self.k_shot, self.n_query)

        def draw(generator: torch.Generator) -> Episode:
            episodes = emoji.across_vendors(training, spec, self.meta_batch_size, generator=generator)
            if not self.jitter:
                return episodes
            return augment.jitter(episodes, self.jitter, generator=generator, paper=self.paper)

        return draw


@dataclass(frozen=True)
class EmojiProtonetRecipe(AcrossVendors, ProtonetRecipe):
    """The prototypical network."""

    method: ClassVar[str] = "prototypical network, emoji"

    n_query: int = 3  # of five vendors, one of whom has not drawn all
    rotations: bool = False  # many signs are turned copies of others
    jitter: float = 0.1  # validation, 300 updates: 83.4 ± 1.6 %, without it 82.3 ± 1.7
    updates: int = 2_500


@dataclass(frozen=True)
class EmojiClassifierRecipe(InColour, ClassifierRecipe):
    """The pre-trained classifier."""

    method: ClassVar[str] = "pre-trained classifier, emoji"

    rotations: bool = False
    jitter: float = 0.1  # as for the prototypical network
    updates: int = 1_200


@dataclass(frozen=True)
class EmojiMamlRecipe(AcrossVendors, MamlRecipe):
    """MAML, second order."""

    method: ClassVar[str] = "MAML, emoji"

    n_query: int = 3
    rotations: bool = False
    jitter: float = 0.1  # as for the prototypical network
    meta_batch_size: int = 4
    updates: int = 1_000
