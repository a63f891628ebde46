"""The widget of notebook 09 in a browser: five characters drawn by pointer and by keys, a query, and a right answer.

In JupyterLab with a kernel and after its end; what needs no kernel is tried on a page of its own.
"""

import json

import harness
import nbformat
import node
import pytest
from playwright.sync_api import expect
from stage import staged
from widgetry import Piece, running

from metalib.course.draw_your_own import drawings_file
from metalib.course.draw_your_own.draw_your_own import DrawYourOwn
from metalib.course.draw_your_own.ink import on_paper, seen

pytestmark = pytest.mark.browser

NOTEBOOK = "drawing.ipynb"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}  # else the page asks which
CELLS = (
    "from metalib.course.draw_your_own import widgets\nfrom metalib.few_shot import FewShot",
    "drawn = widgets.DrawYourOwn()\ndrawn",
    'print(FewShot.from_folder(drawn.folder).predict([drawn.query()]) if drawn.folder.is_dir() else "nothing saved")',
)


# five characters in shares of the sheet: an angle, a wave, an arrow, a ring, a cross
CHARACTERS = (
    [[(0.3, 0.2), (0.3, 0.75), (0.7, 0.75)]],
    [[(0.2, 0.6), (0.3, 0.3), (0.45, 0.65), (0.6, 0.3), (0.75, 0.6)]],
    [[(0.5, 0.85), (0.5, 0.2)], [(0.3, 0.4), (0.5, 0.2), (0.7, 0.4)]],
    [[(0.5, 0.25), (0.75, 0.4), (0.7, 0.7), (0.4, 0.75), (0.25, 0.5), (0.5, 0.25)]],
    [[(0.25, 0.3), (0.75, 0.7)], [(0.7, 0.25), (0.3, 0.75)]],
)
# the same by keys, five steps at a time; P puts the pen down or lifts it
UP, DOWN, LEFT, RIGHT = "Shift+ArrowUp", "Shift+ArrowDown", "Shift+ArrowLeft", "Shift+ArrowRight"
UP_LEFT, UP_RIGHT, DOWN_LEFT, DOWN_RIGHT, P = "Shift+Home", "Shift+PageUp", "Shift+End", "Shift+PageDown", "Space"
# each begins and ends in the middle of the sheet
BY_KEYS = (
    [UP_LEFT, UP, P, DOWN, DOWN, DOWN, RIGHT, RIGHT, P, UP, LEFT],
    [LEFT, LEFT, P, UP_RIGHT, DOWN_RIGHT, UP_RIGHT, DOWN_RIGHT, P, LEFT, LEFT],
    [DOWN, DOWN, P, UP, UP, UP, UP, DOWN_LEFT, P, UP_RIGHT, P, DOWN_RIGHT, P, LEFT, DOWN],
    [UP, P, DOWN_RIGHT, DOWN, DOWN_LEFT, UP_LEFT, UP, UP_RIGHT, P, DOWN],
    [UP_LEFT, P, DOWN_RIGHT, DOWN_RIGHT, P, UP, UP, P, DOWN_LEFT, DOWN_LEFT, P, UP_RIGHT],
)


@pytest.fixture(scope="session")
def notebooks_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("widget_09")
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / NOTEBOOK)
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return DrawYourOwn(folder=tmp_path_factory.mktemp("nothing") / "my-drawings")


@pytest.fixture
def stage(browser, made):
    with staged(browser, made) as on_stage:
        yield on_stage


def by_pointer(page, root, character, *, slant: float = 0.0, shift: float = 0.0) -> None:
    """Draw on the sheet with the mouse; `slant` and `shift` make another drawing of the same character."""
    box = root.locator("[data-sheet]").bounding_box()
    for stroke in character:
        points = [
            (box["x"] + box["width"] * (x + slant * (0.5 - y) + shift), box["y"] + box["height"] * (y + shift))
            for x, y in stroke
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=3)
        page.mouse.up()


def by_keys(page, root, keys) -> None:
    """Draw on the sheet with the keyboard, from where the pen is."""
    root.locator("[data-sheet]").focus()
    for key in keys:
        page.keyboard.press(key)


