"""The kit's questions in a browser, without Jupyter: by mouse and key, narrow, in both themes, for screen readers."""

import node
import pytest
from playwright.sync_api import expect
from stage import staged

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question

pytestmark = pytest.mark.browser

LONG = "a_name_that_is_long(" + "argument, " * 12 + ")"
LINES = [
    ("def f(x):", "It opens the function."),
    (f"    g = {LONG}", "It belongs into the function."),
    ("    y = x - g", "It reads `g`."),
    ("    return y", "Nothing after it is run."),
]


def question():
    options = [("one " * 40, "It is *one* more."), ("two, by `len`", "Each has one."), ("three", "Count again.")]
    return Question("How many of `x` are *new*?", options, 1)


def estimate():
    said = {"too_low": "Chance is `1 / 5`.", "near": "Well seen.", "too_high": "One picture tells little. " * 5}
    return Estimate("How many " + "queries " * 20, 62.7, unit="%", within=5, between=(0, 100), **said)


def ordering():
    return Ordering("Which order, of `f`?", LINES, "Each reads what stands above.", code=True)


def answer(stage):
    """A wrong answer, whichever kind of question it is."""
    field = stage.root.locator("input[type=text]")
    if field.count():
        field.fill("90")
    stage.root.locator(".metalib-main, input[type=radio]").first.click()


@pytest.mark.parametrize("make", [question, estimate, ordering])
@pytest.mark.parametrize("width", [320, 360, 900])
def test_nothing_sticks_out_before_and_after_the_answer(browser, make, width):
    with staged(browser, make(), width=width) as stage:
        assert stage.overflow() == []
        answer(stage)
        expect(stage.root.locator(".metalib-feedback")).to_contain_text("✗")
        assert stage.overflow() == []


@pytest.mark.parametrize("make", [question, estimate, ordering])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_people_out(browser, make, theme):
    axe = node.axe()
    with staged(browser, make(), theme=theme) as stage:
        stage.page.evaluate(axe)
        for _ in range(2):
            violations = stage.page.evaluate("async () => (await window.axe.run('#stage')).violations")
            assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
            answer(stage)


@pytest.mark.parametrize("make", [question, estimate, ordering])
def test_feedback_is_in_a_region_that_a_screen_reader_hears(browser, make):
    with staged(browser, make()) as stage:
        said = stage.root.get_by_role("status").last
        expect(said).to_have_text("")
        assert not said.is_visible()
        answer(stage)
        expect(said).to_contain_text("✗")
        assert said.is_visible()


def test_code_and_emphasis_are_shown_as_such(browser):
    with staged(browser, question()) as stage:
        assert stage.root.locator("legend code").all_inner_texts() == ["x"]
        assert stage.root.locator("legend em").all_inner_texts() == ["new"]
        assert stage.root.locator("label code").all_inner_texts() == ["len"]
        stage.root.locator("input").first.click()
        assert stage.root.locator(".metalib-feedback em").all_inner_texts() == ["one"]


# --- an estimate


def test_an_estimate_is_typed_and_checked_by_keys(browser):
    with staged(browser, estimate()) as stage:
        field, said = stage.root.locator("input"), stage.root.locator(".metalib-feedback")
        field.press_sequentially("60,5")
        expect(said).to_have_text("")
        field.press("Enter")
        expect(said).to_contain_text("✓ Near. 60.5 % is within 5 points of the answer, 62.7 %. Well seen.")
        assert stage.state() == {"estimate": 60.5, "typed": "60,5", "checked": True}
        assert stage.root.locator(".metalib-here").get_attribute("data-zone") == "3"
        field.press("Backspace")  # the text stays where it was, and is judged no more
        expect(said).to_have_text("")
        assert field.input_value() == "60," and stage.state()["estimate"] is None
        assert stage.page.evaluate("document.activeElement.type") == "text"


