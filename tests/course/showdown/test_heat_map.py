"""The heat map without a browser: what Python hands over, and that the script and the picture show it."""

import json

import node
import pytest
import torch
from made_grid import METHODS, NOT_MEASURED, REFERENCE, SHOTS, WAYS, made_episode, made_grid

from metalib.banks import load_bank, split
from metalib.course.kit.colours import LETTERS
from metalib.course.showdown import grid as grids
from metalib.course.showdown.grid import Grid, OfBank, stored
from metalib.course.showdown.heat_map import HeatMap
from metalib.course.showdown.plots_heat_map import shade
from metalib.course.showdown.study_showdown_grid import SETTINGS, stored_episode

SCRIPT = "showdown/heat_map"
FIRST = {"bank": 0, "method": METHODS.index(REFERENCE), "compare": False, "way": 0, "shot": 0}


@pytest.fixture(scope="module")
def grid():
    return made_grid()


@pytest.fixture
def heat_map(grid):
    return HeatMap(grid, {"Omniglot": made_episode(), "glyphs": None})


def views(widget, states):
    return [found["view"] for found in node.computed(SCRIPT, widget.data, [{"state": state} for state in states])]


def test_it_begins_with_the_reference_in_the_first_cell(heat_map):
    assert heat_map.state == FIRST
    assert heat_map.cell() == ("Omniglot", REFERENCE, 2, 1)


def test_the_script_shows_every_cell_as_python_has_it(heat_map, grid):
    states = [FIRST | {"bank": bank, "method": method} for bank in (0, 1) for method in range(len(METHODS))]
    for state, seen in zip(states, views(heat_map, states), strict=True):
        found = grid.of_bank[seen["shown"]["bank"]].accuracy[METHODS[state["method"]]]
        for n, texts in zip(WAYS, seen["shown"]["texts"], strict=True):
            said = [f"{100 * found[n, k].mean:.1f}" if (n, k) in found else "–" for k in SHOTS]
            assert texts == said


def test_the_script_shows_the_answers_and_the_interval_of_the_chosen_cell(heat_map, grid):
    (seen,) = views(heat_map, [FIRST | {"method": 2, "way": 2, "shot": 1}])
    found = grid.of_bank["Omniglot"]
    assert seen["shown"]["answers"] == "".join(LETTERS[label] for label in found.answers[METHODS[2]][10, 2])
    assert seen["shown"]["accuracy"] == pytest.approx(list(found.accuracy[METHODS[2]][10, 2][:4]), abs=1e-5)
    assert str(found.accuracy[METHODS[2]][10, 2]).replace(",", "") in seen["status"]


def test_what_was_not_measured_is_a_dash_and_has_no_answers(heat_map):
    method, (n, k) = NOT_MEASURED
    state = FIRST | {"method": METHODS.index(method), "way": WAYS.index(n), "shot": SHOTS.index(k)}
    (seen,) = views(heat_map, [state])
    assert seen["shown"]["accuracy"] is None
    assert seen["shown"]["answers"] is None
    assert "not measured" in seen["status"]


def test_a_data_set_that_is_not_at_hand_has_its_map_and_no_pictures(heat_map):
    (seen,) = views(heat_map, [FIRST | {"bank": 1}])
    assert seen["episode"]["pictures"] is None
    assert seen["shown"]["accuracy"] is not None


def test_the_script_and_the_picture_have_the_same_shades_and_numbers(heat_map, grid):
    (seen,) = views(heat_map, [FIRST])
    found = grid.of_bank["Omniglot"].accuracy[REFERENCE]
    shades = [cell["colour"] for row in seen["cells"] for cell in row]
    ours = [shade(found[at].mean) for at in grid.places]
    for theirs, own in zip(shades, ours, strict=True):
        channels = zip(bytes.fromhex(theirs[1:]), bytes.fromhex(own[1:]), strict=True)
        assert max(abs(a - b) for a, b in channels) <= 2
    (ax,) = [ax for ax in heat_map.twin().axes if ax.get_title() == REFERENCE]
    written = [float(text.get_text()) for text in ax.texts]
    assert written == pytest.approx([float(text) for row in seen["shown"]["texts"] for text in row], abs=0.56)


def test_the_words_beside_it_name_each_method_with_its_best_and_worst_cell(heat_map, grid):
    words = heat_map.caption()
    for method, cells in grid.of_bank["Omniglot"].accuracy.items():
        means = [100 * cell.mean for cell in cells.values()]
        assert f"{method}: from {min(means):.1f} % at 20-way 1-shot to {max(means):.1f} % at 2-way 10-shot" in words


def test_the_payload_is_small(heat_map):
    assert len(json.dumps([heat_map.data, heat_map.state], allow_nan=False)) < 220_000  # the made pictures are noise


# --- the stored episode


def test_the_stored_episode_is_the_same_again_and_its_classes_are_different(tiny_bank, monkeypatch):
    small = Grid((2, 3), (1, 2), ("a",), "a", {})
    one, same = (stored(tiny_bank, small) for _ in range(2))
    assert torch.equal(one.support, same.support)
    assert one.support.shape[:2] == (3, 2)
    assert one.query.shape[0] == 3
    assert len({picture.sum().item() for picture in one.query}) == 3
    monkeypatch.setattr(grids, "SEED", 1)
    assert not torch.equal(stored(tiny_bank, small).query, one.query)


def test_a_cell_s_episode_is_the_first_classes_and_drawings(heat_map):
    whole, part = made_episode(), made_episode().episode(5, 2)
    assert part.support_x.shape[0] == 10
    assert part.support_y.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert torch.equal(part.support_x[3], whole.support[1, 1].float() / 255)
    assert torch.equal(part.query_x, whole.query[:5].float() / 255)


def test_a_method_that_is_not_listed_is_refused():
    with pytest.raises(ValueError, match=r"list each among the methods"):
        Grid((2,), (1,), ("a",), "a", {"x": OfBank({"b": {}}, {}, {})})
    with pytest.raises(ValueError, match=r"the reference 'c' is none of a"):
        Grid((2,), (1,), ("a",), "c", {})


def test_the_pictures_are_those_that_the_study_asked_about():
    evaluation = split(load_bank("glyphs", quiet=True)).evaluation
    grid = Grid(SETTINGS["ways"], SETTINGS["shots"], ("a",), "a", {})
    ours, theirs = stored(evaluation, grid).episode(5, 2), stored_episode(evaluation, SETTINGS, 5, 2)
    assert torch.equal(ours.support_x, theirs.support_x[0].float())
    assert torch.equal(ours.query_x, theirs.query_x[0].float())
    assert ours.support_y.tolist() == theirs.support_y[0].tolist()
