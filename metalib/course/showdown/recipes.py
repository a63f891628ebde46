"""The trainings of the comparison: nine methods under equal conditions, and three settings of each to choose from.

Equal for all: conv4 with strides, the 26 training alphabets, turns by 90° as classes, jitter, Adam's rate falling to
zero (Reptile: ε), float32, about 240 pictures an update, the last state. Each differs from the course's own recipe in
that, and in nothing else. Batch norm is each method's own: running statistics, or those of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from metalib import protonet
from metalib.banks import augment
from metalib.course.showdown import nca, protomaml
from metalib.episodes import ClassBank, Episode
from metalib.models import Conv4
from metalib.training.loop import Run
from metalib.training.recipes.base import ALONE, TRANSDUCTIVE, Predict, Recipe
from metalib.training.recipes.classifier import ClassifierRecipe, Pictures
from metalib.training.recipes.maml import AnilRecipe, FirstOrderMamlRecipe, MamlRecipe
from metalib.training.recipes.protonet import ProtonetRecipe
from metalib.training.recipes.reptile import ReptileRecipe

JITTER = 0.1  # of every method, as the course's prototypical network and classifier have it

if TYPE_CHECKING:
    from metalib.training.recipes.base import Recipe as Mixin
else:  # a dataclass would take the defaults of its fields from such a base, not from the method's recipe
    Mixin = object


class Jittered(Mixin):
    """Episodes whose pictures are jittered, for recipes that have none."""

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Any]:
        """The function that draws the episodes of one update."""
        draw = super().draw_from(training)
        return lambda generator: augment.jitter(draw(generator), JITTER, generator=generator)


@dataclass(frozen=True)
class FairClassifier(ClassifierRecipe):
    """In float32, as all here; the others' algorithms have no bfloat16."""

    def losses(self, network: nn.Module, episodes: Pictures, run: Run) -> Tensor:
        """[B]: −log p(class | picture)."""
        return nn.functional.cross_entropy(network(episodes.x), episodes.y, reduction="none")

    def predictor(self, network: nn.Module) -> Predict:
        """Nearest centroid on the features."""
        assert isinstance(network, Conv4)
        return lambda episodes: protonet.predict(network.features, episodes)


@dataclass(frozen=True)
class FairProtonet(ProtonetRecipe):
    """The same for the prototypical network."""

    @property
    def label(self) -> str:
        """The method's name: here all have the same form of conv4."""
        return self.method

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """−log p(y | x), averaged over the queries of each task."""
        return protonet.losses(network, episodes, n_way=self.n_way)

    def predictor(self, network: nn.Module) -> Predict:
        """The nearest prototype."""
        return lambda episodes: protonet.predict(network, episodes)


@dataclass(frozen=True)
class NcaRecipe(FairProtonet):
    """A batch of n_way classes with k_shot + n_query pictures each; there is no support set, and no query."""

    method: ClassVar[str] = "NCA without episodes"

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """[T]: the mean over the pictures of each batch."""
        batches = (episodes.task(t) for t in range(len(episodes.support_y)))
        return torch.stack([self._loss(network, batch) for batch in batches])

    def _loss(self, network: nn.Module, batch: Episode) -> Tensor:
        embeddings = network(torch.cat([batch.support_x, batch.query_x]))
        return nca.losses(embeddings, torch.cat([batch.support_y, batch.query_y])).mean()


@dataclass(frozen=True)
class FairMaml(Jittered, MamlRecipe):
    """MAML, with jitter."""


@dataclass(frozen=True)
class FairFirstOrderMaml(Jittered, FirstOrderMamlRecipe):
    """First-order MAML, with jitter."""


@dataclass(frozen=True)
class FairAnil(Jittered, AnilRecipe):
    """ANIL, with jitter."""


@dataclass(frozen=True)
class FairReptile(Jittered, ReptileRecipe):
    """Reptile, with jitter."""


@dataclass(frozen=True)
class ProtoMamlRecipe(Jittered, Recipe):
    """ProtoMAML by first order, as in its paper; batch norm takes the statistics of its batch, as MAML's does.

    A network with one picture of a class at the prototypes has next to no support loss, and so no step to learn from:
    it trains with three.
    """

    method: ClassVar[str] = "ProtoMAML"
    notebook: ClassVar[int] = 8

    k_shot: int = 3
    n_query: int = 3
    meta_batch_size: int = 8
    inner_lr: float = 0.01
    inner_steps: int = 3
    test_steps: int = 3

    def network_settings(self) -> dict:
        """No head: each task makes its own."""
        return {"running_stats": False}

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """The query loss of each task after adaptation."""
        assert isinstance(network, Conv4)
        settings: dict[str, Any] = {"inner_lr": self.inner_lr, "inner_steps": self.inner_steps}
        return protomaml.losses(network, episodes, first_order=True, **settings)

    def predictor(self, network: nn.Module, *, transductive: bool = True) -> Predict:
        """Steps from the prototypes, then the adapted network's answers."""
        assert isinstance(network, Conv4)
        settings: dict[str, Any] = {"inner_lr": self.inner_lr, "inner_steps": self.test_steps}
        return lambda episodes: protomaml.predict(network, episodes, transductive=transductive, **settings)

    def modes(self, network: nn.Module) -> Iterator[tuple[str, str, Predict]]:
        """The queries of a task together, and each query alone."""
        yield self.label, TRANSDUCTIVE, self.predictor(network)
        yield f"{self.label}, each query alone", ALONE, self.predictor(network, transductive=False)


_EQUAL: dict[str, Any] = {"meta_batch_size": 8}  # 8 tasks of 5 ways with 1 + 5 pictures: 240
ENTRANTS: dict[str, Recipe] = {
    "classifier": FairClassifier(batch_size=240),
    "NCA": NcaRecipe(n_way=40, meta_batch_size=1, downsample="stride"),  # 40 · 6
    "prototypical network": FairProtonet(n_way=20, meta_batch_size=2, downsample="stride"),  # 2 · 20 · 6
    "first-order MAML": FairFirstOrderMaml(**_EQUAL),
    "MAML": FairMaml(**_EQUAL),
    "MAML, tied rows": FairMaml(tied_rows=True, inner_steps=2, **_EQUAL),
    "ANIL": FairAnil(**_EQUAL),
    "Reptile": FairReptile(),  # 5 tasks · 5 steps · 10
    "ProtoMAML": ProtoMamlRecipe(),  # 8 · 5 · (3 + 3)
}
# the same number for each method: its own setting, and two around it
TRIALS: dict[str, list[dict[str, float]]] = {
    "classifier": [{"learning_rate": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "NCA": [{"learning_rate": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "prototypical network": [{"learning_rate": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "first-order MAML": [{"learning_rate": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "MAML": [{"learning_rate": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "MAML, tied rows": [{"learning_rate": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "ANIL": [{"learning_rate": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "Reptile": [{"inner_lr": rate} for rate in (1e-3, 3e-3, 1e-2)],
    "ProtoMAML": [{"learning_rate": 3e-3, "inner_lr": rate} for rate in (1e-3, 1e-2, 1e-1)],
}


def entrant(name: str, **settings: Any) -> Any:
    """The recipe of one method, with some settings of its own."""
    return replace(ENTRANTS[name], **settings)
