"""The figures of notebook 09, drawn from pictures and distances whose reading is known."""

import numpy as np
import pytest
import torch

from metalib.course.draw_your_own import plots
from metalib.course.kit.colours import WRONG

PICTURES = [np.zeros((4, 4, 3), np.uint8), np.zeros((28, 28), np.uint8)] * 3


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_each_picture_has_its_name_and_a_wrong_one_a_frame_and_a_mark():
    _, ax = plots.canvas()
    plots.named(ax, PICTURES, list("abcdef"), wrong=[False, True, False, False, False, False], title="Six")
    assert texts(ax) == ["a", "b ✗", "c", "d", "e", "f"]
    assert [patch.get_linewidth() > 1 for patch in ax.patches] == [False, True, False, False, False, False]
    assert ax.texts[1].get_color() == WRONG
    assert ax.get_title() == "Six"


def test_the_sixth_picture_stands_below_the_first():
    _, ax = plots.canvas()
    plots.named(ax, PICTURES, list("abcdef"))
    first, last = ax.patches[0], ax.patches[5]
    assert first.get_x() == last.get_x() and last.get_y() > first.get_y() + 1


@pytest.mark.parametrize(("limit", "lines"), [(0.7, [0.7, 0.7]), (float("inf"), None)])
def test_all_distances_are_dots_and_a_finite_threshold_is_a_line(limit, lines):
    _, ax = plots.canvas()
    inside, strangers = torch.tensor([0.2, 0.5]), torch.tensor([0.4, 1.0, 2.0])
    plots.distances(ax, inside, strangers, limit)
    dots = [sorted(line.get_xdata()) for line in ax.lines[:2]]
    assert dots == [pytest.approx(inside.tolist()), pytest.approx(strangers.tolist())]
    assert ("threshold" in texts(ax)) == (lines is not None)
    assert [list(line.get_xdata()) for line in ax.lines[2:]] == ([lines] if lines else [])


def test_one_distance_can_be_drawn():
    _, ax = plots.canvas()
    plots.distances(ax, torch.tensor([0.3]), torch.tensor([0.9]), 0.5)
    assert [len(line.get_xdata()) for line in ax.lines[:2]] == [1, 1]
