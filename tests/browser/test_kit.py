"""What the kit gives to every widget, in a browser and without Jupyter: keys, messages, the focus."""

import json

import pytest
from stage import staged

from metalib.course.maml_sinusoids.widgets import Plane
from metalib.course.reptile.widgets import ReptilePlane

pytestmark = pytest.mark.browser


def test_arrow_keys_with_shift_move_a_slider_five_steps_and_stop_at_its_ends(browser):
    with staged(browser, ReptilePlane()) as stage:
        slider = stage.root.locator("[data-set=stop]")
        slider.press("ArrowRight")
        assert stage.state()["stop"] == 1
        slider.press("Shift+ArrowUp")
        assert stage.state()["stop"] == 6
        slider.press("Shift+ArrowLeft")
        slider.press("Shift+ArrowDown")
        assert stage.state()["stop"] == 0
        assert [json.loads(sent)["stop"] for sent in stage.sent()] == [1, 6, 1, 0]


def test_arrow_keys_with_shift_move_what_is_dragged_five_steps(browser):
    with staged(browser, Plane()) as stage:
        x, y = stage.state()["a"]["c"]
        handle = stage.root.locator("[data-handle=a][tabindex]").first
        handle.press("ArrowRight")
        handle.press("Shift+ArrowUp")
        assert stage.state()["a"]["c"] == pytest.approx([x + 0.1, y + 0.5])


@pytest.mark.parametrize(("around", "focused"), [("0", "stage"), (None, "")])
def test_escape_leads_out_of_a_widget_to_what_it_stands_in(browser, around, focused):
    with staged(browser, ReptilePlane()) as stage:
        if around:
            stage.page.locator("#stage").evaluate("(node, index) => node.setAttribute('tabindex', index)", around)
        before = stage.state()
        stage.root.locator("[data-set=stop]").press("Escape")
        assert stage.page.evaluate("document.activeElement.id") == focused
        assert stage.page.evaluate("document.activeElement.closest('.metalib')") is None
        assert stage.state() == before


def test_the_focus_stays_where_it_was_when_the_widget_is_drawn_anew(browser):
    with staged(browser, ReptilePlane()) as stage:
        stage.root.locator("[data-set=inner_lr]").press("ArrowRight")
        stage.set({**stage.state(), "stop": 3})  # as from Python, or from another view of the widget
        assert stage.page.evaluate("document.activeElement.dataset.set") == "inner_lr"
        assert stage.root.locator("[data-set=stop]").input_value() == "3"


def test_python_hears_nothing_where_it_is_gone_and_the_widget_lives(browser):
    with staged(browser, ReptilePlane()) as stage:
        stage.page.evaluate("window.model.widget_manager.kernel = null")
        stage.root.locator("[data-set=stop]").press("ArrowRight")
        assert stage.state()["stop"] == 1 and stage.sent() == []
        assert stage.root.get_attribute("data-kernel") == "gone"