def test_what_is_no_number_is_answered_at_the_field(browser):
    with staged(browser, estimate()) as stage:
        field = stage.root.get_by_role("textbox", name="How many")
        stage.root.get_by_role("button", name="Check").click()
        expect(stage.root.locator(".metalib-feedback")).to_contain_text("Type a number first")
        assert field.get_attribute("aria-invalid") == "true"
        field.fill("sixty")
        assert field.get_attribute("aria-invalid") is None
        field.press("Enter")
        expect(stage.root.locator(".metalib-feedback")).to_contain_text("“sixty” cannot be read as a number")
        assert stage.root.locator(".metalib-here").count() == 0


def test_python_hears_of_an_estimate_when_it_is_checked(browser):
    with staged(browser, estimate()) as stage:
        stage.root.locator("input").press_sequentially("60")
        assert stage.sent() == []
        stage.root.locator("input").press("Enter")
        assert '"estimate":60' in stage.sent()[0]


# --- lines to put in order


def shown(stage):
    return stage.root.locator("[data-handle] code").all_inner_texts()


def test_a_line_goes_up_and_down_by_keys_and_takes_the_focus_along(browser):
    widget = ordering()
    with staged(browser, widget) as stage:
        before = shown(stage)
        stage.root.locator("[data-way=down]").first.focus()
        focused = "document.activeElement.getAttribute('aria-label')"
        name = stage.page.evaluate(focused)
        assert name == f"down: {before[0]}"
        for key in ("Enter", "ArrowDown", "ArrowDown", "ArrowDown"):  # the last one finds it at the end
            stage.page.keyboard.press(key)
            assert stage.page.evaluate(focused) == name
        assert shown(stage) == [*before[1:], before[0]]
        expect(stage.root.get_by_role("status").first).to_have_text(f"Line 4 of 4: {before[0]}")
        stage.page.keyboard.press("Shift+ArrowUp")
        assert shown(stage) == before and stage.page.evaluate(focused) == name


def test_lines_are_put_in_order_and_checked(browser):
    widget = ordering()
    with staged(browser, widget) as stage:
        for place, line in enumerate(widget.key["orders"][0]):
            while stage.state()["order"].index(line) > place:
                stage.root.locator(f"[data-handle='{line}'] [data-way=up]").click()
        stage.root.get_by_role("button", name="Check").click()
        expect(stage.root.locator(".metalib-feedback")).to_contain_text("✓ Right. Each reads what stands above.")
        assert stage.root.locator("li.metalib-right").count() == 4
        assert shown(stage)[2] == "y = x - g"


@pytest.mark.parametrize("width", [360, 900])
def test_a_line_is_dragged_over_lines_of_any_height(browser, width):
    with staged(browser, ordering(), width=width) as stage:
        before = shown(stage)
        first, last = (stage.root.locator("[data-handle]").nth(i).bounding_box() for i in (0, 3))
        mouse, seen = stage.page.mouse, []
        mouse.move(first["x"] + 15, first["y"] + first["height"] / 2)
        mouse.down()
        for y in range(int(first["y"]), int(last["y"] + last["height"]), 4):
            mouse.move(first["x"] + 15, y)
            seen.append(stage.state()["order"].index(0))
        assert stage.sent() == []
        mouse.up()
        assert shown(stage) == [*before[1:], before[0]]
        assert seen == sorted(seen)  # it does not jump to and fro
        assert len(stage.sent()) == 1


def test_the_indentation_of_code_is_kept(browser):
    with staged(browser, ordering(), width=360) as stage:
        left = {
            text: stage.root.locator("code", has_text=text).evaluate(
                """node => { const range = document.createRange(); range.selectNodeContents(node);
                             return Math.min(...[...range.getClientRects()].map((line) => line.left)); }"""
            )
            for text in ("def f", "return y", "a_name_that_is_long")
        }
        assert left["return y"] - left["def f"] == pytest.approx(left["a_name_that_is_long"] - left["def f"])
        assert left["return y"] > left["def f"] + 20
