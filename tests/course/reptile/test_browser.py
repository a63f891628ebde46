"""The widget of notebook 05, worked by mouse and by keyboard until its state and its picture change."""

import pytest
from widgetry import Piece, assert_runs_through, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "05-reptile.ipynb") as tab:
        yield tab


@pytest.fixture
def plane(notebook):
    yield Piece(notebook, "plane = ReptilePlane()")
    notebook.assert_clean()


def dot(plane):
    """Where the picture has Reptile's start."""
    node = plane.root.locator(".metalib-chart circle").last
    return [float(node.get_attribute(name)) for name in ("cx", "cy")]


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_arrow_keys_slide_the_start_and_bring_it_back(plane):
    before, place = plane.state(), dot(plane)
    slider = plane.root.locator("input[data-set=stop]")
    slider.focus()
    after = plane.press("ArrowRight")
    assert before["k"] == 1 and after["k"] == 2
    assert dot(plane) != place
    assert plane.press("ArrowLeft") == before
    assert dot(plane) == place
    assert plane.press("End")["k"] is None
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
