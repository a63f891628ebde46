"""What the check of `split_classes` looks at: whole alphabets, each on one side, drawn by the generator."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from metalib.course.kit.verdict import Wrong, attempt
from metalib.runtime import seeded

SIDES = ("training", "validation", "test")
TURNS = ("", ", turned 90°", ", turned 180°", ", turned 270°")  # as ClassBank.rotated names its groups
NAMES = ("Arcadian", "Futurama", "Glagolitic", "Gujarati", "Hebrew", "Korean", "Latin", "Malay", "Sanskrit", "Tengwar")
N_VALIDATION, N_TEST = 2, 3
RUNS = 100  # an alphabet that is never drawn then is no accident (below 1 in 10⁸)

Split = tuple[list[int], list[int], list[int]]


def split_classes(alphabets: Sequence[str], n_validation: int, n_test: int, generator: torch.Generator) -> Split:
    """Class numbers for training, validation and test; an alphabet and its turned copies are on one side.

    alphabets  the alphabet of each class      n_validation, n_test  how many alphabets
    """
    own = [alphabet.split(",")[0] for alphabet in alphabets]
    names = list(dict.fromkeys(own))
    shuffled = [names[i] for i in torch.randperm(len(names), generator=generator).tolist()]
    validation, test = shuffled[:n_validation], shuffled[n_validation : n_validation + n_test]
    return (
        [c for c, alphabet in enumerate(own) if alphabet not in validation + test],
        [c for c, alphabet in enumerate(own) if alphabet in validation],
        [c for c, alphabet in enumerate(own) if alphabet in test],
    )


def judge(function: Callable) -> str:
    """Split a list of classes many times, then one with turned copies; raises Wrong with the first flaw."""
    alphabets = [name for number, name in enumerate(NAMES) for _ in range(4 + number % 4)]
    splits = [_split(function, alphabets, seed) for seed in range(RUNS)]
    _check_choice(splits, alphabets)
    _check_repeat(function, splits, alphabets)
    turned = [alphabet + turn for turn in TURNS for alphabet in alphabets]
    for seed in range(10):
        _check_turned(_read(attempt(function, turned, N_VALIDATION, N_TEST, seeded(seed)), turned), turned)
        _split(function, turned, seed)
    return f"Right. {RUNS} splits kept every alphabet whole, and kept turned copies on the side of their original."


def _split(function: Callable, alphabets: list[str], seed: int) -> Split:
    split = _read(attempt(function, alphabets, N_VALIDATION, N_TEST, seeded(seed)), alphabets)
    _check_split(split, alphabets)
    return split


def _read(answer: Any, alphabets: Sequence[str]) -> Split:
    """The three lists of class numbers, sorted; raises Wrong when the answer has another form."""
    if not isinstance(answer, (tuple, list)) or len(answer) != 3 or not all(isinstance(x, Iterable) for x in answer):
        raise Wrong("Return three lists: `return training, validation, test`.")
    parts = [part.flatten().tolist() if isinstance(part, torch.Tensor) else list(part) for part in answer]
    everything = [item for part in parts for item in part]
    if any(isinstance(item, str) for item in everything):
        raise Wrong("Your lists hold names. Return class numbers: c belongs to the alphabet `alphabets[c]`.")
    if not all(isinstance(item, int) or getattr(item, "ndim", None) == 0 for item in everything):
        raise Wrong("Your lists hold other things than class numbers. Return three flat lists of whole numbers.")
    training, validation, test = (sorted(int(item) for item in part) for part in parts)
    largest = max([*training, *validation, *test], default=0)
    if largest >= len(alphabets):
        raise Wrong(
            f"Your numbers run to {largest}, and there are {len(alphabets)} classes, 0 … {len(alphabets) - 1}. "
            "Divide the classes, not their drawings: the network must be tested on characters that it has never "
            "seen."
        )
    return training, validation, test


def _check_split(split: Split, alphabets: Sequence[str]) -> None:
    """Each class once, each alphabet on one side, and as many alphabets a side as asked for."""
    own = [alphabet.split(",")[0] for alphabet in alphabets]
    names = set(own)
    times = Counter(c for side in split for c in side)
    if twice := [c for c, count in times.items() if count > 1]:
        where = " and ".join(name for name, side in zip(SIDES, split, strict=True) if twice[0] in side)
        raise Wrong(f"Class {twice[0]} comes {times[twice[0]]} times, in {where}. Put each class into one list, once.")
    if sorted(times) == list(range(len(names))):
        raise Wrong(
            f"Your numbers are those of the {len(names)} alphabets. Return the numbers of their classes: every c with "
            "`alphabets[c]` in the chosen alphabets."
        )
    if (len(split[1]), len(split[2])) == (N_VALIDATION, N_TEST):
        raise Wrong(
            f"You take {N_VALIDATION} and {N_TEST} classes for validation and test. `n_validation` and `n_test` count "
            "alphabets: take all classes of that many alphabets."
        )
    sides = [{own[c] for c in side} for side in split]
    for (one, first), (other, second) in itertools.combinations(zip(SIDES, sides, strict=True), 2):
        if both := sorted(first & second):
            raise Wrong(
                f"{both[0]} is in {one} and in {other}. Characters of one alphabet share strokes, and the "
                "people who drew them: shuffle the alphabets, not the classes, and move each as a whole."
            )
    if lost := len(alphabets) - len(times):
        raise Wrong(
            f"{lost} of {len(alphabets)} classes are in none of your lists. What is not held out is for training."
        )
    counts, asked = [len(side) for side in sides], [len(names) - N_VALIDATION - N_TEST, N_VALIDATION, N_TEST]
    if counts != asked:
        order = " They are in another order." if sorted(counts) == sorted(asked) else ""
        raise Wrong(
            f"Training, validation and test have {counts} alphabets and should have {asked}.{order} Return "
            "`training, validation, test`."
        )


def _check_choice(splits: Sequence[Split], alphabets: Sequence[str]) -> None:
    """The alphabets that are held out must vary with the generator, and all of them must have their turn."""
    if all(split == splits[0] for split in splits):
        raise Wrong(
            "Every generator gives the same split. Shuffle the alphabets before you cut: "
            "`torch.randperm(n, generator=generator)`."
        )
    held_out = {(*split[1], -1, *split[2]) for split in splits}
    if len(held_out) < RUNS // 2:  # by chance 2,520 choices: in 100 splits about 98 of them
        raise Wrong(
            f"In {len(splits)} splits only {len(held_out)} different choices of alphabets are held out, and chance "
            "makes about 98. Yours are cut from a list that is turned (`roll`) or nearly in order, so the same "
            "alphabets always go together. Shuffle: `torch.randperm(n, generator=generator)`."
        )
    for side in (1, 2):
        drawn = {alphabets[c] for split in splits for c in split[side]}
        if never := sorted(set(alphabets) - drawn):
            raise Wrong(
                f"{', '.join(never)} are never among the {SIDES[side]} alphabets in {len(splits)} splits. Shuffle all "
                "alphabets, and cut the shuffled list."
            )


def _check_repeat(function: Callable, splits: Sequence[Split], alphabets: list[str]) -> None:
    """Equal generators must give equal splits, and no `set` of names may decide: its order is new in each session."""
    if _split(function, alphabets, 0) != splits[0]:
        raise Wrong(
            "Two generators with the same seed give two different splits: the order of your alphabets comes from "
            "global random numbers. Shuffle with `torch.randperm(n, generator=generator)`."
        )
    # by first appearance, by name or by length, these stand in the order of the others; in a set they do not
    others = [f"{alphabet}-{ending}" for ending in ("A", "B") for alphabet in alphabets]
    for part in (others[: len(alphabets)], others[len(alphabets) :]):
        if _split(function, part, 0) != splits[0]:
            raise Wrong(
                "Your split depends on the order in which Python walks a `set` (or a hash) of the names. That order "
                "changes each time Python starts, so the same seed gives another split tomorrow. "
                "`list(dict.fromkeys(names))` and `sorted(set(names))` keep an order."
            )


def _check_turned(split: Split, turned: Sequence[str]) -> None:
    """A turned alphabet must be on the side of its original."""
    side_of = {turned[c]: name for name, side in zip(SIDES, split, strict=True) for c in side}
    for alphabet in NAMES:
        for turn in TURNS[1:]:
            one, other = side_of.get(alphabet), side_of.get(alphabet + turn)
            if one and other and one != other:
                raise Wrong(
                    f"Right for upright alphabets. In a bank with rotations {alphabet} is in {one} and "
                    f"`{alphabet}{turn}` in {other}: the same strokes on both sides. What stands before the comma "
                    "names the alphabet, so split by `alphabet.split(',')[0]`."
                )
