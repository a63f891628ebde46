"""How good a classifier is, from its few support pictures alone: a picture is asked that had no part in the answer.

Leaving out one picture makes its class one picture shorter than the others, and its own mean alone the noisier one:
with few pictures the answer is far too low. `leave_one_of_each_out` leaves out one of each class at a time, so that
all means are equally noisy; what it estimates are K − 1 shots. The others stand here to be compared with it.

What stands behind the interval, with the numbers: `metalib study honest-estimates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from metalib.evaluate import Interval, wilson_interval
from metalib.few_shot.heads import Head
from metalib.runtime import seeded

SHUFFLES = 5  # which pictures are left out together changes so often, where a head is quick
ENOUGH = 50  # rounds, after which nothing is shuffled any more
RESAMPLES = 50  # of the bootstrap
# Left-out pictures are asked by classifiers that share pictures: at the upper end n of them count as n / 1.5. Chosen on
# Omniglot's validation alphabets, two networks with 2 to 10 ways and 2 to 5 shots: in the worst row the interval held
# the truth in 94.3 % of the tasks with a factor of 1, in 96.3 with 1.25; 1.5 is one step to the safe side.
SHARED = 1.5


class LeftOut(NamedTuple):
    """What was said of pictures that were left out. picture [A] long: which one was asked; logits [A, N]"""

    picture: Tensor
    logits: Tensor

    def right(self, y: Tensor) -> Tensor:
        """[A] float64: 1 for a right answer; y [S] are the labels of all pictures."""
        return (self.logits.argmax(dim=1) == y[self.picture]).double()

    def shares(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Which pictures were asked, [n], and the share of right answers of each, [n]."""
        asked, number, counts = self.picture.unique(return_inverse=True, return_counts=True)
        right = torch.zeros(len(asked), dtype=torch.float64).index_add(0, number, self.right(y))
        return asked, right / counts


@dataclass(frozen=True)
class Estimate:
    """How good a classifier is.

    accuracy  its 95 % interval over pictures; None where the pictures cannot tell
    shots     how many pictures of the smallest class those classifiers had that were asked: what `accuracy.mean` is of
    words     all of it as sentences
    """

    accuracy: Interval | None
    shots: int
    words: str

    def __str__(self) -> str:
        return self.words


# --- which pictures are left out


def one_of_each(y: Tensor, *, shuffles: int = SHUFFLES, seed: int = 0) -> list[Tensor]:
    """The pictures [N] that are left out in each round, one of each class.

    Once through the pictures are as many rounds as the smallest class has; then they are shuffled within their class,
    until there are `ENOUGH` rounds. The first time they come in the order given.
    """
    rows, generator, least = rows_of(y), seeded(seed), smallest(y)
    rounds: list[Tensor] = []
    for shuffle in range(shuffles):
        if shuffle and len(rounds) >= ENOUGH:
            break
        if shuffle:
            rows = [own[torch.randperm(len(own), generator=generator)] for own in rows]
        rounds += torch.stack([own[:least] for own in rows], dim=1)
    return rounds


def rows_of(y: Tensor) -> list[Tensor]:
    """The numbers of each class's pictures."""
    return [(y == label).nonzero().flatten() for label in range(int(y.max()) + 1)]


def smallest(y: Tensor) -> int:
    """How many pictures the smallest class has."""
    return int(y.bincount().min())


def left_out(z: Tensor, y: Tensor, head: Head, rounds: Sequence[Tensor]) -> LeftOut:
    """Each round's pictures, asked by all the others.

    z  [S, ...] what the head looks at      y  [S] long in 0 … N−1      rounds  numbers of pictures
    """
    return LeftOut(torch.cat(list(rounds)), answers(z, y, head, [others(y, asked) for asked in rounds], rounds))


def others(y: Tensor, asked: Tensor) -> Tensor:
    """The numbers of all pictures but those."""
    kept = torch.ones(len(y), dtype=torch.bool)
    kept[asked] = False
    return kept.nonzero().flatten()


def answers(z: Tensor, y: Tensor, head: Head, learned: Sequence[Tensor], asked: Sequence[Tensor]) -> Tensor:
    """[A, N]: the logits of the pictures `asked` in each round, by a head that has learned from those in `learned`."""
    n_classes = int(y.max()) + 1
    return torch.cat([head.fit(z[a], y[a], n_classes).logits(z[b]) for a, b in zip(learned, asked, strict=True)])


# --- the estimate


def leave_one_of_each_out(z: Tensor, y: Tensor, head: Head, *, shuffles: int = SHUFFLES, seed: int = 0) -> Estimate:
    """How good the classifier of all pictures is, with a 95 % interval; the smallest class has the say.

    z         [S, ...] what the head looks at      y  [S] long in 0 … N−1, at least one of each
    shuffles  how often all pictures are asked; take 1 for a slow head
    With one picture of a class, and with equal pictures in two classes, nobody can know: the words say so.
    """
    if smallest(y) < 2:
        return Estimate(None, 0, ALONE)
    return estimate_of(left_out(z, y, head, one_of_each(y, shuffles=shuffles, seed=seed)).right(y), y)


