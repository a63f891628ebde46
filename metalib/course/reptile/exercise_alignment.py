"""A learner's estimate of the inner product of two minibatch gradients, held against all pairs of minibatches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from itertools import combinations, combinations_with_replacement, product
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import mse_loss

from metalib.adapt import Params
from metalib.course.kit.verdict import Wrong, attempt, read_number
from metalib.models import mlp
from metalib.runtime import seeded

SHAPES = ((6, 2), (7, 3))  # points, and points of a minibatch
SEEDS = {6: 29, 7: 37}  # by points; with these, two in five inner products are negative
DRAWS = 100  # of 45 and 70 pairs: a right function misses half of them less than once in 10⁹
GENERATOR = "Draw with the generator: `torch.randperm(len(x), generator=generator)`."
Case = tuple[nn.Module, Params, Tensor, Tensor, int]


def inner_product(
    model: nn.Module, theta: Params, x: Tensor, y: Tensor, batch_size: int, generator: torch.Generator
) -> Tensor:
    """g₁ · g₂ at θ, for two random minibatches of one task that share no point. x, y [S, 1] -> a number"""
    first, second = torch.randperm(len(x), generator=generator)[: 2 * batch_size].split(batch_size)

    def gradient(rows: Tensor) -> Params:
        return grad(lambda theta: mse_loss(functional_call(model, theta, (x[rows],)), y[rows]))(theta)

    g1, g2 = gradient(first), gradient(second)
    return torch.stack([(g1[name] * g2[name]).sum() for name in theta]).sum()


def judge(function: Callable) -> str:
    """Run the learner's function several times; each answer has to be that of some pair of disjoint minibatches."""
    cases = [_case(*shape) for shape in SHAPES]
    inner_product(*cases[0], seeded(0))  # the first gradient loads half of torch: not the learner's time
    answers = [[_answer(function, case, seed) for seed in range(DRAWS)] for case in cases]
    if not all(_all_in(found, _disjoint(case)) for found, case in zip(answers, cases, strict=True)):
        for message, values in MISTAKES:
            if all(_all_in(found, values(case)) for found, case in zip(answers, cases, strict=True)):
                raise Wrong(message)
        case, found = cases[0], answers[0]
        strange = next(value for value in found if not _all_in([value], _disjoint(case)))
        raise Wrong(
            f"With {len(case[2])} points and minibatches of {case[4]} you return {strange:.4f}. No two disjoint "
            f"minibatches have this inner product: they lie between {min(_disjoint(case)):.4f} and "
            f"{max(_disjoint(case)):.4f}. Add up g₁ times g₂ over all parameters."
        )
    if any(max(found) - min(found) < 1e-9 for found in answers):
        raise Wrong(f"You always take the same two minibatches. {GENERATOR}")
    if any(abs(_answer(function, cases[0], seed) - answers[0][seed]) > 1e-9 for seed in range(8)):
        raise Wrong(f"Equal generators give different minibatches: you draw from elsewhere. {GENERATOR}")
    for case, found in zip(cases, answers, strict=True):
        _see_that_every_pair_can_come(case, found)
    return f"Right. All {DRAWS * len(SHAPES)} answers are inner products of two disjoint minibatches of one task."


def _see_that_every_pair_can_come(case: Case, found: list[float]) -> None:
    """Raise Wrong where the pairs of minibatches behind the answers follow a pattern, or are too few."""
    size, pairs = len(case[2]), list(_pairs(case))
    values = torch.tensor(_disjoint(case), dtype=torch.float64)
    nearest = (torch.tensor(found, dtype=torch.float64)[:, None] - values).abs().argmin(dim=1).tolist()
    drawn = [tuple(map(set, pairs[number])) for number in nearest]  # g₁ · g₂ does not tell (a, b) from (b, a)
    if set.intersection(*(_both_as_tuples(pair) for pair in drawn)):
        raise Wrong(f"One of your two minibatches is always the same one. Draw both. {GENERATOR}")
    for message, follows in PATTERNS:
        if all(follows(a, b, size) or follows(b, a, size) for a, b in drawn):
            raise Wrong(message)
    different, possible = len({frozenset(map(frozenset, pair)) for pair in drawn}), len(pairs) // 2
    if different < possible / 2:
        raise Wrong(
            f"Of {possible} pairs of disjoint minibatches, only {different} came up in {DRAWS} calls. Every pair has "
            f"to have the same chance. {GENERATOR} Then cut two pieces off."
        )


