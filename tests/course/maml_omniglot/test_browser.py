"""The widget of notebook 04, worked by mouse and by keyboard until a named part of its state and picture changes."""

import copy
from types import SimpleNamespace

import pytest
import torch
from stage import staged
from widgetry import Piece, assert_runs_through, running

from metalib.course.maml_omniglot.inner_step_scrubber import STEP_SIZES, InnerStepScrubber
from metalib.models import conv4

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "04-maml-omniglot.ipynb") as tab:
        yield tab


@pytest.fixture
def scrubber(notebook):
    yield Piece(notebook, "scrubber = widgets.InnerStepScrubber(")
    notebook.assert_clean()


def move(scrubber, name, value):
    """What is shown after the slider `name` was moved to `value`."""
    slider = scrubber.root.locator(f"input[data-set={name}]")
    scrubber.after(lambda: slider.fill(str(value)))
    return scrubber.shown()


def bars(scrubber):
    return scrubber.root.locator(".metalib-shares i").evaluate_all("bars => bars.map(bar => bar.style.height)")


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_arrow_keys_go_through_the_steps(scrubber):
    before, heights = move(scrubber, "step", 1), bars(scrubber)
    scrubber.root.locator("input[data-set=step]").focus()
    assert (before["step"], scrubber.press("ArrowLeft")["step"]) == (1, 0)
    assert bars(scrubber) != heights
    scrubber.press("ArrowRight")
    assert scrubber.shown() == before
    assert bars(scrubber) == heights
    assert scrubber.focus_ring() == "solid 3px"


def test_the_status_counts_right_answers(scrubber):
    move(scrubber, "step", 0)
    shown = move(scrubber, "step", 3)
    wrong = scrubber.root.locator(".metalib-is-missed").count()
    assert shown["right"] == 15 - wrong
    assert scrubber.root.locator(".metalib-status").inner_text().startswith(f"After 3 steps: {15 - wrong} of 15")
    scrubber.screenshots("inner-step-scrubber")


def test_a_step_size_bends_the_curves(scrubber):
    line = scrubber.root.locator(".metalib-query-loss")
    before = line.get_attribute("points")
    assert move(scrubber, "step_size", 2)["step_size"] == 0.01
    assert line.get_attribute("points") != before
    assert move(scrubber, "step_size", 11)["step_size"] == 40.0


def test_another_network_and_another_task(scrubber):
    shown, pictures = scrubber.shown(), scrubber.pictures()
    task = scrubber.after(scrubber.root.locator("input[data-set=model]").nth(1).click)["task"]
    assert scrubber.shown()["model"] != shown["model"]
    assert scrubber.pictures() == pictures
    scrubber.root.locator(".metalib-deal button").focus()
    assert scrubber.press("Enter")["task"] == task + 1
    assert scrubber.pictures() != pictures


# --- on a page of its own


@pytest.fixture(scope="module")
def small(tiny_bank):
    torch.manual_seed(0)
    networks = [conv4(width=8, downsample="stride", n_out=5, running_stats=False).eval() for _ in range(2)]
    return InnerStepScrubber({"MAML's start": networks[0], "untrained": networks[1]}, tiny_bank, seed=2)


@pytest.fixture(scope="module")
def exploded(small):
    """The same, but the losses at the largest step size are those that notebook 04 has: both far above the graph."""
    data = copy.deepcopy(small.data)
    for name, loss in (("support_losses", 41614436347150336.0), ("query_losses", None)):
        data["tasks"][1][name][1][-1] = [1.6, *[loss] * 10]
    state = {"task": 1, "model": 1, "step_size": len(STEP_SIZES) - 1, "step": 10}
    return SimpleNamespace(data=data, state=state, _esm=small._esm, _css=small._css)


def test_it_shows_the_numbers_of_the_picture_beside_it(browser, small):
    with staged(browser, small) as stage:
        for step in (0, 1, 10):
            stage.set({**small.state, "step": step})
            way, shown = small.adaptation(), stage.shown()
            assert shown["predictions"] == way.predicted[step].tolist()
            assert shown["support_loss"] == pytest.approx(way.support_loss[step].item(), rel=1e-4)
            assert shown["query_loss"] == pytest.approx(way.query_loss[step].item(), rel=1e-4)


@pytest.mark.parametrize("width", [360, 640, 900])
def test_nothing_sticks_out_and_nothing_is_overprinted(browser, small, exploded, width):
    for widget in (small, exploded):
        with staged(browser, widget, width=width) as stage:
            assert stage.overflow() == []
            assert outside(stage) == []
            support, query = (box for box in boxes(stage, ".metalib-name"))
            assert min(support["bottom"], query["bottom"]) <= max(support["top"], query["top"]) + 1


@pytest.mark.parametrize("width", [360, 900])
def test_five_classes_stand_side_by_side(browser, small, width):
    with staged(browser, small, width=width) as stage:
        right = stage.root.bounding_box()["x"] + width
        cards = boxes(stage, "ul.metalib-classes > li")
        assert len({card["top"] for card in cards}) == 1
        assert len({card["left"] for card in cards}) == 5
        assert max(card["right"] for card in cards) < right


def boxes(stage, selector):
    edges = "nodes => nodes.map(node => node.getBoundingClientRect().toJSON())"
    return stage.root.locator(selector).evaluate_all(edges)


def outside(stage):
    """The texts of the graph that do not lie within it: an SVG cuts what sticks out."""
    (graph,) = boxes(stage, "svg")
    return [
        box
        for box in boxes(stage, "svg text")
        if box["left"] < graph["left"] or box["right"] > graph["right"] or box["bottom"] > graph["bottom"]
    ]


def test_a_loss_that_exploded_is_said_in_few_letters(browser, exploded):
    with staged(browser, exploded) as stage:
        words = stage.root.locator(".metalib-status").inner_text().replace("\u00a0", " ")
        assert words.endswith("support loss 4 · 10¹⁶, query loss diverged.")


def test_python_hears_of_a_drag_when_it_has_ended(browser, small):
    with staged(browser, small) as stage:
        box = stage.root.locator("input[data-set=step]").bounding_box()
        x, y = box["x"], box["y"] + box["height"] / 2
        stage.page.mouse.move(x + 8, y)
        stage.page.mouse.down()
        for share in (0.3, 0.6, 0.99):
            stage.page.mouse.move(x + share * box["width"], y)
        assert stage.shown()["step"] == 10
        assert stage.sent() == []
        stage.page.mouse.up()
        assert len(stage.sent()) == 1
