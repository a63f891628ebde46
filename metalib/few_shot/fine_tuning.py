"""Full fine-tuning on the learner's own pictures: every layer of the backbone learns, for a given time."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from metalib import protonet, runtime

BATCH = 16  # pictures of one update
AT_ONCE = 4  # of these in memory with all that their gradient needs: 70 MB each, of photographs


@dataclass(frozen=True)
class FineTuning:
    """A copy of the network with a linear head, which starts at the class means and as a classifier by distance.

    network      [B, channels, H, W] -> [B, D]; stays as it is
    unit_length  whether the head takes features of length 1, as the centroid head of this network does
    scale        of that head's logits
    seconds      how long it learns; it depends on the machine how many updates that makes
    updates      how many, whatever the time; None: as many as `seconds` allow, and at least one
    seed         of the order of the pictures
    clock        seconds, of which the differences count
    Batch norm keeps its running statistics: those of a few pictures would be worse.
    """

    network: nn.Module
    unit_length: bool
    scale: float = 1.0
    seconds: float = 30
    updates: int | None = None
    learning_rate: float = 1e-4
    seed: int = 0
    clock: Callable[[], float] = time.monotonic
    looks_at = "pictures"

    def fit(self, z: Tensor, y: Tensor, n_classes: int) -> FineTuned:
        """z are pictures, [S, channels, H, W]. Each class counts the same."""
        started = self.clock()
        tuned = self._start(z, y, n_classes)
        optimizer = torch.optim.Adam(tuned.parameters(), self.learning_rate)
        share = torch.bincount(y, minlength=n_classes).float().reciprocal() * len(y) / n_classes  # [N]
        generator, update = runtime.seeded(self.seed), 0
        while not self._done(update, started):
            batch = torch.randperm(len(y), generator=generator)[:BATCH]
            optimizer.zero_grad()
            for chosen in batch.split(AT_ONCE):
                of_each = cross_entropy(tuned(z[chosen].to(tuned.device)).cpu(), y[chosen], reduction="none")
                ((share[y[chosen]] * of_each).sum() / len(batch)).backward()
            optimizer.step()
            update += 1
        return FineTuned(tuned.requires_grad_(False))

    def _start(self, z: Tensor, y: Tensor, n_classes: int) -> _Tuned:
        tuned = _Tuned(copy.deepcopy(self.network), self.unit_length).eval()
        with torch.no_grad():
            means = protonet.prototypes(_in_batches(tuned.space, z, tuned.device), y, n_classes)
        weight, bias = protonet.linear_head(means)
        tuned.weight = nn.Parameter(self.scale * weight.to(tuned.device))
        tuned.bias = nn.Parameter(self.scale * bias.to(tuned.device))
        return tuned.requires_grad_(True)

    def _done(self, update: int, started: float) -> bool:
        if self.updates is not None:
            return update >= self.updates
        return update > 0 and self.clock() - started >= self.seconds

    def restore(self, tensors: dict[str, Tensor]) -> FineTuned:
        """Of the network's tensors, and weight and bias of the head."""
        tuned = _Tuned(copy.deepcopy(self.network), self.unit_length).eval()
        tuned.weight, tuned.bias = nn.Parameter(tensors["weight"]), nn.Parameter(tensors["bias"])
        tuned.load_state_dict(tensors)
        return FineTuned(tuned.to(next(self.network.parameters()).device).requires_grad_(False))


class _Tuned(nn.Module):
    """The network and its head."""

    weight: nn.Parameter
    bias: nn.Parameter

    def __init__(self, network: nn.Module, unit_length: bool) -> None:
        super().__init__()
        self.network, self.unit_length = network, unit_length

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    def space(self, x: Tensor) -> Tensor:
        z = self.network(x).float()
        return normalize(z, dim=1) if self.unit_length else z

    def forward(self, x: Tensor) -> Tensor:
        return self.space(x) @ self.weight.T + self.bias


def _in_batches(function: Callable[[Tensor], Tensor], z: Tensor, device: torch.device) -> Tensor:
    return torch.cat([function(batch.to(device)).cpu() for batch in z.split(AT_ONCE)])


@dataclass(frozen=True)
class FineTuned:
    """The network that has learned, and its head."""

    tuned: _Tuned

    def space(self, z: Tensor) -> Tensor:
        """[B, D]: the features that the network has now, of pictures."""
        with torch.no_grad():
            return _in_batches(self.tuned.space, z, self.tuned.device)

    def logits(self, z: Tensor) -> Tensor:
        """[B, N], of pictures."""
        with torch.no_grad():
            return _in_batches(self.tuned, z, self.tuned.device)

    def tensors(self) -> dict[str, Tensor]:
        """The network's, and weight and bias of the head."""
        return {name: tensor.cpu().contiguous() for name, tensor in self.tuned.state_dict().items()}
