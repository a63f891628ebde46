"""Model-agnostic meta-learning (Finn, Abbeel and Levine, 2017): find a start from which a few steps are enough.

    min over θ of  mean over tasks of  L_Q(φ(θ)),      φ(θ) = θ − α ∇L_S(θ)     (one inner step; section 2.2)

L_S is the loss on the support set, L_Q the loss on the query set. The gradient goes through the inner step, and so
through a gradient: second order. First-order MAML drops that part, and takes ∇L_Q at φ for the gradient at θ.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy

from metalib import inputs, vetting
from metalib.adapt import InnerAdam, Loss, Params, StepRule, adapt, loss_of
from metalib.episodes import Episode

_QUERIES_AT_ONCE = 16  # each brings the whole support set along: more would fill the memory


def task_loss(model: nn.Module, theta: Params, task: Episode, *, loss_fn: Loss = cross_entropy, **adapting) -> Tensor:
    """The query loss of one task after adaptation to its support set, a number. `adapting` as `adapt.path` has it."""
    inputs.check_targets(task.query_y, "query labels", classes=loss_fn is cross_entropy)
    phi = adapt(model, theta, task.support_x, task.support_y, loss_fn=loss_fn, **adapting)
    return loss_of(loss_fn, functional_call(model, phi, (task.query_x,)), task.query_y)


@functools.cache
def compiled_task_loss() -> Callable[..., Tensor]:
    """`task_loss` by torch's compiler. It works at the first call, for half a minute; a CPU needs a C++ compiler."""
    return torch.compile(task_loss)


def losses(
    model: nn.Module,
    theta: Params,
    episodes: Episode,
    *,
    chunk_size: int | None = None,
    compiled: bool = False,
    **adapting,
) -> Tensor:
    """Query loss of each task after adaptation: the summands of MAML's objective.

    theta       parameters of `model`, a dict of tensors
    episodes    Episode with a leading task axis: support_x [T, N·K, C, H, W], ...
    chunk_size  tasks that vmap takes at once. None: all of them. 1: a plain loop, the fastest on a CPU with one thread
    compiled    by torch's compiler, task by task: chunk_size has to be 1
    adapting    inner_lr, inner_steps, first_order, only, ... as `adapt.path` has them
    Returns     [T], differentiable in theta; its mean is the objective of Finn et al. (2017), section 2.2
    Raises ValueError where vmap would be wrong, and a loop is right.
    """
    inputs.check_tasks(episodes, theta, classes=adapting.get("loss_fn", cross_entropy) is cross_entropy)
    if chunk_size != 1:
        if compiled:
            raise ValueError(f"compiled, and chunk_size={chunk_size}: tasks are compiled one by one, give chunk_size=1")
        _check_vmap(model, theta, episodes, adapting)
    of_task = compiled_task_loss() if compiled else task_loss

    def loss(theta: Params, task: Episode) -> Tensor:
        return of_task(model, theta, task, **adapting)

    return over_tasks(loss, theta, episodes, chunk_size)


def _check_vmap(model: nn.Module, theta: Params, episodes: Episode, adapting: dict) -> None:
    """Raise ValueError for what vmap would get wrong without a word."""
    if isinstance(adapting.get("step_rule"), InnerAdam):
        raise ValueError("InnerAdam carries its state from task to task, one after the other: give chunk_size=1")
    if not adapting.get("first_order", False):
        vetting.check_vmap(model, theta, episodes.support_x[0], only=adapting.get("only", ""))


def logits(model: nn.Module, theta: Params, task: Episode, *, transductive: bool = True, **adapting) -> Tensor:
    """[Q, N]: the adapted model's answers to the queries of one task.

    transductive  with batch statistics, the queries of a task pass together, and each answer depends on the others: so
                  it is in MAML's paper. False: each query passes with the support set alone (Nichol et al., 2018)
    """
    phi = adapt(model, theta, task.support_x, task.support_y, **adapting)
    if transductive:
        return functional_call(model, phi, (task.query_x,))

    def alone(query: Tensor) -> Tensor:
        return functional_call(model, phi, (torch.cat([task.support_x, query[None]]),))[-1]

    return vmap(alone, chunk_size=_QUERIES_AT_ONCE)(task.query_x)


def predict(
    model: nn.Module,
    theta: Params,
    episodes: Episode,
    *,
    chunk_size: int | None = 1,
    step_rule: Callable[[], StepRule] | None = None,
    **settings,
) -> Tensor:
    """[T, Q]: the label that each query gets after adaptation; `chunk_size` as in `losses`.

    step_rule  makes a fresh one for each task, as InnerAdam does. None: plain gradient descent
    settings   what else `logits` takes
    """

    inputs.check_tasks(episodes._replace(query_y=episodes.support_y), theta, classes=True)  # answers need no labels

    def answers(theta: Params, task: Episode) -> Tensor:
        rule = None if step_rule is None else step_rule()
        return logits(model, theta, task, step_rule=rule, **settings)

    with torch.no_grad():  # no outer gradient is wanted; torch.func.grad takes the inner one all the same
        return inputs.finite(over_tasks(answers, theta, episodes, chunk_size)).argmax(dim=2)


def tie_rows(theta: Params, n_way: int, head: str = "head") -> Params:
    """θ with a head of `n_way` equal rows, from a θ whose head has one: a head for any N (Ye and Chao, 2022).

    Equal rows give no label a head start, so relabelling the classes changes nothing. With equal rows all logits are
    equal, and no gradient reaches the body: the first inner step moves the head alone.
    Raises ValueError for a head of more than one row, or none.
    """
    weight, bias = theta.get(f"{head}.weight"), theta.get(f"{head}.bias")
    if weight is None or bias is None:
        raise ValueError(f"theta has no {head}.weight and {head}.bias: build the network with n_out=1")
    if len(weight) != 1:
        raise ValueError(f"{head} has {len(weight)} rows, and one is wanted to tie {n_way} to: build it with n_out=1")
    return {**theta, f"{head}.weight": weight.expand(n_way, -1), f"{head}.bias": bias.expand(n_way)}


def over_tasks(
    function: Callable[[Params, Episode], Tensor], theta: Params, episodes: Episode, chunk_size: int | None = None
) -> Tensor:
    """function(theta, task) for each task, stacked along a leading axis T; `chunk_size` as in `losses`."""
    if chunk_size == 1:
        return torch.stack([function(theta, episodes.task(t)) for t in range(len(episodes.support_y))])
    try:
        return vmap(function, in_dims=(None, 0), chunk_size=chunk_size)(theta, episodes)
    except RuntimeError as error:
        function(theta, episodes.task(0))  # a fault of the model's own shows here, in plainer words
        raise vetting.in_words(error) from error
