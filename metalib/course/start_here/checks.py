"""The exercises of notebook 00: the nearest prototype, the accuracy of one episode, and the interval of many."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import Wrong, check, compare, read_number
from metalib.course.start_here import exercise_nearest_prototype
from metalib.evaluate import Z, mean_interval
from metalib.runtime import pick_device, seeded
from metalib.training.recipes import ProtonetRecipe


@check
def check_nearest_prototype(function: Callable) -> str:
    """`nearest_prototype(f_theta, support_x, support_y, query_x, n_way)` -> [Q], the label of each query."""
    exercise_nearest_prototype.judge(function)
    return "Right. Your labels agree on tasks of 3, 5 and 7 classes, with one to four pictures a class."


def accuracy(predicted: Tensor, true: Tensor) -> float:
    """The share of queries whose label is right. [Q], [Q] long -> 0 … 1"""
    return (predicted == true).double().mean().item()


SEED = 2  # with which the first query of each case tells "the first query only" from rounding
ACCURACY_MISTAKES = (
    (
        "You count the right answers and stop there. Divide by the number of queries: take the mean of the "
        "comparisons, not their sum.",
        lambda predicted, true: (predicted == true).sum().item(),
    ),
    (
        "Your answer is in per cent. Return a share between 0 and 1, so without the factor 100.",
        lambda predicted, true: 100 * accuracy(predicted, true),
    ),
    (
        "You return the share of wrong answers. Compare with `==` and not with `!=`, or return 1 minus it.",
        lambda predicted, true: 1 - accuracy(predicted, true),
    ),
    (
        "Your answer is 0 in each case. `torch.equal` asks whether *all* labels agree: compare them one by one, with "
        "`==`. And `//` or `int()` cut a share to a whole number: divide with `/`.",
        lambda predicted, true: int(accuracy(predicted, true)),
    ),
    (
        "Your share is rounded to a whole number. Return it as it is.",
        lambda predicted, true: round(accuracy(predicted, true)),
    ),
    *(
        (
            f"Your share is rounded to {digits} digits. Return it as it is, and round when you print it.",
            lambda predicted, true, digits=digits: round(accuracy(predicted, true), digits),
        )
        for digits in (2, 3)
    ),
    (
        "You average how far the labels are apart. Labels are names: 3 is no nearer to 4 than to 0. Count where "
        "they are equal, with `==`.",
        lambda predicted, true: (predicted - true).abs().double().mean().item(),
    ),
    (
        "You divide by the number of classes. Divide by the number of queries, `len(true)`.",
        lambda predicted, true: (predicted == true).sum().item() / len(true.unique()),
    ),
    (
        "Your answer is always 1: `len` counts all comparisons, True or False. Count the True ones, with `.sum()` or "
        "the mean.",
        lambda predicted, true: 1.0,
    ),
    (
        "You look at the first query only. Compare all of them and take the mean.",
        lambda predicted, true: float(predicted[0] == true[0]),
    ),
)


@check
def check_accuracy(function: Callable) -> str:
    """`accuracy(predicted, true)`: [Q], [Q] long -> the share of right answers, 0 … 1."""
    compare(
        function,
        [_answers(n_way, n_query, n_right) for n_way, n_query, n_right in ((2, 7, 5), (5, 75, 49), (20, 60, 19))],
        reference=accuracy,
        read=_read_accuracy,
        same=_close,
        mistakes=ACCURACY_MISTAKES,
        show=lambda case, answer, right: (
            (
                f"For the predictions {case[0].tolist()} and the labels {case[1].tolist()} the accuracy is "
                f"{right:.3f}, and yours is {answer:.3f}."
            )
            if len(case[0]) < 10
            else f"For {len(case[0])} queries the accuracy is {right:.3f}, and yours is {answer:.3f}."
        ),
    )
    return "Right. Your function agrees on tasks of 2, 5 and 20 ways."


def _answers(n_way: int, n_query: int, n_right: int) -> tuple[Tensor, Tensor]:
    """Predicted and true labels that agree in `n_right` places."""
    generator = seeded(n_query + SEED)
    true = torch.arange(n_query) % n_way
    true = true[torch.randperm(n_query, generator=generator)]
    step = torch.randint(1, n_way, (n_query,), generator=generator)
    step[torch.randperm(n_query, generator=generator)[:n_right]] = 0
    return (true + step) % n_way, true


def _read_accuracy(answer: Any, predicted: Tensor, true: Tensor) -> float:
    if isinstance(answer, Tensor) and answer.dtype == torch.bool and answer.shape == true.shape:
        raise Wrong(
            f"You return the {len(true)} comparisons, one True or False a query. Return the share of those that are "
            "True: `.float().mean()`."
        )
    if isinstance(answer, bool) or (isinstance(answer, Tensor) and answer.dtype == torch.bool):
        raise Wrong(
            "You return one True or False: whether all answers are right, or any. Return the share that is right, a "
            "number between 0 and 1."
        )
    return read_number(answer, "the share of right answers, between 0 and 1")


def _close(a: Any, b: Any) -> bool:
    pairs = zip(a, b, strict=True) if isinstance(a, tuple) else [(a, b)]
    return all(math.isclose(x, y, rel_tol=1e-3, abs_tol=1e-6) for x, y in pairs)  # 1.96 and float32 are good enough


def interval(values: Tensor) -> tuple[float, float]:
    """The mean of [E] accuracies and the half width of its 95 % interval, 1.96 s / √n."""
    result = mean_interval(values)
    return result.mean, result.half_width


def _moments(values: Tensor) -> tuple[float, float, int]:
    return values.mean().item(), values.std().item(), len(values)


def _mistaken(half_width: Callable[[float, float, int], float]) -> Callable[[Tensor], tuple[float, float]]:
    """The right mean with another half width, from the mean, s and n."""
    return lambda values: (values.mean().item(), half_width(*_moments(values)))


INTERVAL_MISTAKES = (
    (
        "Your half width does not shrink with more episodes: it is 1.96 s, which tells where single episodes fall. "
        "Divide by √n for the interval of their mean.",
        _mistaken(lambda mean, s, n: Z * s),
    ),
    (
        "You return the standard error s / √n. That covers 68 %: multiply by 1.96 for 95 %.",
        _mistaken(lambda mean, s, n: s / math.sqrt(n)),
    ),
    (
        "You return the standard deviation s. Multiply by 1.96 and divide by √n.",
        _mistaken(lambda mean, s, n: s),
    ),
    (
        "You divide by n inside the standard deviation (`unbiased=False`, `correction=0`, or numpy's `std`). The "
        "mean was estimated from the same values, so s divides by n − 1: `values.std()` of torch does.",
        _mistaken(lambda mean, s, n: Z * s * math.sqrt((n - 1) / n) / math.sqrt(n)),
    ),
    (
        "You take the variance s² where the standard deviation s belongs: `values.std()`, or the root of "
        "`values.var()`.",
        _mistaken(lambda mean, s, n: Z * s * s / math.sqrt(n)),
    ),
    (
        "You divide the variance by n and take no root. The standard error is √(s² / n), the same as s / √n.",
        _mistaken(lambda mean, s, n: Z * s * s / n),
    ),
    (
        "You return the full width, from the lower to the upper end. The half width is what follows ±: 1.96 s / √n.",
        _mistaken(lambda mean, s, n: 2 * Z * s / math.sqrt(n)),
    ),
    (
        "You divide by n, and the standard error divides by √n: four times the episodes halve the interval.",
        _mistaken(lambda mean, s, n: Z * s / n),
    ),
    (
        "You divide by √(n − 1). The n − 1 belongs inside the standard deviation, where `values.std()` has it already; "
        "the standard error divides by √n.",
        _mistaken(lambda mean, s, n: Z * s / math.sqrt(n - 1)),
    ),
    (
        "You multiply by √n, so that your interval grows with more episodes. Divide by √n.",
        _mistaken(lambda mean, s, n: Z * s * math.sqrt(n)),
    ),
    (
        "You use 1.645, which is for 90 %. For 95 % it is 1.96.",
        _mistaken(lambda mean, s, n: 1.645 * s / math.sqrt(n)),
    ),
    (
        "You use 2 where 1.96 belongs. As a rule of thumb that is good; here the check compares three digits.",
        _mistaken(lambda mean, s, n: 2 * s / math.sqrt(n)),
    ),
    (
        "You use p (1 − p) / n, the formula for single questions that are right or wrong. An accuracy of an episode "
        "lies anywhere between 0 and 1: use the standard deviation of the values.",
        _mistaken(lambda mean, s, n: Z * math.sqrt(mean * (1 - mean) / n)),
    ),
    (
        "You return the two ends of the interval. Return its middle and its half width: `mean, half_width`.",
        lambda values: (mean_interval(values).low, mean_interval(values).high),
    ),
    (
        "Both numbers are right, in the other order. Return the mean first.",
        lambda values: interval(values)[::-1],
    ),
    (
        "Your numbers are in per cent. Leave them as shares between 0 and 1.",
        lambda values: tuple(100 * number for number in interval(values)),
    ),
)


@check
def check_interval(function: Callable) -> str:
    """`interval(values)`: [E] accuracies -> (mean, half width of its 95 % interval)."""
    compare(
        function,
        # few values show what divides by n and what by n − 1, and many show what grows or shrinks with n
        [(0.4 + 0.6 * torch.rand(n, generator=seeded(n), dtype=torch.float64),) for n in (5, 12, 40, 600)],
        reference=interval,
        read=_read_interval,
        same=_close,
        mistakes=INTERVAL_MISTAKES,
        show=_show_interval,
    )
    return "Right. Your intervals agree for 5, 12, 40 and 600 episodes."


def _read_interval(answer: Any, values: Tensor) -> tuple[float, float]:
    if isinstance(answer, (str, dict)):
        raise Wrong(f"You return a {type(answer).__name__}. Return two numbers: `return mean, half_width`.")
    try:
        parts = list(answer)
    except TypeError:
        raise Wrong(
            "You return one number. Return two, the mean and the half width: `return mean, half_width`."
        ) from None
    if len(parts) != 2:
        raise Wrong(
            f"You return {len(parts)} things. Return two, the mean and the half width: `return mean, half_width`."
        )
    return read_number(parts[0], "the mean, first"), read_number(parts[1], "the half width, second")


def _show_interval(case: tuple[Tensor], answer: tuple[float, float], right: tuple[float, float]) -> str:
    n = len(case[0])
    if not _close(answer[0], right[0]):
        return f"The mean of {n} values is {right[0]:.4f}, and yours is {answer[0]:.4f}. Return the mean first."
    return (
        f"Your mean is right. For {n} values with s = {case[0].std().item():.4f} the half width is {right[1]:.4f}, "
        f"and yours is {answer[1]:.4f}: 1.96 times s, divided by √n."
    )


def _a_task() -> tuple:
    """A task as the cells below the exercise have it, on the device that they use."""
    device = pick_device()
    pictures = torch.rand(80, 1, 28, 28, generator=seeded(0)).to(device)
    support_y = torch.arange(5, device=device)
    return ProtonetRecipe().network().to(device).eval(), pictures[:5], support_y, pictures[5:], 5


_exercises = Exercises(
    Exercise(
        "nearest_prototype",
        check_nearest_prototype,
        course=exercise_nearest_prototype.nearest_prototype,
        example=_a_task,
        seconds=0.3,
    ),
    Exercise("accuracy", check_accuracy, course=accuracy, example=lambda: _answers(5, 75, 49), seconds=0.05),
    Exercise("interval", check_interval, course=interval, example=lambda: (torch.rand(200),), seconds=0.05),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
