"""Drawings in files: a folder of PNGs that is read as any folder of pictures, and one file to hand on.

A PNG of the folder also carries the strokes it was drawn with, as text, so that the widget can load the folder again.
The one file is JSON; the widget's script writes and reads the same (drawings_file.js).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from metalib.course.draw_your_own.ink import SHEET, Drawing, on_paper
from metalib.files import BadFile, fit, read_json, write_atomically

WAYS, MOST = 5, 5  # classes, and drawings of one
LETTERS = "ABCDE"
KIND = "drawings of metalib"
MOST_STROKES, MOST_NUMBERS = 100, 4000  # of a drawing, and of a stroke
KEY = "strokes"  # of the text in a PNG
Classes = list[list[Any]]  # five lists of drawings


def write_folder(folder: Path, classes: Sequence[Sequence[Drawing]]) -> int:
    """Write each drawing as `folder`/LETTER/drawing-N.png, dark ink on white paper, 105 × 105; how many there are.

    Drawings that an earlier call left there and that are gone now are taken away; other files stay. A class without a
    drawing has no folder. Raises OSError where the folder cannot be written.
    """
    wanted = {
        folder / letter / f"drawing-{number}.png": drawing
        for letter, drawings in zip(LETTERS, classes, strict=True)
        for number, drawing in enumerate(filter(None, drawings), start=1)
    }
    for path, drawing in wanted.items():
        text = PngInfo()
        text.add_text(KEY, json.dumps(drawing))
        save = partial(Image.fromarray(on_paper(drawing)).save, format="png", pnginfo=text)
        write_atomically(path, save)
    for letter in LETTERS:
        for path in (folder / letter).glob("drawing-*.png"):
            if path not in wanted:
                path.unlink()
        if (folder / letter).is_dir() and not any((folder / letter).iterdir()):
            (folder / letter).rmdir()
    return len(wanted)


def read(path: Path) -> Classes:
    """The drawings of a folder that `write_folder` wrote, or of one file: five lists, the empty ones too.

    Raises BadFile, naming the file and the remedy, for what is neither; FileNotFoundError where nothing is there.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: give a folder or a file that the widget saved")
    return _read_folder(path) if path.is_dir() else _read_file(path)


def _read_folder(folder: Path) -> Classes:
    classes: Classes = [[] for _ in LETTERS]
    for letter, drawings in zip(LETTERS, classes, strict=True):
        for path in sorted((folder / letter).glob("drawing-*.png"))[:MOST]:
            drawings.append(_strokes_of(path))
    if not any(classes):
        raise BadFile(f"{folder} has no drawing of the widget's (A/drawing-1.png …): give the folder that it saved")
    return classes


def _strokes_of(path: Path) -> Any:
    remedy = "draw it anew, or give FewShot.from_folder the folder, which needs no strokes"
    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.size != (SHEET, SHEET):
                raise ValueError(f"it has {image.size[0]} × {image.size[1]} pixels, not {SHEET} × {SHEET}")
            image.load()  # text may follow the pixels
            return _checked(json.loads(image.info[KEY]), KEY)
    except Exception as error:  # Pillow's decoders raise errors of a dozen kinds on damaged files
        raise BadFile(f"{path} has no strokes that can be read ({type(error).__name__}: {error}): {remedy}") from error


def _read_file(path: Path) -> Classes:
    remedy = "give the file that the widget's button Download wrote"
    found = read_json(path, {"kind": str, "classes": dict}, remedy=remedy)
    try:
        if found["kind"] != KIND or not set(found["classes"]) <= set(LETTERS):
            raise ValueError(f"it is of kind {found['kind']!r} with the classes {', '.join(found['classes'])}")
        classes = [fit(found["classes"].get(letter, []), [list], letter) for letter in LETTERS]
        for letter, drawings in zip(LETTERS, classes, strict=True):
            if len(drawings) > MOST:
                raise ValueError(f"class {letter} has {len(drawings)} drawings, and may have {MOST}")
            for drawing in drawings:
                _checked(drawing, letter)
    except ValueError as error:
        raise BadFile(f"{path} holds no drawings ({error}): {remedy}") from error
    return classes


def _checked(drawing: Any, place: str) -> Any:
    """`drawing`, if it is one: strokes of points on the sheet. Raises ValueError, which names the place."""
    fit(drawing, [[int | float]], place)
    if len(drawing) > MOST_STROKES or any(len(stroke) > MOST_NUMBERS or len(stroke) % 2 for stroke in drawing):
        raise ValueError(f"{place} has more strokes or points than a drawing may have, or half a point")
    if not all(0 <= number <= SHEET for stroke in drawing for number in stroke):  # no NaN passes
        raise ValueError(f"{place} has a point that is not on the sheet, 0 … {SHEET}")
    return drawing
