"""The inner loop: a few gradient steps on one task's support set, from θ to φ. Written once, for one task.

Everything that adapts uses it: MAML, first-order MAML, ANIL, Reptile and fine-tuning. `metalib.maml` batches it from
outside.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad
from torch.nn.functional import cross_entropy

from metalib import inputs

Params = dict[str, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]
Rows = Tensor | slice
Rate = float | Tensor | Params
StepRule = Callable[[Params, Params, Rate], Params]


def adapt(model: nn.Module, theta: Params, support_x: Tensor, support_y: Tensor, **settings) -> Params:
    """φ: the parameters after `inner_steps` gradient steps on the support loss, from θ. `settings` as `path` has them.

    theta      all parameters of `model` by name: dict(model.named_parameters()). Nothing is changed in place
    support_x  [S, ...]      support_y  [S, ...]
    Returns all parameters, differentiable in θ. Source: Finn, Abbeel and Levine (2017), algorithm 1, lines 5 and 6.
    """
    steps = path(model, theta, support_x, support_y, **settings)
    (phi,) = deque(steps, maxlen=1)  # only the last is kept, so that fifty steps need no more memory than one
    return phi


def path(
    model: nn.Module,
    theta: Params,
    support_x: Tensor,
    support_y: Tensor,
    *,
    inner_lr: Rate,
    inner_steps: int,
    loss_fn: Loss = cross_entropy,
    first_order: bool = False,
    only: str | tuple[str, ...] = "",
    batches: Sequence[Rows] | None = None,
    step_rule: StepRule | None = None,
) -> Iterator[Params]:
    """The parameters on the way: θ, then after each inner step.

    inner_lr     α, or one α for each adapted parameter, by name (Li et al., 2017; Antoniou et al., 2019)
    first_order  cut the steps out of the outer gradient: first-order MAML
    only         adapt the parameters whose names start so, the others stay at θ: "head" is ANIL (Raghu et al., 2020).
                 What has requires_grad=False in the model stays too, unless all of it has
    batches      the rows of the support set that each step takes, indices or a slice: minibatches. None: all of them
    step_rule    (φ, gradient, inner_lr) -> φ. None: plain gradient descent. `InnerAdam` is another
    Raises ValueError for settings, pictures or labels that do not fit the model, when the first element is taken.
    """
    adapted = {name: theta[name] for name in trainable(model) if name.startswith(only) and name in theta}
    inputs.check_adapting(model, theta, adapted, only=only, inner_lr=inner_lr, inner_steps=inner_steps, batches=batches)
    inputs.check_support_set(support_x, support_y, theta, classes=loss_fn is cross_entropy)
    if isinstance(step_rule, InnerAdam):
        step_rule.cut()

    def support_loss(adapted: Params, x: Tensor, y: Tensor) -> Tensor:
        return loss_of(loss_fn, functional_call(model, {**theta, **adapted}, (x,)), y)

    yield theta
    for step in range(inner_steps):
        rows = slice(None) if batches is None else batches[step]
        with torch.no_grad() if first_order else nullcontext():  # no_grad: the outer gradient ignores how this one
            gradient = grad(support_loss)(adapted, support_x[rows], support_y[rows])  # depends on θ
        adapted = (step_rule or gradient_step)(adapted, gradient, inner_lr)
        yield {**theta, **adapted}


def trainable(model: nn.Module) -> list[str]:
    """The names of the parameters that may move: those that require gradients, or all where none does."""
    names = dict(model.named_parameters())
    return [name for name, value in names.items() if value.requires_grad] or list(names)


def gradient_step(phi: Params, gradient: Params, inner_lr: Rate) -> Params:
    """φ − α · gradient, for each parameter."""
    return {
        name: value - (inner_lr[name] if isinstance(inner_lr, dict) else inner_lr) * gradient[name]
        for name, value in phi.items()
    }


class InnerAdam:
    """Adam as a step rule (Kingma and Ba, 2015). Its moments outlive the task when the object does, as in Reptile.

    Reptile's paper has beta1 = 0: no momentum, since consecutive tasks pull in different directions. From a fresh state
    its first step is then α · sign(gradient). Use one object for one task after the other, not under vmap.
    """

    def __init__(self, *, beta1: float = 0.0, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.steps: int | Tensor = 0
        self.mean: float | Tensor = 0.0
        self.square: float | Tensor = 0.0

    def __call__(self, phi: Params, gradient: Params, inner_lr: Rate) -> Params:
        g = torch.cat([gradient[name].flatten() for name in phi])  # one long vector: few operations instead of many
        if g.dtype == torch.float16 and g.requires_grad:
            raise ValueError("Adam's derivative reaches 1/ε, and float16 ends at 65,504: take bfloat16, or first order")
        g = g.float() if g.dtype in inputs.HALVES else g  # whose smallest number is above ε
        self.steps = self.steps + 1
        self.mean = self.beta1 * self.mean + (1 - self.beta1) * g
        self.square = self.beta2 * self.square + (1 - self.beta2) * g.square()
        # the averages start at zero; dividing by the weight that they have seen removes that bias
        seen1, seen2 = 1 - self.beta1**self.steps, 1 - self.beta2**self.steps
        square = self.square / seen2
        # the root's slope at 0 is infinite, and infinity times 0 no number: it counts as 0 there
        root = square.masked_fill(square == 0, 1.0).sqrt().masked_fill(square == 0, 0.0)
        direction = (self.mean / seen1) / (root + self.epsilon)
        parts = direction.to(next(iter(phi.values())).dtype).split([value.numel() for value in phi.values()])
        shaped = {name: part.view(value.shape) for (name, value), part in zip(phi.items(), parts, strict=True)}
        return gradient_step(phi, shaped, inner_lr)

    def cut(self) -> None:
        """Let go of the graph of the tasks before, whose memory a backward pass has freed; the numbers stay."""
        if isinstance(self.square, Tensor) and self.square.requires_grad:
            self.mean, self.square = torch.as_tensor(self.mean).detach(), self.square.detach()

    def state_dict(self) -> dict[str, object]:
        """What a resumed run needs."""
        self.cut()
        return {"steps": self.steps, "mean": self.mean, "square": self.square}

    def load_state_dict(self, state: dict) -> None:
        """Take what `state_dict` gave."""
        self.steps, self.mean, self.square = state["steps"], state["mean"], state["square"]


def loss_of(loss_fn: Loss, outputs: Tensor, labels: Tensor) -> Tensor:
    """loss_fn(outputs, labels), a number. Raises ValueError for a class label that has no output (on a CPU)."""
    try:
        return loss_fn(outputs, labels)
    except (IndexError, RuntimeError) as error:
        if "out of bounds" not in str(error):
            raise
        n_out = outputs.shape[-1]
        raise ValueError(
            f"the model has {n_out} outputs, so labels are 0 … {n_out - 1}, and one lies outside ({error}): "
            "number the classes anew in each episode, or give the head as many rows as the task has classes"
        ) from error
