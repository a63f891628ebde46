"""Facts about the figures of MAML: what is drawn, where, in which colour."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex

from metalib import quadratics
from metalib.course.kit import plots
from metalib.course.kit.colours import METHOD_COLOURS, WRONG, start_colour
from metalib.course.kit.plane import LEVELS, radii
from metalib.course.maml_sinusoids import plots as plots_maml
from metalib.evaluate import Interval


@pytest.fixture
def ax():
    figure, ax = plots.canvas()
    yield ax
    plt.close(figure)


def test_starts_have_the_colours_of_the_course():
    assert start_colour("MAML") == METHOD_COLOURS["MAML"]
    names = ("MAML", "first-order MAML", "joint training", "random start", "Reptile", "yours")
    assert len({start_colour(name) for name in names}) == len(names)


def test_on_an_ellipse_the_loss_is_its_level():
    task = quadratics.ellipse_task(torch.zeros(2).double(), (3.0, 0.5), 0.0)
    a, b = radii((3.0, 0.5), 0.6)
    for point in ([a, 0.0], [0.0, b], [a * np.cos(1.0), b * np.sin(1.0)]):
        assert task.loss(torch.tensor(point).double()).item() == pytest.approx(0.6)


@pytest.mark.parametrize("cut", [False, True])
def test_the_graph_has_five_roads_and_marks_those_that_are_cut(ax, cut):
    plots_maml.meta_graph(ax, cut=cut, title="t")
    colours = [to_hex(patch.get_edgecolor()).upper() for patch in ax.patches]
    assert len(colours) == 5 and colours.count(WRONG) == 3 * cut


def test_the_plane_draws_ellipses_along_the_axes_of_the_task(ax):
    c = torch.tensor([1.0, -1.0]).double()
    tasks = [quadratics.ellipse_task(c, (3.0, 0.5), 0.5), quadratics.ellipse_task(-c, (1.0, 2.0), 1.0)]
    start = torch.zeros(2).double()
    paths = [quadratics.inner_path(task, start, inner_lr=0.1, inner_steps=3) for task in tasks]
    plots_maml.plane(ax, tasks, {"MAML": start, "joint training": start + 1}, paths, method="MAML")
    assert len(ax.patches) == 2 * len(LEVELS)
    for task, ellipses in zip(tasks, np.array_split(np.array(ax.patches), 2), strict=True):
        for ellipse, level in zip(ellipses, LEVELS, strict=True):
            rim = torch.tensor(ellipse.get_patch_transform().transform([[1.0, 0.0], [0.0, 1.0], [-0.6, 0.8]]))
            assert task.loss(rim).tolist() == pytest.approx([level] * 3)
    assert sum(getattr(text, "arrow_patch", None) is not None for text in ax.texts) == 6
    assert [text.get_text() for text in ax.texts if text.get_text() in "MFJR" and text.get_text()] == ["J"]


def test_an_adaptation_shows_the_task_its_points_and_the_steps_asked_for(ax):
    x = torch.linspace(-7, 7, 15)
    outputs = torch.arange(11.0)[:, None].expand(-1, 15)
    plots_maml.adaptation(ax, x, outputs, x.sin(), (x[:3], x[:3].sin()), name="MAML", shown=(0, 1, 4))
    heights = [line.get_ydata()[0] for line in ax.lines[1:4]]
    assert heights == [0.0, 1.0, 4.0]
    assert ax.get_legend_handles_labels()[1][1:4] == ["after 0 steps", "after 1 step", "after 4 steps"]


def test_error_curves_have_their_intervals(ax):
    rows = {"MAML": [(0, Interval(3.0, 2.5, 3.5, 10)), (1, Interval(1.0, 0.9, 1.1, 10))]}
    plots_maml.error_curves(ax, rows)
    (container,) = ax.containers
    assert container.lines[0].get_ydata().tolist() == [3.0, 1.0]
    ends = [segment[:, 1].tolist() for segment in container.lines[2][0].get_segments()]
    assert np.allclose(ends, [[2.5, 3.5], [0.9, 1.1]])


def test_error_curves_differ_in_marker_and_line(ax):
    starts = ("MAML", "first-order MAML", "joint training", "random start")
    plots_maml.error_curves(ax, {name: [(0, Interval(3.0, 2.5, 3.5, 10))] for name in starts})
    lines = [container.lines[0] for container in ax.containers]
    assert len({line.get_marker() for line in lines}) == len({line.get_linestyle() for line in lines}) == 4


def test_a_tangent_goes_through_its_point_with_its_slope(ax):
    theta = torch.linspace(-2, 2, 11)
    plots_maml.meta_loss_curves(ax, theta, theta**2, theta**2 / 2, {"MAML": (1.0, 0.5, 1.0)})
    line = next(line for line in ax.lines if line.get_label() == "slope by MAML")
    (x0, x1), (y0, y1) = line.get_xdata(), line.get_ydata()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(1.0) and (y0 + y1) / 2 == pytest.approx(0.5)


def test_what_a_wave_becomes_is_said_in_numbers(capsys):
    x = torch.linspace(-5, 5, 21)
    outputs = {
        "MAML, k = 1": torch.ones(11, 21) * torch.arange(11.0)[:, None],
        "joint training, k = 0": torch.zeros(11, 21),
    }
    plots_maml.one_wave(x, torch.zeros(21), (x[:3], x[:3] * 0), outputs)
    assert "MAML, k = 1 0.00, 1.00, 100.00; joint training, k = 0 0.00, 0.00, 0.00." in capsys.readouterr().out


def test_only_what_lies_right_of_the_points_counts_as_not_given(capsys):
    x = torch.linspace(-5, 5, 21)
    wrong_on_the_left = (x < 0).float().expand(11, 21)
    given = torch.tensor([-4.0, 0.0])
    plots_maml.one_wave(x, torch.zeros(21), (given, given * 0), {"MAML": wrong_on_the_left})
    assert "MAML 0.00, 0.00, 0.00." in capsys.readouterr().out


def test_a_squared_error_has_no_per_cent():
    assert plots_maml.squared(Interval(0.626, 0.576, 0.676, 600)) == "0.63 ± 0.05"
