"""Which emoji are classes of the bank, and which part each is in: what `data/emoji/draw.py` asks before it draws.

A class is a character of Unicode that at least four of the five vendors have drawn. Flags, clock faces and skin tones
are left out, and so is what is nearly a copy of a class before it, in Unicode's order: where the drawings of *one*
vendor are closer than `ALIKE`, for at least three vendors. Both numbers were fixed before any network had seen the
pictures.

Parts are divided by Unicode's subgroups, so none is on two sides. The lists below name those to validate and to
evaluate on; all others are to learn from.
"""

from __future__ import annotations

import numpy as np

VENDORS = ("noto", "fluent-emoji-flat", "twemoji", "emojione", "fxemoji")
LEAST = 4  # vendors that have drawn a class
ALIKE = 0.04  # relative squared distance up to which two drawings of a vendor are near-copies
IN_VENDORS = 3  # as many must draw two characters alike
NO_GROUPS = ("flags", "component")  # emojibase's names; the latter are skin tones and hair
CLOCKS = range(0x1F550, 0x1F568)

VALIDATION = {
    *("face-neutral-skeptical", "face-sleepy", "hands", "person-activity", "arrow", "religion", "warning"),
    *("animal-bird", "food-vegetable", "food-sweet", "place-religious", "place-map", "event", "phone", "computer"),
    *("writing", "science", "medical", "household"),
}
EVALUATION = {
    *("face-concerned", "face-costume", "cat-face", "hand-fingers-open", "hand-single-finger", "body-parts"),
    *("person-role", "av-symbol", "zodiac", "geometric"),
    *("animal-marine", "animal-bug", "animal-reptile", "plant-flower", "food-fruit", "drink", "place-building"),
    *("transport-air", "transport-water", "game", "award-medal", "music", "musical-instrument", "light-video", "tool"),
    "lock",
}


def part(subgroup: str) -> str:
    """ "training", "validation" or "evaluation" """
    return "validation" if subgroup in VALIDATION else "evaluation" if subgroup in EVALUATION else "training"


def unlikeness(drawings: np.ndarray) -> np.ndarray:
    """[C, 32, 32, 3] uint8 on white paper to [C, C]: |a − b|² / (|a|² + |b|²), where a and b are what is not white."""
    ink = (255 - drawings.astype(np.float32)).reshape(len(drawings), -1) / 255
    squares = (ink**2).sum(axis=1)
    sums = squares[:, None] + squares[None]
    return (sums - 2 * ink @ ink.T) / np.maximum(sums, 1e-9)


def alike(pictures: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """[C, C] bool: which two classes are near-copies, from pictures [C, 5, 32, 32, 3] uint8 and drawn [C, 5] bool."""
    votes = np.zeros((len(pictures), len(pictures)), dtype=int)
    for vendor in range(len(VENDORS)):
        both = drawn[:, vendor, None] & drawn[None, :, vendor]
        votes += both & (unlikeness(pictures[:, vendor]) < ALIKE)
    return votes >= IN_VENDORS


def without_near_copies(pictures: np.ndarray, drawn: np.ndarray) -> list[int]:
    """The numbers of the classes that stay: each that is no near-copy of one that stays before it."""
    copies = alike(pictures, drawn)
    kept: list[int] = []
    for number in range(len(pictures)):
        if not copies[number, kept].any():
            kept.append(number)
    return kept
