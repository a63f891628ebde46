"""Probabilities that mean what they say: how steeply distances become probabilities, by pictures that were left out.

The softmax of minus a squared distance knows no unit. Features of length 1 are at most 2 apart, so that no class gets
a probability near 1; features of another network may be hundreds apart, and nothing is ever in doubt. One number
repairs both, the scale of the logits ("temperature", Guo et al., 2017): here the one by which left-out pictures are
likeliest. Few pictures say little of it, so it is held near the head's own. `metalib study
honest-estimates` measures it.
"""

from __future__ import annotations

import math
from dataclasses import replace

from torch import Tensor
from torch.nn.functional import cross_entropy

from metalib.few_shot.estimates import left_out, n_asked, one_of_each, smallest
from metalib.few_shot.heads import Centroid, Head

SHUFFLES = 3
# Half of the steps between two powers of two. The head's own scale may be off by a factor of e and be no surprise: on
# Omniglot's validation alphabets and the digits, one of 1 left the probabilities worse, and 4.5 or 7.4 no better.
FACTORS = tuple(2.0 ** (step / 2) for step in range(-20, 21))
SPREAD = 1.0  # of the natural logarithm of the scale around that of the head's own


def scaled(head: Head, z: Tensor, y: Tensor, *, seed: int = 0) -> Head:
    """The head with the scale that suits these pictures; a head without one, or a lone picture, leaves it as it is.

    z  [S, ...] what the head looks at      y  [S] long in 0 … N−1
    No prediction changes: the nearest class stays the nearest.
    """
    if not isinstance(head, Centroid) or smallest(y) < 2:
        return head
    found = left_out(z, y, head, one_of_each(y, shuffles=SHUFFLES, seed=seed))
    return replace(head, scale=head.scale * factor(found.logits, y[found.picture], n_asked(y)))


def factor(logits: Tensor, labels: Tensor, n: int) -> float:
    """By what logits [A, N] are to be multiplied; n pictures stand behind them, each asked several times."""
    surprise = [
        n * cross_entropy(logits * times, labels).item() + (math.log(times) / SPREAD) ** 2 / 2 for times in FACTORS
    ]
    return FACTORS[surprise.index(min(surprise))]


def reliability(confidence: Tensor, right: Tensor, *, bins: int = 10) -> list[tuple[int, float, float]]:
    """For each of `bins` equally wide ranges of confidence: how many answers, their mean confidence, the share right.

    confidence  [A] in 0 … 1, the probability of the answer that was given      right  [A], 0 or 1
    Ranges without an answer are left out.
    """
    number = (confidence * bins).long().clamp(max=bins - 1)
    rows = []
    for of_bin in number.unique():
        here = number == of_bin
        rows.append((int(here.sum()), float(confidence[here].mean()), float(right[here].double().mean())))
    return rows


def calibration_error(rows: list[tuple[int, float, float]]) -> float:
    """The mean gap between confidence and share of right answers, by how many answers ("ECE", Naeini et al., 2015)."""
    total = sum(n for n, _, _ in rows)
    return sum(n * abs(confidence - right) for n, confidence, right in rows) / total
