"""The widget of notebook 04, worked by mouse and by keyboard until a named part of its state and picture changes."""

import pytest
from widgetry import Piece, assert_runs_through, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "04-maml-omniglot.ipynb") as tab:
        yield tab


@pytest.fixture
def scrubber(notebook):
    yield Piece(notebook, "scrubber = InnerStepScrubber(")
    notebook.assert_clean()


def move(scrubber, name, value):
    """The state after the slider `name` was moved to `value`."""
    slider = scrubber.root.locator(f"input[data-set={name}]")
    return scrubber.after(lambda: slider.fill(str(value)))


def bars(scrubber):
    return scrubber.root.locator(".metalib-shares i").evaluate_all("bars => bars.map(bar => bar.style.height)")


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_arrow_keys_go_through_the_steps(scrubber):
    move(scrubber, "step", 1)
    before, heights = scrubber.state(), bars(scrubber)
    scrubber.root.locator("input[data-set=step]").focus()
    back = scrubber.press("ArrowLeft")
    assert (before["step"], back["step"]) == (1, 0)
    assert bars(scrubber) != heights
    assert scrubber.press("ArrowRight")["predictions"] == before["predictions"]
    assert bars(scrubber) == heights
    assert scrubber.focus_ring() == "solid 3px"


def test_the_status_counts_right_answers(scrubber):
    move(scrubber, "step", 0)
    move(scrubber, "step", 3)
    wrong = scrubber.root.locator(".metalib-is-missed").count()
    assert scrubber.root.locator(".metalib-status").inner_text().startswith(f"After 3 steps: {15 - wrong} of 15")
    scrubber.screenshots("inner-step-scrubber")


def test_a_step_size_bends_the_curves(scrubber):
    line = scrubber.root.locator(".metalib-query-loss")
    before = line.get_attribute("points")
    small = move(scrubber, "step_size", 2)
    assert small["step_size"] == 0.01
    assert line.get_attribute("points") != before
    assert move(scrubber, "step_size", 11)["step_size"] == 40.0


def test_another_network_and_another_task(scrubber):
    state, pictures = scrubber.state(), scrubber.pictures()
    other = scrubber.after(scrubber.root.locator("input[data-set=model]").nth(1).click)
    assert other["model"] != state["model"]
    assert scrubber.pictures() == pictures
    scrubber.root.locator("[data-name=deal]").focus()
    assert scrubber.press("Enter")["task"] == state["task"] + 1
    assert scrubber.pictures() != pictures
