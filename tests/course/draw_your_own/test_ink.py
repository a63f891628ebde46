"""From strokes to pictures: as the network's other pictures are prepared, and in the widget's script as in Python."""

import numpy as np
import pytest
from PIL import Image

from metalib.course.draw_your_own import ink
from metalib.course.draw_your_own.first_drawings import drawings
from metalib.few_shot.preparing import line_drawing

HOOK = [[20, 20, 20, 70, 45, 70]]
LOPSIDED = [[39.3, 37.5, 19.5, 17.9, 46.6, 49.8, 46.3, 52.9]]  # its ink is a pixel off the middle of its points


def box(pixels):
    rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
    return [int(end) for end in (rows[0], rows[-1], columns[0], columns[-1])]


def test_ink_is_five_pixels_wide_and_in_the_middle():
    line = ink.bitmap([[10, 10, 10, 70]])
    assert box(line) == [20, 84, 50, 54]
    assert set(np.unique(line)) == {0, 255}


def test_where_a_drawing_lies_on_the_sheet_changes_nothing():
    moved = [[value + 31.5 for value in HOOK[0]]]
    assert np.array_equal(ink.bitmap(HOOK), ink.bitmap(moved))


@pytest.mark.parametrize(("side", "expected"), [(5, 69), (30, 69), (40, 45), (80, 85), (104, 69)])
def test_what_is_far_from_the_usual_size_gets_it(side, expected):
    top, bottom, left, right = box(ink.bitmap([[0, 0, 0, side, side, side]]))
    assert (bottom - top + 1, right - left + 1) == (expected, expected)


def test_nothing_drawn_is_an_empty_sheet():
    assert not ink.bitmap([]).any() and not ink.bitmap([[]]).any() and not ink.seen([]).any()


def test_on_paper_ink_is_dark():
    assert ink.on_paper(HOOK).min() == 0 and ink.on_paper(HOOK)[0, 0] == 255


@pytest.mark.parametrize("drawing", [HOOK, LOPSIDED, *(of_class[0] for of_class in drawings(1, seed=2))], ids=str)
def test_a_saved_picture_is_prepared_as_the_widget_sees_it(drawing):
    """What a later cell reads from the folder is, to the network, what was drawn."""
    paper = Image.fromarray(ink.on_paper(drawing)).convert("RGB")
    assert np.array_equal(line_drawing(paper).mul(255).round().byte()[0].numpy(), ink.seen(drawing))
