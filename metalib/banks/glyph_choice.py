"""Which characters are classes of the glyph bank: `python -m metalib.banks.glyph_choice` writes the list anew.

A class is a letter that Unicode does not decompose into a letter and a mark; for evaluation also a digit or a sign. It
has lines rather than areas, not too few and not too many, and is not like a class before it in the list. The list runs
from the scripts to learn from to those for evaluation, so of two look-alikes the one to learn from stays.
"""

from __future__ import annotations

import functools
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from metalib.banks import glyph_warps, glyphs
from metalib.banks.glyph_warps import GLYPH, Hand
from metalib.banks.glyphs import Glyph
from metalib.runtime import seeded

# Scripts of Omniglot's background, by the first words of their characters' Unicode names
LEARNING = {
    "LATIN": "Latin",
    "GREEK": "Greek",
    "CYRILLIC": "Cyrillic",
    "ARMENIAN": "Armenian",
    "GEORGIAN": "Georgian",
    "HEBREW": "Hebrew",
    "ARABIC": "Arabic",
    "NKO": "N'Ko",
    "TIFINAGH": "Tifinagh",
    "CANADIAN SYLLABICS": "Canadian syllabics",
}
# Scripts and symbols that are not in it, by Unicode block
EVALUATION = {
    "Lao": range(0x0E80, 0x0F00),
    "Ogham": range(0x1680, 0x16A0),
    "Old Italic": range(0x10300, 0x10330),
    "Coptic": range(0x03E2, 0x03F0),
    "Lisu": range(0xA4D0, 0xA500),
    "APL": range(0x2336, 0x237B),
    "Currency": range(0x20A0, 0x20D0),
    "Signs": range(0x2600, 0x2700),  # astrological and other
    "Dingbats": range(0x2700, 0x27C0),
    "Arrows": range(0x2190, 0x2200),
    "Operators": range(0x2200, 0x2300),
}
ALIKE = 0.12  # relative squared distance up to which two characters count as one
BLUR = 1.0  # standard deviation of the blur, in pixels of the 28×28
SOLID = 0.25  # stroke width over longer side from which a character is an area, not lines
INK = (20.0, 120.0)  # in full pixels: with less it is a few dots, with more fuller than 95 % of Omniglot at this size
PLAIN = Hand(20.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.5, 0.0, 0.0)  # a hand that warps nothing

HEADER = "# The classes of the glyph bank: part, script, code point, name. By python -m metalib.banks.glyph_choice\n"


def choose() -> tuple[Glyph, ...]:
    """The classes, recomputed from the fonts: all that is fit to be written and looks like nothing before it.

    A character for evaluation is compared with every candidate for learning, also with those that were dropped.
    """
    candidates = learning_candidates() + evaluation_candidates()
    prints = reference_prints(candidates)
    pictures = reference_pictures(prints)
    ink = pictures.sum((1, 2)).numpy()
    fit = ~is_solid(prints) & (ink >= INK[0]) & (ink <= INK[1])
    near = (unlikeness(pictures) <= ALIKE).numpy()
    learning = np.array([glyph.part == "learning" for glyph in candidates])
    kept = np.zeros(len(candidates), bool)
    for number in np.flatnonzero(fit):
        rivals = kept if learning[number] else kept | learning
        kept[number] = not near[number, rivals].any()
    return tuple(candidates[number] for number in np.flatnonzero(kept))


def learning_candidates() -> list[Glyph]:
    """The letters of LEARNING, script by script, that are no other letter with a mark (no decomposition in Unicode)."""
    return [
        Glyph("learning", script, character, unicodedata.name(character))
        for prefix, script in LEARNING.items()
        for character in _characters()
        if unicodedata.name(character, "").startswith(f"{prefix} ")
        and unicodedata.category(character).startswith("L")
        and not unicodedata.decomposition(character)
    ]


def evaluation_candidates() -> list[Glyph]:
    """The letters, digits and symbols of EVALUATION, block by block."""
    return [
        Glyph("evaluation", script, character, unicodedata.name(character))
        for script, block in EVALUATION.items()
        for character in _characters()
        if ord(character) in block and unicodedata.category(character)[0] in "LNS"
    ]


@functools.cache
def _characters() -> list[str]:
    """All characters that a face has, in the order of their code points."""
    return sorted(set().union(*(has for _, has in glyphs.read_faces().values())))


# --- the measures


def reference_prints(listed: Sequence[Glyph]) -> np.ndarray:
    """[N, SHEET, SHEET] bool: each character as the first face that has it prints it."""
    faces = glyphs.read_faces().values()
    characters = [glyph.character for glyph in listed]
    return np.stack([glyphs.printed(next(font for font, has in faces if c in has), c) for c in characters])


def reference_pictures(prints: np.ndarray) -> Tensor:
    """[N, SHEET, SHEET] bool to [N, 28, 28] float32 in 0 … 1: each character written by a hand that warps nothing."""
    distances = torch.from_numpy(glyph_warps.distance(glyph_warps.thin(prints)))
    canvases = glyph_warps.draw(distances, PLAIN, generator=seeded(0)).numpy()  # the generator changes nothing here
    return torch.from_numpy(np.stack([glyph_warps.frame(canvas, (0.0, 0.0)) for canvas in canvases])) / 255


def unlikeness(pictures: Tensor) -> Tensor:
    """[N, 28, 28] to [N, N]: the relative squared distance |a − b|² / (|a|² + |b|²) of blurred pictures, in 0 … 1."""
    reach = torch.arange(-4.0, 5.0)
    bell = torch.exp(-(reach**2) / (2 * BLUR**2))
    kernel = bell[:, None] * bell / bell.sum() ** 2
    blurred = conv2d(pictures[:, None], kernel[None, None], padding=4).flatten(1)  # [N, 784]
    square = blurred.square().sum(1)
    return 1 - 2 * blurred @ blurred.T / (square[:, None] + square)


def is_solid(prints: np.ndarray) -> np.ndarray:
    """[N] bool: whether a print is an area rather than lines, as a disc of SOLID · GLYPH pixels lies in its ink."""
    radius = SOLID * GLYPH / 2
    to_paper = glyph_warps.distance(~prints, far=int(radius) + 1)
    return to_paper.max((1, 2)) > radius


def write() -> None:
    """Write the list of classes and print what the docstring and DIGEST of `glyphs` have to say of it."""
    listed = choose()
    lines = [f"{glyph.part}\t{glyph.script}\t{ord(glyph.character):04X}\t{glyph.name}\n" for glyph in listed]
    path = Path(glyphs.__file__).with_name(glyphs.LIST)
    path.write_text("".join([HEADER, *lines]), encoding="utf-8", newline="\n")
    print(f"{path}: {len(listed):,} classes, digest {glyphs.digest(listed)}")
    for (part, script), count in Counter((glyph.part, glyph.script) for glyph in listed).items():
        print(f"{part:12}{script:20}{count:4}")


if __name__ == "__main__":
    write()
