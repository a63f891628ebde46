"""The widgets of notebook 06, by mouse and by keyboard, until a named part of their state and picture changes.

The tab runs the notebook's set-up cell and the two cells with the widgets: the rest trains, and is run elsewhere.
What needs no kernel is tried on a page of its own.
"""

import json
import re

import harness
import nbformat
import pytest
import torch
from playwright.sync_api import expect
from stage import staged
from widgetry import Piece, running

from metalib.course.prototypical_networks.embedding_atlas import EmbeddingAtlas
from metalib.course.prototypical_networks.study_prototypical_atlas import text
from metalib.course.prototypical_networks.support_plane import DISTANCES, SupportPlane
from metalib.runtime import seeded

pytestmark = pytest.mark.browser

SOURCE = "06-prototypical-networks.ipynb"
KEPT = ("plots.start(seed=0)", "plane = widgets.SupportPlane()\nplane", "atlas = widgets.EmbeddingAtlas(")


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


CORNERS = [
    [-4.6, 3.1],
    [4.6, 3.1],
    [-4.6, -3.1],
    [4.6, -3.1],
    [0.0, 3.1],
    [0.0, -3.1],
    [-4.6, 0.0],
    [4.6, 0.0],
    [0.0, 0.0],
]
WIDTHS = (360, 640, 900)


def shade(plane):
    """The shaded picture, as text that tells it from another."""
    return plane.root.locator("canvas").evaluate("canvas => canvas.toDataURL()")


def colour_at(stage, x, y):
    """[r, g, b] of the shaded picture at a place of the plane."""
    spot = (
        "(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(x * canvas.width, y * canvas.height, 1, 1).data]"
    )
    return stage.root.locator("canvas").evaluate(spot, [(x + 5) / 10, (3.5 - y) / 7])[:3]


def small_atlas(bank):
    def stage(update):
        measured = {"within": 1.0, "between": 2.0, "share_of_variance": 0.3, "radius": 1.0}
        points = text(torch.randn(300, 2, generator=seeded(update)))
        return {"update": update, "points": points, "exam_a": [0.9, 0.88, 0.92, 600, "episodes"], **measured}

    stages = [stage(update) for update in (0, 10, 30, 100, 300, 1000, 80_000)]
    tsne = text(torch.randn(300, 2, generator=seeded(99)))
    return EmbeddingAtlas(bank, {"classes": list(range(30)), "drawings": 10, "stages": stages, "tsne": tsne})


# --- on a page of their own


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(browser, tiny_bank, width):
    atlas = small_atlas(tiny_bank)
    for widget, extreme in (
        (SupportPlane(), {"points": CORNERS, "query": [4.6, -3.1], "distance": "cosine", "scale": 0.1}),
        (atlas, {"stage": 7, "group": "group2", "picked": 299}),
    ):
        with staged(browser, widget, width=width) as stage:
            assert stage.overflow() == []
            stage.set(extreme)
            assert stage.overflow() == []


@pytest.mark.parametrize("width", WIDTHS)
def test_marks_at_the_border_are_wholly_within_the_picture(browser, width):
    with staged(browser, SupportPlane(), width=width) as stage:
        mark = stage.root.locator("[data-handle='0']")
        mark.scroll_into_view_if_needed()
        picture = stage.root.locator(".metalib-chart").bounding_box()
        box = mark.bounding_box()
        for dx, dy in ((-2000, -2000), (2000, 2000)):
            stage.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            stage.page.mouse.down()
            stage.page.mouse.move(picture["x"] + dx, picture["y"] + dy)
            stage.page.mouse.up()
            box = mark.bounding_box()
            assert picture["x"] <= box["x"] and box["x"] + box["width"] <= picture["x"] + picture["width"]
            assert picture["y"] <= box["y"] and box["y"] + box["height"] <= picture["y"] + picture["height"]
        assert stage.state()["points"][0] == [4.6, -3.1]


def test_python_hears_of_a_dragged_point_once_at_the_end(browser):
    with staged(browser, SupportPlane()) as stage:
        before, mouse = stage.shown(), stage.page.mouse
        box = stage.root.locator("[data-handle='3']").bounding_box()
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.down()
        for step in range(1, 21):
            mouse.move(box["x"] - 8 * step, box["y"] + 6 * step)
            assert stage.sent() == []
        seen = stage.shown()
        assert seen["prototypes"][1] != before["prototypes"][1] and seen["sure"] != before["sure"]
        mouse.up()
        assert [json.loads(sent) for sent in stage.sent()] == [stage.state()]
        assert stage.shown() == seen


