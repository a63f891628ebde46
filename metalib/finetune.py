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

from metalib import inputs, protonet
from metalib.adapt import Params, adapt, trainable
from metalib.episodes import Episode
from metalib.models import Conv4, channels_last, conv4

# what is trained, as `adapt` has it in `only`
ALL_LAYERS, LAST_BLOCK, HEAD = "", ("blocks.3", "head"), "head"
Only = str | tuple[str, ...]
Predict = Callable[[Episode], Tensor]

_TASKS_AT_ONCE = 20  # a step then takes half the time of a loop's on a CPU with one thread
_QUERIES_AT_ONCE = 16  # each brings the whole support set along: more would fill the memory


class Curves(NamedTuple):
    """What fine-tuning did to T tasks, after each of M numbers of steps: four tensors [T, M]."""

    support_loss: Tensor
    support_accuracy: Tensor
    query_loss: Tensor
    query_accuracy: Tensor


def with_head(network: Conv4, n_way: int, *, running_stats: bool = True) -> Conv4:
    """A copy of `network` in evaluation mode whose head has `n_way` rows of zeros; `network` stays as it is.

    Rows of zeros give no class a head start, so relabelling the classes changes nothing. What has requires_grad=False
    in `network` has it in the copy.
    running_stats  False: batch norm forgets its running statistics, and always uses those of the batch
    Raises ValueError for a network without running statistics where they are wanted.
    """
    if running_stats and not network.settings["running_stats"]:
        raise ValueError(
            "this network was trained without running statistics of batch norm, and fine-tuning would have none to "
            "freeze: give running_stats=False"
        )
    copy = conv4(**{**network.settings, "n_out": n_way, "running_stats": running_stats})
    state = {name: torch.zeros_like(value) for name, value in copy.state_dict().items() if name.startswith("head.")}
    copy.load_state_dict({name: state.get(name, network.state_dict().get(name)) for name in copy.state_dict()})
    free = trainable(network)
    for name, value in copy.blocks.named_parameters(prefix="blocks"):
        value.requires_grad_(name in free)
    return copy.to(next(network.parameters()).device).eval()


class Tail(nn.Module):
    """The part of a conv4 from the first layer that is trained, its parameters named as in the whole network.

    What lies before is frozen. With running statistics it gives a picture the same activations after each step, so
    `frozen` computes them once; with batch statistics they depend on the batch, and the whole network is the tail.
    """

    def __init__(self, network: Conv4, only: Only) -> None:
        super().__init__()
        first = next((name for name, _ in network.named_parameters() if name.startswith(only)), None)
        if first is None:
            raise ValueError(f"no parameter starts with {only!r}: the network has blocks.0 … blocks.3 and head")
        cut = int(first.split(".")[1]) if first.startswith("blocks.") else len(network.blocks)
        self.batch_statistics = not network.settings["running_stats"]
        if self.batch_statistics:
            cut = 0
        self._before = [network.blocks[:cut]]  # in a list: its parameters are not this module's
        kept = [nn.Identity() if i < cut else block for i, block in enumerate(network.blocks)]
        assert network.head is not None  # `with_head` gave it one
        self.blocks, self.head = nn.Sequential(*kept), network.head
        self.eval()

    def frozen(self, x: Tensor) -> Tensor:
        """[B, 1, H, W] -> the activations that enter the first layer that is trained, [B, ...]."""
        with torch.no_grad():
            return self._before[0](channels_last(x))

    def forward(self, activations: Tensor) -> Tensor:
        return self.head(self.blocks(activations).flatten(1))


def steps(
    network: Conv4, episodes: Episode, *, only: Only = ALL_LAYERS, inner_lr: float, inner_steps: int
) -> Iterator[Callable[[str], Tensor]]:
    """After 0, 1, … steps on the support set: a function from "support" or "query" to the logits, [T, S or Q, N].

    network  with a head of N rows, as `with_head` makes it      episodes  with a task axis T
    only     the layers that are trained, the others are frozen: ALL_LAYERS, LAST_BLOCK, HEAD, or names as in `adapt`
    Without running statistics, each query passes the network with the support set alone (Nichol et al., 2018).
    """
    inputs.check_tasks(episodes, dict(network.named_parameters()))
    tail = Tail(network, only)
    pictures = {"support": episodes.support_x, "query": episodes.query_x}
    frozen = {name: tail.frozen(x.flatten(0, 1)).unflatten(0, x.shape[:2]) for name, x in pictures.items()}
    n_tasks = len(episodes.support_y)
    phi = {name: value.detach().expand(n_tasks, *value.shape) for name, value in tail.named_parameters()}

    def one_step(phi: Params, x: Tensor, y: Tensor) -> Params:
        return adapt(tail, phi, x, y, inner_lr=inner_lr, inner_steps=1, only=only)

    for step in range(inner_steps + 1):
        if step:
            with torch.no_grad():
                phi = vmap(one_step, chunk_size=_TASKS_AT_ONCE)(phi, frozen["support"], episodes.support_y)

        def answers(part: str, phi: Params = phi) -> Tensor:
            with torch.no_grad():
                return torch.stack([_logits(tail, phi, frozen, part, task) for task in range(n_tasks)])

        yield answers


