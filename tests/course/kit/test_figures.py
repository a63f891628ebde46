"""A figure on the page: one HTML picture, sharp, no wider than the page, with its words."""

import base64
import html
import io
import re

import IPython.display
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from metalib.course.kit import figures

CAPTION = 'a line that rises: "5 < 6"\nand stays.'


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, in order."""
    things = []
    monkeypatch.setattr(IPython.display, "display", lambda *new, **options: things.extend(new))
    return things


def picture(output):
    """The image in an output, and its width in CSS pixels."""
    source, width = re.search(
        r'src="data:image/png;base64,([^"]+)" style="width:(\d+)px;max-width:100%', output.html
    ).groups()
    return Image.open(io.BytesIO(base64.b64decode(source))), int(width)


def test_show_displays_one_picture_with_its_words_and_closes_the_figure(shown):
    figure, ax = figures.canvas()
    ax.plot([0, 1])
    figures.show(figure, CAPTION)
    (output,) = shown
    (alt,) = re.findall(r'<img alt="([^"]*)"', output.html)
    assert html.unescape(alt) == 'a line that rises: "5 < 6" and stays.'
    assert repr(output) == f"Figure: {html.unescape(alt)}"
    assert output.html.count(alt) == 2 and "<details><summary" in output.html  # and in words, for who wants them
    assert not plt.fignum_exists(figure.number)


@pytest.mark.parametrize("caption", ["", " \n"])
def test_show_refuses_a_figure_without_a_caption(caption):
    with pytest.raises(ValueError, match="caption is empty"):
        figures.show(figures.canvas()[0], caption)


@pytest.mark.parametrize("inches", [4, 7, 11])
def test_a_picture_is_twice_as_sharp_as_the_page_and_no_wider(shown, inches):
    figure, ax = figures.canvas(inches, 3)
    ax.set_title("a title")
    figures.show(figure, CAPTION)
    image, width = picture(shown[0])
    assert image.width // 2 == width <= figures.WIDEST + 4
    assert width == pytest.approx(min(96 * inches, figures.WIDEST), rel=0.06)


def test_text_has_nine_points_on_the_page_in_a_figure_that_is_made_smaller():
    figure, ax = figures.canvas(12, 3)
    small, large = ax.text(0, 0, "small", fontsize=5), ax.text(0, 1, "large", fontsize=20)
    image = figures.painted(figure)
    points_on_the_page = image.width / 2 / (12 * 96)  # of each point in the figure
    assert small.get_fontsize() * points_on_the_page == pytest.approx(9, rel=0.05)
    assert large.get_fontsize() == 20
    assert ax.get_xticklabels()[0].get_fontsize() == small.get_fontsize()


def test_a_figure_stands_on_the_courses_paper_whoever_made_it():
    figure, ax = plt.subplots(facecolor="white")
    ax.set_axis_off()
    image = np.asarray(figures.painted(figure).convert("RGB"))
    assert (image == [int(figures.PAPER[i : i + 2], 16) for i in (1, 3, 5)]).all()


def test_few_colours_take_the_place_of_many_where_nobody_sees_it():
    figure, ax = figures.canvas()
    ax.plot([0, 1], color="#D55E00")
    drawn = figures.painted(figure)
    assert drawn.mode == "P"
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    assert figures._few_colours(noise) is noise


def test_a_shaded_picture_keeps_its_colours_since_bands_would_be_seen():
    across, down = np.meshgrid(np.linspace(0, 255, 512), np.linspace(0, 255, 256))
    shaded = Image.fromarray(np.stack([across, down, 255 - across], axis=-1).astype(np.uint8))
    assert figures._few_colours(shaded) is shaded


def test_a_palette_keeps_the_colour_that_most_of_the_picture_has():
    pixels = np.full((64, 64, 3), (244, 241, 234), dtype=np.uint8)
    pixels[:20, :20] = np.random.default_rng(0).integers(0, 8, (20, 20, 3)) * 32
    pixels[40, :30, 0] -= np.arange(30, dtype=np.uint8)  # near to the paper, and on its index
    kept = np.asarray(figures._few_colours(Image.fromarray(pixels)).convert("RGB"))
    assert (kept[50:] == (244, 241, 234)).all()
