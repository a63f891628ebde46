"""Fine-tuning: give a pre-trained network a new head, and train some of its layers on a task's support set.

    φ₀ = θ,      φ_{t+1} = φ_t − α ∇L_S(φ_t)      over the parameters that are not frozen

The steps are `metalib.adapt`'s. Nothing here learns from other tasks: θ comes from an ordinary classifier, whose loss
never asked what a few steps on few pictures would make of it. That is the difference to `metalib.maml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy

from metalib import protonet
from metalib.adapt import Params, path
from metalib.episodes import Episode
from metalib.models import Conv4, conv4

# what is trained, as `adapt` has it in `only`
ALL_LAYERS, LAST_BLOCK, HEAD = "", ("blocks.3", "head"), "head"
Only = str | tuple[str, ...]
Predict = Callable[[Episode], Tensor]

_TASKS_AT_ONCE = 20  # a step then takes half the time of a loop's on a CPU with one thread


class Curves(NamedTuple):
    """What fine-tuning did to T tasks, after each of M numbers of steps: four tensors [T, M]."""

    support_loss: Tensor
    support_accuracy: Tensor
    query_loss: Tensor
    query_accuracy: Tensor


def with_head(network: Conv4, n_way: int, *, running_stats: bool = True) -> Conv4:
    """A copy of `network` in evaluation mode whose head has `n_way` rows of zeros; `network` stays as it is.

    Rows of zeros give no class a head start, so relabelling the classes changes nothing.
    running_stats  False: batch norm forgets its running statistics, and always uses those of the batch
    Raises ValueError for a network without running statistics where they are wanted.
    """
    if running_stats and not network.settings["running_stats"]:
        raise ValueError(
            "this network was trained without running statistics of batch norm, and fine-tuning would have none to "
            "freeze: give running_stats=False"
        )
    copy = conv4(**{**network.settings, "n_out": n_way, "running_stats": running_stats})
    names = copy.state_dict().keys() - {"head.weight", "head.bias"}
    copy.load_state_dict({name: network.state_dict()[name] for name in names}, strict=False)
    nn.init.zeros_(copy.head.weight)
    nn.init.zeros_(copy.head.bias)
    return copy.to(next(network.parameters()).device).eval()


class Tail(nn.Module):
    """The part of a conv4 from the first layer that is trained, its parameters named as in the whole network.

    What lies before is frozen, and gives a picture the same activations after each step: `frozen` computes them once.
    """

    def __init__(self, network: Conv4, only: Only) -> None:
        super().__init__()
        trained = [name.startswith(only) for name, _ in network.named_parameters()]
        if not any(trained):
            raise ValueError(f"no parameter starts with {only!r}: the network has blocks.0 … blocks.3 and head")
        first = next(name for name, _ in network.named_parameters() if name.startswith(only))
        cut = int(first.split(".")[1]) if first.startswith("blocks.") else len(network.blocks)
        self._before = [network.blocks[:cut]]  # in a list: its parameters are not this module's
        kept = [block if i >= cut else nn.Identity() for i, block in enumerate(network.blocks)]
        self.blocks, self.head = nn.Sequential(*kept), network.head
        self.eval()

    def frozen(self, x: Tensor) -> Tensor:
        """[B, 1, H, W] -> the activations that enter the first layer that is trained, [B, ...]."""
        with torch.no_grad():
            return self._before[0](x)

    def forward(self, activations: Tensor) -> Tensor:
        return self.head(self.blocks(activations).flatten(1))


def steps(
    network: Conv4, episodes: Episode, *, only: Only = ALL_LAYERS, inner_lr: float, inner_steps: int
) -> Iterator[Callable[[str], Tensor]]:
    """After 0, 1, … steps on the support set: a function from "support" or "query" to the logits, [T, S or Q, N].

    network  with a head of N rows, as `with_head` makes it      episodes  with a task axis T
    only     the layers that are trained, the others are frozen: ALL_LAYERS, LAST_BLOCK, HEAD, or names as in `adapt`
    """
    tail = Tail(network, only)
    pictures = {"support": episodes.support_x, "query": episodes.query_x}
    frozen = {name: tail.frozen(x.flatten(0, 1)).unflatten(0, x.shape[:2]) for name, x in pictures.items()}
    theta = {name: value.detach() for name, value in tail.named_parameters()}
    n_tasks = len(episodes.support_y)
    phi = {name: value.expand(n_tasks, *value.shape) for name, value in theta.items()}

    def one_step(phi: Params, x: Tensor, y: Tensor) -> Params:
        *_, after = path(tail, phi, x, y, inner_lr=inner_lr, inner_steps=1, only=only)
        return after

    for step in range(inner_steps + 1):
        if step:
            with torch.no_grad():
                phi = vmap(one_step, chunk_size=_TASKS_AT_ONCE)(phi, frozen["support"], episodes.support_y)

        def logits(part: str, phi: Params = phi) -> Tensor:
            with torch.no_grad():
                return torch.stack([_logits(tail, phi, t, frozen[part][t]) for t in range(n_tasks)])

        yield logits


def _logits(tail: Tail, phi: Params, task: int, activations: Tensor) -> Tensor:
    return functional_call(tail, {name: value[task] for name, value in phi.items()}, (activations,))


def logits(network: Conv4, episodes: Episode, **settings) -> Tensor:
    """[T, Q, N]: the answers to the queries after fine-tuning on each support set; `settings` as `steps` has them."""
    *_, last = steps(network, episodes, **settings)
    return last("query")


def curves(network: Conv4, episodes: Episode, *, at: Sequence[int], **settings) -> Curves:
    """Loss and accuracy of support and query set after each number of steps in `at`; `settings` as `steps` has them."""
    found: list[tuple[Tensor, ...]] = []
    for step, answers in enumerate(steps(network, episodes, inner_steps=max(at), **settings)):
        if step in at:
            found.append(
                (*_score(answers("support"), episodes.support_y), *_score(answers("query"), episodes.query_y))
            )
    return Curves(*(torch.stack(values, dim=1) for values in zip(*found, strict=True)))


def _score(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and accuracy of each task, [T] and [T], from [T, Q, N] and [T, Q]."""
    losses = cross_entropy(logits.transpose(1, 2), labels, reduction="none").mean(dim=1)
    return losses, (logits.argmax(dim=2) == labels).float().mean(dim=1)