def choose(root, name: str) -> None:
    """Go to a place: "Drawing 1 of class A", "The query"."""
    root.locator(f".metalib-place[aria-label^='{name}']").click()


def draw_all(page, root, draw):
    """Empty what is there, draw each class once by `draw(page, root, i)`, and end at the query's place."""
    root.get_by_role("button", name="Empty all").click()
    for i in range(5):
        draw(page, root, i)
        root.get_by_role("button", name="Next", exact=True).click()


def pointer(page, root, i):
    by_pointer(page, root, CHARACTERS[i])


def keyboard(page, root, i):
    by_keys(page, root, BY_KEYS[i])


def without_python(stage):
    stage.page.evaluate("window.model.widget_manager.kernel = null")
    stage.set(stage.state())


def strokes(state):
    """How many strokes each place of the first column has, and the query."""
    return [len(drawings[0]) for drawings in state["classes"]] + [len(state["query"])]


ENDS = [105 * share for character in CHARACTERS for stroke in character for share in (*stroke[0], *stroke[-1])]


def ends(state):
    """The first and the last point of each stroke in the first column."""
    return [x for drawings in state["classes"] for stroke in drawings[0] for x in (*stroke[:2], *stroke[-2:])]


# --- on a page of its own


def test_five_characters_by_pointer_and_each_query_is_told(stage):
    draw_all(stage.page, stage.root, pointer)
    assert ends(stage.state()) == pytest.approx(ENDS, abs=1)
    for i in (3, 4):
        by_pointer(stage.page, stage.root, CHARACTERS[i], slant=0.15, shift=0.08)
        assert stage.shown()["answer"] == i
        assert stage.root.get_by_text(f"Taken for {'ABCDE'[i]}").is_visible()
        stage.root.get_by_role("button", name="Clear").click()
    assert stage.root.get_attribute("data-kernel") == "live"


def test_five_characters_by_keyboard_without_python_and_each_query_is_told(stage):
    without_python(stage)
    draw_all(stage.page, stage.root, keyboard)
    assert strokes(stage.state()) == [1, 1, 2, 1, 2, 0] and stage.state()["pen"][2] == 0
    for i in (1, 2):
        by_keys(stage.page, stage.root, ["ArrowRight", *BY_KEYS[i], "ArrowUp"])
        assert stage.shown()["answer"] == i
        stage.root.get_by_role("button", name="Clear").click()
    assert stage.root.get_attribute("data-kernel") == "gone"


