"""The widgets of notebook 03: their states, what they show of them, and their callbacks, run without a browser."""

import json
import math
from dataclasses import replace

import pytest
import torch
from torch.func import functional_call
from torch.nn.functional import mse_loss
from torch.testing import assert_close
from widget_messages import press

from metalib import quadratics, sinusoids
from metalib.adapt import adapt
from metalib.course.maml_sinusoids import maml_plane as plane
from metalib.course.maml_sinusoids import sinusoid_laboratory
from metalib.course.maml_sinusoids.maml_plane import Bowl, Plane, PlaneState
from metalib.course.maml_sinusoids.sinusoid_laboratory import GRID, SinusoidLaboratory, Start
from metalib.models import mlp

# --- the plane


def panel_of(widget, method):
    return next(panel for panel in widget.view["panels"] if panel["method"] == method)


def test_the_plane_shows_the_starts_of_the_closed_forms():
    widget = Plane()
    tasks, inner = widget.state.tasks, widget.state.inner
    for method, start in (
        ("MAML", quadratics.maml(tasks, **inner)),
        ("first-order MAML", quadratics.first_order_maml(tasks, **inner)),
        ("joint training", quadratics.joint(tasks)),
        ("Reptile", quadratics.reptile(tasks, **inner)),
    ):
        panel = panel_of(widget, method)
        assert panel["start"] == pytest.approx(start.tolist())
        assert panel["after"] == pytest.approx(quadratics.meta_loss(tasks, start, **inner).item())
        assert [path[0] for path in panel["paths"]] == [panel["start"]] * 2
        assert {len(path) for path in panel["paths"]} == {widget.state.inner_steps + 1}


def test_maml_is_best_after_the_steps_and_joint_training_before_them():
    panels = Plane().view["panels"]
    assert [panel["method"] for panel in panels if panel["best"]] == ["MAML"]
    assert min(panels, key=lambda panel: panel["before"])["method"] == "joint training"


def test_dragging_an_optimum_moves_that_task_and_all_starts():
    widget = Plane()
    before = widget.view
    press(widget, action="move", name="a", x=0.5, y=-2.0)
    assert widget.state.a.c == (0.5, -2.0) and widget.state.b == PlaneState().b
    for old, new in zip(before["panels"], widget.view["panels"], strict=True):
        assert old["start"] != new["start"]


def test_an_optimum_stays_in_the_picture():
    widget = Plane()
    press(widget, action="move", name="b", x=99.0, y=-99.0)
    assert widget.state.b.c == (2.8, -2.8)


def test_an_arrow_key_moves_an_optimum_by_a_tenth():
    widget = Plane()
    x, y = widget.state.a.c
    press(widget, action="nudge", name="a", dx=1, dy=0)
    press(widget, action="nudge", name="a", dx=0, dy=-5)
    assert widget.state.a.c == pytest.approx((x + 0.1, y - 0.5))


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("a.along", 1.5, lambda state: state.a.along),
        ("b.across", 0.3, lambda state: state.b.across),
        ("b.angle", 90.0, lambda state: state.b.angle),
        ("inner_lr", 0.1, lambda state: state.inner_lr),
        ("inner_steps", 7.0, lambda state: state.inner_steps),
    ],
)
def test_each_slider_sets_its_part(name, value, read):
    widget = Plane()
    before = widget.view
    press(widget, action="set", name=name, value=value)
    assert read(widget.state) == value and widget.view["panels"] != before["panels"]
    shown = [slider for group in widget.view["sliders"] for slider in group["sliders"] if slider["name"] == name]
    assert [slider["value"] for slider in shown] == [value]


def test_with_equal_curvature_the_status_says_that_the_starts_coincide():
    widget = Plane()
    assert widget.view["status"].startswith("The starts lie up to")
    press(widget, action="press", name="equal")
    assert widget.view["status"] == "All four starts coincide."
    middle = [(a + b) / 2 for a, b in zip(widget.state.a.c, widget.state.b.c, strict=True)]
    assert all(panel["start"] == pytest.approx(middle) and panel["best"] for panel in widget.view["panels"])
    press(widget, action="press", name="reset")
    assert widget.state == PlaneState()


def test_a_first_order_point_that_repels_is_said_to():
    assert Plane().view["warning"] == ""
    steep = Bowl((0.0, 1.0), 4.0, 4.0, 0.0)
    widget = Plane(PlaneState(a=steep, b=replace(steep, c=(1.0, 0.0), across=3.0), inner_lr=0.4, inner_steps=1))
    assert widget.view["warning"] == plane.REPELS
    press(widget, action="set", name="inner_steps", value=2)
    assert widget.view["warning"] == ""


def test_a_start_that_is_not_unique_is_left_out():
    flat = Bowl((0.0, 1.0), 2.5, 2.5, 0.0)
    widget = Plane(PlaneState(a=flat, b=replace(flat, c=(1.0, 0.0)), inner_lr=0.4, inner_steps=1))  # α λ = 1
    panel = panel_of(widget, "MAML")
    assert panel["start"] is None and panel["after"] is None and not panel["best"]
    assert panel_of(widget, "joint training")["best"]
    widget.twin()


def test_every_message_is_answered_even_if_nothing_changes():
    widget = Plane()
    press(widget, action="move", name="a", x=-1.4, y=-0.6)
    assert widget.view["answers"] == 1 and widget.state == PlaneState()


# --- sinusoid laboratory


