"""One picture of the learner's own, whatever it comes as, made ready for a backbone: upright, RGB, of moderate size.

A file is judged by its header before a pixel is decoded, and read by a few decoders only: Pillow has fifty, and one of
them starts another program.
"""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from metalib.banks.layouts import shortened
from metalib.banks.pictures import FILTER
from metalib.files import BadFile

MOST_TOLD = 10  # files that one error names
MOST_PIXELS = 40_000_000  # of a picture; decoded and turned, one of these takes 320 MB
# Pixels of the longer side that are kept: backbones look at 28 to 518. 4,000 and 4,032, as cameras have, are twice two
# times this, so that a JPEG is decoded at half its size.
KEPT = 1000
FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "AVIF", "HEIF")
BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*")  # of such files
HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")  # brands, from the ninth byte
TO_HEIC = (
    "`pip install pillow-heif`, or export it as JPEG (an iPhone takes JPEGs with Settings, Camera, Formats, "
    "Most Compatible)"
)

Source = str | os.PathLike[str] | Image.Image | np.ndarray
Notice = Callable[[str], object]


def open_picture(source: Source, *, name: str = "the picture", notice: Notice | None = None) -> Image.Image:
    """The picture as an RGB image that stands upright, its longer side at most `KEPT` pixels.

    source  a path; an image of Pillow's; or an array, uint8, [H, W], [H, W, 1], [H, W, 3], or [H, W, 4] with
            transparency last. It stays as it is
    name    what an error calls a picture that is no file
    notice  called with a few words for each thing that the picture has and that is not kept: further frames,
            transparency (shown on white). `told` makes lines of them
    Raises BadFile, naming the file and the remedy, for a file that is no picture, is damaged, is larger than
    `MOST_PIXELS`, or needs another package; FileNotFoundError for one that is not there; ValueError for an array or an
    image that is none of these.
    """
    notice = notice or _say_nothing
    if isinstance(source, str | os.PathLike):
        return _from_file(Path(source), notice)
    image = source if isinstance(source, Image.Image) else _from_array(source, name)
    _check_size(image, name)
    with _naming(name):
        return _prepared(image, name, notice)


def check_header(path: str | os.PathLike[str]) -> None:
    """Raise what `open_picture` would of this file, as far as its header tells: no pixel is decoded."""
    _opened(Path(path)).close()


