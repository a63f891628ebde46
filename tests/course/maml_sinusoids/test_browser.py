"""The widgets of notebook 03, worked by mouse and by keyboard until a named part of their state and picture changes."""

import pytest
from widgetry import Piece, assert_runs_through, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "03-maml-sinusoids.ipynb") as tab:
        yield tab


@pytest.fixture
def plane(notebook):
    yield Piece(notebook, "plane = Plane()")
    notebook.assert_clean()


@pytest.fixture
def laboratory(notebook):
    yield Piece(notebook, "laboratory = SinusoidLaboratory(")
    notebook.assert_clean()


def starts(plane):
    """Where each panel's large dot is painted."""
    dots = plane.root.locator("circle[r='7']")
    return dots.evaluate_all("dots => dots.map(dot => [dot.getAttribute('cx'), dot.getAttribute('cy')].map(Number))")


def last_curve(laboratory):
    return laboratory.root.locator(".metalib-last").get_attribute("points")


def drag(piece, target, dx, dy):
    """The state after `target` was dragged by dx, dy pixels, when the last message has been answered."""
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
    before, painted = plane.state(), starts(plane)
    after = drag(plane, plane.root.locator("[data-handle=a]").first, 40, -30)
    assert after["a"][0] > before["a"][0] and after["a"][1] > before["a"][1]
    assert after["b"] == before["b"]
    assert len(painted) == 4 and all(old != new for old, new in zip(painted, starts(plane), strict=True))
    plane.screenshots("plane")


def test_arrow_keys_move_an_optimum_and_the_focus_is_seen(plane):
    before, painted = plane.state(), starts(plane)
    handle = plane.root.locator("[data-handle=b]").first
    plane.lab.page.keyboard.press("Tab")  # the browser marks a focus that came by key
    handle.focus()
    after = plane.press("ArrowLeft")
    assert after["b"][0] == pytest.approx(before["b"][0] - 0.1)
    assert plane.press("Shift+ArrowUp")["b"][1] == pytest.approx(before["b"][1] + 0.5)
    assert starts(plane) != painted
    halo = handle.locator(".metalib-halo")
    assert halo.evaluate("halo => getComputedStyle(halo).strokeWidth") == "3px"
    assert handle.get_attribute("aria-valuetext").startswith(f"{after['b'][0]:.1f}, ")


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
    buttons.filter(has_text="Give B the curvature").click()
    plane.root.locator(".metalib-status", has_text="All four starts coincide.").wait_for()
    assert all(dot == pytest.approx(starts(plane)[0], abs=0.1) for dot in starts(plane))
    plane.after(buttons.filter(has_text="As in the beginning").click)
    plane.root.locator(".metalib-status", has_text="The starts lie up to").wait_for()
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
    before, curve = laboratory.state(), last_curve(laboratory)
    laboratory.root.locator("[data-set=steps]").focus()
    after = laboratory.press("ArrowRight")
    assert after["steps"] == before["steps"] + 1 and after["errors"] != before["errors"]
    assert last_curve(laboratory) != curve


def test_a_task_outside_the_training_range_is_marked(laboratory):
    warning = laboratory.root.locator(".metalib-warning")
    assert warning.inner_text() == ""
    laboratory.root.locator("[data-set=amplitude]").focus()
    assert laboratory.press("End")["amplitude"] == 6.5
    assert "the amplitude 6.5" in warning.inner_text()


def test_another_start_is_chosen(laboratory):
    curve = last_curve(laboratory)
    after = laboratory.after(laboratory.root.locator("input[type=radio]").nth(2).click)
    assert after["start"] == "joint training"
    assert last_curve(laboratory) != curve
    assert laboratory.root.locator("input[type=radio]:checked").get_attribute("value") == "2"


def test_new_points_are_dealt(laboratory):
    curve = last_curve(laboratory)
    after = laboratory.after(laboratory.root.locator("button", has_text="10 new points").click)
    assert len(after["points"]) == laboratory.root.locator(".metalib-handle").count() == 10
    assert last_curve(laboratory) != curve
