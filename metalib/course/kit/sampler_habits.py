"""Habits of a sampler: the scale of its pictures, whether labels can be guessed, and how its choices vary.

The last two only many episodes show.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor

from metalib.course.kit.audit import (
    ASCENDING_LABELS,
    DESCENDING_LABELS,
    MODULO_LABELS,
    NAME_LABELS,
    PERMUTED_LABELS,
    ROTATED_LABELS,
    SET_LABELS,
    TIED_LABELS,
    audit,
)
from metalib.course.kit.verdict import Wrong
from metalib.episodes import ClassBank, Episode

FEW = 0.6  # of the choices that chance makes: a right sampler comes below it less than once in 10⁹ checks

ADVICE = {
    ASCENDING_LABELS: "Keep the random order in which the classes were drawn: no sorting, no `set`, and no shuffling "
    "of a part.",
    DESCENDING_LABELS: "`flip(0)` or `descending=True` makes another order, not a random one.",
    NAME_LABELS: "Keep the random order in which the classes were drawn, without sorting.",
    MODULO_LABELS: "Label i is the i-th class that you drew, whatever its number is.",
    SET_LABELS: "A `set` forgets the order of the draw, and walks whole numbers in an order of its own. Use a list.",
    PERMUTED_LABELS: "One permutation for all tasks is a rule too. Draw a new one in each call.",
    ROTATED_LABELS: "A random start is not enough: `roll` keeps the neighbours. Use `torch.randperm`.",
    TIED_LABELS: "Draw the classes, and with them their order, anew from `generator` in each call.",
}


def _largest(pictures: Tensor) -> float:
    return 255.0 if not pictures.is_floating_point() or pictures.max() > 1.5 else 1.0


def check_scale(answer: Sequence[Tensor], *, scaled: bool) -> None:
    """Raise Wrong where support and query pictures differ in scale or type, or have another one than was asked for.

    answer  support_x, support_y, query_x, query_y      scaled  whether float32 in 0 … 1 was asked for
    """
    support_x, _, query_x, _ = answer
    tops = _largest(support_x), _largest(query_x)
    if tops[0] != tops[1]:
        raise Wrong(
            f"`support_x` has values in 0 … {tops[0]:.0f} and `query_x` in 0 … {tops[1]:.0f}. Every distance between "
            "the two is then wrong. Divide both by 255, once."
        )
    if scaled and (tops[0] != 1 or not support_x.is_floating_point()):
        raise Wrong(
            f"Your pictures have values in 0 … 255, of type {str(support_x.dtype).removeprefix('torch.')}. The cells "
            "below compute with floats in 0 … 1: write `.float() / 255`."
        )
    types = [str(pictures.dtype).removeprefix("torch.") for pictures in (support_x, query_x)]
    if types[0] != types[1] or (scaled and types[0] != "float32"):
        raise Wrong(
            f"`support_x` is of type {types[0]} and `query_x` of type {types[1]}. Make both float32: `.float()`."
        )


def check_labels(images: Tensor, tasks: Sequence[Sequence[Tensor]]) -> None:
    """Raise Wrong where the auditor finds that labels can be guessed.

    images  [C, D, 1, H, W]
    tasks   of one shape, in the order in which they were drawn; each as classes, drawings and labels [S] of the
            support set, then [Q] of the query set
    """
    names = tuple(f"class {c:03}" for c in range(len(images)))
    bank = ClassBank(images, names, ("all",) * len(images), "the pictures of the check")
    columns = [torch.stack(field) for field in zip(*tasks, strict=True)]
    support_c, support_d, support_y, query_c, query_d, query_y = columns
    episodes = Episode(images[support_c, support_d], support_y, images[query_c, query_d], query_y)
    for finding in audit(bank, episodes):
        if finding.kind == ASCENDING_LABELS and finding.tasks == len(tasks):
            raise Wrong(
                "Your labels follow the class numbers: label 0 is always the class that comes first in `images`. A "
                f"network can learn that order instead of the task. {ADVICE[finding.kind]}"
            )
        if finding.kind in ADVICE:
            what, by_chance, *_ = finding.message.split("; ")
            raise Wrong(
                f"Your labels can be guessed without a look at the support set. In {len(tasks)} of your "
                f"{int(support_y.max()) + 1}-way tasks the auditor finds that {what}; {by_chance}. "
                f"{ADVICE[finding.kind]}"
            )


def check_sets(
    what: str, chosen: Sequence[Iterable[int]], n_there: int, remedy: str, asked: Callable[[int], str]
) -> None:
    """Raise Wrong where `chosen`, a set of numbers a task, varies less than chance makes it vary.

    what    "classes" or "drawings"      n_there  how many there are to choose from
    asked   how many -> words for such a choice
    """
    sets = [frozenset(numbers) for numbers in chosen]
    possible, size = math.comb(n_there, len(sets[0])), len(sets[0])
    by_chance = possible * (1 - (1 - 1 / possible) ** len(sets))
    different = len(set(sets))
    if different >= FEW * by_chance:
        return
    side_by_side = all(any({(first + i) % n_there for i in range(size)} == one for first in one) for one in sets)
    start = f"Your {what} always lie side by side" if side_by_side else f"Your {what} are not drawn one by one"
    raise Wrong(
        f"{start}: in {len(sets)} tasks only {different} different choices of {asked(size)} occur, and chance makes "
        f"about {by_chance:.0f}. {remedy}"
    )
