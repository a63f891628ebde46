"""Which backbone, which head? All are asked the same left-out pictures, and a lead is believed where these can tell.

Whoever is first among several was also lucky: its own figure is too good. By how much is told by drawing the pictures
anew: what they then say of each candidate is what luck can do. `metalib study honest-estimates` holds it to the truth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from metalib.few_shot import backbones as by_name
from metalib.few_shot.estimates import (
    ALONE,
    SHUFFLES,
    Estimate,
    LeftOut,
    estimate_of,
    left_out,
    n_asked,
    one_of_each,
    smallest,
)
from metalib.few_shot.heads import Head, make
from metalib.few_shot.pictures import Source
from metalib.few_shot.support import labelled, seen
from metalib.runtime import seeded

BY_DEFAULT = ("omniglot", "emoji")  # the course's own, which need no package beside it
RESAMPLES = 500
LEVEL = 0.05  # of all leads of the first together


@dataclass(frozen=True)
class Row:
    """One of those that are compared.

    name      backbone and head
    estimate  how good it is
    behind    the chance of so clear a lead of the first, or a clearer one, if both were equally good; 1 for the first
    apart     whether the pictures can tell it from the first
    """

    name: str
    estimate: Estimate
    behind: float
    apart: bool


@dataclass(frozen=True)
class Comparison:
    """The best first.

    optimism   how much the first one's figure is too good, because it was chosen by it; 0 … 1
    not_asked  the backbones that were left out because none was named
    """

    rows: tuple[Row, ...]
    optimism: float
    not_asked: tuple[str, ...] = ()

    @property
    def winner(self) -> str:
        return self.rows[0].name

    @property
    def words(self) -> str:
        """What the pictures say, and what they do not; and who was not asked."""
        if not self.not_asked:
            return self._verdict
        every = [*BY_DEFAULT, *self.not_asked]
        return f"{self._verdict} Not asked: {', '.join(self.not_asked)}; with backbones={every} it is."

    @property
    def _verdict(self) -> str:
        first, *others = self.rows
        if first.estimate.accuracy is None:
            return first.estimate.words
        if not others:
            return f"{first.name} stands alone."
        apart = [row.name for row in others if row.apart]
        n = f"{first.estimate.accuracy.n} pictures"
        if not apart:
            told = f"{n} cannot tell it from {'the other' if len(others) == 1 else f'any of the other {len(others)}'}"
        elif len(apart) == len(others):
            told = f"{n} tell it from {'the other' if len(others) == 1 else 'all others'}"
        else:
            told = f"{n} tell it from {_listed(apart)}, and not from the other {len(others) - len(apart)}"
        luck = f"{100 * self.optimism:.1f}"
        return f"{first.name} is first; {told}. For being chosen by it, its figure is about {luck} points too good."

    def __str__(self) -> str:
        width = max(len(row.name) for row in self.rows)
        lines = [f"{row.name:<{width}}  {row.estimate.accuracy or 'no estimate'}" for row in self.rows]
        for number, row in enumerate(self.rows[1:], start=1):
            lines[number] += f", {'behind' if row.apart else 'not told apart'} (p = {row.behind:.2g})"
        return "\n".join([*lines, self.words])


def compare(
    pictures: Sequence[Source],
    labels: Sequence[Any],
    *,
    backbones: Sequence[str] | None = None,
    heads: Sequence[str | None] = (None,),
    seconds: float = 30,
    cache: bool = True,
    seed: int = 0,
    download: bool = False,
) -> Comparison:
    """Every backbone with every head on your pictures [S] with labels [S].

    backbones  names as `FewShot` takes them; None: omniglot and emoji, and the words say which are left out
    heads  names as `FewShot` takes them; None is the one that suits each backbone. What is named first wins a tie: name
           the simplest first
    seconds, cache, seed, download  as in `FewShot`; fine-tuning takes its seconds once for each round
    Raises what `FewShot.fit` does.
    """
    pictures, _, y = labelled(pictures, labels)
    candidates: dict[str, tuple[Tensor, Head]] = {}
    for backbone in BY_DEFAULT if backbones is None else backbones:
        network = by_name.load(backbone, download=download)
        for name in dict.fromkeys(name or network.head for name in heads):
            head = make(name, network, seconds=seconds, seed=seed)
            candidates[f"{backbone}, {name}"] = (seen(pictures, network, head, cache=cache)[0], head)
    left = () if backbones is not None else tuple(name for name in by_name.BACKBONES if name not in BY_DEFAULT)
    return replace(compare_features(candidates, y, seed=seed), not_asked=left)


def compare_features(
    candidates: Mapping[str, tuple[Tensor, Head]], y: Tensor, *, shuffles: int | None = None, seed: int = 0
) -> Comparison:
    """The comparison of candidates, each with what its head looks at, [S, ...], in the order of labels y [S].

    shuffles  as in `leave_one_of_each_out`; None: 1 where a head looks at pictures, which is slow
    """
    if smallest(y) < 2:
        rows = tuple(Row(name, Estimate(None, 0, ALONE), 1.0, False) for name in candidates)
        return Comparison(rows, 0.0)
    slow = any(head.looks_at == "pictures" for _, head in candidates.values())
    rounds = one_of_each(y, shuffles=shuffles or (1 if slow else SHUFFLES), seed=seed)
    return judged({name: left_out(z, y, head, rounds) for name, (z, head) in candidates.items()}, y, seed=seed)


def judged(found: Mapping[str, LeftOut], y: Tensor, *, seed: int = 0) -> Comparison:
    """The comparison from what each candidate said of the same left-out pictures."""
    estimates = {name: estimate_of(of_one.right(y), y) for name, of_one in found.items()}
    shares = {name: of_one.shares(y)[1] for name, of_one in found.items()}  # [n] each, of the same pictures
    first, *rest = sorted(found, key=lambda name: -shares[name].mean())  # a tie stays in the order given
    behind = [lead(shares[first], shares[name]) for name in rest]
    rows = [Row(first, estimates[first], 1.0, False)]
    for name, chance, apart in zip(rest, behind, told_apart(behind), strict=True):
        rows.append(Row(name, estimates[name], chance, apart))
    in_order = torch.stack([shares[row.name] for row in rows])
    return Comparison(tuple(rows), chosen_too_good(in_order, n_asked(y), generator=seeded(seed)))


def lead(first: Tensor, other: Tensor) -> float:
    """How likely so clear a lead is by chance: the sign test on the pictures on which the two differ, both ways.

    first, other  [n], the share of right answers for each left-out picture. Source: McNemar (1947), in its exact form
    """
    better, worse = int((first > other).sum()), int((first < other).sum())
    n, least = better + worse, min(better, worse)
    return min(1.0, 2 * sum(math.comb(n, k) for k in range(least + 1)) / 2**n)


def told_apart(chances: Sequence[float], level: float = LEVEL) -> list[bool]:
    """Which of several leads are believed, so that one false among all has at most the chance `level` (Holm, 1979)."""
    believed = [False] * len(chances)
    for rank, number in enumerate(sorted(range(len(chances)), key=lambda i: chances[i])):
        if chances[number] * (len(chances) - rank) > level:
            break
        believed[number] = True
    return believed


def chosen_too_good(shares: Tensor, n: int, *, generator: torch.Generator, resamples: int = RESAMPLES) -> float:
    """By how much the best of several looks better than it is.

    shares  [candidates, pictures], the share of right answers
    n pictures drawn anew tell how far luck moves each figure. By as much as luck explains of the candidates' spread,
    they are drawn together first: if it explains all of it, they are equally good (Efron and Morris, 1975). Then luck
    is put on top and the best is chosen, again and again: what luck gave it is the answer.
    """
    if len(shares) == 1:
        return 0.0
    means = shares.mean(dim=1)
    drawn = torch.randint(shares.shape[1], (resamples, n), generator=generator)
    luck = (shares - means[:, None])[:, drawn].mean(dim=2)  # [candidates, resamples]
    kept = (1 - luck.var(dim=0).mean() / means.var().clamp(min=1e-12)).clamp(min=0)
    chosen = (means.mean() + kept * (means - means.mean()))[:, None].add(luck).argmax(dim=0)
    return float(luck.gather(0, chosen[None]).mean())


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{'; '.join(names[:-1])} and {names[-1]}"
