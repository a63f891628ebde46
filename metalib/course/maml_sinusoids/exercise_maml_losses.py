"""A learner's `maml_losses` on small networks: first the losses, then their gradient with respect to θ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from metalib.adapt import Params
from metalib.course.kit.digits import beside
from metalib.course.kit.gradient_errors import NO_PATH, with_cause
from metalib.course.kit.parameters import see_that_nothing_changed, small_case, snapshot
from metalib.course.kit.verdict import Wrong, attempt, compare
from metalib.course.maml_sinusoids.mistakes_maml_losses import (
    LOSS_MISTAKES,
    first_order_losses,
    maml_losses,
    partly_first_order,
)
from metalib.course.maml_sinusoids.reading import names_in, row_of_numbers

LOSSES_RIGHT = "Your losses are right. "
DETACHED = (
    LOSSES_RIGHT + "Their gradient is the first-order one: the inner gradient was cut out of the graph, by `detach`, "
    "`.data` or `no_grad`. Take that away, and ask for the inner gradient with `create_graph=True`."
)
NO_GRAPH = (
    LOSSES_RIGHT + "Their gradient is the first-order one: without `create_graph=True`, `torch.autograd.grad` returns "
    "plain numbers, and the outer gradient cannot see how they depend on θ."
)
NOT_CHANGED = (
    LOSSES_RIGHT + "Their gradient is still MAML's exact one, with the second-order part. For first-order MAML the "
    "inner gradient has to count as a constant, which does not remember that it came from θ."
)
PARTLY = (
    LOSSES_RIGHT + "Their gradient is that of neither method: only the {} step's inner gradient counts as a constant. "
    "Treat the gradients of all k steps alike, inside the loop."
)
CUT = (
    LOSSES_RIGHT + "But nobody can differentiate them with respect to θ: φ was cut off from θ on the way. Look for "
    "`.item()`, `float(...)`, `.detach()`, `.data`, `no_grad` and `requires_grad_()`. Only the inner gradient may be a "
    "constant, never φ."
)
SPENT = (
    LOSSES_RIGHT + "But their graph is used up. Leave the outer gradient to whoever calls: no `.backward()` in here."
)
NO_TENSOR = (
    "Your numbers are right, but you return a {}. Return one tensor, which keeps the graph: `torch.stack(losses)`."
)
FOR_THETA = (
    "Look for `theta[name] = ...`, `-=`, `.sub_()`, `.data` and `.backward()`. Make a new dict for each step: "
    "`phi = {name: phi[name] - alpha * g[name] for name in phi}`, with `phi = theta` before the first one."
)
BACKWARD = (
    "`.backward()` fills `.grad` of leaves such as θ only: after a step φ is no leaf, and its `.grad` is None. Ask "
    "for the gradients by `torch.autograd.grad(loss, list(phi.values()), create_graph=True)`."
)
FOR_MODEL = "Call it with φ: `functional_call(model, phi, (x,))`."


def judge(function: Callable, *, first_order: bool) -> None:
    """Compare the learner's losses, and then the gradient of their mean; raises Wrong with the mistake."""
    cases = [(*small_case(3), 0.2, 1), (*small_case(2), 0.1, 2), (*small_case(4), 0.15, 3)]
    answers = _judge_losses(function, cases)
    _judge_no_step(function)
    right, other = (first_order_losses, maml_losses) if first_order else (maml_losses, first_order_losses)
    found = [_gradient(answer, case[1]) for answer, case in zip(answers, cases, strict=True)]
    for case, gradient in zip(cases, found, strict=True):
        if not _agree(gradient, _gradient(right(*case), case[1])):
            alike = all(_agree(f, _gradient(other(*c), c[1])) for f, c in zip(found, cases, strict=True))
            if alike:
                raise Wrong(NOT_CHANGED if first_order else first_order_reason(function))
            _see_that_steps_are_alike(cases, found)
            raise Wrong(LOSSES_RIGHT + _show_gradients(case, gradient, _gradient(right(*case), case[1])))


def _judge_losses(function: Callable, cases: list[tuple]) -> list[Tensor]:
    """The learner's losses for each case, with their graph, once their values are right."""
    before = {id(theta): snapshot(model, theta) for model, theta, *_ in cases}
    kinds, answers = set(), []

    def read(answer: Any, model: nn.Module, theta: Params, episodes: Any, *rest: Any) -> Tensor:
        see_that_nothing_changed(model, theta, before[id(theta)], for_theta=FOR_THETA, for_model=FOR_MODEL)
        kinds.add(type(answer))
        answers.append(answer)
        return _read_losses(answer, len(episodes.query_y))

    try:
        compare(
            function,
            cases,
            reference=lambda *case: maml_losses(*case).detach(),
            read=read,
            same=lambda a, b: torch.allclose(a, b, rtol=1e-4, atol=1e-7),
            mistakes=[(words, _without_graph(mistake)) for words, mistake in LOSS_MISTAKES],
            show=lambda case, answer, right: _show_losses(function, case, answer, right),
        )
    except Wrong as wrong:
        if "NoneType" in str(wrong) and "backward" in names_in(function):
            raise Wrong("\n".join([*str(wrong).splitlines()[:-1], BACKWARD])) from None
        raise with_cause(wrong) from None
    for kind in kinds:  # after the numbers: a mistake in those matters more than the form
        if not issubclass(kind, Tensor):
            raise Wrong(NO_TENSOR.format(kind.__name__))
    return answers


