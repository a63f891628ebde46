"""The widget of notebook 02, worked by mouse and by keyboard until a named part of its state and picture changes."""

import pytest
from stage import staged
from widgetry import Piece, assert_runs_through, running

from metalib.course.rapid_fine_tuning import questions, studies
from metalib.course.rapid_fine_tuning.adaptation_curves import AdaptationCurves

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "02-rapid-fine-tuning.ipynb") as tab:
        yield tab


@pytest.fixture
def explorer(notebook):
    yield Piece(notebook, "widgets.AdaptationCurves(")
    notebook.assert_clean()


@pytest.fixture
def question(notebook):
    yield Piece(notebook, "questions.batch_norm()")
    notebook.assert_clean()


def line(explorer, name):
    """The points of a curve, as drawn."""
    return explorer.root.locator(f".metalib-curve-{name}").get_attribute("points")


def choose(explorer, name, value):
    """What is shown after a click on a radio button, where it is not chosen."""
    explorer.after(explorer.root.locator(f"input[data-set={name}][value='{value}']").click)
    return explorer.shown()


def press(explorer, key):
    """What is shown after a key that changes the state."""
    explorer.press(key)
    return explorer.shown()


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
    steps = explorer.root.locator("input[data-set=steps]")
    steps.focus()
    before = explorer.shown()
    marker = explorer.root.locator(".metalib-marker").get_attribute("x1")
    after = press(explorer, "ArrowRight")
    assert after["steps"] > before["steps"]
    assert after["step_size"] == before["step_size"]
    assert explorer.root.locator(".metalib-marker").get_attribute("x1") != marker
    assert explorer.root.locator(".metalib-status").inner_text() == (
        f"After {after['steps']} steps: support {100 * after['support']:.1f} %, query {100 * after['query']:.1f} %"
    )
    assert press(explorer, "ArrowLeft") == before
    assert explorer.focus_ring() == "solid 3px"

    explorer.root.locator("input[data-set=step_size]").focus()
    query = line(explorer, "query")
    larger = press(explorer, "End")
    assert larger["step_size"] > before["step_size"]
    assert line(explorer, "query") != query


def test_layers_by_key_and_the_button_to_the_best(explorer):
    explorer.root.locator("input[data-set=layers]:checked").focus()
    assert press(explorer, "ArrowDown")["layers"] == "last block and head"
    explorer.root.locator("input[data-set=steps]").focus()
    explorer.press("Home")
    explorer.root.locator(".metalib-button").focus()
    assert press(explorer, "Enter")["steps"] > 0


def test_the_loss_instead_of_the_accuracy(explorer):
    before = line(explorer, "support")
    assert choose(explorer, "measure", 1)["measure"] == "loss"
    assert line(explorer, "support") != before
    assert "loss" in explorer.root.locator("svg").get_attribute("aria-label")
    assert choose(explorer, "measure", 0)["measure"] == "accuracy"


# --- on a page of its own


@pytest.fixture(scope="module")
def curves():
    return AdaptationCurves(studies.read("fine-tuning"))


def test_it_shows_the_numbers_of_the_picture_beside_it(browser, curves):
    layers = len(curves.layers) - 1
    best = curves.best[curves.starts[0], curves.layers[layers]]
    state = {**curves.state, "layers": layers}
    with staged(browser, curves, state=state) as stage:
        shown = stage.shown()
        assert (shown["step_size"], shown["steps"]) == (best["step_size"], best["steps"])
        _, support, query = curves.twin().axes[0].get_lines()  # the first is chance
        place = curves.marks.index(shown["steps"])
        assert (shown["support"], shown["query"]) == (support.get_ydata()[place], query.get_ydata()[place])


@pytest.mark.parametrize("width", [360, 640, 900])
def test_nothing_sticks_out_and_no_name_is_cut(browser, curves, width):
    for state in (None, {"start": 1, "layers": 2, "step_size": 4, "steps": 6, "measure": 1}):
        with staged(browser, curves, width=width, state=state) as stage:
            assert stage.overflow() == []
            assert outside(stage) == []


def outside(stage):
    """The texts of a graph that do not lie within it: an SVG cuts what sticks out."""
    return stage.root.locator("svg").evaluate(
        """svg => {
            const { left, right, top, bottom } = svg.getBoundingClientRect();
            const cut = (box) => box.left < left || box.right > right || box.top < top || box.bottom > bottom;
            const texts = [...svg.querySelectorAll("text")];
            return texts.filter((text) => cut(text.getBoundingClientRect())).map((text) => text.textContent);
        }"""
    )


def test_python_hears_of_a_drag_when_it_has_ended(browser, curves):
    with staged(browser, curves) as stage:
        slider = stage.root.locator("input[data-set=step_size]")
        box = slider.bounding_box()
        x, y = box["x"], box["y"] + box["height"] / 2
        stage.page.mouse.move(x + 0.4 * box["width"], y)
        stage.page.mouse.down()
        for share in (0.6, 0.8, 0.99):
            stage.page.mouse.move(x + share * box["width"], y)
        assert stage.shown()["step_size"] == curves.step_sizes[-1]
        assert stage.sent() == []
        stage.page.mouse.up()
        assert len(stage.sent()) == 1


# --- the question


def test_the_question_on_batch_norm_gives_feedback(question):
    assert question.after(question.root.locator("label").nth(0).click) == {"chosen": 0}
    assert question.root.locator(".metalib-feedback").inner_text().startswith("✗ Not quite.")
    right = questions.batch_norm().key["correct"]
    assert question.after(question.root.locator("label").nth(right).click) == {"chosen": right}
    assert question.root.locator(".metalib-feedback").inner_text().startswith("✓ Right.")
