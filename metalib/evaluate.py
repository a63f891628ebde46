"""Accuracy per episode, and intervals: a result never travels without its interval and its sample size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from metalib import inputs
from metalib.episodes import Episode

Z = 1.959964  # the 97.5 % point of the normal distribution: 95 % lie within ± Z standard errors


class Interval(NamedTuple):
    """A 95 % confidence interval: `low` … `high` around `mean`, from `n` observations that `unit` names."""

    mean: float
    low: float
    high: float
    n: int
    unit: str = "episodes"

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2

    def __str__(self) -> str:
        if self._has_no_width():
            return f"{100 * self.mean:.1f} % ({self.n:,} {self.unit}, all alike: no interval)"
        digits = 1 if self.half_width >= 0.0005 or self.n == 0 else 2  # "± 0.0" would say nothing
        mean, low, high = (f"{100 * value:.{digits}f}" for value in (self.mean, self.low, self.high))
        if self._is_even():
            return f"{mean} ± {100 * self.half_width:.{digits}f} % ({self.n:,} {self.unit})"
        return f"{mean} % ({low} to {high}, {self.n:,} {self.unit})"

    def points(self) -> str:
        """The interval of a difference of two accuracies, with its sign: percentage points, not per cent."""
        if self._has_no_width():
            return f"{_signed(100 * self.mean, 1)} points ({self.n:,} {self.unit}, all alike: no interval)"
        digits = 1 if self.half_width >= 0.0005 or self.n == 0 else 2
        mean, low, high = (_signed(100 * value, digits) for value in (self.mean, self.low, self.high))
        if self._is_even():
            return f"{mean} ± {100 * self.half_width:.{digits}f} points ({self.n:,} {self.unit})"
        return f"{mean} points ({low} to {high}, {self.n:,} {self.unit})"

    def _has_no_width(self) -> bool:
        """Whether all observations are equal: that says nothing of how far off their mean may be."""
        return self.n > 0 and self.half_width < 1e-9

    def _is_even(self) -> bool:
        """Whether both halves are equally wide."""
        return math.isclose(self.high - self.mean, self.mean - self.low, abs_tol=1e-9)


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return text if float(text) else text[1:]  # neither "-0.0" nor "+0.0": that sign says nothing


def evaluate(predict: Callable[[Episode], Tensor], episode_batches: Iterable[Episode]) -> Tensor:
    """The accuracy on each episode, [E] float64 in 0 … 1, on the CPU.

    predict          Episode with a task axis T -> [T, Q] predicted labels
    episode_batches  Episodes with a task axis; one batch at a time is held in memory
    Equal seeds give equal episodes, so the results of two methods can be subtracted pairwise.
    Raises ValueError when a prediction has the wrong shape or there was no episode.
    """
    accuracies = []
    for episodes in episode_batches:
        with torch.no_grad():
            predicted = predict(episodes)
        if predicted.shape != episodes.query_y.shape:
            raise ValueError(
                f"predict gave labels of shape {list(predicted.shape)} for queries of shape "
                f"{list(episodes.query_y.shape)}: give one label a query, with the task axis first"
            )
        inputs.check_labels(episodes.query_y, "query labels")
        accuracies.append((predicted == episodes.query_y).double().mean(dim=1).cpu())
    if not accuracies:
        raise ValueError("no episodes to evaluate on: the stream of batches was empty")
    return torch.cat(accuracies)


def mean_interval(values: Tensor, unit: str = "episodes") -> Interval:
    """The mean of `values` with its 95 % interval, mean ± 1.96 · s / √n (normal approximation).

    values  [E], one number an episode
    Raises ValueError for fewer than two values, or for one that is not finite.
    """
    values = values.double().flatten()
    if len(values) < 2:
        raise ValueError(f"an interval needs at least 2 values and there are {len(values)}: run more episodes")
    if not values.isfinite().all():
        raise ValueError(f"{int((~values.isfinite()).sum())} of {len(values)} values are not finite")
    mean, half = values.mean().item(), Z * values.std().item() / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half, len(values), unit)


def bootstrap_interval(
    values: Tensor, unit: str = "episodes", *, generator: torch.Generator, n_resamples: int = 20_000
) -> Interval:
    """The mean of `values` with its 95 % interval by the percentile bootstrap, for few values or lopsided ones.

    As many values are drawn from `values` [E], with replacement, again and again: between the 2.5 % and the 97.5 %
    point of their means lies the interval. Where all values are equal it has no width, and is none: 20 runs without
    an error do not say that there is never one. Source: Efron (1979). Raises ValueError as `mean_interval` does.
    """
    values = values.double().flatten()
    mean, n = mean_interval(values, unit).mean, len(values)
    chosen = torch.randint(n, (n_resamples, n), generator=generator)
    means = values.cpu()[chosen].mean(dim=1)
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Interval(mean, low, high, n, unit)


def paired_interval(
    a: Tensor, b: Tensor, unit: str = "episodes", *, of: Callable[[Tensor, str], Interval] = mean_interval
) -> Interval:
    """The mean of a − b with its 95 % interval, where a[e] and b[e] are two methods' results on the same episode.

    of  what makes an interval of the differences
    What makes an episode easy helps both methods, and cancels. Raises ValueError when the lengths differ.
    """
    if a.shape != b.shape:
        raise ValueError(f"paired results need the same episodes: {a.numel()} here and {b.numel()} there")
    return of(a.double() - b.double(), unit)


def wilson_interval(successes: float, trials: float, unit: str = "questions") -> Interval:
    """The 95 % interval of a proportion from few trials; it stays within 0 … 1, and has a width at 0 and at 1.

    Both may be broken numbers: means over several rounds, trials that count for less than one.
    Raises ValueError unless 0 ≤ successes ≤ trials and trials ≥ 1. Source: Wilson (1927), no continuity correction.
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError(
            f"{successes} successes in {trials} trials: give 0 ≤ successes ≤ trials and at least one trial"
        )
    p, z2 = successes / trials, Z * Z / trials
    centre = (p + z2 / 2) / (1 + z2)
    half = Z * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials)) / (1 + z2)
    return Interval(p, max(0.0, centre - half), min(1.0, centre + half), round(trials), unit)