@pytest.fixture
def laboratory():
    torch.manual_seed(0)
    model, other = mlp(), mlp()
    theta = dict(model.named_parameters())
    return SinusoidLaboratory(
        model, {"MAML": Start(theta, 0.02), "random start": Start(dict(other.named_parameters()), 0.01)}
    )


def test_the_curves_are_those_of_the_adapted_networks(laboratory):
    state = laboratory.state
    x = torch.tensor(state.points)[:, None]
    y = sinusoids.Waves(torch.tensor([state.amplitude]), torch.tensor([state.phase]))(x)[0]
    for number, start in enumerate(laboratory.starts.values()):
        for steps in (1, 4, 10):
            how = {"inner_lr": start.inner_lr, "inner_steps": steps, "loss_fn": mse_loss}
            phi = adapt(laboratory.model, start.theta, x, y, **how)
            expected = functional_call(laboratory.model, phi, (GRID[:, None],))[:, 0]
            assert_close(laboratory.outputs()[number, steps], expected.detach())
        assert_close(
            laboratory.outputs()[number, 0],
            functional_call(laboratory.model, start.theta, (GRID[:, None],))[:, 0].detach(),
        )


def test_the_error_is_taken_where_training_had_its_points(laboratory):
    inside = (GRID >= -5) & (GRID <= 5)
    assert int(inside.sum()) == 81
    truth = torch.tensor(laboratory.view["truth"])
    expected = (laboratory.outputs()[1, 3] - truth)[inside].square().mean()
    assert_close(laboratory.errors()[1, 3], expected)
    press(laboratory, action="set", name="steps", value=3)
    assert laboratory.view["rows"][1]["after"] == f"{expected:.3f}"


def test_points_lie_on_the_wave_and_move_along_it(laboratory):
    before = laboratory.view["points"]
    press(laboratory, action="move", name="2", x=1.234, y=55.0)
    after = laboratory.view["points"]
    assert after[2][0] == 1.23 and after[2][1] == pytest.approx(3.5 * math.sin(1.23 - 1.0), abs=1e-5)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, True, False, True, True]
    press(laboratory, action="nudge", name="2", dx=-5, dy=1)
    assert laboratory.state.points[2] == pytest.approx(0.23)
    press(laboratory, action="move", name="2", x=-50.0, y=0.0)
    assert laboratory.state.points[2] == -7.0


def test_sliders_shape_the_wave_and_take_the_steps(laboratory):
    press(laboratory, action="set", name="amplitude", value=2.0)
    press(laboratory, action="set", name="phase", value=0.0)
    press(laboratory, action="set", name="steps", value=6)
    assert (laboratory.state.amplitude, laboratory.state.phase, laboratory.state.steps) == (2.0, 0.0, 6)
    assert torch.tensor(laboratory.view["truth"]).abs().max() == pytest.approx(2.0, abs=0.01)
    assert len(laboratory.view["curves"]) == 7


def test_another_start_shows_its_curve(laboratory):
    before = laboratory.view["curves"]
    press(laboratory, action="set", name="start", value=1)
    assert laboratory.state.start == "random start" and laboratory.view["chosen"] == 1
    assert laboratory.view["curves"] != before
    laboratory.set("start", "MAML")
    laboratory.refresh()
    assert laboratory.view["curves"] == before


def test_new_points_are_drawn_inside_the_training_range(laboratory):
    press(laboratory, action="press", name="10")
    first = laboratory.state.points
    press(laboratory, action="press", name="10")
    assert len(first) == len(laboratory.state.points) == 10 and first != laboratory.state.points
    assert all(-5 <= x <= 5 for x in first + laboratory.state.points)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"amplitude": 5.0, "phase": math.pi}, ""),
        ({"amplitude": 6.0}, "the amplitude 6.0"),
        ({"phase": -0.5}, "the phase -0.16 π"),
        ({"points": (0.0, 5.5)}, "a point's x"),
    ],
)
def test_a_task_outside_the_training_range_is_marked(laboratory, changes, words):
    laboratory.state = replace(laboratory.state, **changes)
    laboratory.refresh()
    assert laboratory.view["warning"] == "" if not words else words in laboratory.view["warning"]


def test_steps_that_diverge_are_said_to_and_can_be_drawn():
    torch.manual_seed(0)
    model = mlp()
    widget = SinusoidLaboratory(model, {"MAML": Start(dict(model.named_parameters()), 50.0)})
    press(widget, action="set", name="steps", value=10)
    assert widget.view["rows"][0]["after"] == "diverged"
    text = json.dumps(widget.view, allow_nan=False)
    assert "Infinity" not in text


# --- both


@pytest.mark.parametrize(
    "make",
    [
        Plane,
        lambda: SinusoidLaboratory(
            mlp(),
            {"MAML": Start(dict(mlp().named_parameters()), 0.01)} | {"x": Start(dict(mlp().named_parameters()), 0.01)},
        ),
    ],
)
def test_views_are_json_scripts_ask_nothing_of_a_network_and_there_is_a_twin(make):
    widget = make()
    json.dumps(widget.view, allow_nan=False)
    for text in (str(widget._esm), str(widget._css)):
        assert "http" not in text and "import " not in text and "fetch(" not in text
    assert len(widget.twin().axes) == len(widget.view.get("panels", widget.view.get("rows")))


def test_the_laboratory_computes_a_task_once(laboratory):
    laboratory.outputs()
    hits = laboratory._adapted.cache_info().hits
    press(laboratory, action="set", name="steps", value=5)
    assert laboratory._adapted.cache_info().misses == 1 and laboratory._adapted.cache_info().hits > hits
    assert sinusoid_laboratory.MOST_STEPS == 10
