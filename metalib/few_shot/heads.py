"""Heads: what makes a classifier of the features of a few labelled pictures.

Each is a frozen dataclass: `fit(z, y, n_classes)` returns what answers, whose `logits` softmax turns into
probabilities. No head gives a class more weight for having more pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from metalib import protonet
from metalib.few_shot.backbones import Backbone
from metalib.few_shot.fine_tuning import FineTuning


class Fitted(Protocol):
    """A head that has learned N classes."""

    def space(self, z: Tensor) -> Tensor:
        """[B, E]: where the head sees the pictures, so that near ones look alike to it."""

    def logits(self, z: Tensor) -> Tensor:
        """[B, N]."""

    def tensors(self) -> dict[str, Tensor]:
        """All that it has learned; its head's `restore` takes them."""


class Head(Protocol):
    """How N classes are learned.

    looks_at  "features" of the backbone, or the "pictures" as the backbone wants them: what z is, [S, ...]
    """

    @property
    def looks_at(self) -> str: ...

    def fit(self, z: Tensor, y: Tensor, n_classes: int) -> Fitted:
        """The head that has learned from z [S, ...] with labels y [S] long in 0 … N−1, at least one of each."""

    def restore(self, tensors: dict[str, Tensor]) -> Fitted:
        """What `fit` returned, of its tensors."""


# --- nearest centroid


@dataclass(frozen=True)
class Centroid:
    """The nearest mean of the features of a class (Snell et al., 2017), by squared distance.

    unit_length  whether features are given length 1 first (Wang et al., 2019): for networks that were not trained by
                 distances, whose features' lengths say little of the class
    scale        of the logits
    """

    unit_length: bool = True
    scale: float = 1.0
    looks_at = "features"

    def fit(self, z: Tensor, y: Tensor, n_classes: int) -> FittedCentroid:
        """The means of the N classes."""
        return FittedCentroid(protonet.prototypes(lengthened(z, self.unit_length), y, n_classes), self)

    def restore(self, tensors: dict[str, Tensor]) -> FittedCentroid:
        """Of centroids [N, D]."""
        return FittedCentroid(tensors["centroids"], self)


@dataclass(frozen=True)
class FittedCentroid:
    """centroids [N, D]"""

    centroids: Tensor
    head: Centroid

    def space(self, z: Tensor) -> Tensor:
        """[B, D]: the features, of length 1 if that is the head's way."""
        return lengthened(z, self.head.unit_length)

    def logits(self, z: Tensor) -> Tensor:
        """[B, N]: minus the squared distance to each centroid, by the head's scale."""
        return protonet.logits(self.space(z), self.centroids, scale=self.head.scale)

    def tensors(self) -> dict[str, Tensor]:
        """The centroids."""
        return {"centroids": self.centroids}


def lengthened(z: Tensor, unit_length: bool) -> Tensor:
    """[B, D]: features, of length 1 if that is wanted."""
    return normalize(z, dim=1) if unit_length else z


# --- linear probe


@dataclass(frozen=True)
class LinearProbe:
    """Logistic regression on features of length 1, as Tian et al. (2020) have it; each class counts the same.

    penalty  of the squared weights, beside the mean loss
    """

    penalty: float = 0.01
    looks_at = "features"

    def fit(self, z: Tensor, y: Tensor, n_classes: int) -> FittedLinear:
        """By L-BFGS from zeros, in float64: the loss is convex, so the start does not matter."""
        z = normalize(z, dim=1).double()
        weight = z.new_zeros(n_classes, z.shape[1], requires_grad=True)
        bias = z.new_zeros(n_classes, requires_grad=True)
        share = torch.bincount(y, minlength=n_classes).double().reciprocal() / n_classes  # [N]
        optimizer = torch.optim.LBFGS([weight, bias], max_iter=200, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            of_each = cross_entropy(z @ weight.T + bias, y, reduction="none")  # [S]
            total = (share[y] * of_each).sum() + self.penalty * weight.square().sum() / 2
            total.backward()
            return total

        optimizer.step(loss)
        return FittedLinear(weight.detach().float(), bias.detach().float())

    def restore(self, tensors: dict[str, Tensor]) -> FittedLinear:
        """Of weight [N, D] and bias [N]."""
        return FittedLinear(tensors["weight"], tensors["bias"])


@dataclass(frozen=True)
class FittedLinear:
    """weight [N, D], bias [N]"""

    weight: Tensor
    bias: Tensor

    def space(self, z: Tensor) -> Tensor:
        """[B, D]: the features, of length 1."""
        return normalize(z, dim=1)

    def logits(self, z: Tensor) -> Tensor:
        """[B, N]."""
        return self.space(z) @ self.weight.T + self.bias

    def tensors(self) -> dict[str, Tensor]:
        """Weight and bias."""
        return {"weight": self.weight, "bias": self.bias}


# --- by name


def make(name: str, backbone: Backbone, *, seconds: float = 30, seed: int = 0) -> Head:
    """The head called `name`, one of NAMES, for this backbone.

    seconds, seed  of fine-tuning. Raises ValueError for an unknown name.
    """
    if name == "fine-tuning":
        start = CENTROIDS[backbone.head]
        return FineTuning(backbone.network, start.unit_length, start.scale, seconds=seconds, seed=seed)
    if name not in HEADS:
        raise ValueError(f"there is no head {name!r}: give one of {', '.join(NAMES)}")
    return HEADS[name]


CENTROIDS = {"centroid": Centroid(), "plain centroid": Centroid(unit_length=False)}
HEADS: dict[str, Head] = {**CENTROIDS, "linear probe": LinearProbe()}
NAMES = (*HEADS, "fine-tuning")