def test_a_finger_draws(stage):
    choose(stage.root, "Drawing 4 of class B")
    box = stage.root.locator("[data-sheet]").bounding_box()
    session = stage.page.context.new_cdp_session(stage.page)
    for kind, share in (("touchStart", 0.2), ("touchMove", 0.5), ("touchMove", 0.8), ("touchEnd", None)):
        points = [] if share is None else [{"x": box["x"] + share * box["width"], "y": box["y"] + 0.4 * box["height"]}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    stage.page.wait_for_function("!window.model.get('state').pen[2]")
    [stroke] = stage.state()["classes"][1][3]
    assert stroke == pytest.approx([21, 42, 84, 42], abs=1)


def test_the_answer_follows_the_pen_and_python_hears_at_the_end_of_a_stroke(stage):
    box, mouse = stage.root.locator("[data-sheet]").bounding_box(), stage.page.mouse
    before = stage.shown()["shares"]
    mouse.move(box["x"] + 60, box["y"] + 60)
    mouse.down()
    mouse.move(box["x"] + 220, box["y"] + 60, steps=4)
    assert stage.shown()["shares"] != before and stage.sent() == []
    mouse.up()
    assert [json.loads(sent)["query"][-1] for sent in stage.sent()] == [stage.state()["query"][-1]]


def test_what_python_sends_back_while_a_stroke_is_drawn_takes_nothing_from_it(stage):
    """JupyterLab sets a state once more when the kernel has confirmed it, also where the page is further by then."""
    box, mouse = stage.root.locator("[data-sheet]").bounding_box(), stage.page.mouse
    stage.root.get_by_role("button", name="Clear").click()
    confirmed = stage.state()
    mouse.move(box["x"] + 60, box["y"] + 60)
    mouse.down()
    mouse.move(box["x"] + 200, box["y"] + 60, steps=3)
    stage.set(confirmed)
    mouse.move(box["x"] + 200, box["y"] + 200, steps=3)
    stage.set(confirmed)
    mouse.up()
    side = box["width"] / 105
    assert [x * side for x in stage.state()["query"][0]] == pytest.approx([60, 60, 200, 60, 200, 200], abs=2)


def test_the_three_steps_show_what_python_makes_of_the_strokes(stage):
    read = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return [...data].filter((_, i) => i % 4 === 0);
    }"""
    for act in (lambda: None, lambda: by_pointer(stage.page, stage.root, CHARACTERS[4])):
        act()
        query = stage.state()["query"]
        for name, right in (("sheet", on_paper(query)), ("seen", 255 - seen(query))):
            shown = stage.root.locator(f"[data-picture={name}]").evaluate(read)
            assert shown == right.flatten().tolist(), name


def test_space_turns_the_pen_and_what_it_does_is_said(stage):
    choose(stage.root, "Drawing 5 of class C")
    said = stage.root.locator("[aria-live=polite]")
    stage.root.locator("[data-sheet]").focus()
    stage.page.keyboard.press("ArrowLeft")
    assert said.inner_text() == "Pen up, at 49, 52."
    stage.page.keyboard.press("Space")
    stage.page.keyboard.press("Shift+ArrowDown")
    assert said.inner_text() == "Pen down, at 49, 67."
    stage.page.keyboard.press("Space")
    assert stage.state()["classes"][2][4] == [[49, 52, 49, 67]]
    stage.page.keyboard.press("Backspace")
    assert stage.state()["classes"][2][4] == []


def test_every_place_is_reached_and_chosen_by_keyboard(stage):
    stage.root.locator("[data-sheet]").focus()
    seen = []
    for _ in range(45):
        stage.page.keyboard.press("Tab")
        seen.append(stage.page.evaluate("document.activeElement.getAttribute('aria-label') ?? ''"))
    assert {f"Drawing {slot} of class {label}" for label in "ABCDE" for slot in (1, 2, 3)} <= set(seen)
    assert "Drawing 5 of class E, free" in seen and "The query" in seen
    stage.root.locator("[aria-label^='Drawing 5 of class E']").press("Enter")
    assert (stage.state()["label"], stage.state()["slot"]) == (4, 4)
    outline = "getComputedStyle(document.activeElement).outline"
    assert "solid 3px" in stage.page.evaluate(f"{outline}Style + ' ' + {outline}Width")


def test_a_download_opens_again_also_without_python(stage, made, tmp_path):
    without_python(stage)
    draw_all(stage.page, stage.root, pointer)
    drawn = stage.state()["classes"]
    with stage.page.expect_download() as download:
        stage.root.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "mine.json")
    assert drawings_file.read(tmp_path / "mine.json") == [[drawings[0]] for drawings in drawn]
    stage.root.get_by_role("button", name="Start again").click()
    assert stage.state()["classes"] == made.first["classes"]
    open_file(stage, tmp_path / "mine.json")
    expect(stage.root.get_by_text("Opened mine.json.")).to_be_visible()
    assert stage.state()["classes"] == drawn


def test_a_file_of_something_else_changes_nothing_and_says_why(stage, tmp_path):
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    before = stage.state()["classes"]
    open_file(stage, tmp_path / "other.json")
    expect(stage.root.get_by_text("other.json was not opened: it is no file that Download wrote.")).to_be_visible()
    assert stage.state()["classes"] == before


def open_file(stage, path):
    with stage.page.expect_file_chooser() as chooser:
        stage.root.get_by_role("button", name="Open").click()
    chooser.value.set_files(path)


def test_without_python_it_says_what_is_not_there(stage):
    without_python(stage)
    assert stage.root.get_by_role("button", name="Save").is_disabled()
    assert stage.root.get_by_text("Saving a folder and MAML need Python.").is_visible()
    stage.root.get_by_label("ask Python").check()
    assert stage.root.get_by_text("This setting needs Python").is_visible()
    assert stage.sent() == []


def test_it_says_that_python_is_busy_and_shows_mamls_answer_when_it_comes(stage):
    stage.page.evaluate("window.model.widget_manager.kernel.status = 'busy'")
    stage.root.get_by_label("ask Python").check()
    assert stage.root.get_by_text("Python is busy").is_visible()
    [asked] = next(json.loads(sent)["ask"] for sent in stage.sent() if "ask" in json.loads(sent))
    answer = {"number": 1, "found": {asked: {"0": 0.1, "1": 0.2, "2": 0.61, "3": 0.05, "4": 0.04}}}
    stage.page.evaluate("answer => window.model.set('answer', answer)", answer)
    row = stage.root.locator(".metalib-methods li").last
    assert row.inner_text().replace("\u00a0", " ").split()[-3:] == ["C", "61", "%"]


@pytest.mark.parametrize("width", [300, 360, 640, 760, 900])
def test_nothing_sticks_out(browser, made, width):
    with staged(browser, made, width=width) as stage:
        assert stage.overflow() == []
        without_python(stage)
        stage.root.get_by_label("ask Python").check()
        assert stage.overflow() == []
        stage.root.get_by_role("button", name="Empty all").click()
        assert stage.overflow() == []


def test_nothing_moves_under_the_pen(browser, made):
    for width in (360, 900):
        with staged(browser, made, width=width) as stage:
            boxes = [stage.root.locator("[data-sheet]").bounding_box()]
            for act in ("Clear", "Empty all", "Start again"):
                stage.root.get_by_role("button", name=act).click()
                boxes.append(stage.root.locator("[data-sheet]").bounding_box())
            assert boxes == [boxes[0]] * 4


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_keeps_people_out(browser, made, theme):
    with staged(browser, made, theme=theme) as stage:
        stage.page.evaluate(node.axe())
        for act in (None, "Empty all"):
            if act:
                without_python(stage)
                stage.root.get_by_role("button", name=act).click()
            violations = stage.page.evaluate("async () => (await window.axe.run('#stage')).violations")
            assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []


# --- in JupyterLab


def run_last_cell(lab):
    """Run the cell that classifies with the saved folder; what it prints."""
    lab.page.evaluate(f"{harness.PANEL}.content.activeCellIndex = {len(CELLS) - 1}")
    lab.page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell').then(() => null)")
    lab.wait_idle()
    return lab.printed().splitlines()[-1]


def test_drawn_saved_and_read_by_a_later_cell_and_once_more_after_the_kernels_end(browser, jupyterlab):
    with running(browser, jupyterlab, NOTEBOOK) as lab:
        assert lab.printed().splitlines()[-1] == "nothing saved"
        piece = Piece(lab, "widgets.DrawYourOwn()")
        piece.root.scroll_into_view_if_needed()
        draw_all(lab.page, piece.root, pointer)
        by_pointer(lab.page, piece.root, CHARACTERS[3], slant=0.15)
        assert piece.shown()["answer"] == 3
        assert ends(piece.state()) == pytest.approx(ENDS, abs=1.5)
        piece.root.get_by_label("ask Python").check()
        expect(piece.root.locator(".metalib-methods li").last).to_contain_text("%", timeout=120_000)
        piece.screenshots("draw-your-own")
        piece.root.get_by_role("button", name="Save").click()
        expect(piece.root.get_by_text("Saved as the folder my-drawings.")).to_be_visible(timeout=30_000)
        assert run_last_cell(lab) == "['D']"
        lab.page.evaluate(f"{harness.PANEL}.sessionContext.shutdown().then(() => null)")
        lab.page.wait_for_function("document.querySelector('.metalib').dataset.kernel === 'gone'")
        draw_all(lab.page, piece.root, keyboard)
        by_keys(lab.page, piece.root, BY_KEYS[1])
        assert piece.shown()["answer"] == 1
        assert piece.root.get_by_role("button", name="Save").is_disabled()
        assert (lab.kernel_errors, lab.outside) == ([], [])