def estimate_of(right: Tensor, y: Tensor) -> Estimate:
    """The estimate from the answers of rounds that `one_of_each` makes. right  [A], 1 for a right one"""
    interval = honest_interval(float(right.mean()), n_asked(y), smallest(y) - 1)
    return Estimate(interval, smallest(y) - 1, _in_words(interval, smallest(y) - 1, len(right) // n_asked(y)))


def n_asked(y: Tensor) -> int:
    """How many pictures count as asked: as many of each class as the smallest has."""
    return smallest(y) * (int(y.max()) + 1)


def honest_interval(share: float, n: int, shots: int, *, shared: float = SHARED) -> Interval:
    """The 95 % interval of the accuracy with `shots` + 1 pictures a class, where `share` of n were right with `shots`.

    The lower end is Wilson's (1927). The upper one has two reasons to lie higher: the n answers share their support
    pictures, so fewer of them count; and one more shot takes away at most the errors' 1 / (shots + 1)th part.
    """
    more = shots / (shots + 1)
    fewer = n * more / shared
    low, high = wilson_interval(share * n, n).low, wilson_interval(share * fewer, fewer).high
    return Interval(share, low, 1 - (1 - high) * more, n, "pictures")


ALONE = (
    "The smallest class has one picture. Left out, it would leave a class without any, so nothing can be said of the "
    "accuracy: add a picture of each class that has one."
)


def _in_words(interval: Interval, shots: int, shuffles: int) -> str:
    of = "1 picture" if shots == 1 else f"{shots} pictures"
    mean = f" on average over {shuffles} shuffles" if shuffles > 1 else ""
    low, high = (f"{100 * value:.0f}" for value in (interval.low, interval.high))
    return (
        f"Of {interval.n} pictures, left out one of each class at a time, {100 * interval.mean:.1f} % were right"
        f"{mean}: that is the accuracy with {of} of the smallest class. With all {shots + 1} it lies between {low} and "
        f"{high} % (95 % interval)."
    )


# --- other ways, which the study compares with it


def leave_one_out(z: Tensor, y: Tensor, head: Head) -> Estimate:
    """Each picture asked by all the others. Far too low for centroids: its own class is the one that is short."""
    if smallest(y) < 2:
        return Estimate(None, 0, ALONE)
    return plain_estimate(left_out(z, y, head, one_at_a_time(y)).right(y), smallest(y) - 1)


def one_at_a_time(y: Tensor) -> list[Tensor]:
    """The rounds of `leave_one_out`."""
    return list(torch.arange(len(y))[:, None])


def k_fold(z: Tensor, y: Tensor, head: Head, *, folds: int, seed: int = 0) -> Estimate:
    """The pictures of each class dealt into folds, and each fold asked by the others.

    Raises ValueError for fewer than two folds, or more than the smallest class has pictures.
    """
    right = left_out(z, y, head, in_folds(y, folds, seed=seed)).right(y)
    return plain_estimate(right, smallest(y) - -(-smallest(y) // folds))


def in_folds(y: Tensor, folds: int, *, seed: int = 0) -> list[Tensor]:
    """The rounds of `k_fold`."""
    least, generator = smallest(y), seeded(seed)
    if not 2 <= folds <= least:
        raise ValueError(f"{folds} folds and {least} pictures of the smallest class: give 2 folds to {least}")
    shuffled = [own[torch.randperm(len(own), generator=generator)] for own in rows_of(y)]
    return [torch.cat([own[fold::folds] for own in shuffled]) for fold in range(folds)]


def plain_estimate(right: Tensor, shots: int) -> Estimate:
    """Wilson's interval (1927) of answers [A], as if each came from pictures of its own."""
    n = len(right)
    interval = wilson_interval(float(right.mean()) * n, n, "pictures")
    return Estimate(interval, shots, f"{interval}.")


def bootstrap(z: Tensor, y: Tensor, head: Head, *, resamples: int = RESAMPLES, seed: int = 0) -> Estimate:
    """As many pictures of each class drawn with replacement, again and again, and those not drawn asked.

    The interval is from the 2.5 % to the 97.5 % point of the resamples' shares. Source: Efron (1979); that the
    pictures not drawn are asked, Efron (1983).
    """
    drawn, asked = with_replacement(y, resamples=resamples, seed=seed)
    if not drawn:
        return Estimate(None, 0, ALONE)
    right = LeftOut(torch.cat(asked), answers(z, y, head, drawn, asked)).right(y)
    return resampled_estimate(right, asked, y)


def with_replacement(y: Tensor, *, resamples: int = RESAMPLES, seed: int = 0) -> tuple[list[Tensor], list[Tensor]]:
    """The rounds of `bootstrap`, without those that drew every picture: what each learns from, and what it asks."""
    rows, generator = rows_of(y), seeded(seed)
    drawn = [
        torch.cat([own[torch.randint(len(own), own.shape, generator=generator)] for own in rows])
        for _ in range(resamples)
    ]
    some = [numbers for numbers in drawn if len(numbers.unique()) < len(y)]
    return some, [others(y, numbers) for numbers in some]


def resampled_estimate(right: Tensor, asked: Sequence[Tensor], y: Tensor) -> Estimate:
    """The estimate of `bootstrap` from its answers [A]."""
    shares = torch.stack([of_round.mean() for of_round in right.split([len(numbers) for numbers in asked])])
    low, high = shares.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    interval = Interval(float(shares.mean()), low, high, len(y), "pictures")
    return Estimate(interval, smallest(y), f"{interval}.")
