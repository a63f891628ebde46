"""The widget of notebook 02, worked by mouse and by keyboard until a named part of its state and picture changes."""

import pytest
from widgetry import Piece, assert_runs_through, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "02-rapid-fine-tuning.ipynb") as tab:
        yield tab


@pytest.fixture
def explorer(notebook):
    yield Piece(notebook, "AdaptationCurves(study)")
    notebook.assert_clean()


@pytest.fixture
def question(notebook):
    yield Piece(notebook, "takes 20 gradient steps on five pictures")
    notebook.assert_clean()


def line(explorer, name):
    """The points of a curve, as drawn."""
    return explorer.root.locator(f".metalib-curve-{name}").get_attribute("points")


def choose(explorer, name, value):
    """The state after a click on a radio button, where it is not chosen."""
    return explorer.after(explorer.root.locator(f"input[data-set={name}][value='{value}']").click)


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_another_start_is_another_curve(explorer):
    before = line(explorer, "query")
    assert choose(explorer, "start", 2)["start"] == "random"
    assert line(explorer, "query") != before
    explorer.screenshots("adaptation-curves")
    assert choose(explorer, "start", 0)["start"] == "pre-trained"
    assert line(explorer, "query") == before


def test_arrow_keys_walk_along_the_steps_and_step_sizes(explorer):
    explorer.root.locator("[data-action=press]").focus()
    steps = explorer.root.locator("input[data-set=steps]")
    steps.focus()
    before = explorer.state()
    marker = explorer.root.locator(".metalib-marker").get_attribute("x1")
    after = explorer.press("ArrowRight")
    assert after["steps"] > before["steps"]
    assert after["step_size"] == before["step_size"]
    assert explorer.root.locator(".metalib-marker").get_attribute("x1") != marker
    said = after["shown"]
    assert explorer.root.locator(".metalib-status").inner_text() == (
        f"After {after['steps']} steps: support {said['support']}, query {said['query']}"
    )
    assert explorer.press("ArrowLeft") == before
    assert explorer.focus_ring() == "solid 3px"

    explorer.root.locator("input[data-set=step_size]").focus()
    query = line(explorer, "query")
    larger = explorer.press("End")
    assert larger["step_size"] > before["step_size"]
    assert line(explorer, "query") != query


def test_layers_by_key_and_the_button_to_the_best(explorer):
    explorer.root.locator("input[data-set=layers]:checked").focus()
    assert explorer.press("ArrowDown")["layers"] == "last block and head"
    explorer.root.locator("input[data-set=steps]").focus()
    explorer.press("Home")
    explorer.root.locator("[data-action=press]").focus()
    best = explorer.press("Enter")
    assert best["steps"] > 0


def test_the_loss_instead_of_the_accuracy(explorer):
    before = line(explorer, "support")
    assert choose(explorer, "measure", 1)["measure"] == "loss"
    assert line(explorer, "support") != before
    assert "loss" in explorer.root.locator("svg").get_attribute("aria-label")
    assert choose(explorer, "measure", 0)["measure"] == "accuracy"


def test_the_first_question_gives_feedback(question):
    assert question.after(question.root.locator("label").nth(0).click) == {"chosen": 0}
    assert question.root.locator(".metalib-feedback").inner_text().startswith("✗ Not quite.")
    assert question.after(question.root.locator("label").nth(2).click) == {"chosen": 2}
    assert question.root.locator(".metalib-feedback").inner_text().startswith("✓ Right.")