def _both_as_tuples(pair: tuple[set[int], ...]) -> set[tuple[int, ...]]:
    return {tuple(sorted(rows)) for rows in pair}


def _in_a_row(rows: set[int], size: int) -> bool:
    """Whether they follow one another, perhaps past the last row to the first."""
    return sum((row + 1) % size not in rows for row in rows) == 1


PATTERNS: tuple[tuple[str, Callable[[set[int], set[int], int], bool]], ...] = (
    (
        "Your second minibatch has the first of the rows that are left, in their order. Then some pairs never come. "
        "Shuffle all rows once, and cut both minibatches off.",
        lambda a, b, size: sorted(b) == [row for row in range(size) if row not in a][: len(b)],
    ),
    (
        "Your second minibatch has the last of the rows that are left, in their order. Then some pairs never come. "
        "Shuffle all rows once, and cut both minibatches off.",
        lambda a, b, size: sorted(b) == [row for row in range(size) if row not in a][-len(b) :],
    ),
    (
        "The rows of your minibatches stand next to one another: you draw the place of a block, and not its rows. "
        "Points that were stored together may be alike. Shuffle all rows once, and cut both minibatches off.",
        lambda a, b, size: _in_a_row(a, size) and _in_a_row(b, size),
    ),
)


def _answer(function: Callable, case: Case, seed: int) -> float:
    model, theta, x, y, batch_size = case
    before = {name: value.detach().clone() for name, value in theta.items()}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Converting a tensor with requires_grad")  # `float(...)` is fine here
        answer = attempt(function, model, theta, x, y, batch_size, seeded(seed))
    if any(not value.equal(theta[name]) for name, value in before.items()):
        raise Wrong("Your function changes `theta`. No step is taken here: both gradients are at the same θ.")
    return _number(answer)


def _number(answer: Any) -> float:
    if isinstance(answer, dict):
        raise Wrong("You return a dict. Add the products up over all parameters, to one number.")
    number = answer.detach() if isinstance(answer, Tensor) else answer
    return read_number(number, "the inner product of the two gradients")


