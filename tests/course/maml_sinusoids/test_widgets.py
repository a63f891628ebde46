"""The widgets of notebook 03: what Python gives them, and that their scripts compute as metalib and torch do."""

import json
import math
from dataclasses import asdict, replace

import node
import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import mse_loss
from torch.testing import assert_close

from metalib import quadratics, sinusoids
from metalib.adapt import adapt
from metalib.course.kit.plane import Bowl, PlaneState
from metalib.course.maml_sinusoids import maml_plane as plane
from metalib.course.maml_sinusoids.maml_plane import Plane
from metalib.course.maml_sinusoids.sinusoid_laboratory import GRID, MOST_STEPS, SinusoidLaboratory, Start
from metalib.models import mlp

PLANE, LABORATORY = "maml_sinusoids/maml_plane", "maml_sinusoids/sinusoid_laboratory"


def seen(widget, script, *steps):
    """States and views after `steps`, from the widget's own state on."""
    return node.computed(script, widget.data, [{"state": widget.state}, *steps])


def did(name, **what):
    return {"action": {"name": name, **what}}


# --- the plane


def panels_of(found):
    return {panel["name"]: panel for panel in found["view"]["panels"]}


def random_states(count):
    """States as the sliders and the handles can make them."""
    rng = np.random.default_rng(0)

    def bowl():
        c = tuple(rng.uniform(-2.7, 2.7, 2).round(3).tolist())
        along, across = (0.05 * rng.integers(5, 81, 2)).round(2).tolist()
        return Bowl(c, along, across, float(5 * rng.integers(0, 37)))

    def inner():
        return round(0.02 * int(rng.integers(1, 25)), 2), int(rng.integers(1, 21))

    return [PlaneState(bowl(), bowl(), *inner()) for _ in range(count)]


def condition(state, method):
    """How much a rounding error can grow in solving for the start in Python, where M is multiplied k times."""
    eye, inner = torch.eye(2).double(), state.inner
    weight = {
        "MAML": lambda a, m: m @ a @ m,
        "first-order MAML": lambda a, m: a @ m,
        "joint training": lambda a, m: a,
        "Reptile": lambda a, m: eye - m,
    }[method]
    powers = [quadratics.contraction(task, inner["inner_lr"], inner["inner_steps"]) for task in state.tasks]
    weights = [weight(task.A, power) for task, power in zip(state.tasks, powers, strict=True)]
    total = sum(weights)
    cancelled = sum(w.norm() for w in weights) / total.norm()
    return float(torch.linalg.cond(total) * cancelled)


def test_the_script_finds_starts_losses_and_paths_as_metalib_does():
    states = [PlaneState(), *random_states(300)]
    found = node.computed(PLANE, Plane().data, [{"state": asdict(state)} for state in states])
    compared = 0
    for state, step in zip(states, found, strict=True):
        for method, start in plane.starts(state).items():
            if start is None or condition(state, method) > 1e4:
                continue
            panel = panels_of(step)[method]
            size = max(1.0, float(start.abs().max()))
            assert panel["start"] == pytest.approx(start.tolist(), abs=1e-9 * size)
            for steps, name in ((0, "before"), (state.inner_steps, "after")):
                loss = quadratics.meta_loss(state.tasks, start, inner_lr=state.inner_lr, inner_steps=steps)
                assert panel[name] == pytest.approx(float(loss), abs=1e-9 * size**2)
            paths = [path.tolist() for path in plane.paths(state, start)]
            np.testing.assert_allclose(panel["paths"], paths, rtol=0, atol=1e-9 * size)
            compared += 1
        attracts = quadratics.first_order_attracts(state.tasks, **state.inner)
        assert (step["view"]["warning"] == "") == attracts
    assert compared > 800


def test_maml_is_best_after_the_steps_and_joint_training_before_them():
    panels = panels_of(seen(Plane(), PLANE)[0])
    assert [name for name, panel in panels.items() if panel["best"]] == ["MAML"]
    assert min(panels, key=lambda name: panels[name]["before"]) == "joint training"


def test_dragging_an_optimum_moves_that_task_and_all_starts():
    first, moved = seen(Plane(), PLANE, did("move", handle="a", x=0.5, y=-2.0))
    assert moved["state"]["a"]["c"] == [0.5, -2.0] and moved["state"]["b"] == first["state"]["b"]
    for method, panel in panels_of(first).items():
        assert panel["start"] != panels_of(moved)[method]["start"]


