"""A cell of 360 pixels in a window of 800: whoever moves a control sees the picture that it changes, and can hit it."""

from functools import cache

import pytest
from drag_widgets import WORKED
from stage import staged

pytestmark = pytest.mark.browser

WIDTH = 360
HEIGHT = 640  # what JupyterLab leaves of such a window for cells
FINGER = 24  # pixels, WCAG 2.2's least size of a target

# What a widget's controls change, from its first picture to its last; a question has none.
PICTURES = {
    "question": None,
    "five cards": ".metalib-queries",
    "episode explorer": ".metalib-episode",
    "beat the machine": ".metalib-question",
    "adaptation curves": ".metalib-chart",
    "the plane": ".metalib-panel",
    "sinusoid laboratory": ".metalib-chart",
    "inner-step scrubber": ".metalib-queries, .metalib-losses",
    "Reptile's plane": ".metalib-chart",
    "support plane": ".metalib-plane, .metalib-readout",
    "embedding atlas": ".metalib-atlas, .metalib-picked",
    "neighbours": ".metalib-batch, .metalib-answers",
}
MAKERS = {name: make for name, make, *_ in WORKED}
BOXES = """(root, pictures) => {
    const box = (node) => {
        const { top, bottom, width, height } = node.getBoundingClientRect();
        const words = node.ariaLabel ?? (node.textContent || node.dataset.set);
        return { top, bottom, width, height, name: `${node.localName}: ${words.slice(0, 60)}` };
    };
    // a click anywhere on its words ticks a box or chooses a radio button, but moves no slider
    const target = (node) => (["checkbox", "radio"].includes(node.type) ? node.closest("label") : node);
    const controls = [...root.querySelectorAll("button, input, select, [data-handle][tabindex]")].map(target).map(box);
    // what lies in something that scrolls is seen as far as that shows it
    const seen = (node) => node.closest(".metalib-scroll") ?? node;
    return { controls, pictures: pictures ? [...root.querySelectorAll(pictures)].map(seen).map(box) : [] };
}"""


@pytest.fixture(scope="module")
def measured(browser, omniglot):
    """The boxes of a widget's controls and pictures and what sticks out of it, by its name; measured once.

    Skipped without Omniglot, of which the widgets are.
    """

    @cache
    def measure(name):
        with staged(browser, MAKERS[name](), width=WIDTH) as stage:
            if name == "beat the machine":
                stage.root.get_by_text("Start").click()  # before, there are no pictures
            return stage.root.evaluate(BOXES, PICTURES.get(name)) | {"cut": stage.overflow()}

    return measure


@pytest.mark.parametrize("name", [name for name in MAKERS if PICTURES.get(name)])
def test_in_a_narrow_cell_a_control_and_its_pictures_are_in_sight_together(measured, name):
    controls, pictures = measured(name)["controls"], measured(name)["pictures"]
    top, bottom = min(box["top"] for box in pictures), max(box["bottom"] for box in pictures)
    spans = {box["name"]: max(bottom, box["bottom"]) - min(top, box["top"]) for box in controls}
    assert {what: span for what, span in spans.items() if span > HEIGHT} == {}


@pytest.mark.parametrize("name", MAKERS)
def test_in_a_narrow_cell_nothing_is_cut(measured, name):
    assert measured(name)["cut"] == []


@pytest.mark.parametrize("name", MAKERS)
def test_in_a_narrow_cell_a_finger_hits_each_control(measured, name):
    controls = measured(name)["controls"]
    assert controls
    assert [box for box in controls if min(box["width"], box["height"]) < FINGER] == []
