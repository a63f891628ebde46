"""The widgets of notebook 03, worked by mouse and by keyboard until a named part of their state and picture changes."""

import json

import pytest
import torch
from stage import staged
from widgetry import Piece, assert_runs_through, running

from metalib import quadratics
from metalib.course.maml_sinusoids.maml_plane import Plane, starts
from metalib.course.maml_sinusoids.sinusoid_laboratory import SinusoidLaboratory, Start
from metalib.models import mlp

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "03-maml-sinusoids.ipynb") as tab:
        yield tab


@pytest.fixture
def plane(notebook):
    yield Piece(notebook, "plane = widgets.Plane()")
    notebook.assert_clean()


@pytest.fixture
def laboratory(notebook):
    yield Piece(notebook, "laboratory = widgets.SinusoidLaboratory(")
    notebook.assert_clean()


def large_dots(plane):
    """Where each panel's large dot is painted."""
    dots = plane.root.locator("circle.metalib-own")
    return dots.evaluate_all("dots => dots.map(dot => [dot.getAttribute('cx'), dot.getAttribute('cy')].map(Number))")


def last_curve(laboratory):
    return laboratory.root.locator(".metalib-last").first.get_attribute("points")


def drag(piece, target, dx, dy):
    """The state after `target` was dragged by dx, dy pixels."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    mouse = piece.lab.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    state = piece.after(lambda: mouse.move(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy))
    mouse.up()
    return state


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_an_optimum_is_dragged_and_all_starts_follow(plane):
    before, painted = plane.state(), large_dots(plane)
    after = drag(plane, plane.root.locator("[data-handle=a]").first, 40, -30)
    assert after["a"]["c"][0] > before["a"]["c"][0] and after["a"]["c"][1] > before["a"]["c"][1]
    assert after["b"] == before["b"]
    assert len(painted) == 4 and all(old != new for old, new in zip(painted, large_dots(plane), strict=True))
    plane.screenshots("plane")


def test_arrow_keys_move_an_optimum_and_the_focus_is_seen(plane):
    before, painted = plane.state()["b"]["c"], large_dots(plane)
    handle = plane.root.locator("[data-handle=b]").first
    plane.lab.page.keyboard.press("Tab")  # the browser marks a focus that came by key
    handle.focus()
    after = plane.press("ArrowLeft")["b"]["c"]
    assert after[0] == pytest.approx(before[0] - 0.1)
    assert plane.press("Shift+ArrowUp")["b"]["c"][1] == pytest.approx(before[1] + 0.5)
    assert large_dots(plane) != painted
    halo = handle.locator(".metalib-halo")
    assert halo.evaluate("halo => getComputedStyle(halo).strokeWidth") == "3px"
    assert handle.get_attribute("aria-valuetext").startswith(f"{after[0]:.1f}, ")


def test_sliders_work_by_key_and_change_the_paths(plane):
    slider = plane.root.locator("[data-set=inner_steps]")
    before = plane.root.locator("polyline").first.get_attribute("points")
    slider.focus()
    assert plane.press("ArrowRight")["inner_steps"] == 3
    assert len(plane.root.locator("polyline").first.get_attribute("points").split()) == len(before.split()) + 1
    assert plane.focus_ring() == "solid 3px"


def test_equal_curvature_makes_the_starts_coincide_and_a_button_takes_it_back(plane):
    plane.root.locator("[data-set='a.along']").focus()
    plane.press("ArrowLeft")
    buttons = plane.root.locator("button")
    plane.after(buttons.filter(has_text="Give B the curvature").click)
    assert plane.root.locator(".metalib-status").inner_text() == "All four starts coincide."
    dots = large_dots(plane)
    assert len(dots) == 4 and all(dot == pytest.approx(dots[0], abs=0.1) for dot in dots)
    assert plane.root.locator(".metalib-initial").all_text_contents() == ["M F J R"] * 4
    plane.after(buttons.filter(has_text="As in the beginning").click)
    assert plane.root.locator(".metalib-status").inner_text().startswith("The starts lie up to")
    value = plane.root.locator("[data-set='a.along']").evaluate("input => input.value")
    assert float(value) == 3.2  # the slider that was moved by hand is back too


def test_a_point_is_dragged_along_the_wave_and_the_curve_follows(laboratory):
    before, curve = laboratory.state(), last_curve(laboratory)
    after = drag(laboratory, laboratory.root.locator("[data-handle='0']"), 60, 0)
    assert after["points"][0] > before["points"][0] and after["points"][1:] == before["points"][1:]
    assert last_curve(laboratory) != curve
    laboratory.screenshots("sinusoid-laboratory")


def test_points_move_by_key(laboratory):
    before, curve = laboratory.state(), last_curve(laboratory)
    laboratory.root.locator("[data-handle='3']").focus()
    after = laboratory.press("ArrowLeft")
    assert after["points"][3] == pytest.approx(before["points"][3] - 0.2)
    assert last_curve(laboratory) != curve


def test_a_step_is_taken_by_key_and_the_errors_change(laboratory):
    before, errors, curve = laboratory.state(), laboratory.shown()["errors"], last_curve(laboratory)
    laboratory.root.locator("[data-set=steps]").focus()
    assert laboratory.press("ArrowRight")["steps"] == before["steps"] + 1
    for name, (untouched, after) in laboratory.shown()["errors"].items():
        assert untouched == errors[name][0] and after != errors[name][1]
    assert last_curve(laboratory) != curve


def test_a_task_outside_the_training_range_is_marked(laboratory):
    warning = laboratory.root.locator(".metalib-warning")
    assert warning.inner_text() == ""
    laboratory.root.locator("[data-set=amplitude]").focus()
    assert laboratory.press("End")["amplitude"] == 6.5
    assert "the amplitude 6.5" in warning.inner_text()


def test_a_second_start_is_drawn_beside_the_first(laboratory):
    drawn = laboratory.root.locator(".metalib-last")
    assert [curve.get_attribute("data-start") for curve in drawn.all()] == ["MAML"]
    after = laboratory.after(laboratory.root.locator("[data-set='draw.joint training']").click)
    assert after["drawn"] == ["MAML", "joint training"]
    assert [curve.get_attribute("data-start") for curve in drawn.all()] == ["MAML", "joint training"]
    assert len(set(curve.get_attribute("stroke") for curve in drawn.all())) == 2
    laboratory.root.locator("[data-set='draw.MAML']").focus()
    assert laboratory.press("Space")["drawn"] == ["joint training"]
    assert laboratory.focus_ring() == "solid 3px"


def test_new_points_are_dealt(laboratory):
    curve = last_curve(laboratory)
    after = laboratory.after(laboratory.root.locator("button", has_text="10 new points").click)
    assert len(after["points"]) == laboratory.root.locator(".metalib-handle").count() == 10
    assert last_curve(laboratory) != curve


# --- on a page of their own


def five_starts():
    torch.manual_seed(0)
    names = ("MAML", "first-order MAML", "joint training", "random start", "yours")
    networks = {name: mlp() for name in names}
    starts = {name: Start(dict(network.named_parameters()), 0.01) for name, network in networks.items()}
    return SinusoidLaboratory(networks["MAML"], starts)


def extremes(widget):
    """The first state, and what makes the widget's words longest."""
    if isinstance(widget, Plane):
        steep = {"inner_lr": 0.44, "inner_steps": 1}
        corner = {**widget.state, "a": {**widget.state["a"], "c": [-2.7, -2.7]}}
        return [widget.state, {**widget.state, **steep}, {**corner, "inner_steps": 20}]
    ends = {"amplitude": 6.5, "phase": -1.56, "points": [-7.0, 7.0, 0.0], "steps": 10}
    return [widget.state, {**widget.state, **ends, "drawn": list(widget.starts)}]