def test_with_equal_curvature_the_status_says_that_the_starts_coincide():
    widget = Plane()
    first, equal, reset = seen(widget, PLANE, did("equal"), did("reset"))
    assert first["view"]["status"].startswith("The starts lie up to 2.10 apart")
    assert equal["view"]["status"] == "All four starts coincide." and equal["view"]["equal"]
    middle = [(a + b) / 2 for a, b in zip(PlaneState().a.c, PlaneState().b.c, strict=True)]
    assert all(panel["start"] == pytest.approx(middle) and panel["best"] for panel in panels_of(equal).values())
    assert reset["state"] == first["state"] and reset["view"]["begun"]


@pytest.mark.parametrize("inner_steps", [1, 7, 20])
def test_with_equal_curvature_the_starts_coincide_for_any_k(inner_steps):
    """Also where the weights of one axis are 1e-16 of those of the other."""
    widget = Plane(PlaneState(inner_steps=inner_steps))
    assert seen(widget, PLANE, did("equal"))[1]["view"]["status"] == "All four starts coincide."


def test_reset_goes_back_to_the_state_that_the_widget_was_made_with():
    widget = Plane(PlaneState(inner_steps=7))
    assert seen(widget, PLANE, did("set", key="inner_steps", value=1), did("reset"))[2]["state"]["inner_steps"] == 7


STEEP = Bowl((0.0, 1.0), 4.0, 4.0, 0.0)


def test_a_first_order_point_that_repels_is_said_to():
    widget = Plane(PlaneState(a=STEEP, b=replace(STEEP, c=(1.0, 0.0), across=3.0), inner_lr=0.4, inner_steps=1))
    repelled, even = seen(widget, PLANE, did("set", key="inner_steps", value=2))
    assert repelled["view"]["warning"].startswith("First-order MAML's point repels")
    assert even["view"]["warning"] == ""


@pytest.mark.parametrize("angle", [0.0, 20.0])
def test_a_start_that_is_not_unique_is_left_out(angle):
    flat = Bowl((0.0, 1.0), 2.5, 2.5, angle)
    widget = Plane(PlaneState(a=flat, b=replace(flat, c=(1.0, 0.0)), inner_lr=0.4, inner_steps=1))  # α λ = 1
    (found,) = seen(widget, PLANE)
    panel = panels_of(found)["MAML"]
    assert panel["start"] is None and panel["after"] is None and not panel["best"]
    assert panels_of(found)["joint training"]["best"]
    assert found["view"]["status"] == "The two starts coincide."


def test_the_twin_leaves_out_a_start_that_is_not_unique():
    flat = replace(STEEP, along=2.5, across=2.5)
    state = PlaneState(a=flat, b=replace(flat, c=(1.0, 0.0)), inner_lr=0.4, inner_steps=1)
    assert [bool(ax.get_title()) for ax in Plane(state).twin().axes] == [True, True, False, False]


def test_a_start_outside_the_picture_is_named():
    widget = Plane(PlaneState(Bowl((-2.7, -2.7), 3.2, 0.5, 20.0), Bowl((2.7, 2.7), 0.5, 1.6, 60.0), 0.2, 20))
    assert seen(widget, PLANE)[0]["view"]["status"].endswith("where an arrow points: M, F.")


# --- sinusoid laboratory


def networks(count):
    torch.manual_seed(0)
    return [mlp() for _ in range(count)]


@pytest.fixture
def laboratory():
    model, other = networks(2)
    starts = {"MAML": (model, 0.02), "random start": (other, 0.01)}
    return SinusoidLaboratory(
        model, {name: Start(dict(network.named_parameters()), lr) for name, (network, lr) in starts.items()}
    )


def after_steps(laboratory, name, state, steps):
    """A start's outputs on the grid after `steps` steps on the state's task."""
    start = laboratory.starts[name]
    x = torch.tensor(state["points"])[:, None]
    y = sinusoids.Waves(torch.tensor([state["amplitude"]]), torch.tensor([state["phase"]]))(x)[0]
    phi = adapt(laboratory.model, start.theta, x, y, inner_lr=start.inner_lr, inner_steps=steps, loss_fn=mse_loss)
    return functional_call(laboratory.model, phi, (GRID[:, None],))[:, 0].detach()


def test_the_twins_curves_are_those_of_the_adapted_networks(laboratory):
    for number, name in enumerate(laboratory.starts):
        for steps in (0, 1, 4, 10):
            expected = after_steps(laboratory, name, laboratory.state, steps)
            assert_close(laboratory.outputs()[number, steps], expected)


