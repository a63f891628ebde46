"""The bank that every machine can draw: 1,139 characters of the DejaVu fonts, each drawn 20 times as if by hand.

Sources: the DejaVu fonts, which matplotlib ships (licence: Bitstream Vera's; DejaVu's changes are in the public
domain), and the Unicode names. The list of classes is committed (`glyph_classes.txt`, which `glyph_choice` writes), so
another version of the fonts or of FreeType cannot change it; its digest is checked.

Scripts are divided, not characters. Omniglot's background holds the scripts to learn from here, but none of those for
evaluation, so these are new also to a network that has learned from Omniglot. Look-alikes are dropped within and across
all parts: a and b being two characters, each written without a warp, 20 pixels long, and blurred by 1 pixel,
|a − b|² / (|a|² + |b|²) is over 0.12 (`glyph_choice.unlikeness`). No rotations: many signs are turned copies of others.

It is about as hard as Omniglot for pixel neighbours: 47.2 ± 0.7 % in exam A (600 episodes) and 25.0 ± 0.9 % in exam B
(400) on the evaluation part, where Omniglot's evaluation alphabets give 45.6 ± 0.7 % and 19.8 ± 1.0 %.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, ImageFont
from torch import Tensor

from metalib import places
from metalib.banks import glyph_warps
from metalib.banks.glyph_warps import GLYPH, SHEET, Hand
from metalib.banks.pictures import FILTER, SIDE
from metalib.banks.store import load_cache, making, save_cache
from metalib.episodes import ClassBank
from metalib.files import BadFile
from metalib.runtime import seeded

DRAWINGS = 20
SEED = 20_170
CACHE = f"glyphs-{SIDE}-{FILTER.name.lower()}.safetensors"
SOURCE = "DejaVu glyphs"
LIST = "glyph_classes.txt"
DIGEST = "7008eb53abbc0428504512b8987a18f962d4ba699029697c383d16a7f4a23773"  # SHA-256 over the classes in LIST
# The 20 drawings of a character take turns among the faces that its line in the list names.
FACES = (
    *("Sans", "Serif", "SansMono", "Sans-Oblique", "Serif-Italic", "SansMono-Oblique"),
    *("Sans-Bold", "Serif-Bold", "SansMono-Bold", "Sans-BoldOblique", "Serif-BoldItalic", "SansMono-BoldOblique"),
)
POINTS = 96  # glyphs are read from the fonts at this size, then brought to GLYPH
VALIDATION = ("Armenian", "Georgian", "Tifinagh")
BATCH = 64  # classes that are drawn at a time
REMEDY = "Use another matplotlib (pip install 'matplotlib==3.10.*'), or Omniglot: `metalib data fetch`"


Faces = dict[str, tuple[ImageFont.FreeTypeFont, set[str]]]  # each face with the characters that it has


class Glyph(NamedTuple):
    """A class of the bank.

    part   "learning" or "evaluation"      name  as Unicode has it
    faces  the faces that it is drawn from: hexadecimal digits, each a place in FACES
    """

    part: str
    script: str
    character: str
    name: str
    faces: str


def find() -> ClassBank:
    """The whole bank, from the first data folder that has it cached; else drawn, which takes some seconds, and cached.

    A cache that is damaged or was drawn by another version of metalib is not used, and drawn anew.
    Raises BadFile when the fonts or the class list are not those that metalib was made with.
    """
    bank = _from_caches()
    if bank is None:
        with making(CACHE):
            bank = _from_caches()  # another process may have drawn it meanwhile
            if bank is None:
                bank = render(classes(), generator=seeded(SEED))
                save_cache(bank, CACHE, origin=origin())
    return bank


def _from_caches() -> ClassBank | None:
    for folder in places.data_folders():
        try:
            return load_cache(folder / CACHE, expected_origin=origin())
        except BadFile:
            continue
    return None


def origin() -> str:
    """What a cache was made from: the class list, and the source text of what draws it."""
    sha = hashlib.sha256(DIGEST.encode())
    for module in (__file__, glyph_warps.__file__):
        sha.update(Path(module).read_text(encoding="utf-8").encode())
    return sha.hexdigest()


# --- splits: by script, so that no class and no script is in two parts


def training(bank: ClassBank) -> ClassBank:
    """The scripts to learn from, without those for validation: 7 scripts, 661 characters.

    Latin, Greek, Cyrillic, Hebrew, Arabic, N'Ko and Canadian syllabics.
    """
    return _part(bank, "learning", "training", lambda script: script not in VALIDATION)


def validation(bank: ClassBank) -> ClassBank:
    """The scripts on which recipes and stopping times are chosen: Armenian, Georgian and Tifinagh, 118 characters."""
    return _part(bank, "learning", "validation", lambda script: script in VALIDATION)


def evaluation(bank: ClassBank) -> ClassBank:
    """The scripts and symbols to be tested on, new also to a network that has learned from Omniglot's background.

    11 groups, 360 characters: Lao, Ogham, Old Italic, Coptic, Lisu; APL, currency and astrological signs, dingbats,
    arrows and mathematical operators. Five of the groups have 20 characters or more, as exam B needs.
    """
    return _part(bank, "evaluation", "evaluation", lambda script: True)


def _part(bank: ClassBank, part: str, word: str, wanted: Callable[[str], bool]) -> ClassBank:
    listed = classes()
    if bank.names != tuple(map(_label, listed)):
        raise ValueError(
            f"the split divides the {len(listed):,} classes of the glyph bank, and this bank has {bank.n_classes:,} or "
            "others: hand over the whole bank, before any selection or rotation"
        )
    scripts = dict.fromkeys(glyph.script for glyph in listed if glyph.part == part and wanted(glyph.script))
    return bank.select_groups(tuple(scripts), f"{SOURCE}, {word}")


# --- the class list


@functools.cache
def classes() -> tuple[Glyph, ...]:
    """The classes of the bank, in order, as the committed list has them.

    Raises BadFile when the list is not the one that metalib was made with.
    """
    text = resources.files("metalib.banks").joinpath(LIST).read_text(encoding="utf-8")
    listed = parse(text)
    found = digest(listed)
    if found != DIGEST:
        raise BadFile(
            f"{LIST} holds {len(listed):,} classes with digest {found[:12]}… where {DIGEST[:12]}… is expected: restore "
            "the file from the repository, or install metalib again"
        )
    return listed


def parse(text: str) -> tuple[Glyph, ...]:
    """The classes in the text of a list: part, script, code point, name and faces a line, between tabs."""
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(Glyph(part, script, chr(int(code, 16)), name, faces) for part, script, code, name, faces in rows)


def digest(listed: Sequence[Glyph]) -> str:
    """SHA-256 over a class list."""
    return hashlib.sha256("\n".join("\t".join(glyph) for glyph in listed).encode()).hexdigest()


def _label(glyph: Glyph) -> str:
    return f"{glyph.script}/{glyph.character} {glyph.name}"


# --- from fonts to drawings


def render(listed: Sequence[Glyph], *, generator: torch.Generator, hand: Hand | None = None) -> ClassBank:
    """A bank of DRAWINGS drawings of each of `listed`, from the faces in turn, each warped in its own way.

    Raises BadFile when the fonts lack a character.
    """
    hand, faces = hand or Hand(), read_faces()
    images = [
        _draw_classes(listed[start : start + BATCH], faces, hand, generator) for start in range(0, len(listed), BATCH)
    ]
    names, scripts = tuple(map(_label, listed)), tuple(glyph.script for glyph in listed)
    return ClassBank(torch.cat(images).unsqueeze(2), names, scripts, SOURCE)


def _draw_classes(listed: Sequence[Glyph], faces: Faces, hand: Hand, generator: torch.Generator) -> Tensor:
    """[C, DRAWINGS, 28, 28] uint8."""
    sheets: list[np.ndarray] = []  # every face's print of every class
    source: list[int] = []  # for each drawing, the number of its print
    for glyph in listed:
        prints = [_print(glyph, FACES[int(digit, 16)], faces) for digit in glyph.faces]
        source += [len(sheets) + drawing % len(prints) for drawing in range(DRAWINGS)]
        sheets += prints
    distances = torch.from_numpy(glyph_warps.distance(glyph_warps.thin(np.stack(sheets))))
    canvases = glyph_warps.draw(distances[source], hand, generator=generator).numpy()
    towards = hand.off_centre * torch.randn(len(source), 2, generator=generator).clamp(-2.5, 2.5)
    pictures = [glyph_warps.frame(canvas, way) for canvas, way in zip(canvases, towards.tolist(), strict=True)]
    return torch.from_numpy(np.stack(pictures)).unflatten(0, (len(listed), DRAWINGS))


def read_faces() -> Faces:
    """The faces of the fonts in matplotlib's folder. Raises BadFile when matplotlib comes without them."""
    import matplotlib
    from matplotlib.ft2font import FT2Font  # tells which characters a font has, which Pillow does not

    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    faces: Faces = {}
    for name in FACES:
        path = folder / f"DejaVu{name}.ttf"
        if not path.is_file():
            raise BadFile(f"matplotlib {matplotlib.__version__} has no {path}, and the glyph bank needs it. {REMEDY}")
        font = ImageFont.truetype(str(path), POINTS, layout_engine=ImageFont.Layout.BASIC)
        faces[name] = font, set(map(chr, FT2Font(str(path)).get_charmap()))
    return faces


