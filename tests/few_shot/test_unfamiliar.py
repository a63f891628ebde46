"""How often pictures are taken for another kind than they are: drawings in all conditions, photographs, emoji."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from metalib import places
from metalib.banks import emoji, twenty_runs
from metalib.few_shot.pictures import open_picture
from metalib.few_shot.unfamiliar import is_line_drawing, is_on_white_paper, unlike

DATA = places.checkout() / "data"
PHOTOGRAPHS = (
    *("astronaut.png", "brick.png", "camera.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png"),
    *("grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png"),
    *("retina.jpg", "rocket.jpg"),
)


@pytest.fixture(scope="module")
def drawings():
    """A hundred drawings, black on white, 105 × 105."""
    runs = twenty_runs.read(DATA / "lake-runs" / twenty_runs.ARCHIVE)
    return [Image.fromarray(np.uint8(255 * ~ink.numpy())) for ink in runs.support_bitmaps.flatten(0, 1)[::4]]


@pytest.fixture(scope="module")
def photographs():
    skimage = pytest.importorskip("skimage", reason="scikit-image, which has sample photographs, is not installed")
    return [open_picture(Path(skimage.__file__).parent / "data" / name) for name in PHOTOGRAPHS]


def share(images, is_it):
    return float(np.mean([is_it(image) for image in images]))


def in_ink(image, rng):
    """The drawing in ink of some dark colour."""
    ink, paper = rng.uniform(0, 0.6, 3), np.asarray(image)[..., None] / 255
    return Image.fromarray(np.uint8(255 * (ink + (1 - ink) * paper)))


def photographed(image, rng):
    """As a camera sees it: grey paper in uneven light, with a tint, noise and JPEG's blocks."""
    side = 105 * int(rng.integers(3, 7))
    pixels = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC)) / 255
    ink, paper = rng.uniform(0.1, 0.45), rng.uniform(0.65, 0.95)
    row, column = np.mgrid[:side, :side] / side
    angle = rng.uniform(0, 2 * np.pi)
    slope = np.cos(angle) * column + np.sin(angle) * row
    light = 1 - rng.uniform(0.1, 0.45) * (slope - slope.min()) / 1.2
    seen = ((ink + (paper - ink) * pixels) * light)[..., None] * (1 - rng.uniform(0, 0.12, 3))
    seen = np.clip(seen + rng.normal(0, 0.02, (side, side, 1)), 0, 1)
    file = io.BytesIO()
    Image.fromarray(np.uint8(255 * seen)).save(file, "JPEG", quality=80)
    return Image.open(file)


def piece(image, rng):
    side = int(rng.uniform(0.3, 1) * min(image.size))
    left, top = (int(rng.integers(0, length - side + 1)) for length in image.size)
    return image.crop((left, top, left + side, top + side))


def test_no_clean_drawing_is_taken_for_something_else(drawings):
    small = [image.resize((28, 28), Image.Resampling.BILINEAR) for image in drawings]
    bright = [Image.fromarray(255 - np.asarray(image)) for image in drawings]
    rng = np.random.default_rng(0)
    for images in (drawings, small, bright, [in_ink(image, rng) for image in drawings]):
        assert share(images, is_line_drawing) == 1


def test_few_photographed_drawings_are(drawings):
    rng = np.random.default_rng(0)
    assert share([photographed(image, rng) for image in drawings], is_line_drawing) >= 0.88


def test_most_photographs_are_found(photographs):
    rng = np.random.default_rng(0)
    assert share(photographs, is_line_drawing) <= 0.1
    pieces = [piece(image, rng) for image in photographs for _ in range(8)]
    assert share(pieces, is_line_drawing) <= 0.2
    assert share(pieces, is_on_white_paper) <= 0.1


def test_emoji_are_on_white_paper_and_most_are_no_line_drawings():
    bank = emoji.read(DATA / "emoji")
    images = [Image.fromarray(of_class[0].movedim(0, -1).numpy()) for of_class in bank.images[::5]]
    assert share(images, is_on_white_paper) >= 0.99
    assert share(images, is_line_drawing) <= 0.2


def test_a_silhouette_has_too_much_ink_for_a_line_drawing():
    row, column = np.mgrid[-50:50, -50:50]
    disc, ring = np.hypot(row, column) < 32, np.abs(np.hypot(row, column) - 32) < 3  # 32 and 12 % of the picture
    assert [is_line_drawing(Image.fromarray(np.uint8(255 * ~ink))) for ink in (disc, ring)] == [False, True]


def test_words_are_for_the_backbones_that_know_one_kind_only():
    white, grey = (Image.new("RGB", (40, 40), colour) for colour in ("white", "grey"))
    red = Image.new("RGB", (40, 40), "red")
    assert "no line drawing" in unlike("omniglot", red) and not unlike("omniglot", white)
    assert "not on white paper" in unlike("emoji", grey) and not unlike("emoji", white)
    assert not unlike("photos", red) and not unlike("timm:resnet18", white)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 2)])
def test_pictures_of_any_shape_are_judged(size):
    assert is_line_drawing(Image.new("RGB", size, "white")) and is_on_white_paper(Image.new("RGB", size, "white"))
