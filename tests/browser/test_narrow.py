"""A cell of 360 pixels in a window of 800: all controls and all that they change are in sight at once.

In both it and a cell of 300, as at 200 % zoom with the side panel open, nothing is cut and a finger hits each control.
"""

from functools import cache

import pytest
from drag_widgets import WORKED
from stage import staged

from metalib.course.learning_to_learn import episode_explorer
from metalib.course.learning_to_learn.explorer import ExplorerState
from metalib.course.maml_omniglot import inner_step_scrubber

pytestmark = pytest.mark.browser

WIDTH, ZOOMED = 360, 300
HEIGHT = 640  # what JupyterLab leaves of such a window for cells
FINGER = 24  # pixels, WCAG 2.2's least size of a target

# What a widget's controls change, from its first picture to its last; a question has none.
PICTURES = {
    "question": None,
    "five cards": ".metalib-queries",
    "episode explorer": ".metalib-episode, .metalib-results",
    "beat the machine": ".metalib-question",
    "adaptation curves": ".metalib-chart",
    "the plane": ".metalib-panel",
    "sinusoid laboratory": ".metalib-chart",
    "inner-step scrubber": ".metalib-queries, .metalib-losses",
    "Reptile's plane": ".metalib-chart",
    "support plane": ".metalib-plane, .metalib-readout",
    "embedding atlas": ".metalib-atlas, .metalib-picked",
    "neighbours": ".metalib-batch, .metalib-answers",
    "draw your own": ".metalib-sheet, .metalib-shares, .metalib-methods",
    "heat map": ".metalib-map, .metalib-methods, .metalib-episode",
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
    """The boxes of a widget's controls and pictures and what sticks out of it, by its name and a width; measured once.

    Skipped without Omniglot, of which the widgets are. What is long in the making is made smaller, and looks the same.
    """

    @cache
    def measure(name):
        with staged(browser, MAKERS[name]()) as stage:
            if name == "beat the machine":
                stage.root.get_by_text("Start").click()  # before, there are no pictures
            return {width: boxes(stage, name, width) for width in (WIDTH, ZOOMED)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inner_step_scrubber, "TASKS", 1)
        patch.setattr(episode_explorer, "listed", lambda alphabets: [ExplorerState()])
        yield measure


def boxes(stage, name, width):
    stage.width(width)
    return stage.root.evaluate(BOXES, PICTURES.get(name)) | {"cut": stage.overflow()}


@pytest.mark.parametrize("name", [name for name in MAKERS if PICTURES.get(name)])
def test_in_a_narrow_cell_all_controls_and_pictures_are_in_sight_together(measured, name):
    controls, pictures = measured(name)[WIDTH]["controls"], measured(name)[WIDTH]["pictures"]
    assert controls and pictures
    seen = controls + pictures
    first, last = min(seen, key=lambda box: box["top"]), max(seen, key=lambda box: box["bottom"])
    assert last["bottom"] - first["top"] <= HEIGHT, f"from {first['name']} to {last['name']}"


@pytest.mark.parametrize("width", [WIDTH, ZOOMED])
@pytest.mark.parametrize("name", MAKERS)
def test_in_a_narrow_cell_nothing_is_cut(measured, name, width):
    assert measured(name)[width]["cut"] == []


@pytest.mark.parametrize("width", [WIDTH, ZOOMED])
@pytest.mark.parametrize("name", MAKERS)
def test_in_a_narrow_cell_a_finger_hits_each_control(measured, name, width):
    controls = measured(name)[width]["controls"]
    assert controls
    assert [box for box in controls if min(box["width"], box["height"]) < FINGER] == []
