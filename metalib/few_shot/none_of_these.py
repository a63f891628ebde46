"""Pictures of none of the classes: a distance beyond which a picture is turned away, with a rate that can be promised.

A left-out picture of the classes is as far from the class means as a new one will be, or farther, since they are then
a picture short. So a new picture takes each place among n left-out ones with equal chance, and the share of places that
lie above the threshold is the share of the classes' own pictures that are turned away: false alarms. Source: Vovk,
Gammerman and Shafer (2005), section 2.2. Nothing can be promised of pictures of no class: they may lie anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from metalib import protonet
from metalib.few_shot.estimates import ALONE, one_of_each, others, smallest
from metalib.few_shot.heads import Fitted, Head


@dataclass(frozen=True)
class Threshold:
    """Where a picture is none of the classes.

    distance      from the nearest class mean, in the head's space; infinite where so few pictures promise nothing
    false_alarms  the share of the classes' own pictures that may lie beyond
    n             how many left-out pictures it was taken from
    words         all of it as a sentence
    """

    distance: float
    false_alarms: float
    n: int
    words: str

    def __str__(self) -> str:
        return self.words

    def turns_away(self, distances: Tensor) -> Tensor:
        """[B] bool: which pictures are none of the classes, by their `distances` [B]."""
        return distances > self.distance


def class_means(fitted: Fitted, z: Tensor, y: Tensor) -> Tensor:
    """[N, E]: where the classes lie in the head's space, by their support pictures z [S, ...] with labels y [S]."""
    return protonet.prototypes(fitted.space(z), y, int(y.max()) + 1)


def distances(fitted: Fitted, means: Tensor, z: Tensor) -> Tensor:
    """[B]: how far pictures z [B, ...] are from the nearest class mean."""
    return from_nearest(fitted.space(z), means)


def from_nearest(space: Tensor, means: Tensor) -> Tensor:
    """[B]: how far places [B, E] are from the nearest of the means [N, E]."""
    return torch.cdist(space, means, compute_mode="donot_use_mm_for_euclid_dist").amin(dim=1)


def threshold(z: Tensor, y: Tensor, head: Head, *, false_alarms: float = 0.05) -> Threshold:
    """The distance that at most the share `false_alarms` of the classes' own pictures exceeds.

    z  [S, ...] what the head looks at, of the support pictures      y  [S] long in 0 … N−1
    n distances promise a share of 1 / (n + 1) at least: for less, nothing is turned away, and the words say so.
    Raises ValueError for a share that is not between 0 and 1.
    """
    if not 0 < false_alarms < 1:
        raise ValueError(
            f"the share of false alarms (none_of_these) is {false_alarms}: give one between 0 and 1, such as 0.1"
        )
    if smallest(y) < 2:
        return Threshold(math.inf, false_alarms, 0, ALONE)
    return threshold_of(left_out_distances(z, y, head), false_alarms, n_classes=int(y.max()) + 1)


def threshold_of(left_out: Tensor, false_alarms: float, *, n_classes: int = 1) -> Threshold:
    """The threshold from the distances of left-out pictures, [n], as many of each of the classes."""
    above = places_above(len(left_out), false_alarms)
    distance = float(left_out.sort(descending=True).values[above - 1]) if above else math.inf
    words = _in_words(distance, false_alarms, len(left_out), n_classes)
    return Threshold(distance, false_alarms, len(left_out), words)


def left_out_distances(z: Tensor, y: Tensor, head: Head) -> Tensor:
    """[n]: how far pictures are from the nearest class mean when one of each class is left out; each is asked once."""
    found = []
    for asked in one_of_each(y, shuffles=1):
        kept = others(y, asked)
        fitted = head.fit(z[kept], y[kept], int(y.max()) + 1)
        found.append(distances(fitted, class_means(fitted, z[kept], y[kept]), z[asked]))
    return torch.cat(found)


def places_above(n: int, false_alarms: float) -> int:
    """How many of the n + 1 places among n distances may lie above the threshold."""
    return math.floor(false_alarms * (n + 1) + 1e-9)


def _in_words(distance: float, false_alarms: float, n: int, n_classes: int) -> str:
    if math.isfinite(distance):
        return (
            f"A picture farther than {distance:.3g} from every class mean is none of these. At most "
            f"{100 * false_alarms:g} % of the classes' own pictures lie beyond, by rank among {n} that were left out."
        )
    least = 1 / (n + 1)
    enough = f"{math.ceil(1000 * least) / 1000:g}"
    needed = math.ceil(1 / false_alarms - 1e-9) - 1
    return (
        f"No picture is turned away: {n} left-out pictures promise no fewer than {100 * least:.1f} % false alarms, and "
        f"{100 * false_alarms:g} % are asked for. Give none_of_these={enough} (--none-of-these {enough}) or more, or "
        f"at least {-(-needed // n_classes)} pictures of each class: {needed} in all are the fewest."
    )
