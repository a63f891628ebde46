"""Facts about prepared pictures: what the networks have learned from passes through, the rest becomes like it."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch.testing import assert_close

from metalib.few_shot.preparing import LARGEST, SMALLEST, USUAL, from_the_middle, line_drawing, on_square


def drawn(side, box, width=3, ink=0, paper=255):
    """A square picture with a ring in `box`."""
    image = Image.new("RGB", (side, side), (paper,) * 3)
    ImageDraw.Draw(image).ellipse(box, outline=(ink,) * 3, width=width)
    return image


def where(x):
    """Top, bottom, left and right of the ink in a prepared drawing [1, S, S]."""
    rows, columns = (np.flatnonzero((x[0] > 0.2).numpy().any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def test_a_picture_of_the_bank_is_ready():
    pixels = torch.zeros(28, 28, dtype=torch.uint8)
    pixels[3:9, 10:14] = 200
    x = line_drawing(Image.fromarray(pixels.numpy()))
    assert x.dtype == torch.float32
    assert_close(x, pixels.float()[None] / 255)


def test_dark_ink_on_bright_paper_is_turned_round():
    bright, dark = drawn(105, (20, 20, 80, 80)), drawn(105, (20, 20, 80, 80), ink=255, paper=0)
    assert_close(line_drawing(bright), line_drawing(dark))
    assert line_drawing(bright)[0, 0, 0] == 0


def test_a_character_is_moved_to_the_middle():
    corner, middle = drawn(105, (2, 4, 62, 64)), drawn(105, (22, 22, 82, 82))
    assert_close(line_drawing(corner), line_drawing(middle))


@pytest.mark.parametrize(
    ("length", "becomes"),
    [(0.1, USUAL), (SMALLEST + 0.05, SMALLEST + 0.05), (0.5, 0.5), (LARGEST - 0.06, LARGEST - 0.06), (1.0, USUAL)],
)
def test_its_size_stays_unless_omniglot_has_none_like_it(length, becomes):
    side, ink = 560, round(560 * length)
    top = (side - ink) // 2
    x = line_drawing(drawn(side, (top, top, top + ink - 1, top + ink - 1), width=20))
    first, last, *_ = where(x)
    assert (last - first + 1) / 28 == pytest.approx(becomes, abs=2 / 28)


def test_the_frame_of_a_wide_picture_is_its_longer_side():
    wide = Image.new("RGB", (210, 105), "white")
    wide.paste(drawn(105, (5, 5, 99, 99)), (0, 0))
    square = Image.new("RGB", (210, 210), "white")
    square.paste(drawn(105, (5, 5, 99, 99)), (50, 50))
    assert_close(line_drawing(wide), line_drawing(square))


def test_shadows_on_the_paper_and_a_pale_pen_do_not_count():
    even = drawn(300, (60, 60, 240, 240), width=9)
    pale = np.asarray(drawn(300, (60, 60, 240, 240), width=9, ink=70, paper=230).convert("L")).astype(float)
    shadow = pale - np.linspace(0, 45, 300)[None]  # from left to right
    photographed = Image.fromarray(shadow.clip(0, 255).astype(np.uint8))
    assert (line_drawing(photographed) - line_drawing(even)).abs().mean() < 0.02


def test_a_blank_picture_is_paper():
    assert not line_drawing(Image.new("RGB", (300, 200), "white")).any()


def test_a_whole_picture_lies_on_a_white_square():
    image = Image.new("RGB", (64, 32), (255, 0, 0))
    x = on_square(image, 32)
    assert x.shape == (3, 32, 32)
    assert_close(x[:, 16, 16], torch.tensor([1.0, 0, 0]))
    assert_close(x[:, 2, 16], torch.ones(3))


def test_an_emoji_of_the_bank_is_ready():
    pixels = torch.randint(0, 256, (32, 32, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert_close(on_square(Image.fromarray(pixels.numpy()), 32), pixels.movedim(-1, 0).float() / 255)


def test_the_middle_is_a_square_of_the_shorter_side():
    """Stripes outside of it are not seen."""
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, 110:190] = 255
    assert from_the_middle(Image.fromarray(pixels), 40, share=0.75).amin() == 1
    assert from_the_middle(Image.fromarray(pixels), 40, share=1.0).amin() == 0
