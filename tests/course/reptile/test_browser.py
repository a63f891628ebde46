"""The widget of notebook 05, worked by mouse and by keyboard until its state and its picture change."""

import json

import pytest
from stage import staged
from widgetry import Piece, assert_runs_through, running

from metalib.course.reptile.reptile_plane import STEPS, ReptilePlane, trail

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "05-reptile.ipynb") as tab:
        yield tab


@pytest.fixture
def plane(notebook):
    yield Piece(notebook, "plane = widgets.ReptilePlane()")
    notebook.assert_clean()


def dot(plane):
    """Where the picture has Reptile's start."""
    box = plane.root.locator(".metalib-chart .metalib-start").bounding_box()
    return [box["x"], box["y"]]


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_arrow_keys_slide_the_start_and_bring_it_back(plane):
    before, place = plane.state(), dot(plane)
    slider = plane.root.locator("input[data-set=stop]")
    slider.focus()
    after = plane.press("ArrowRight")
    assert (before["stop"], after["stop"]) == (0, 1)
    assert plane.root.locator(".metalib-status").inner_text().startswith("k = 2: ")
    assert dot(plane) != place
    assert plane.press("ArrowLeft") == before
    assert dot(plane) == place
    assert plane.press("End")["stop"] == len(STEPS) - 1
    assert plane.root.locator(".metalib-status").inner_text().startswith("k → ∞: ")
    assert slider.get_attribute("aria-valuetext") == "k → ∞"
    plane.screenshots("reptile-plane")
    assert plane.focus_ring() == "solid 3px"


def test_a_click_on_the_slider_of_alpha_moves_the_start(plane):
    plane.root.locator("input[data-set=stop]").focus()
    plane.press("Home")
    plane.press("ArrowRight")
    place = dot(plane)
    slider = plane.root.locator("input[data-set=inner_lr]")
    box = slider.bounding_box()
    after = plane.after(lambda: plane.lab.page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2))
    assert after["inner_lr"] > 0.4
    assert dot(plane) != place


@pytest.mark.parametrize("width", [360, 640, 900])
def test_nothing_sticks_out(browser, width):
    for state in ({"stop": 0, "inner_lr": 0.2}, {"stop": len(STEPS) - 1, "inner_lr": 0.48}):
        with staged(browser, ReptilePlane(), width=width, state=state) as stage:
            assert stage.overflow() == []


def test_python_hears_of_a_drag_at_its_end_alone(browser):
    with staged(browser, ReptilePlane()) as stage:
        box = stage.root.locator("input[data-set=stop]").bounding_box()
        y = box["y"] + box["height"] / 2
        stage.page.mouse.move(box["x"] + 8, y)
        stage.page.mouse.down()
        for i in range(1, 6):
            stage.page.mouse.move(box["x"] + 8 + i * box["width"] / 6, y)
        assert stage.state()["stop"] > 0 and stage.sent() == []
        stage.page.mouse.up()
        assert [json.loads(sent) for sent in stage.sent()] == [stage.state()]


def test_the_picture_beside_it_shows_the_same_starts(browser):
    widget = ReptilePlane()
    with staged(browser, widget) as stage:
        for found, start in zip(stage.shown()["trail"], trail(widget.first).tolist(), strict=True):
            assert found == pytest.approx(start, abs=1e-9)
