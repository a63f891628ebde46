"""The widget of notebook 05 and its figures: what Python gives it, and that its script computes as metalib does."""

import json

import node
import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from metalib import quadratics
from metalib.course.reptile import plots as plots_reptile
from metalib.course.reptile import reptile_plane
from metalib.course.reptile.reptile_plane import STEPS, ReptilePlane, SlideState

SCRIPT = "reptile/reptile_plane"
LAST = len(STEPS) - 1


def seen(widget, *states):
    """The views of states, each a stop of the slider and an α."""
    steps = [{"state": {"stop": stop, "inner_lr": alpha}} for stop, alpha in states]
    return [found["view"] for found in node.computed(SCRIPT, widget.data, steps)]


def random_tasks(seed):
    rng = np.random.default_rng(seed)
    return [
        quadratics.ellipse_task(
            torch.tensor(rng.uniform(-2, 2, 2)), tuple(rng.uniform(0.25, 4, 2)), rng.uniform(0, 3.1)
        )
        for _ in range(2)
    ]


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


@pytest.mark.parametrize("tasks", [SlideState().tasks, *(random_tasks(seed) for seed in range(5))])
def test_the_script_finds_starts_and_paths_as_metalib_does(tasks):
    states = [(stop, alpha) for stop in range(len(STEPS)) for alpha in (0.02, 0.2, 0.48)]
    for (stop, alpha), view in zip(states, seen(ReptilePlane(SlideState(tasks)), *states), strict=True):
        state = SlideState(tasks, stop, alpha)
        here = reptile_plane.start(state)
        assert view["start"] == pytest.approx(here.tolist(), abs=1e-9)
        np.testing.assert_allclose(view["trail"], reptile_plane.trail(state), rtol=0, atol=1e-9)
        for path, expected in zip(view["paths"], reptile_plane.paths(state), strict=True):
            np.testing.assert_allclose(path, expected, rtol=0, atol=1e-9)
        distances = [(here - end).norm().item() for end in (quadratics.joint(tasks), quadratics.reptile_limit(tasks))]
        assert [view["toJoint"], view["toMean"]] == pytest.approx(distances, abs=1e-9)


def test_moving_k_moves_the_start_along_a_trail_that_stays():
    first, moved = seen(ReptilePlane(), (0, 0.2), (7, 0.2))
    assert moved["trail"] == first["trail"]
    assert moved["start"] == first["trail"][7] != first["start"]
    assert [len(path) for path in moved["paths"]] == [STEPS[7] + 1] * 2
    assert moved["status"].startswith(f"k = {STEPS[7]}: ")


def test_a_smaller_step_size_keeps_the_start_nearer_to_the_joint_optimum():
    far, near = (view["toJoint"] for view in seen(ReptilePlane(), (5, 0.2), (5, 0.02)))
    assert near < far / 2


def test_the_last_stop_says_infinity_and_does_not_depend_on_alpha():
    one, other = seen(ReptilePlane(), (LAST, 0.2), (LAST, 0.4))
    assert other["start"] == one["start"]
    assert one["sliders"][0]["text"] == "k → ∞" and one["status"].startswith("k → ∞: ")
    assert one["toMean"] == 0


def test_the_widget_begins_with_the_state_that_it_was_given():
    assert ReptilePlane(SlideState(stop=3, inner_lr=0.1)).state == {"stop": 3, "inner_lr": 0.1}


def test_the_data_are_small_and_plain_and_speak_of_colours_of_the_course():
    widget = ReptilePlane()
    assert len(json.dumps([widget.data, widget.state], allow_nan=False)) < 2_000
    assert widget.data["colours"]["reptile"] != widget.data["colours"]["joint"]


def test_the_film_strip_has_a_panel_a_stop():
    figure = ReptilePlane().twin()
    assert [ax.get_title() for ax in figure.axes] == ["k = 1", "k = 3", "k = 10", "k → ∞"]


def test_the_map_of_settings_marks_what_is_near_the_best_and_what_diverged():
    errors = torch.tensor([[1.0, 1.2], [2.0, torch.inf]])
    ax = plots_reptile.settings_map(plt.subplots()[1], errors, [0.1, 0.3], [1, 2], best=1.0, title="MAML")
    assert [text.get_text() for text in ax.texts] == ["1.00", "1.20", "2.00", "diverged"]
    assert len(ax.patches) == 2


def test_seeds_are_thin_lines_and_their_median_is_a_thick_one():
    curves = {"Reptile": torch.tensor([[1.0, 3.0], [2.0, 2.5]])}
    ax = plots_reptile.over_seeds(plt.subplots()[1], [0, 1], curves, xlabel="x", ylabel="y", title="t")
    *seeds, median = ax.lines
    assert [line.get_ydata().tolist() for line in seeds] == [[1.0, 2.0], [3.0, 2.5]]
    assert median.get_ydata().tolist() == [2.0, 2.25]
    assert median.get_linewidth() > seeds[0].get_linewidth()


def test_the_two_arms_of_reptile_have_two_hues():
    curves = dict.fromkeys(("Reptile", "Reptile, full batches", "joint training"), torch.ones(2, 1))
    ax = plots_reptile.over_seeds(plt.subplots()[1], [0, 1], curves, xlabel="x", ylabel="y", title="t")
    assert len({line.get_color() for line in ax.lines}) == 3


def test_one_wave_has_a_panel_a_start():
    x = torch.linspace(-5, 5, 7)
    axes = plt.subplots(1, 2)[1]
    curves = {"k = 1": ("red", x, x + 1), "k = 8": ("green", x, x - 1)}
    plots_reptile.one_wave(axes, x, x.sin(), (x[:2], x[:2].sin()), curves)
    assert [ax.get_title() for ax in axes] == ["k = 1", "k = 8"]
    wave, before, after, points = axes[1].lines
    assert [len(line.get_xdata()) for line in (wave, before, after, points)] == [7, 7, 7, 2]
    assert after.get_color() == "green" and points.get_linestyle() == "None"