def check_headers(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Raise what `check_header` does of one file; where several cannot be read, one BadFile names up to `MOST_TOLD`."""
    found: list[ValueError | OSError] = []
    for path in paths:
        try:
            check_header(path)
        except (ValueError, OSError) as error:
            found.append(error)
    if len(found) == 1:
        raise found[0]
    if found:
        more = f"; and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
        raise BadFile(f"{len(found)} files cannot be read: {'; '.join(map(str, found[:MOST_TOLD]))}{more}")


def told(noticed: Iterable[tuple[object, str]]) -> tuple[str, ...]:
    """A line for each thing that `open_picture` noticed, with the pictures that have it.

    noticed  pairs of a picture's name and the words
    """
    names: dict[str, list[str]] = {}
    for name, words in noticed:
        names.setdefault(words, []).append(str(name))
    return tuple(f"{shortened(those)}: {words}" for words, those in names.items())


def _say_nothing(words: str) -> None:
    pass


# --- files


def _from_file(path: Path, notice: Notice) -> Image.Image:
    with _opened(path) as image, _naming(str(path)):
        if getattr(image, "is_animated", False) and image.format != "MPO":  # whose others are the camera's own
            notice("several frames or pages, of which the first one counts")
        width, height = _kept_size(image)
        image.draft(None, (2 * width, 2 * height))  # a JPEG is then decoded at 1/2, 1/4 or 1/8 of its size
        return _prepared(image, str(path), notice)


@contextlib.contextmanager
def _naming(name: str) -> Iterator[None]:
    """Pillow's decoders raise errors of a dozen kinds on damaged files: one of ours instead, with the file's name.

    What they warn of, a damaged note about the camera above all, makes no difference to the picture.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (BadFile, MemoryError):
        raise
    except Exception as error:
        raise BadFile(f"{name} cannot be decoded ({error}): copy or export it again") from error


def _opened(path: Path) -> Image.Image:
    """The file with its header read and judged."""
    beginning = _beginning(path)
    if beginning[4:8] == b"ftyp" and beginning[8:12] in HEIC and b"avif" not in beginning:
        _learn_heic(path)
    Image.init()
    formats = [name for name in FORMATS if name in Image.OPEN]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the size, which is judged below
            image = Image.open(path, formats=formats)
    except Image.DecompressionBombError as error:
        raise BadFile(f"{path} would fill the memory ({error}): {_smaller()}") from error
    except Exception as error:  # a dozen kinds here too
        raise BadFile(f"{path} {_what_is_wrong(beginning)}") from error
    try:
        _check_size(image, str(path))
    except ValueError:
        image.close()
        raise
    return image


def _beginning(path: Path) -> bytes:
    """The first bytes. Raises FileNotFoundError, or BadFile where there is no file or it cannot be read."""
    if not os.path.lexists(path):
        raise FileNotFoundError(f"{path} is not there: check its name and folder")
    if not path.is_file():  # a pipe, which would be waited for
        raise BadFile(f"{path} is no file: give the path of a picture")
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as error:
        raise BadFile(f"{path} cannot be read ({error.strerror}): check its permissions") from error


def _learn_heic(path: Path) -> None:
    try:
        import pillow_heif  # not among metalib's dependencies
    except ImportError as error:
        raise BadFile(f"{path} is a HEIC picture, which Pillow does not read: {TO_HEIC}") from error
    pillow_heif.register_heif_opener()


def _what_is_wrong(beginning: bytes) -> str:
    if not beginning:
        return "is empty: copy or export it again"
    if beginning.startswith(BEGINNINGS):
        return "is damaged or cut off: copy or export it again"
    return "is no picture that can be read: take it out, or save it as PNG or JPEG"


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise BadFile(f"{name} has {width:,} × {height:,} pixels and may have {MOST_PIXELS:,}: {_smaller()}")
    if not width * height:
        raise BadFile(f"{name} has {width} × {height} pixels: give one that shows something")


def _smaller() -> str:
    return f"save it smaller, {4 * KEPT:,} pixels on its longer side are more than enough"


# --- arrays


def _from_array(array: Any, name: str) -> Image.Image:
    pixels = np.asarray(array)
    if pixels.dtype != np.uint8:
        of_one = ": write (255 * x).astype(numpy.uint8) where 1 is white" if pixels.dtype.kind in "fb" else ""
        raise ValueError(f"{name} is {type(array).__name__} of {pixels.dtype}, not a path or uint8{of_one}")
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim != 2 and (pixels.ndim != 3 or pixels.shape[-1] not in (3, 4)):
        first = ", with numpy.moveaxis(x, 0, -1)" if pixels.ndim == 3 and pixels.shape[0] in (1, 3) else ""
        raise ValueError(f"{name} has shape {list(pixels.shape)}: give [H, W] or [H, W, 3]{first}")
    return Image.fromarray(np.ascontiguousarray(pixels))


# --- pixels


def _prepared(image: Image.Image, name: str, notice: Notice) -> Image.Image:
    """A new image: upright, in 8 bits, reduced, on white paper."""
    colour = _eight_bits(_upright(image, notice), name, notice)
    mode = "RGBA" if colour.has_transparency_data else "RGB"
    rgb = _on_white(_reduced(colour.convert(mode)), notice)
    if rgb.getcolors(1):
        notice("one colour all over, so that nothing is to be seen")
    rgb.info.clear()  # where and with what it was taken
    return rgb


def _upright(image: Image.Image, notice: Notice) -> Image.Image:
    """A copy, turned as its EXIF data say."""
    image.load()
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # a dozen kinds once more, of a note that most pictures do without
        notice("damaged EXIF data, so that it may lie on its side")
        return image.copy()


def _eight_bits(image: Image.Image, name: str, notice: Notice) -> Image.Image:
    """Grey of 16 bits to 8, scaled: Pillow's own `convert` may cut off instead. Colour of 16 bits Pillow scales."""
    if not image.mode.startswith(("I", "F")):
        return image
    pixels = np.asarray(image)
    low, high = pixels.min(), pixels.max()
    if image.mode == "F" or low < 0 or high >= 2**16:
        raise BadFile(f"{name} has values from {low:g} to {high:g}, of which nobody knows what is white: save 8 bits")
    if 0 < high < 2**12:
        notice("16 bits of which only the darkest are used, so that it is nearly black: brighten it")
    return Image.fromarray((pixels >> 8).astype(np.uint8))


def _kept_size(image: Image.Image) -> tuple[int, int]:
    factor = min(1, KEPT / max(image.size))
    width, height = (max(1, round(side * factor)) for side in image.size)
    return width, height


def _reduced(image: Image.Image) -> Image.Image:
    size = _kept_size(image)
    return image if size == image.size else image.resize(size, FILTER, reducing_gap=2.0)


def _on_white(image: Image.Image, notice: Notice) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.getchannel("A").getextrema()[0] == 255:  # all of it is opaque
        return image.convert("RGB")
    notice("transparent in parts, which are shown white")
    paper = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(paper, image).convert("RGB")
