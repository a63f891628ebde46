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
VARIANT = 0.45  # unlikeness to the first face from which another face has another form of the letter
CLOSED = 0.8  # length of a print's lines, relative to the first face's, below which it has lost a part
PLAIN = Hand(20.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.5, 0.0, 0.0)  # a hand that warps nothing

HEADER = "# The glyph bank: part, script, code point, name, faces. Written by python -m metalib.banks.glyph_choice\n"


def choose() -> tuple[Glyph, ...]:
    """The classes, recomputed from the fonts: all that is fit to be written and looks like nothing before it.

    A character for evaluation is compared with every candidate for learning, also with those that were dropped.
    """
    candidates = learning_candidates() + evaluation_candidates()
    pictures = reference_pictures(candidates)
    ink = pictures.sum((1, 2)).numpy()
    fit = ~is_solid(reference_prints(candidates)) & (ink >= INK[0]) & (ink <= INK[1])
    near = (unlikeness(pictures, pictures) <= ALIKE).numpy()
    learning = np.array([glyph.part == "learning" for glyph in candidates])
    kept = np.zeros(len(candidates), bool)
    for number in np.flatnonzero(fit):
        rivals = kept if learning[number] else kept | learning
        kept[number] = not near[number, rivals].any()
    chosen = np.flatnonzero(kept)
    return with_faces([candidates[number] for number in chosen], pictures[chosen])


def with_faces(listed: Sequence[Glyph], pictures: Tensor) -> tuple[Glyph, ...]:
    """The classes with the faces to draw them from: those that print about the same lines as the first face.

    Left out are faces with another form of the letter, bold ones in which a ring has closed, and those whose print is
    like another class's picture.
    """
    faces = list(glyphs.read_faces().values())
    pairs = [(c, f) for c, glyph in enumerate(listed) for f, (_, has) in enumerate(faces) if glyph.character in has]
    own = torch.tensor([c for c, _ in pairs])
    lines = glyph_warps.thin(np.stack([glyphs.printed(faces[f][0], listed[c].character) for c, f in pairs]))
    unlike = unlikeness(written(lines), pictures)  # [P, C]
    length = torch.from_numpy(lines.sum((1, 2)))
    first = torch.searchsorted(own, own)  # for each pair, the first of its class
    variant = unlike.gather(1, own[:, None])[:, 0] > VARIANT
    closed = length < CLOSED * length[first]
    other = unlike.scatter(1, own[:, None], 1.0).amin(1) <= ALIKE
    usable = ~(variant | closed | other) | (first == torch.arange(len(pairs)))
    digits = [""] * len(listed)
    for (c, f), use in zip(pairs, usable.tolist(), strict=True):
        digits[c] += f"{f:x}" if use else ""
    return tuple(glyph._replace(faces=faces) for glyph, faces in zip(listed, digits, strict=True))


def learning_candidates() -> list[Glyph]:
    """The letters of LEARNING, script by script, that are no other letter with a mark (no decomposition in Unicode)."""
    return [
        Glyph("learning", script, character, unicodedata.name(character), "")
        for prefix, script in LEARNING.items()
        for character in _characters()
        if unicodedata.name(character, "").startswith(f"{prefix} ")
        and unicodedata.category(character).startswith("L")
        and not unicodedata.decomposition(character)
    ]


def evaluation_candidates() -> list[Glyph]:
    """The letters, digits and symbols of EVALUATION, block by block."""
    return [
        Glyph("evaluation", script, character, unicodedata.name(character), "")
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


def reference_pictures(listed: Sequence[Glyph]) -> Tensor:
    """[N, 28, 28] float32 in 0 … 1: each character from the first face that has it, written without a warp."""
    return written(glyph_warps.thin(reference_prints(listed)))


def written(lines: np.ndarray) -> Tensor:
    """[N, SHEET, SHEET] bool to [N, 28, 28] float32 in 0 … 1: lines drawn by a hand that warps nothing."""
    distances = torch.from_numpy(glyph_warps.distance(lines))
    canvases = glyph_warps.draw(distances, PLAIN, generator=seeded(0)).numpy()  # the generator changes nothing here
    return torch.from_numpy(np.stack([glyph_warps.frame(canvas, (0.0, 0.0)) for canvas in canvases])) / 255


def unlikeness(one: Tensor, other: Tensor) -> Tensor:
    """[N, 28, 28], [M, 28, 28] to [N, M]: the relative squared distance of blurred pictures, in 0 … 1.

    For blurred pictures a and b it is |a − b|² / (|a|² + |b|²): 0 when they are equal, 1 when no ink is shared.
    """
    a, b = _blurred(one), _blurred(other)  # [N, 784], [M, 784]
    return 1 - 2 * a @ b.T / (a.square().sum(1)[:, None] + b.square().sum(1))


def _blurred(pictures: Tensor) -> Tensor:
    reach = torch.arange(-4.0, 5.0)
    bell = torch.exp(-(reach**2) / (2 * BLUR**2))
    kernel = bell[:, None] * bell / bell.sum() ** 2
    return conv2d(pictures[:, None], kernel[None, None], padding=4).flatten(1)


def is_solid(prints: np.ndarray) -> np.ndarray:
    """[N] bool: whether a print is an area rather than lines, as a disc of SOLID · GLYPH pixels lies in its ink."""
    radius = SOLID * GLYPH / 2
    to_paper = glyph_warps.distance(~prints, far=int(radius) + 1)
    return to_paper.max((1, 2)) > radius


def write() -> None:
    """Write the list of classes and print what the docstring and DIGEST of `glyphs` have to say of it."""
    listed = choose()
    rows = [(g.part, g.script, f"{ord(g.character):04X}", g.name, g.faces) for g in listed]
    path = Path(glyphs.__file__).with_name(glyphs.LIST)
    path.write_text(HEADER + "".join("\t".join(row) + "\n" for row in rows), encoding="utf-8", newline="\n")
    print(f"{path}: {len(listed):,} classes, digest {glyphs.digest(listed)}")
    for (part, script), count in Counter((glyph.part, glyph.script) for glyph in listed).items():
        print(f"{part:12}{script:20}{count:4}")


if __name__ == "__main__":
    write()
