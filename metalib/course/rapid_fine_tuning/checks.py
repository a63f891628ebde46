"""The exercises of notebook 02: fine-tuning a network, a linear probe, and when to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import mse_loss, one_hot, softmax

from metalib import protonet
from metalib.course.kit.verdict import Wrong, check, compare, read_number
from metalib.course.rapid_fine_tuning import exercise_fine_tuned_network
from metalib.course.rapid_fine_tuning.exercise_when_to_stop import STOP_MISTAKES, cases, when_to_stop
from metalib.runtime import seeded


@check
def check_fine_tune(function: Callable) -> str:
    """`fine_tune(network, task, n_way, inner_lr, steps)`: a conv4 with old classes, an Episode -> another network."""
    exercise_fine_tuned_network.judge(function)
    return "Right. Your network agrees in both modes of batch norm, and the network that was handed in is unchanged."


# --- a linear probe

Head = tuple[Tensor, Tensor]
Gradient = Callable[[Tensor, Tensor, Tensor, Tensor], Head]


def _gradient(z: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Head:
    """Of the mean cross-entropy of the logits z Wᵀ + b, by hand: the probabilities minus what they should be."""
    error = softmax(z @ w.T + b, dim=1) - one_hot(y, len(b))  # [S, N]
    return error.T @ z / len(z), error.mean(dim=0)


def _descend(gradient: Gradient, z: Tensor, y: Tensor, n_way: int, inner_lr: float, steps: int) -> Head:
    w, b = z.new_zeros(n_way, z.shape[1]), z.new_zeros(n_way)
    for _ in range(steps):
        dw, db = gradient(z, y, w, b)
        w, b = w - inner_lr * dw, b - inner_lr * db
    return w, b


def linear_probe(features: Tensor, labels: Tensor, n_way: int, inner_lr: float, steps: int) -> Head:
    """W [N, D] and b [N] after gradient steps from zero on the mean cross-entropy of the support set."""
    return _descend(_gradient, features, labels, n_way, inner_lr, steps)


def _by(gradient: Gradient) -> Callable[..., Head]:
    return lambda z, y, n, a, k: _descend(gradient, z, y, n, a, k)


def _without_bias(z: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Head:
    return _gradient(z, y, w, torch.zeros_like(b))[0], torch.zeros_like(b)


def _over_pictures(z: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Head:
    error = softmax(z @ w.T + b, dim=0) - one_hot(y, len(b))
    return error.T @ z / len(z), error.mean(dim=0)


def _squared(z: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Head:
    w, b = w.clone().requires_grad_(), b.clone().requires_grad_()
    loss = mse_loss(z @ w.T + b, one_hot(y, len(b)).float())
    dw, db = torch.autograd.grad(loss, (w, b))
    return dw, db


def _accumulated(z: Tensor, y: Tensor, n: int, a: float, k: int) -> Head:
    w, b = z.new_zeros(n, z.shape[1]), z.new_zeros(n)
    sum_w, sum_b = torch.zeros_like(w), torch.zeros_like(b)
    for _ in range(k):
        dw, db = _gradient(z, y, w, b)
        sum_w, sum_b = sum_w + dw, sum_b + db
        w, b = w - a * sum_w, b - a * sum_b
    return w, b


PROBE_MISTAKES: tuple[tuple[str, Callable[..., Head]], ...] = (
    (
        "Your loss is a sum over the pictures, so that your step is S times too long. `cross_entropy` takes the mean, "
        "unless you set `reduction`.",
        lambda z, y, n, a, k: linear_probe(z, y, n, a * len(z), k),
    ),
    (
        "Your loss is divided by the number of classes, or of outputs, as well. The mean over the pictures is enough.",
        lambda z, y, n, a, k: linear_probe(z, y, n, a / n, k),
    ),
    (
        "Your bias stays at zero. It is trained too: b ← b − α ∂L/∂b.",
        _by(_without_bias),
    ),
    (
        "Your step climbs: it adds α times the gradient. Subtract it.",
        lambda z, y, n, a, k: linear_probe(z, y, n, -a, k),
    ),
    ("You take one step too few. Count the turns of your loop.", lambda z, y, n, a, k: linear_probe(z, y, n, a, k - 1)),
    (
        "You take one step too many. Count the turns of your loop.",
        lambda z, y, n, a, k: linear_probe(z, y, n, a, k + 1),
    ),
    (
        "You take one step, whatever `steps` is. Does the second one start where the first one ended?",
        lambda z, y, n, a, k: linear_probe(z, y, n, a, 1),
    ),
    (
        "All your steps use the gradient at zero. Compute the loss inside the loop, with the W and b of that moment.",
        lambda z, y, n, a, k: linear_probe(z, y, n, a * k, 1),
    ),
    (
        "Your gradients add up from step to step: `backward` adds to `.grad`. Set them to zero before each step.",
        _accumulated,
    ),
    (
        "Your softmax runs over the pictures (`dim=0`). Each picture's probabilities add up to 1: `dim=1`.",
        _by(_over_pictures),
    ),
    (
        "Your loss is the squared error. A linear probe of this course has the cross-entropy.",
        _by(_squared),
    ),
    (
        "That is the head of the nearest centroid, 2c and −‖c‖². It takes no step. Start at zero, and descend.",
        lambda z, y, n, a, k: protonet.linear_head(protonet.prototypes(z, y, n)),
    ),
)


@check
def check_linear_probe(function: Callable) -> str:
    """`linear_probe(features, labels, n_way, inner_lr, steps)`: [S, D], [S], N, α, k -> W [N, D], b [N]."""
    compare(
        function,
        [_support(n_way, k_shot, steps) for n_way, k_shot, steps in ((3, 2, 4), (5, 1, 7), (4, 3, 2))],
        reference=linear_probe,
        read=_read_head,
        same=lambda a, b: all(torch.allclose(x, y, rtol=1e-3, atol=1e-5) for x, y in zip(a, b, strict=True)),
        mistakes=PROBE_MISTAKES,
        show=_show_head,
    )
    return "Right. Your W and b agree on tasks of 3, 4 and 5 ways, after 2, 4 and 7 steps."


def _support(n_way: int, k_shot: int, steps: int) -> tuple[Tensor, Tensor, int, float, int]:
    """Features of no fixed order of labels; unequal means, so that the bias matters."""
    generator = seeded(n_way)
    labels = torch.arange(n_way).repeat(k_shot)[torch.randperm(n_way * k_shot, generator=generator)]
    extra = torch.tensor([0, 0, 1])  # classes of unequal size: else the bias would not move in the first step
    labels = torch.cat([labels, extra])
    return torch.rand(len(labels), 6, generator=generator) + labels[:, None] / 4, labels, n_way, 0.3, steps


def _read_head(answer: Any, features: Tensor, labels: Tensor, n_way: int, inner_lr: float, steps: int) -> Head:
    if not isinstance(answer, (tuple, list)) or len(answer) != 2 or not all(isinstance(x, Tensor) for x in answer):
        raise Wrong("Return two tensors, the weight and the bias of the new head: `return W, b`.")
    w, b = (part.detach().float() for part in answer)
    dim = features.shape[1]
    if w.ndim == 1 and b.ndim == 2:
        raise Wrong("Weight and bias come in another order. Return `W, b`.")
    if w.shape == (dim, n_way):
        raise Wrong(f"Your W has the shape {list(w.shape)}: one column a class. Give it one row a class, [N, D].")
    if w.shape != (n_way, dim) or b.shape != (n_way,):
        raise Wrong(
            f"Your W has the shape {list(w.shape)} and your b {list(b.shape)}. For {n_way} classes and {dim} features "
            f"they should be [{n_way}, {dim}] and [{n_way}]."
        )
    if steps and torch.equal(w, torch.zeros_like(w)) and torch.equal(b, torch.zeros_like(b)):
        raise Wrong("Your W and b are still zero. Does each step put its result back into W and b?")
    return w, b


def _show_head(case: tuple, answer: Head, right: Head) -> str:
    if not answer[1].any():
        return "Your b never moves: it comes back as zeros. Take the step for b too, and return the b after the steps."
    what, a, b = (
        ("W", answer[0], right[0]) if not torch.allclose(answer[0], right[0], 1e-3, 1e-5) else ("b", *_b(answer, right))
    )
    return (
        f"After {case[4]} steps of {case[3]} on {len(case[1])} pictures, your {what} starts with {a.flatten()[0]:.4f}, "
        f"and the right one with {b.flatten()[0]:.4f}. Both start at zero: a random head would give another result "
        "each time."
    )


def _b(answer: Head, right: Head) -> Head:
    return answer[1], right[1]


# --- when to stop


@check
def check_when_to_stop(function: Callable) -> str:
    """`when_to_stop(steps, validation, support, query)`: [M] numbers, accuracies [V, M], [E, M], [E, M] -> a number."""
    compare(
        function,
        cases(),
        reference=when_to_stop,
        read=lambda answer, *case: read_number(answer, "the number of steps"),
        same=lambda a, b: abs(a - b) < 1e-6,
        mistakes=STOP_MISTAKES,
        show=lambda case, answer, right: (
            f"The mean validation accuracies after {list(case[0])} steps are "
            f"{[round(x, 3) for x in case[1].mean(dim=0).tolist()]}. The best is after {right:g} "
            f"step{'' if right == 1 else 's'}, and you return {answer:g}."
        ),
    )
    return "Right. You decide by other classes' tasks, and never look at the query labels of the new ones."
