"""What goes wrong in `maml_losses`: mistakes that the query losses show, each with its message."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import l1_loss, mse_loss

from metalib import maml
from metalib.adapt import Params, adapt
from metalib.course.kit.verdict import Mistakes
from metalib.episodes import Episode


def maml_losses(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Tensor:
    """MAML's query loss of each task after k inner steps of size α from θ, [T], differentiable in θ."""
    return maml.losses(model, theta, episodes, inner_lr=alpha, inner_steps=k, loss_fn=mse_loss)


def first_order_losses(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Tensor:
    """The same losses, [T], whose gradient is first-order MAML's."""
    return maml.losses(model, theta, episodes, inner_lr=alpha, inner_steps=k, loss_fn=mse_loss, first_order=True)


def partly_first_order(
    model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int, *, constant: int
) -> Tensor:
    """The same losses, [T], where only the gradient of step `constant` (of 0 … k − 1) counts as a constant."""
    losses = []
    for t in range(len(episodes.support_y)):
        task, phi = episodes.task(t), theta
        for step in range(k):
            loss = mse_loss(functional_call(model, phi, (task.support_x,)), task.support_y)
            g = torch.autograd.grad(loss, list(phi.values()), create_graph=True)
            g = tuple(gi.detach() for gi in g) if step == constant else g
            phi = {name: phi[name] - alpha * gi for name, gi in zip(phi, g, strict=True)}
        losses.append(mse_loss(functional_call(model, phi, (task.query_x,)), task.query_y))
    return torch.stack(losses)


def _on_support(e: Episode) -> Episode:
    return e._replace(query_x=e.support_x, query_y=e.support_y)


def _on_query(e: Episode) -> Episode:
    return e._replace(support_x=e.query_x, support_y=e.query_y)


def _own(model: nn.Module) -> Params:
    return dict(model.named_parameters())


def _carried_over(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Tensor:
    """Each task starts where the one before ended."""
    losses, phi = [], theta
    for t in range(len(episodes.support_y)):
        task = episodes.task(t)
        phi = adapt(model, phi, task.support_x, task.support_y, inner_lr=alpha, inner_steps=k, loss_fn=mse_loss)
        losses.append(mse_loss(functional_call(model, phi, (task.query_x,)), task.query_y))
    return torch.stack(losses)


def _from_theta(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Tensor:
    """Each step takes the gradient at φ, and goes from θ."""
    losses = []
    for t in range(len(episodes.support_y)):
        task, phi = episodes.task(t), theta
        for _ in range(k):
            loss = mse_loss(functional_call(model, phi, (task.support_x,)), task.support_y)
            g = torch.autograd.grad(loss, list(phi.values()))
            phi = {name: value - alpha * gi for (name, value), gi in zip(theta.items(), g, strict=True)}
        losses.append(mse_loss(functional_call(model, phi, (task.query_x,)), task.query_y))
    return torch.stack(losses)


def _by_absolute_errors(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Tensor:
    return maml.losses(model, theta, episodes, inner_lr=alpha, inner_steps=k, loss_fn=l1_loss)


LOSS_MISTAKES: Mistakes = (
    (
        "You take the support loss at φ. That rewards fitting the points that were given. The outer loss is on the "
        "query points, `query_x` and `query_y`.",
        lambda m, t, e, a, k: maml_losses(m, t, _on_support(e), a, k),
    ),
    (
        "Your inner steps see the query points. Adapt to `support_x` and `support_y`; the queries are for the "
        "outer loss only.",
        lambda m, t, e, a, k: maml_losses(m, t, _on_query(e), a, k),
    ),
    (
        "Support and query set have changed places: you adapt to the query points, and take the loss on the support "
        "points. The fields of `episodes` are support_x, support_y, query_x and query_y, in this order.",
        lambda m, t, e, a, k: maml_losses(m, t, Episode(e[2], e[3], e[0], e[1]), a, k),
    ),
    (
        "You divide the losses by the number of tasks. Return each task's loss as it is: whoever calls takes the mean.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k) / len(e.query_y),
    ),
    (
        "Your query loss is a sum over the points. `mse_loss` takes their mean, unless you set `reduction`.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k) * e.query_y.shape[1],
    ),
    (
        "Your support loss is a sum over the points, so that your inner step is as many times too long. `mse_loss` "
        "takes the mean, unless you set `reduction`.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a * e.support_y.shape[1], k),
    ),
    (
        "Both your losses are sums over the points, inside and outside. A sum makes the inner step as many times too "
        "long as the task has support points. `mse_loss` takes the mean, unless you set `reduction`.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a * e.support_y.shape[1], k) * e.query_y.shape[1],
    ),
    (
        "Your losses add up: each has those of the tasks before it in it. Start anew for each task.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k).cumsum(dim=0),
    ),
    (
        "You take one inner step too few: k − 1. Count the turns of your loop, and use the φ of the last one.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k - 1),
    ),
    (
        "You take one inner step too many: k + 1. Count the turns of your loop.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k + 1),
    ),
    (
        "You take one inner step, whatever k is. Does the second step start from the φ that the first one gave?",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, 1),
    ),
    (
        "You do not adapt at all: this is the query loss at θ. Call the model with φ: "
        "`functional_call(model, phi, (query_x,))`.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, 0),
    ),
    (
        "All your inner steps use the gradient at θ. After the first step, take the support loss at φ.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a * k, 1),
    ),
    (
        "Each of your inner steps goes from θ again: `theta[name] - alpha * g[name]` forgets the steps before, and is "
        "right for k = 1 only. Go on from where the last step ended: `phi[name] - alpha * g[name]`.",
        _from_theta,
    ),
    (
        "Your inner step climbs: it adds α times the gradient. Write φ = φ − α g.",
        lambda m, t, e, a, k: maml_losses(m, t, e, -a, k),
    ),
    (
        "Each of your tasks starts where the one before it ended. Start each from θ: set φ back inside the loop "
        "over tasks.",
        _carried_over,
    ),
    (
        "All your losses are the first task's. Take `support_x[t]` and so on of task t in each turn of the loop.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k)[:1].expand(len(e.query_y)),
    ),
    (
        "All your losses are the last task's: a name that is set in the loop is read after it.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k)[-1:].expand(len(e.query_y)),
    ),
    (
        "You start from the model's own weights. Start from `theta`, and run the model with "
        "`functional_call(model, phi, (x,))`.",
        lambda m, t, e, a, k: maml_losses(m, _own(m), e, a, k),
    ),
    (
        "You run the model with its own weights, which know nothing of φ: `model(query_x)`. Write "
        "`functional_call(model, phi, (query_x,))`.",
        lambda m, t, e, a, k: maml_losses(m, _own(m), e, a, 0),
    ),
    (
        "Your losses are halved. The course's `mse_loss` has no ½ in front.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k) / 2,
    ),
    (
        "You take the root of the loss. The mean squared error has none.",
        lambda m, t, e, a, k: maml_losses(m, t, e, a, k).sqrt(),
    ),
    ("You take absolute errors. Here the errors are squared: `mse_loss`.", _by_absolute_errors),
)