def _case(n_points: int, batch_size: int) -> Case:
    generator = seeded(SEEDS[n_points])

    def noise(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    model = mlp((1, 5, 1), activation=nn.Tanh).double()
    theta = {name: noise(*value.shape).requires_grad_() for name, value in model.named_parameters()}
    return model, theta, noise(n_points, 1), 3 * noise(n_points, 1), batch_size


def _of_points(case: Case) -> dict[str, Tensor]:
    """The gradient of the squared error of each single point, by name: [S, ...] flattened to [S, n]."""
    model, theta, x, y, _ = case

    def loss(theta: Params, x: Tensor, y: Tensor) -> Tensor:
        return mse_loss(functional_call(model, theta, (x[None],)), y[None])

    fixed = {name: value.detach() for name, value in theta.items()}
    return {name: g.flatten(1) for name, g in vmap(grad(loss), in_dims=(None, 0, 0))(fixed, x, y).items()}


def _pairs(case: Case, sizes: tuple[int, int] | None = None) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """All pairs of disjoint minibatches, of `batch_size` points unless `sizes` says otherwise."""
    rows, (size, other_size) = range(len(case[2])), sizes or (case[4], case[4])
    for first in combinations(rows, size):
        for second in combinations([row for row in rows if row not in first], other_size):
            yield first, second


def _of_any_size(case: Case) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """All pairs of disjoint minibatches, whatever their sizes: a fixed one may be right in one of the cases."""
    n = len(case[2])
    for sizes in ((a, b) for a in range(1, n) for b in range(1, n - a + 1)):
        yield from _pairs(case, sizes)


def _values(case: Case, pairs: Any, measure: Callable[[Tensor, Tensor], Tensor], names: Any = None) -> list[float]:
    """measure(g₁, g₂) of each pair of minibatches, where a minibatch's gradient is the mean of its points'."""
    of_points = _of_points(case)
    g = torch.cat([value for name, value in of_points.items() if names is None or name in names], dim=1)  # [S, P]
    return [measure(g[list(first)].mean(dim=0), g[list(second)].mean(dim=0)).item() for first, second in pairs]


def _disjoint(case: Case) -> list[float]:
    return _values(case, _pairs(case), torch.dot)


def _batches(case: Case) -> list[tuple[int, ...]]:
    return list(combinations(range(len(case[2])), case[4]))


def _with_repeats(case: Case) -> list[tuple[int, ...]]:
    return list(combinations_with_replacement(range(len(case[2])), case[4]))


def _all_in(found: list[float], values: list[float]) -> bool:
    known = torch.tensor(values, dtype=torch.float64)
    return all(bool((known - value).abs().min() <= 1e-6 * (1 + abs(value))) for value in found)


MISTAKES: tuple[tuple[str, Callable[[Case], list[float]]], ...] = (
    (
        "You take one minibatch twice: this is the squared length of its gradient, which is never negative. It says "
        "nothing about whether two minibatches agree. Draw a second one, of other points.",
        lambda case: _values(case, [(rows, rows) for rows in _batches(case)], torch.dot),
    ),
    (
        "You use all points for both gradients: this is the squared length of the full gradient. Draw two minibatches.",
        lambda case: _values(case, [(range(len(case[2])),) * 2], torch.dot),
    ),
    (
        "You return the cosine. The inner product is not divided by the lengths of the gradients.",
        lambda case: _values(case, _pairs(case), lambda a, b: torch.cosine_similarity(a, b, dim=0)),
    ),
    (
        "You return the distance between the gradients, or its square. Multiply them, and add up.",
        lambda case: [power for d in _values(case, _pairs(case), torch.dist) for power in (d, d * d)],
    ),
    (
        "Your losses are sums over the points. `mse_loss` takes the mean, unless you set `reduction`.",
        lambda case: [case[4] ** 2 * value for value in _disjoint(case)],
    ),
    (
        "You take the mean over the parameters. An inner product is the sum.",
        lambda case: [value / sum(p.numel() for p in case[1].values()) for value in _disjoint(case)],
    ),
    (
        "You use a single parameter tensor. Add the products up over all names in `theta`.",
        lambda case: [value for name in case[1] for value in _values(case, _pairs(case), torch.dot, {name})],
    ),
    (
        "You take the absolute value. Gradients that pull apart have a negative inner product, and that is what we "
        "want to know.",
        lambda case: [abs(value) for value in _disjoint(case)],
    ),
    (
        "Your sign is wrong: gradients that agree have a positive inner product.",
        lambda case: [-value for value in _disjoint(case)],
    ),
    (
        "Your minibatches have one point each. Take `batch_size` points.",
        lambda case: _values(case, _pairs(case, (1, 1)), torch.dot),
    ),
    (
        "Your minibatches do not have `batch_size` points each, or not for every `batch_size`. Halves of the data go "
        "wrong, and a size written as a number does. Cut at `batch_size` and at `2 * batch_size`.",
        lambda case: _values(case, _of_any_size(case), torch.dot),
    ),
    (
        "Your two minibatches share points, in some draws at least: you draw them one apart from the other. A shared "
        "point agrees with itself, and makes the estimate too high. Shuffle once, and cut two pieces off.",
        lambda case: _values(case, [(a, b) for a in _batches(case) for b in _batches(case)], torch.dot),
    ),
    (
        "Some point comes more than once in a draw, as `torch.randint` makes it. Shuffle once with `torch.randperm`, "
        "and cut two pieces off.",
        lambda case: _values(case, list(product(_with_repeats(case), repeat=2)), torch.dot),
    ),
)
