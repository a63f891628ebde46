"""The widget of neighbours in a browser, without Jupyter: mouse, keys, widths, both themes, screen readers."""

from functools import partial

import node
import pytest
from stage import staged

from metalib import maml
from metalib.banks import load_bank, split
from metalib.course.fair_play.moving_query import ITS_CLASS, ONE_OF_EACH
from metalib.course.fair_play.neighbours import Neighbours
from metalib.training import checkpoints

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def made():
    """MAML as published, on the glyphs."""
    model = checkpoints.load("maml-published-paper")[0]
    theta = {name: value.detach() for name, value in model.named_parameters()}
    logits = partial(maml.logits, model, theta, inner_lr=0.4, inner_steps=3)
    alone = partial(logits, transductive=False)
    return Neighbours(logits, alone, split(load_bank("glyphs", quiet=True)).evaluation)


@pytest.fixture
def stage(browser, made):
    with staged(browser, made) as on_stage:
        yield on_stage


def picture(stage, place):
    """The button of one picture of the pool."""
    return stage.root.locator(f""".metalib-neighbour[data-act*='"place":{place}}}']""")


def test_it_shows_the_numbers_of_the_picture_beside_it(stage, made):
    for places in (ONE_OF_EACH, ITS_CLASS, ()):
        stage.set({"neighbours": list(places), "draw": 0})
        shares, shown = made.shares(places), stage.shown()
        assert shown["shares"] == pytest.approx(shares.tolist(), abs=1e-4)
        assert shown["answer"] == int(shares.argmax())
        row = stage.root.locator(".metalib-answers tbody tr").nth(1 + made.query.label)
        said = [words.strip().replace("\u00a0", " ") for words in row.locator("td").all_inner_texts()]
        assert said == [f"{100 * of[made.query.label]:.0f} %" for of in (shares, made.found.alone)]


def test_a_preset_flips_the_answer_and_the_query_stays(stage):
    query = stage.root.locator(".metalib-stays .metalib-tile")
    before = query.get_attribute("style")
    assert stage.root.get_by_text("flipped", exact=True).count() == 0
    stage.root.get_by_role("button", name="Four of its class").click()
    assert stage.shown()["neighbours"] == list(ITS_CLASS)
    assert stage.root.get_by_text("flipped", exact=True).is_visible()
    assert stage.root.get_by_role("status").inner_text().startswith("Flipped by 4 neighbours")
    assert query.get_attribute("style") == before


def test_a_click_takes_out_and_puts_in(stage):
    picture(stage, ONE_OF_EACH[0]).click()
    assert stage.state()["neighbours"] == list(ONE_OF_EACH[1:])
    assert stage.root.get_by_label("A free seat").count() == 1
    picture(stage, 0).click()
    assert stage.state()["neighbours"] == [*ONE_OF_EACH[1:], 0]
    assert picture(stage, 0).get_attribute("aria-pressed") == "true"
    assert len(stage.sent()) == 2


def test_it_is_worked_by_keys(stage):
    picture(stage, ONE_OF_EACH[0]).focus()
    stage.page.keyboard.press("Space")
    assert stage.state()["neighbours"] == list(ONE_OF_EACH[1:])
    outline = "getComputedStyle(document.activeElement).outline"
    assert "solid 3px" in stage.page.evaluate(f"{outline}Style + ' ' + {outline}Width")
    stage.root.get_by_role("button", name="At random").focus()
    stage.page.keyboard.press("Enter")
    assert stage.state()["draw"] == 1
    assert stage.page.evaluate("document.activeElement.textContent") == "At random"


@pytest.mark.parametrize("width", [320, 360, 640, 841, 900])
def test_nothing_sticks_out_and_nothing_moves_under_the_finger(browser, made, width):
    with staged(browser, made, width=width) as stage:
        boxes = []
        for places in (ONE_OF_EACH, ITS_CLASS, ()):
            stage.set({"neighbours": list(places), "draw": 0})
            assert stage.overflow() == []
            boxes.append(picture(stage, 0).bounding_box())
        assert boxes == [boxes[0]] * 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_people_out(browser, made, theme):
    with staged(browser, made, theme=theme) as stage:
        stage.page.evaluate(node.axe())
        for places in (ONE_OF_EACH, ITS_CLASS, ()):
            stage.set({"neighbours": list(places), "draw": 0})
            violations = stage.page.evaluate("async () => (await window.axe.run('#stage')).violations")
            assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