def _logits(tail: Tail, phi: Params, frozen: dict[str, Tensor], part: str, task: int) -> Tensor:
    own = {name: value[task] for name, value in phi.items()}
    if part == "support" or not tail.batch_statistics:
        return functional_call(tail, own, (frozen[part][task],))

    def alone(query: Tensor) -> Tensor:
        return functional_call(tail, own, (torch.cat([frozen["support"][task], query[None]]),))[-1]

    return vmap(alone, chunk_size=_QUERIES_AT_ONCE)(frozen["query"][task])


def logits(network: Conv4, episodes: Episode, **settings) -> Tensor:
    """[T, Q, N]: the answers to the queries after fine-tuning on each support set; `settings` as `steps` has them."""
    *_, last = steps(network, episodes, **settings)
    return inputs.finite(last("query"))


def curves(network: Conv4, episodes: Episode, *, at: Sequence[int], **settings) -> Curves:
    """Loss and accuracy of support and query set after each number of steps in `at`; `settings` as `steps` has them."""
    found: list[tuple[Tensor, ...]] = []
    for step, answers in enumerate(steps(network, episodes, inner_steps=max(at), **settings)):
        if step in at:
            found.append((*_score(answers("support"), episodes.support_y), *_score(answers("query"), episodes.query_y)))
    return Curves(*(torch.stack(values, dim=1) for values in zip(*found, strict=True)))


def _score(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Loss and accuracy of each task, [T] and [T], from [T, Q, N] and [T, Q]."""
    losses = cross_entropy(logits.transpose(1, 2), labels, reduction="none").mean(dim=1)
    right = (logits.argmax(dim=2) == labels) & logits.isfinite().all(dim=2)  # what is no number answers nothing
    return losses, right.double().mean(dim=1)


# --- the methods, as they sit the exams


class Settings(NamedTuple):
    """How a pre-trained classifier is fine-tuned on a task of N ways."""

    only: Only
    lr_per_class: float
    inner_steps: int

    def inner_lr(self, n_way: int) -> float:
        """α, in proportion to N: from a head of zeros the first step is α/N · (c_k − z̄), equally long for every N."""
        return self.lr_per_class * n_way


# chosen on 5-way tasks of validation classes, where neighbouring values are as good: `metalib study fine-tuning`
METHODS = {
    "linear probe": Settings(HEAD, lr_per_class=0.002, inner_steps=5),
    "fine-tuned last block": Settings(LAST_BLOCK, lr_per_class=0.002, inner_steps=5),
    "fine-tuned classifier": Settings(ALL_LAYERS, lr_per_class=0.002, inner_steps=5),
}


def predictor(network: Conv4, method: str) -> Predict:
    """The function that answers episodes of any number of ways by one of METHODS: Episode with a task axis -> [T, Q].

    network  pre-trained, without a head or with one that is thrown away
    Raises ValueError for a method that is none of METHODS.
    """
    if method not in METHODS:
        raise ValueError(f"there is no method {method!r}: give one of {', '.join(METHODS)}")
    only, _, inner_steps = METHODS[method]

    def predict(episodes: Episode) -> Tensor:
        n_way = inputs.ways(episodes)
        inner_lr = METHODS[method].inner_lr(n_way)
        model = with_head(network, n_way)
        return logits(model, episodes, only=only, inner_lr=inner_lr, inner_steps=inner_steps).argmax(dim=2)

    return predict


def nearest_centroid(network: Conv4) -> Predict:
    """The same without a step: each query goes to the class whose mean feature is nearest."""

    def predict(episodes: Episode) -> Tensor:
        with torch.no_grad():
            return protonet.predict(network.features, episodes)

    return predict
