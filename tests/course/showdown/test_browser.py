"""The heat map in a browser, without Jupyter: mouse, keys, widths, both themes, screen readers."""

import node
import pytest
from made_grid import METHODS, REFERENCE, made_episode, made_grid
from stage import staged

from metalib.course.showdown.heat_map import HeatMap

pytestmark = pytest.mark.browser

FIRST = {"bank": 0, "method": METHODS.index(REFERENCE), "compare": False, "way": 0, "shot": 0}
STATES = (
    FIRST,
    FIRST | {"way": 3, "shot": 3},
    FIRST | {"way": 1, "shot": 3},
    FIRST | {"method": 3, "compare": True, "bank": 1},
)


@pytest.fixture(scope="module")
def made():
    return HeatMap(made_grid(), {"Omniglot": made_episode(), "glyphs": None})


@pytest.fixture
def stage(browser, made):
    with staged(browser, made) as on_stage:
        yield on_stage


def test_a_click_on_a_cell_shows_its_episode_and_answers(stage, made):
    stage.root.get_by_role("button", name="5 ways, 2 shots: ").click()
    assert (stage.state()["way"], stage.state()["shot"]) == (1, 1)
    rows = stage.root.locator(".metalib-episode tbody tr")
    assert rows.count() == 5
    assert rows.first.locator(".metalib-supports .metalib-tile").count() == 2
    answers = made.grid.of_bank["Omniglot"].answers[REFERENCE][5, 2]
    said = [rows.nth(i).locator("td").last.inner_text() for i in range(5)]
    assert said == ["✓ right" if given == i else f"✗ {'ABCDEF'[given]}" for i, given in enumerate(answers)]
    assert stage.root.get_by_role("status").inner_text().startswith("5-way 2-shot, Omniglot: ")


def test_arrow_keys_move_from_cell_to_cell_and_the_focus_with_them(stage):
    stage.root.locator(".metalib-cell[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowUp"):
        stage.page.keyboard.press(key)
    assert (stage.state()["way"], stage.state()["shot"]) == (0, 2)
    assert stage.page.evaluate("document.activeElement.ariaLabel").startswith("2 ways, 5 shots: ")
    outline = "getComputedStyle(document.activeElement).outline"
    assert "solid 3px" in stage.page.evaluate(f"{outline}Style + ' ' + {outline}Width")


def test_another_method_and_the_comparison_change_the_numbers(stage, made):
    before = stage.shown()["texts"]
    stage.root.get_by_role("button", name="SimpleShot").click()
    after = stage.shown()["texts"]
    assert stage.shown()["method"] == "SimpleShot" and before != after
    stage.root.get_by_role("button", name=f"ahead of {REFERENCE}").click()
    ahead = made.grid.of_bank["Omniglot"].ahead["SimpleShot"][2, 1]
    assert stage.shown()["texts"][0][0] == f"{100 * ahead.mean:+.1f}".replace("-", "−")


def test_without_the_pictures_it_says_how_to_get_them(stage):
    stage.root.get_by_role("button", name="glyphs", exact=True).click()
    assert stage.root.get_by_text("not at hand").is_visible()
    assert stage.root.locator(".metalib-episode").count() == 0


@pytest.mark.parametrize("width", [300, 360, 640, 761, 900])
def test_nothing_sticks_out_and_the_map_stays_under_the_finger(browser, made, width):
    with staged(browser, made, width=width) as stage:
        boxes = []
        for state in STATES[:3]:
            stage.set(state)
            assert stage.overflow() == []
            boxes.append(stage.root.locator(".metalib-cell").nth(5).bounding_box())
        assert boxes == [boxes[0]] * 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_people_out(browser, made, theme):
    with staged(browser, made, theme=theme) as stage:
        stage.page.evaluate(node.axe())
        for state in STATES:
            stage.set(state)
            violations = stage.page.evaluate("async () => (await window.axe.run('#stage')).violations")
            assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
