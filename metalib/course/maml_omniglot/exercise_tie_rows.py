"""A learner's head for any number of classes, from a head of one row; and the ways to get it wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib.adapt import Params
from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded

HEAD = ("head.weight", "head.bias")
Answer = tuple[Params, Params]  # the new parameters, and the gradient of some function of them with respect to θ


def tie_rows(theta: Params, n_way: int) -> Params:
    """All parameters by name, the head's one row n_way times: the course's answer."""
    wide = {"head.weight": theta["head.weight"].expand(n_way, -1), "head.bias": theta["head.bias"].expand(n_way)}
    return {**theta, **wide}


def judge(function: Callable) -> None:
    """Raise Wrong with the mistake behind the learner's answer."""
    cases = [(_theta(seed), n_way) for seed, n_way in enumerate((5, 3, 20))]
    before = {id(theta): {name: value.detach().clone() for name, value in theta.items()} for theta, _ in cases}

    def read(wide: Any, theta: Params, n_way: int) -> Answer:
        old = before[id(theta)]
        if theta.keys() != old.keys() or any(not theta[name].equal(old[name]) for name in old):
            raise Wrong("Your function changes `theta`. Return a new dict: `{**theta, ...}`.")
        _see_form(wide, theta, n_way)
        return _with_gradient(wide, theta)

    compare(
        function,
        cases,
        reference=lambda theta, n_way: _with_gradient(tie_rows(theta, n_way), theta),
        read=read,
        same=lambda a, b: all(_close(*pair) for pair in zip(a, b, strict=True)),
        mistakes=MISTAKES,
        show=lambda case, answer, right: _show(case[1], _differing(answer[0], right[0])),
    )


def _theta(seed: int) -> Params:
    """The names of a small network whose head has one row."""
    generator = seeded(seed)
    shapes = {"blocks.0.0.weight": (2, 1, 3, 3), "head.weight": (1, 8), "head.bias": (1,)}
    return {
        name: torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()
        for name, shape in shapes.items()
    }


def _see_form(wide: Any, theta: Params, n_way: int) -> None:
    if not isinstance(wide, dict):
        raise Wrong(f"You return a {type(wide).__name__}. Return a dict with a tensor for each name in `theta`.")
    if missing := [name for name in theta if not isinstance(wide.get(name), Tensor)]:
        raise Wrong(f"`{missing[0]}` is missing. Return all parameters: `{{**theta, 'head.weight': ..., ...}}`.")
    wanted = {**{name: value.shape for name, value in theta.items()}, HEAD[0]: (n_way, 8), HEAD[1]: (n_way,)}
    for name, shape in wanted.items():
        if wide[name].shape != shape:
            raise Wrong(
                f"Your `{name}` has the shape {list(wide[name].shape)}, and for {n_way} classes it should be "
                f"{list(shape)}: the head has a row, and a bias, for each class. `.expand(n_way, -1)` repeats a row."
            )
        if wide[name].dtype != theta[name].dtype:
            types = [str(values[name].dtype).removeprefix("torch.") for values in (wide, theta)]
            raise Wrong(f"Your `{name}` is {types[0]}, and θ's is {types[1]}: repeat θ's own.")


def _with_gradient(wide: Params, theta: Params) -> Answer:
    """With the gradient of a weighted sum of squares: rows count unequally, as in a query loss."""
    total = torch.stack(
        [(value.square() * (1 + torch.arange(value.numel()).view(value.shape))).sum() for value in wide.values()]
    ).sum()
    if not total.requires_grad:
        return wide, {name: torch.zeros_like(value) for name, value in theta.items()}
    found = torch.autograd.grad(total, list(theta.values()), allow_unused=True)
    grads = zip(theta.items(), found, strict=True)
    return wide, {name: torch.zeros_like(value) if g is None else g for (name, value), g in grads}


def _close(a: Params, b: Params) -> bool:
    return all(torch.allclose(a[name], value, rtol=1e-6) for name, value in b.items())


def _differing(wide: Params, right: Params) -> list[str]:
    return [f"`{name}`" for name, value in right.items() if not torch.allclose(wide[name], value, rtol=1e-6)]


def _show(n_way: int, differing: list[str]) -> str:
    if not differing:
        return (
            f"For {n_way} classes your values are right, and their gradient with respect to θ is not, in the head's "
            "weight or its bias. Look for `.detach()` and `.data`."
        )
    verb = "differs" if len(differing) == 1 else "differ"
    return f"For {n_way} classes, your {', '.join(differing)} {verb} from {n_way} copies of θ's row."


def _mistaken(change: Callable[[Params, int], Params]) -> Callable[[Params, int], Answer]:
    def answer(theta: Params, n_way: int) -> Answer:
        return _with_gradient({**theta, **change(tie_rows(theta, n_way), n_way)}, theta)

    return answer


def _scaled(wide: Params, n_way: int) -> Params:
    return {name: wide[name] / n_way for name in HEAD}


MISTAKES = (
    (
        "The numbers are right, and the rows have no path back to θ: the one row could not be trained. Leave out "
        "`detach`, `.data`, `torch.tensor(...)` and `nn.Parameter(...)`.",
        _mistaken(lambda wide, n_way: {name: wide[name].detach() for name in HEAD}),
    ),
    (
        "The numbers are right, and nothing has a path back to θ. Take θ's own tensors, without `detach` or `no_grad`.",
        _mistaken(lambda wide, n_way: {name: value.detach() for name, value in wide.items()}),
    ),
    (
        "You divide by the number of classes. Each class gets the whole row, and not its share.",
        _mistaken(_scaled),
    ),
    (
        "The rows are zero. Zeros are equal too, but θ's row was trained: repeat that one.",
        _mistaken(lambda wide, n_way: {name: torch.zeros_like(wide[name]) for name in HEAD}),
    ),
    (
        "The weights are right, and the biases are zero. Repeat θ's bias as well.",
        _mistaken(lambda wide, n_way: {**wide, "head.bias": torch.zeros_like(wide["head.bias"])}),
    ),
)