@pytest.mark.parametrize("width", [360, 640, 900])
@pytest.mark.parametrize("make", [Plane, five_starts])
def test_nothing_sticks_out(browser, make, width):
    widget = make()
    for state in extremes(widget):
        with staged(browser, widget, width=width, state=state) as stage:
            assert stage.overflow() == []


@pytest.mark.parametrize(("make", "dragged"), [(Plane, "[data-handle=a]"), (five_starts, "[data-handle='1']")])
def test_python_hears_of_a_drag_at_its_end_alone(browser, make, dragged):
    with staged(browser, make()) as stage:
        before = stage.state()
        handle = stage.root.locator(dragged).first.bounding_box()
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        stage.page.mouse.move(x, y)
        stage.page.mouse.down()
        for i in range(1, 6):
            stage.page.mouse.move(x + 8 * i, y)
        assert stage.state() != before and stage.sent() == []
        stage.page.mouse.up()
        assert [json.loads(sent) for sent in stage.sent()] == [stage.state()]


def test_an_optimum_is_dragged_in_any_panel_and_moves_in_all(browser):
    with staged(browser, Plane()) as stage:
        handles = stage.root.locator("[data-handle=b]")
        before = [handle.bounding_box() for handle in handles.all()]
        box = before[2]
        stage.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        stage.page.mouse.down()
        stage.page.mouse.move(box["x"] + box["width"] / 2 - 30, box["y"] + box["height"] / 2 + 20)
        stage.page.mouse.up()
        moved = [(new["x"] - old["x"], new["y"] - old["y"]) for old, new in zip(before, _boxes(handles), strict=True)]
        assert len(moved) == 4
        for way in moved:
            assert way == pytest.approx((-30, 20), abs=0.5)


def _boxes(handles):
    return [handle.bounding_box() for handle in handles.all()]


def test_the_picture_beside_the_plane_shows_the_same_starts(browser):
    widget = Plane()
    tasks, inner = widget.first.tasks, widget.first.inner
    with staged(browser, widget) as stage:
        shown = stage.shown()
    for method, start in starts(widget.first).items():
        assert shown[method]["start"] == pytest.approx(start.tolist(), abs=1e-9)
        after = float(quadratics.meta_loss(tasks, start, **inner))
        assert shown[method]["after"] == pytest.approx(after, abs=1e-9)
    for ax, numbers in zip(widget.twin().axes, shown.values(), strict=True):
        assert ax.get_title().endswith(f"mean loss {numbers['after']:.3f}")


def test_the_picture_beside_the_laboratory_shows_the_same_errors(browser):
    widget = five_starts()
    with staged(browser, widget) as stage:
        shown = stage.shown()["errors"]
    for (name, errors), ax in zip(shown.items(), widget.twin().axes, strict=True):
        assert ax.get_title().startswith(f"{name}\nerror {errors[0]:.2f}, {errors[1]:.2f}, ")


def test_ticks_say_what_the_laboratorys_axes_are(browser):
    with staged(browser, five_starts()) as stage:
        assert stage.root.locator(".metalib-chart text").all_text_contents() == [
            "−5",
            "−5",
            "0",
            "0",
            "5",
            "5",
            "y",
            "x",
        ]


@pytest.mark.parametrize("width", [360, 900])
def test_letters_can_be_read_and_a_finger_finds_the_points(browser, width):
    with staged(browser, five_starts(), width=width) as stage:
        heights = [text.bounding_box()["height"] for text in stage.root.locator(".metalib-chart text").all()]
        halos = [halo.bounding_box()["width"] for halo in stage.root.locator(".metalib-halo").all()]
        assert min(heights) >= 10 and min(halos) >= 24