def _print(glyph: Glyph, face: str, faces: Faces) -> np.ndarray:
    """[SHEET, SHEET] bool. Raises BadFile when the face lacks the character."""
    font, has = faces[face]
    if glyph.character not in has:
        import matplotlib

        raise BadFile(
            f"matplotlib {matplotlib.__version__}: its DejaVu{face}.ttf lacks U+{ord(glyph.character):04X} "
            f"{glyph.name}, and the glyph bank needs it. {REMEDY}"
        )
    return printed(font, glyph.character)


def printed(font: ImageFont.FreeTypeFont, character: str) -> np.ndarray:
    """[SHEET, SHEET] bool: a character as the face has it, its longer side GLYPH, in the middle."""
    mask = font.getmask(character, mode="L")
    picture = Image.frombytes("L", mask.size, bytes(mask))
    picture = picture.crop(picture.getbbox())
    zoom = GLYPH / max(picture.size)
    width, height = (max(1, round(zoom * length)) for length in picture.size)
    sheet = Image.new("L", (SHEET, SHEET))
    corner = (SHEET - width) // 2, (SHEET - height) // 2
    sheet.paste(_resized(picture, width, height), corner)
    return np.asarray(sheet) > 127


def _resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """To `width` and `height`, one after the other: Pillow rounds in between, and which comes first differs with its
    version. Here it is as in Pillow 13: the height where it shrinks more than twice as much, else the width.
    """
    shorter = picture.height - height
    height_first = shorter > max(0, 2 * (picture.width - width))
    halfway = (picture.width, height) if height_first else (width, picture.height)
    return picture.resize(halfway, Image.Resampling.BILINEAR).resize((width, height), Image.Resampling.BILINEAR)
