"""The gradients of an update; a GPU records the work once as a CUDA graph, and then repeats it.

An update of MAML is a thousand small kernels. Asked for one by one from Python, they leave the GPU waiting most of the
time. A recording repeats them without Python, on the same places in memory: each update copies its episodes there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import torch
from torch import Tensor, nn

from metalib.training.run_state import Run

Losses = Callable[[nn.Module, Any], Tensor]


class Gradients:
    """Called with episodes, leaves gradients in the parameters' `.grad` and returns the losses, [T], without a graph.

    losses  (network, episodes) -> [T]. Recorded, it must not ask for a value on the CPU, nor draw random numbers
    The first update of each of the run's stages is done as always, which readies torch's libraries; the second is
    recorded.
    """

    def __init__(self, run: Run, losses: Losses) -> None:
        self.run, self.losses = run, losses
        self.kind: Hashable = None
        self.graph: Any = None

    def __call__(self, episodes: Any, n_tasks: int | None = None) -> Tensor:
        """The gradients of the losses' sum over `n_tasks`; None: of their mean."""
        stage = self.run.stage() if self.run.device.type == "cuda" else None
        kind = None if stage is None else (stage, n_tasks, *(field.shape for field in episodes))
        if kind is None or kind != self.kind:
            self.kind, self.graph = kind, None
            return self._take(episodes, n_tasks)
        if self.graph is None:
            self._record(episodes, n_tasks)
        for place, field in zip(self.episodes, episodes, strict=True):
            place.copy_(field)
        self.graph.replay()
        return self.found.clone()

    def _take(self, episodes: Any, n_tasks: int | None) -> Tensor:
        self.run.optimizer.zero_grad()
        losses = self.losses(self.run.model, episodes)
        (losses.sum() / (n_tasks or len(losses))).backward()
        return losses.detach()

    def _record(self, episodes: Any, n_tasks: int | None) -> None:
        """Recording does no work: it notes the kernels, and the places of what they read and write."""
        self.episodes = type(episodes)(*(field.clone() for field in episodes))
        inner = self.run.inner
        if inner:  # its state goes on from update to update, in places of its own
            device, kept = self.run.device, inner.state_dict()
            kept = {name: torch.as_tensor(value, device=device).clone() for name, value in kept.items()}
            inner.load_state_dict(kept)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            self.found = self._take(self.episodes, n_tasks)
            if inner:
                for name, value in inner.state_dict().items():
                    kept[name].copy_(value)
        if inner:
            inner.load_state_dict(kept)
