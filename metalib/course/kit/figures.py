"""A figure on the page: one picture with its words, on the paper of the course."""

from __future__ import annotations

import io
from base64 import b64encode
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Text
from PIL import Image

from metalib.course.kit import markup

PAPER = "#F4F1EA"  # easy on the eyes between the lines of a dark page, and nearly white on a light one
WIDEST, LEAST = (
    760,
    9.0,
)  # CSS pixels: what fits beside JupyterLab's file browser; points: the smallest text on the page
MARGIN = 0.12  # inches of paper around a figure
FAR, BANDED = 24, 0.5  # of 255: how far 256 colours may be from the true ones, at most and on average


def canvas(width: float = 7.0, height: float = 3.0) -> tuple[Figure, Axes]:
    """A new figure of width × height inches on the course's paper, and its Axes."""
    figure, ax = plt.subplots(figsize=(width, height), layout="constrained", facecolor=PAPER)
    ax.set_facecolor(PAPER)
    return figure, ax


def show(figure: Figure, caption: str) -> None:
    """Display `figure` as one output, an HTML picture with `caption` as its alternative text, and close it.

    caption  what there is to see, in words that carry the message for who cannot see it
    The picture is at most 760 pixels wide and twice as sharp; text that would be smaller than 9 points is enlarged.
    Raises ValueError for an empty caption.
    """
    from IPython.display import display

    words = " ".join(caption.split())
    if not words:
        raise ValueError("the caption is empty: say what the figure shows, for who cannot see it")
    image = painted(figure)
    plt.close(figure)  # or the inline backend would show it once more at the end of the cell
    file = io.BytesIO()
    image.save(file, format="png", optimize=True)
    source = "data:image/png;base64," + b64encode(file.getvalue()).decode()
    style = f"width:{image.width // 2}px;max-width:100%;height:auto;border-radius:6px"
    picture = f'<img alt="{escape(words)}" src="{source}" style="{style}">'
    fold = f'<details><summary style="cursor:pointer">The figure in words</summary><p>{escape(words)}</p></details>'
    display(markup.Html(f'<figure style="margin:4px 0">{picture}{fold}</figure>', f"Figure: {words}"))


def painted(figure: Figure) -> Image.Image:
    """The figure with two pixels for each CSS pixel of the page, on paper, its text large enough to read."""
    legends = [legend.get_frame() for legend in figure.findobj(Legend) if isinstance(legend, Legend)]
    for patch in (*(ax.patch for ax in figure.axes), *legends):
        if same_color(patch.get_facecolor()[:3], "white"):
            patch.set_facecolor(PAPER)
    scale = _css_pixels_an_inch(figure)
    if _enlarge_text(figure, LEAST * 96 / scale):
        scale = _css_pixels_an_inch(figure)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=2 * scale, facecolor=PAPER, bbox_inches="tight", pad_inches=MARGIN)
    return _few_colours(Image.open(png).convert("RGB"))


def _css_pixels_an_inch(figure: Figure) -> float:
    figure.draw_without_rendering()
    box = figure.get_tightbbox()
    assert box is not None
    return min(96.0, WIDEST / (box.width + 2 * MARGIN))


def _enlarge_text(figure: Figure, least: float) -> bool:
    """Make all text at least `least` points large; says whether any was smaller."""
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    small = [text for text in texts if float(text.get_fontsize()) < least]
    for text in small:
        text.set_fontsize(least)
    return any(text.get_text() for text in small)


def _few_colours(image: Image.Image) -> Image.Image:
    """The same picture with a palette of 256 colours, a third of the size, where nobody would see a difference."""
    palette = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    true, index = np.asarray(image, dtype=np.int32), np.asarray(palette)
    _exact(palette, true @ [1 << 16, 1 << 8, 1], index)
    difference = np.abs(true - np.asarray(palette.convert("RGB"), dtype=np.int32))
    return palette if difference.max() <= FAR and difference.mean() <= BANDED else image


def _exact(palette: Image.Image, true: np.ndarray, index: np.ndarray) -> None:
    """Give each index of `palette` the colour that most of its pixels truly have: paper is paper in every figure.

    true, index  [H, W]: 0xRRGGBB, and the index of each pixel
    """
    pairs, counts = np.unique((index.astype(np.int64) << 24) + true, return_counts=True)
    colours = np.array(palette.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)
    for pair in pairs[np.argsort(counts)]:  # the most frequent comes last and stays
        colours[pair >> 24] = [pair >> 16 & 255, pair >> 8 & 255, pair & 255]
    palette.putpalette(colours.tobytes(), "RGB")