@pytest.mark.parametrize("steps", [0, 1, 5, MOST_STEPS])
def test_the_scripts_curves_and_errors_are_torchs(laboratory, steps):
    rng = np.random.default_rng(steps)
    states = [
        {
            "amplitude": float(rng.uniform(0.1, 6.5)),
            "phase": float(rng.uniform(-1.5, 4.7)),
            "points": rng.uniform(-7, 7, int(rng.integers(1, 11))).round(2).tolist(),
            "steps": steps,
            "drawn": [name],
            "dealt": 0,
        }
        for name in list(laboratory.starts) * 3
    ]
    found = node.computed(LABORATORY, laboratory.data, [{"state": state} for state in states])
    for state, step in zip(states, found, strict=True):
        outputs, errors = laboratory.outputs(state), laboratory.errors(state)
        assert [row["name"] for row in step["view"]["rows"]] == list(laboratory.starts)
        for number, row in enumerate(step["view"]["rows"]):
            if row["name"] in state["drawn"]:
                curves = torch.tensor(row["curves"])
                assert_close(curves, outputs[number, : steps + 1], rtol=0, atol=1e-4)
            else:
                assert row["curves"] == []
            assert row["before"] == pytest.approx(float(errors[number, 0]), rel=1e-4)
            assert row["after"] == pytest.approx(float(errors[number, steps]), rel=1e-4)


def test_the_error_is_taken_where_training_had_its_points(laboratory):
    inside = (GRID >= -5) & (GRID <= 5)
    assert int(inside.sum()) == 81
    first, third = seen(laboratory, LABORATORY, did("set", key="steps", value=3))
    truth = torch.tensor(first["view"]["truth"])
    expected = (after_steps(laboratory, "random start", laboratory.state, 3) - truth)[inside].square().mean()
    assert_close(laboratory.errors()[1, 3], expected)
    assert third["view"]["rows"][1]["after"] == pytest.approx(float(expected), rel=1e-4)


def test_new_points_are_drawn_inside_the_training_range(laboratory):
    for count in (5, 10):
        deals = [
            found["state"]["points"] for found in seen(laboratory, LABORATORY, *[did("deal", count=str(count))] * 3)
        ]
        assert [len(points) for points in deals] == [5, count, count, count]
        assert len({tuple(points) for points in deals}) == 4
        assert all(-5 <= x <= 5 for points in deals for x in points)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"amplitude": 5.0, "phase": math.pi}, ""),
        ({"amplitude": 6.0}, "the amplitude 6.0"),
        ({"phase": -0.5}, "the phase −0.16 π"),
        ({"points": (0.0, 5.5)}, "a point's x"),
    ],
)
def test_a_task_outside_the_training_range_is_marked(laboratory, changes, words):
    (found,) = node.computed(LABORATORY, laboratory.data, [{"state": {**laboratory.state, **changes}}])
    warning = found["view"]["warning"]
    assert warning == "" if not words else words in warning
    marked = [slider["key"] for slider in found["view"]["sliders"] if slider.get("warning")]
    assert marked == [key for key in ("amplitude", "phase") if words and key in changes]


def test_steps_that_diverge_are_said_to_and_can_be_drawn():
    (model,) = networks(1)
    widget = SinusoidLaboratory(model, {"MAML": Start(dict(model.named_parameters()), 50.0)})
    row = seen(widget, LABORATORY, did("set", key="steps", value=10))[1]["view"]["rows"][0]
    assert row["after"] is None and row["before"] < 100
    assert len(row["curves"]) == 11


def test_a_network_that_the_script_cannot_run_is_refused():
    for model in (mlp(activation=nn.Tanh), mlp((2, 4, 1)), nn.Sequential(nn.Linear(1, 1, bias=False))):
        with pytest.raises(ValueError, match=r"mlp with ReLU"):
            SinusoidLaboratory(model, {"MAML": Start(dict(model.named_parameters()), 0.1)})


def test_another_size_of_network_runs_too():
    torch.manual_seed(0)
    model = mlp((1, 8, 1))
    widget = SinusoidLaboratory(model, {"MAML": Start(dict(model.named_parameters()), 0.1)})
    assert widget.twin().axes[0].get_title().startswith("MAML")
    curves = torch.tensor(seen(widget, LABORATORY)[0]["view"]["rows"][0]["curves"])
    assert_close(curves, widget.outputs()[0, :2], rtol=0, atol=1e-4)


# --- both


def test_data_and_state_are_small_and_plain_and_there_is_a_twin(laboratory):
    model = networks(1)[0]
    five = {name: Start(dict(model.named_parameters()), 0.1) for name in "abcde"}
    for widget, axes in ((Plane(), 4), (laboratory, 2), (SinusoidLaboratory(model, five), 5)):
        assert len(json.dumps([widget.data, widget.state], allow_nan=False)) < 60_000
        assert len(widget.twin().axes) == axes
