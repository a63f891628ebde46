"""A learner's meta-gradient on small networks against the right one, and the mistake behind a wrong one."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import mse_loss

from metalib import maml
from metalib.adapt import Params, adapt
from metalib.course.kit.gradient_errors import NO_PATH, with_cause
from metalib.course.kit.parameters import see_that_nothing_changed, small_case, snapshot
from metalib.course.kit.verdict import Mistakes, Wrong, compare
from metalib.episodes import Episode


def exact(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int, **settings) -> Params:
    """MAML's gradient: of the mean over tasks of the query loss at φ, with respect to θ."""
    losses = maml.losses(
        model, theta, episodes, inner_lr=alpha, inner_steps=k, loss_fn=mse_loss, chunk_size=1, **settings
    )
    return dict(zip(theta, torch.autograd.grad(losses.mean(), list(theta.values())), strict=True))


def first_order(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Params:
    """First-order MAML's gradient: the mean over tasks of ∇L_Q at φ."""
    return exact(model, theta, episodes, alpha, k, first_order=True)


def _on_support(e: Episode) -> Episode:
    return e._replace(query_x=e.support_x, query_y=e.support_y)


def _on_query(e: Episode) -> Episode:
    return e._replace(support_x=e.query_x, support_y=e.query_y)


def _task(e: Episode, t: int) -> Episode:
    return Episode(*(field[t : t + 1] if t >= 0 else field[-1:] for field in e))


def _times(factor: float, gradient: Params) -> Params:
    return {name: factor * value for name, value in gradient.items()}


def _carried_over(gradient: Callable) -> Callable:
    """`gradient` with each task starting where the one before ended."""

    def mistaken(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Params:
        losses, phi = [], theta
        for t in range(len(episodes.support_y)):
            task = episodes.task(t)
            cut = gradient is first_order
            how = {"inner_lr": alpha, "inner_steps": k, "loss_fn": mse_loss, "first_order": cut}
            phi = adapt(model, phi, task.support_x, task.support_y, **how)
            losses.append(mse_loss(functional_call(model, phi, (task.query_x,)), task.query_y))
        found = torch.autograd.grad(torch.stack(losses).mean(), list(theta.values()))
        return dict(zip(theta, found, strict=True))

    return mistaken


def _moved(model: nn.Module, theta: Params, episodes: Episode, alpha: float, k: int) -> Params:
    """(θ − φ) / α, averaged over tasks: Reptile's direction."""
    phis = [
        adapt(model, theta, *episodes.task(t)[:2], inner_lr=alpha, inner_steps=k, loss_fn=mse_loss)
        for t in range(len(episodes.support_y))
    ]
    return {
        name: (value - torch.stack([phi[name] for phi in phis]).mean(dim=0)) / alpha for name, value in theta.items()
    }


def gradient_mistakes(gradient: Callable) -> Mistakes:
    """What goes wrong where `gradient`, `exact` or `first_order`, is right. Long because it is a table."""
    return (
        (
            "You take the support loss at φ. That rewards fitting the points that were given. The outer loss is on the "
            "query points, `query_x` and `query_y`.",
            lambda m, t, e, a, k: gradient(m, t, _on_support(e), a, k),
        ),
        (
            "Your inner steps see the query points. Adapt to `support_x` and `support_y`; the queries are for the "
            "outer loss only.",
            lambda m, t, e, a, k: gradient(m, t, _on_query(e), a, k),
        ),
        (
            "You sum over the tasks. Take the mean: divide by their number. With the sum, the step grows with the "
            "number of tasks.",
            lambda m, t, e, a, k: _times(len(e.query_y), gradient(m, t, e, a, k)),
        ),
        (
            "Your query loss is a sum over the points. `mse_loss` takes their mean, unless you set `reduction`.",
            lambda m, t, e, a, k: _times(e.query_y.shape[1], gradient(m, t, e, a, k)),
        ),
        (
            "Your support loss is a sum over the points, so that your inner step is as many times too long. `mse_loss` "
            "takes the mean, unless you set `reduction`.",
            lambda m, t, e, a, k: gradient(m, t, e, a * e.support_y.shape[1], k),
        ),
        (
            "You take one inner step too few: k − 1. Count the turns of your loop, and use the φ of the last one.",
            lambda m, t, e, a, k: gradient(m, t, e, a, k - 1),
        ),
        (
            "You take one inner step too many: k + 1. Count the turns of your loop.",
            lambda m, t, e, a, k: gradient(m, t, e, a, k + 1),
        ),
        (
            "You take one inner step, whatever k is. Does the second step start from the φ that the first one gave?",
            lambda m, t, e, a, k: gradient(m, t, e, a, 1),
        ),
        (
            "You do not adapt at all: this is the gradient of the query loss at θ. Call the model with φ: "
            "`functional_call(model, phi, (query_x,))`.",
            lambda m, t, e, a, k: gradient(m, t, e, a, 0),
        ),
        (
            "All your inner steps use the gradient at θ. After the first step, take the support loss at φ.",
            lambda m, t, e, a, k: gradient(m, t, e, a * k, 1),
        ),
        (
            "Your inner step climbs: it adds α times the gradient. Write φ = θ − α g.",
            lambda m, t, e, a, k: gradient(m, t, e, -a, k),
        ),
        (
            "Your sign is wrong: you return the direction of descent. Return the gradient itself.",
            lambda m, t, e, a, k: _times(-1, gradient(m, t, e, a, k)),
        ),
        (
            "Each of your tasks starts where the one before it ended. Start each from θ: set φ back inside the loop "
            "over tasks.",
            _carried_over(gradient),
        ),
        (
            "You use the first task only. A `return` inside the loop over tasks ends it early.",
            lambda m, t, e, a, k: gradient(m, t, _task(e, 0), a, k),
        ),
        (
            "You use the last task only: its loss overwrites those before it. Collect the losses, and take their mean.",
            lambda m, t, e, a, k: gradient(m, t, _task(e, -1), a, k),
        ),
        (
            "You return (θ − φ) / α, the mean of the inner gradients. That is Reptile's direction (notebook 05): no "
            "query point is in it.",
            _moved,
        ),
    )


DETACHED = (
    "Your gradient is the first-order one: ∇L_Q at φ. The inner step was cut out of the graph, by `detach`, `.data` or "
    "`no_grad`. Take that away, and ask for the inner gradient with `create_graph=True`. Or you "
    "differentiated the query loss by φ: differentiate it by `theta.values()`."
)
WITH_RESPECT_TO_PHI = (
    "Your gradient is the first-order one: you differentiate the query loss at φ with respect to φ. Differentiate it "
    "with respect to θ, through the inner steps."
)
NO_GRAPH = (
    "Your gradient is the first-order one: ∇L_Q at φ. Without `create_graph=True`, `torch.autograd.grad` returns plain "
    "numbers, and the outer gradient cannot see how they depend on θ. Differentiate the query loss with respect to θ, "
    "too: with respect to φ it would stay the first-order gradient."
)
NOT_CHANGED = (
    "This is MAML's exact gradient, with the second-order part. For first-order MAML the inner gradient has to count "
    "as a constant: detach it, or leave `create_graph` out, or differentiate the query loss with respect to φ."
)
NOT_A_DICT = (
    "Your numbers are right, but you return a {}. Return a dict with the names of `theta`: "
    "`dict(zip(theta, gradients, strict=True))`."
)


def first_order_reason(function: Callable) -> str:
    """Why a function returns the first-order gradient, by the names in its code."""
    names = _names(getattr(function, "__code__", None))
    if "requires_grad_" in names or "requires_grad" in names:
        return WITH_RESPECT_TO_PHI
    if names & {"detach", "detach_", "no_grad", "data"}:
        return DETACHED
    short = getattr(function, "__globals__", {}).get("grad") if "grad" in names else None
    # gradients of torch.func keep their graph unasked
    by_func = "autograd" not in names and ("func" in names or short is torch.func.grad)
    return WITH_RESPECT_TO_PHI if by_func or "create_graph" in names else NO_GRAPH


def _names(code: CodeType | None) -> set[str]:
    """All names in a function and in those inside it, with those of keyword arguments."""
    if code is None:
        return set()
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    words = {
        word for constant in code.co_consts if isinstance(constant, tuple) for word in constant if isinstance(word, str)
    }
    return set(code.co_names) | words | set().union(*map(_names, inner))


# what a learner's function is stopped by here, and the cause: the first pattern that is found in the message
FOR_THETA = (
    "Look for `theta[name] = ...`, `-=`, `.sub_()` and `.data`. Make a new dict: "
    "`phi = {name: theta[name] - alpha * g[name] for name in theta}`."
)
FOR_MODEL = "Call it with φ: `functional_call(model, phi, (x,))`."


def judge_gradient(function: Callable, gradient: Callable, mistakes: Mistakes) -> None:
    """Compare the learner's meta-gradient with `gradient` on three small networks; raises Wrong with the mistake."""
    cases = [(*small_case(3), 0.2, 1), (*small_case(2), 0.1, 2), (*small_case(4), 0.15, 3)]
    before = {id(theta): snapshot(model, theta) for model, theta, *_ in cases}
    kinds = set()

    def read(answer: Any, model: nn.Module, theta: Params, *rest: Any) -> Params:
        see_that_nothing_changed(model, theta, before[id(theta)], for_theta=FOR_THETA, for_model=FOR_MODEL)
        kinds.add(type(answer))
        return _read_gradient(answer, theta)

    try:
        compare(
            function,
            cases,
            reference=gradient,
            read=read,
            same=lambda a, b: all(torch.allclose(a[name], b[name], rtol=1e-4, atol=1e-7) for name in b),
            mistakes=mistakes,
            show=_show_gradients,
        )
    except Wrong as wrong:
        raise with_cause(wrong) from None
    for kind in kinds:  # after the numbers: a mistake in those matters more than the form
        if not issubclass(kind, dict):
            raise Wrong(NOT_A_DICT.format(kind.__name__))


def _read_gradient(answer: Any, theta: Params) -> Params:
    if isinstance(answer, Tensor):
        kind = "the loss" if answer.numel() == 1 else "one tensor"
        raise Wrong(f"You return {kind}. Return the gradient: a dict with a tensor for each name in `theta`.")
    if isinstance(answer, (list, tuple)) and len(answer) == len(theta):
        answer = dict(zip(theta, answer, strict=True))  # in torch.autograd.grad's order, that of theta, to compare
    if not isinstance(answer, dict):
        raise Wrong(f"You return a {type(answer).__name__}. Return a dict with a tensor for each name in `theta`.")
    if answer.keys() != theta.keys():
        missing = ", ".join(sorted(theta.keys() ^ answer.keys()))
        raise Wrong(f"The names in your dict are not those of `theta`. These are in one of them only: {missing}.")
    for name, value in answer.items():
        if value is None:
            raise Wrong(f"Your gradient of `{name}` is None: the loss does not depend on it. {NO_PATH}")
        if not isinstance(value, Tensor) or value.shape != theta[name].shape:
            shape = list(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise Wrong(f"Your gradient of `{name}` is {shape}, and `{name}` has the shape {list(theta[name].shape)}.")
    return {name: value.detach().double() for name, value in answer.items()}


def _show_gradients(case: tuple, answer: Params, right: Params) -> str:
    ours, theirs = (torch.cat([gradient[name].flatten() for name in right]) for gradient in (right, answer))
    cosine = torch.cosine_similarity(ours, theirs, dim=0).item()
    return (
        f"With {len(case[2].query_y)} tasks, α = {case[3]} and k = {case[4]}, the gradient's length is "
        f"{ours.norm():.4f} and that of yours is {theirs.norm():.4f}. The cosine between the two is {cosine:.3f}. Try "
        "k = 1 with one task, and compare with `metalib.maml` name by name."
    )