def _without_graph(mistake: Callable) -> Callable:
    return lambda *case: mistake(*case).detach()


def _read_losses(answer: Any, n_tasks: int) -> Tensor:
    """[T], float64, without a graph."""
    if isinstance(answer, dict):
        raise Wrong("You return a dict. Return the query losses at φ, one for each task: a tensor [T].")
    kind = type(answer).__name__
    answer = row_of_numbers(answer, n_tasks, "the query loss of one task")
    if answer is None:
        raise Wrong(f"You return a {kind}. Return a tensor [T], the query loss of each task.")
    if answer.numel() == 1:
        raise Wrong(
            "You return one number. Return one loss for each task, [T]: whoever calls takes the mean. A `return` "
            "inside the loop over tasks ends it early."
        )
    if list(answer.shape) != [n_tasks]:
        raise Wrong(
            f"You return a tensor of shape {list(answer.shape)} for {n_tasks} tasks. Return one loss for each, "
            f"[{n_tasks}]: `mse_loss` has taken the mean over a task's points."
        )
    return answer.detach().double()


def _show_losses(function: Callable, case: tuple, answer: Tensor, right: Tensor) -> str:
    """What to say of losses that no known mistake explains: an argument that changes nothing, else the numbers."""
    model, theta, episodes, alpha, k = case
    others = {"alpha": (model, theta, episodes, alpha / 4, k), "k": (model, theta, episodes, alpha, k + 3)}
    for name, other in others.items():
        if torch.equal(_read_losses(attempt(function, *other), len(right)), answer):
            return f"Your losses are the same for every `{name}`. Use the argument, and no number or name from outside."
    t = int((answer - right).abs().argmax())
    ours, theirs, why = beside(right[t].item(), answer[t].item())
    return (
        f"With {len(right)} tasks, α = {alpha} and k = {k}, the loss of task {t} is {ours}, and yours is {theirs}."
        f"{why} Try k = 1 with one task, and compare φ with `metalib.adapt.adapt` name by name."
    )


def _gradient(losses: Tensor, theta: Params) -> Tensor:
    """[P], of the mean over tasks, with respect to θ."""
    if not losses.requires_grad:
        raise Wrong(CUT)
    try:
        found = torch.autograd.grad(losses.mean(), list(theta.values()), allow_unused=True, retain_graph=True)
    except RuntimeError as error:
        if "second time" in str(error):
            raise Wrong(SPENT) from None
        raise Wrong(f"{LOSSES_RIGHT}Their gradient fails: {error}. {NO_PATH}") from None
    if all(g is None for g in found):
        raise Wrong(CUT)
    filled = [torch.zeros_like(t) if g is None else g for g, t in zip(found, theta.values(), strict=True)]
    return torch.cat([g.flatten() for g in filled]).double()


def _see_that_steps_are_alike(cases: list[tuple], found: list[Tensor]) -> None:
    """Raise Wrong where the gradients are those of first-order MAML in one step, and of MAML in the others."""
    for which, constant in {"first": lambda k: 0, "last": lambda k: k - 1}.items():
        partly = [_gradient(partly_first_order(*c, constant=constant(c[4])), c[1]) for c in cases]
        if all(_agree(f, p) for f, p in zip(found, partly, strict=True)):
            raise Wrong(PARTLY.format(which))


def _agree(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-4, atol=1e-7)


def _show_gradients(case: tuple, answer: Tensor, right: Tensor) -> str:
    ours, theirs, why = beside(right.norm().item(), answer.norm().item())
    cosine = torch.cosine_similarity(right, answer, dim=0).item()
    return (
        f"With {len(case[2].query_y)} tasks, α = {case[3]} and k = {case[4]}, the length of their mean's gradient is "
        f"{ours}, and yours is {theirs}; the cosine between the two is {cosine:.3f}.{why} Look for `.detach()`, "
        "`.data` and `no_grad`, which cut some part out of the graph."
    )


def _judge_no_step(function: Callable) -> None:
    """k = 0 is no step, and φ is θ: the notebook trains with it, too."""
    case = (*small_case(2), 0.1, 0)
    answer = _read_losses(attempt(function, *case), 2)
    if not torch.allclose(answer, maml_losses(*case).detach(), rtol=1e-4):
        raise Wrong("With k = 0 there is no inner step, φ is θ, and yours differ. Take the support loss in the loop.")


def first_order_reason(function: Callable) -> str:
    """Why a function's losses have the first-order gradient, by the names in its code."""
    cuts = {"detach", "detach_", "no_grad", "data"}
    return DETACHED if names_in(function) & cuts else NO_GRAPH