def test_the_plane_shows_the_shares_of_the_picture_beside_it(browser):
    plane = SupportPlane()
    titles = [ax.get_title() for ax in plane.twin().axes]
    with staged(browser, plane) as stage:
        for title, (key, name) in zip(titles, DISTANCES.items(), strict=True):
            stage.root.get_by_role("button", name=name, exact=True).click()
            assert stage.state()["distance"] == key
            assert f"{name}: sure in {100 * stage.shown()['sure']:.0f} %" == title


def test_each_region_has_the_colour_of_its_class_and_is_white_where_nothing_is_sure(browser):
    with staged(browser, SupportPlane()) as stage:
        colours = [label["colour"] for label in SupportPlane().data["labels"]]
        channels = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours]
        for (x, y), full in zip(((-4.5, 3.0), (4.5, 3.0), (0.0, -3.2)), channels, strict=True):
            assert colour_at(stage, x, y) == pytest.approx([255 - 0.85 * (255 - c) for c in full], abs=3)
        stage.set({**stage.state(), "points": [[0.0, 0.0]] * 9})  # all prototypes in one place
        assert colour_at(stage, 2.0, 2.0) == [255, 255, 255]
        assert stage.root.locator(".metalib-border").count() == 0


def test_pointing_picks_the_nearest_mark_that_is_not_faded(browser, tiny_bank):
    with staged(browser, small_atlas(tiny_bank)) as stage:
        box = stage.root.locator(".metalib-atlas").bounding_box()
        places = {i: stage.root.locator(f"[data-drawing='{i}']").first.bounding_box() for i in (57, 203)}
        for i, place in places.items():
            stage.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
            assert stage.state()["picked"] == i
            assert stage.shown()["drawing"] == f"group{i // 100}, class{i // 10:02d}, drawing {i % 10 + 1} of 10"
        stage.root.get_by_role("button", name="group1", exact=True).click()
        assert stage.state() == {"stage": 6, "group": "group1", "picked": 100}
        for i in places:
            stage.page.mouse.move(box["x"], box["y"])
            place = places[i]
            stage.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
            assert 100 <= stage.state()["picked"] < 200  # the other alphabets' marks do not answer


def mark_places(stage, frames=""):
    """Where the marks are, after `frames` of the page's own clock by hand."""
    return stage.page.evaluate(
        """times => {
            for (const now of times) { const act = window.waiting; window.waiting = null; act?.(now); }
            const marks = [...document.querySelectorAll(".metalib-near [data-drawing]")];
            return marks.map((mark) => mark.getAttribute("style"));
        }""",
        list(frames),
    )


BY_HAND = "window.requestAnimationFrame = (act) => { window.waiting = act; return 1; };"


def test_marks_glide_from_stage_to_stage_and_python_hears_of_the_slider_once(browser, tiny_bank):
    with staged(browser, small_atlas(tiny_bank)) as stage:
        stage.page.evaluate(BY_HAND)
        before = mark_places(stage)
        stage.root.locator("input[type=range]").focus()
        stage.page.keyboard.press("ArrowRight")
        assert stage.shown()["title"] == "t-SNE of the last"
        assert mark_places(stage) == before
        on_the_way = mark_places(stage, (1000, 1100))
        after = mark_places(stage, (2000,))
        assert all(a != b for a, b in zip(before, on_the_way, strict=True))
        assert sum(a != b for a, b in zip(on_the_way, after, strict=True)) > 290
        assert stage.page.evaluate("window.waiting") is None
        assert [json.loads(sent)["stage"] for sent in stage.sent()] == [7]


def test_marks_jump_where_reduced_motion_is_asked_for(browser, tiny_bank):
    with staged(browser, small_atlas(tiny_bank)) as stage:
        stage.page.emulate_media(reduced_motion="reduce")
        stage.page.evaluate(BY_HAND)
        before = mark_places(stage)
        stage.set({**stage.state(), "stage": 0})
        assert sum(a != b for a, b in zip(before, mark_places(stage), strict=True)) > 290
        assert stage.page.evaluate("window.waiting ?? null") is None


# --- in JupyterLab


def test_dragging_a_support_point_moves_it_and_changes_the_shading(plane):
    plane.cell.scroll_into_view_if_needed()
    before, picture = plane.state(), shade(plane)
    box = plane.root.locator("[data-handle='0']").bounding_box()
    mouse = plane.lab.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    plane.after(lambda: mouse.move(box["x"] + 130, box["y"] + 80, steps=6))
    mouse.up()
    x, y = before["points"][0]
    after = plane.until(f"state.points[0][0] > {x + 1} && state.points[0][1] < {y - 0.5}")
    assert after["points"][1:] == before["points"][1:]
    assert shade(plane) != picture
    plane.screenshots("support-plane")


