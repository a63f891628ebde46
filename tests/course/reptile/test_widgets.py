"""The widget of notebook 05, and its figures, without a browser."""

import json

import pytest
import torch
from matplotlib import pyplot as plt

from metalib import quadratics
from metalib.course.reptile import plots as plots_reptile
from metalib.course.reptile import reptile_plane
from metalib.course.reptile.reptile_plane import STEPS, ReptilePlane, SlideState


def move(widget, name, value):
    """What the script sends when a slider is moved."""
    widget._handle_custom_msg({"action": "set", "name": name, "value": value}, [])


def test_the_first_stop_is_the_joint_optimum_and_the_last_the_mean_of_the_optima():
    state = SlideState()
    trail = reptile_plane.trail(state)
    torch.testing.assert_close(trail[0], quadratics.joint(state.tasks))
    torch.testing.assert_close(trail[-1], sum(task.c for task in state.tasks) / 2)
    assert (trail[-2] - trail[-1]).norm() < 1e-3 < (trail[0] - trail[-1]).norm()


@pytest.mark.parametrize("stop", range(len(STEPS)))
def test_at_the_start_the_ways_into_the_two_tasks_cancel(stop):
    state = SlideState(stop=stop)
    ends = torch.stack([path[-1] for path in reptile_plane.paths(state)])
    torch.testing.assert_close(ends.mean(dim=0), reptile_plane.start(state), rtol=0, atol=1e-3)


def test_moving_k_moves_the_start_along_a_trail_that_stays():
    widget = ReptilePlane()
    before = widget.view
    move(widget, "stop", 7)
    assert widget.view["state"]["k"] == STEPS[7]
    assert widget.view["trail"] == before["trail"]
    assert widget.view["start"] == before["trail"][7] != before["start"]
    assert [len(path) for path in widget.view["paths"]] == [STEPS[7] + 1] * 2
    assert widget.view["status"].startswith(f"k = {STEPS[7]}: ")


def test_a_smaller_step_size_keeps_the_start_nearer_to_the_joint_optimum():
    widget = ReptilePlane(SlideState(stop=5))
    joint = quadratics.joint(widget.state.tasks)
    far = (torch.tensor(widget.view["start"]) - joint).norm()
    move(widget, "inner_lr", 0.02)
    assert (torch.tensor(widget.view["start"]) - joint).norm() < far / 2


def test_the_last_stop_says_infinity_and_does_not_depend_on_alpha():
    widget = ReptilePlane(SlideState(stop=len(STEPS) - 1))
    before = widget.view["start"]
    move(widget, "inner_lr", 0.4)
    assert widget.view["start"] == before
    assert widget.view["sliders"][0]["text"] == "k → ∞"


def test_the_view_can_be_sent_and_speaks_of_colours_of_the_course():
    view = ReptilePlane().view
    assert json.loads(json.dumps(view))["answers"] == 0
    assert view["colours"]["reptile"] != view["colours"]["joint"]


def test_the_film_strip_has_a_panel_a_stop():
    figure = ReptilePlane().twin()
    assert [ax.get_title() for ax in figure.axes] == ["k = 1", "k = 3", "k = 10", "k → ∞"]


def test_the_map_of_settings_marks_what_is_near_the_best_and_what_diverged():
    errors = torch.tensor([[1.0, 1.2], [2.0, torch.inf]])
    ax = plots_reptile.settings_map(plt.subplots()[1], errors, [0.1, 0.3], [1, 2], best=1.0, title="MAML")
    assert [text.get_text() for text in ax.texts] == ["1.00", "1.20", "2.00", "diverged"]
    assert len(ax.patches) == 2


def test_seeds_are_drawn_as_a_mean_in_a_band():
    curves = {"Reptile": torch.tensor([[1.0, 3.0], [2.0, 2.0]])}
    ax = plots_reptile.over_seeds(plt.subplots()[1], [0, 1], curves, xlabel="x", ylabel="y", title="t")
    assert ax.lines[0].get_ydata().tolist() == [2.0, 2.0]
    assert ax.collections[0].get_paths()[0].get_extents().height == 2.0
