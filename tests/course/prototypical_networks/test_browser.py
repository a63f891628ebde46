"""The widgets of notebook 06, by mouse and by keyboard, until a named part of their state and picture changes.

The tab runs the notebook's set-up cell and the two cells with the widgets: the rest trains, and is run elsewhere.
"""

import harness
import nbformat
import pytest
from playwright.sync_api import expect
from widgetry import Piece, running

pytestmark = pytest.mark.browser

SOURCE = "06-prototypical-networks.ipynb"
KEPT = ("device = runtime.pick_device()", "plane = SupportPlane()\nplane", "atlas = EmbeddingAtlas(")


@pytest.fixture(scope="session")
def notebooks_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("widgets_06")
    whole = nbformat.read(harness.ROOT / "notebooks" / SOURCE, as_version=4)
    whole.cells = [cell for cell in whole.cells if cell.cell_type == "code" and any(t in cell.source for t in KEPT)]
    assert len(whole.cells) == len(KEPT)
    nbformat.write(whole, folder / SOURCE)
    return folder


@pytest.fixture(scope="module")
def bank_variables():
    return {}  # Omniglot, where it is at hand: what the atlas counts is there


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, SOURCE) as tab:
        yield tab


@pytest.fixture
def plane(notebook):
    yield Piece(notebook, "SupportPlane()")
    notebook.assert_clean()


@pytest.fixture
def atlas(notebook):
    yield Piece(notebook, "EmbeddingAtlas(")
    notebook.assert_clean()


def shade(plane):
    return plane.root.locator(".metalib-shade").get_attribute("href")


def test_dragging_a_support_point_moves_it_and_changes_the_shading(plane):
    plane.cell.scroll_into_view_if_needed()
    before, picture = plane.state(), shade(plane)
    box = plane.root.locator("[data-point='0']").bounding_box()
    mouse = plane.lab.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    plane.after(lambda: mouse.move(box["x"] + 130, box["y"] + 80, steps=6))
    mouse.up()
    _, x, y = before["points"][0]
    after = plane.until(f"state.points[0][1] > {x + 1} && state.points[0][2] < {y - 0.5}")
    assert after["points"][1:] == before["points"][1:]
    assert shade(plane) != picture
    plane.screenshots("support-plane")


def test_arrow_keys_move_a_point_and_the_query(plane):
    for point, place in (("3", lambda state: state["points"][3][1:]), ("-1", lambda state: state["query"])):
        before = place(plane.state())
        plane.root.locator(f"[data-point='{point}']").focus()
        right = place(plane.press("ArrowRight"))
        assert right == pytest.approx([before[0] + 0.2, before[1]])
        assert place(plane.press("ArrowUp")) == pytest.approx([before[0] + 0.2, before[1] + 0.2])


def test_the_distance_switch_changes_the_shading_and_says_what_is_chosen(plane):
    picture, status = shade(plane), plane.root.locator(".metalib-status").inner_text()
    button = plane.root.locator("[data-key=cosine]")
    button.focus()
    assert plane.press("Enter")["distance"] == "cosine"
    expect(button).to_have_attribute("aria-pressed", "true")
    assert shade(plane) != picture
    assert plane.root.locator(".metalib-status").inner_text() != status
    plane.screenshots("support-plane-cosine")
    sharper = plane.after(plane.root.get_by_label("larger scale").click)
    assert sharper["scale"] == 2
    assert plane.focus_ring() != "none 0px"
    assert plane.after(plane.root.locator("[data-action=reset]").click)["distance"] == "squared_euclidean"


def test_the_slider_goes_through_the_stages_by_key(atlas):
    atlas.cell.scroll_into_view_if_needed()
    first, status = atlas.state()["stage"], atlas.root.locator(".metalib-status").inner_text()
    line = atlas.root.locator(".metalib-drawing path").first
    place = line.get_attribute("transform")
    atlas.root.locator("input[type=range]").focus()
    assert atlas.press("ArrowRight")["stage"] == first + 1
    expect(atlas.root.locator(".metalib-stage b")).to_have_text("t-SNE of the last")
    assert line.get_attribute("transform") != place
    assert atlas.root.locator(".metalib-status").inner_text() != status
    atlas.screenshots("embedding-atlas-tsne")
    assert atlas.press("Home")["stage"] == 0
    expect(atlas.root.locator(".metalib-stage b")).to_have_text("untrained")
    assert atlas.press("End")["stage"] == first + 1
    assert atlas.press("ArrowLeft")["stage"] == first


def test_pointing_at_a_mark_shows_its_drawing_and_marks_its_kin(atlas):
    name, one = atlas.root.locator(".metalib-name"), atlas.root.locator(".metalib-one")
    place = one.evaluate("node => node.style.backgroundPosition")
    before = name.inner_text()
    # the event, not the mouse: another mark may lie above this one, and the marks glide
    atlas.root.locator("[data-drawing='57'] path").dispatch_event("pointerover")
    expect(name).not_to_have_text(before)
    atlas.root.locator("[data-drawing='203'] path").dispatch_event("pointerover")
    expect(name).to_contain_text("drawing 4")
    assert one.evaluate("node => node.style.backgroundPosition") != place
    assert one.evaluate("node => node.style.backgroundImage").startswith('url("data:image/png')
    assert atlas.root.locator(".metalib-kin").count() == 10
    atlas.screenshots("embedding-atlas")


def test_arrow_keys_go_from_drawing_to_drawing(atlas):
    atlas.root.locator(".metalib-atlas").focus()
    name = atlas.root.locator(".metalib-name")
    before = name.inner_text()
    atlas.lab.page.keyboard.press("ArrowRight")
    expect(name).not_to_have_text(before)
    atlas.lab.page.keyboard.press("ArrowLeft")
    expect(name).to_have_text(before)
    atlas.lab.page.keyboard.press("ArrowDown")
    expect(name).not_to_have_text(before)


def test_an_alphabet_is_chosen_and_the_others_fade(atlas):
    assert atlas.root.locator(".metalib-away").count() == 0
    button = atlas.root.locator("[data-action=choose]").nth(2)
    name = button.get_attribute("data-group")
    assert atlas.after(button.click)["group"] == name
    assert atlas.root.locator(".metalib-away").count() == 240
    assert atlas.after(atlas.root.locator("[data-action=choose]").first.click)["group"] is None