def test_arrow_keys_move_a_point_and_the_query(plane):
    for point, place in (("3", lambda state: state["points"][3]), ("query", lambda state: state["query"])):
        x, y = place(plane.state())
        plane.root.locator(f"[data-handle='{point}']").focus()
        assert place(plane.press("ArrowRight")) == pytest.approx([x + 0.2, y])
        assert place(plane.press("ArrowUp")) == pytest.approx([x + 0.2, y + 0.2])
        assert place(plane.press("Shift+ArrowLeft")) == pytest.approx([x - 0.8, y + 0.2])


def test_the_distance_switch_changes_the_shading_and_says_what_is_chosen(plane):
    picture, status = shade(plane), plane.root.locator(".metalib-status").inner_text()
    button = plane.root.get_by_role("button", name="cosine")
    button.focus()
    assert plane.press("Enter")["distance"] == "cosine"
    expect(button).to_have_attribute("aria-pressed", "true")
    assert shade(plane) != picture
    assert plane.root.locator(".metalib-status").inner_text() != status
    plane.screenshots("support-plane-cosine")
    plane.root.locator("input[type=range]").focus()
    assert plane.press("ArrowRight")["scale"] == 2
    assert plane.focus_ring() != "none 0px"
    assert plane.after(plane.root.get_by_role("button", name="Reset").click)["distance"] == "squared_euclidean"


def test_the_slider_goes_through_the_stages_by_key(atlas):
    atlas.cell.scroll_into_view_if_needed()
    first, status = atlas.state()["stage"], atlas.root.locator(".metalib-status").inner_text()
    mark = atlas.root.locator("[data-drawing]").first
    place = mark.get_attribute("style")
    atlas.root.locator("input[type=range]").focus()
    assert atlas.press("ArrowRight")["stage"] == first + 1
    assert atlas.shown()["title"] == "t-SNE of the last"
    expect(mark).not_to_have_attribute("style", place)
    assert atlas.root.locator(".metalib-status").inner_text() != status
    atlas.screenshots("embedding-atlas-tsne")
    assert atlas.press("Home")["stage"] == 0
    assert atlas.shown()["title"] == "untrained"
    assert atlas.press("End")["stage"] == first + 1
    assert atlas.press("ArrowLeft")["stage"] == first


def test_pointing_at_a_mark_shows_its_drawing_and_marks_its_kin(atlas):
    name, picture = atlas.root.locator(".metalib-name"), atlas.pictures()
    before = name.inner_text()
    box = atlas.root.locator(".metalib-atlas").bounding_box()
    mouse = atlas.lab.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + 2)
    atlas.after(lambda: mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=20))
    expect(name).not_to_have_text(before)
    expect(name).to_contain_text(re.compile(r"drawing \d+ of 10"))
    assert atlas.pictures() != picture
    assert atlas.pictures()[0].startswith('url("data:image/png')
    assert atlas.root.locator(".metalib-kin [data-drawing]").count() == 10
    assert atlas.root.locator(".metalib-kin [data-drawing]").last.get_attribute("data-drawing") == str(
        atlas.state()["picked"]
    )
    atlas.screenshots("embedding-atlas")


def test_arrow_keys_go_from_drawing_to_drawing(atlas):
    atlas.root.locator(".metalib-atlas").focus()
    picked = atlas.state()["picked"]
    name = atlas.root.locator(".metalib-name")
    before = name.inner_text()
    assert atlas.press("ArrowRight")["picked"] == (picked + 1) % 300
    expect(name).not_to_have_text(before)
    assert atlas.press("ArrowLeft")["picked"] == picked
    expect(name).to_have_text(before)
    assert atlas.press("ArrowDown")["picked"] == (picked + 10) % 300
    assert atlas.press("Shift+ArrowUp")["picked"] == (picked - 40) % 300


def test_an_alphabet_is_chosen_and_the_others_fade(atlas):
    assert atlas.shown()["seen"] == 300
    button = atlas.root.locator(".metalib-options button").nth(3)
    assert atlas.after(button.click)["group"] == button.inner_text().strip()
    assert atlas.root.locator(".metalib-away [data-drawing]").count() == 240
    assert atlas.shown()["seen"] == 60
    assert atlas.shown()["drawing"].startswith(atlas.state()["group"])
    assert atlas.after(atlas.root.locator(".metalib-options button").first.click)["group"] is None
    assert atlas.root.locator(".metalib-away").count() == 0
