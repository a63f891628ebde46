"""The widgets of notebook 06: their states, their callbacks run without a browser, and their pictures."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch.testing import assert_close
from widget_messages import press

from metalib import protonet
from metalib.course.kit import plots
from metalib.course.prototypical_networks import plots as plots_prototypes
from metalib.course.prototypical_networks import support_plane
from metalib.course.prototypical_networks.embedding_atlas import EmbeddingAtlas, class_means, plane_ratio
from metalib.course.prototypical_networks.study_prototypical_atlas import text
from metalib.course.prototypical_networks.support_plane import PlaneState, SupportPlane
from metalib.runtime import seeded

# --- the support plane


def test_the_field_holds_the_probabilities_of_protonet():
    state = PlaneState()
    shaded, places = support_plane.field(state), support_plane.grid()
    assert list(shaded.shape) == [support_plane.ROWS, support_plane.COLUMNS, 3]
    centres = protonet.prototypes(state.places, state.labels, 3)
    expected = protonet.logits(places[5, 7][None], centres).softmax(dim=1)[0]
    assert_close(shaded[5, 7], expected)


def test_the_grid_runs_from_the_upper_left_to_the_lower_right():
    places = support_plane.grid()
    assert places[0, 0, 0] < places[0, -1, 0] and places[0, 0, 1] > places[-1, 0, 1]
    assert_close(places.mean(dim=(0, 1)), torch.zeros(2), atol=1e-5, rtol=0)


def test_squared_and_plain_euclid_have_the_same_regions_and_other_probabilities():
    squared, plain = (support_plane.field(PlaneState(distance=d)) for d in ("squared_euclidean", "euclidean"))
    assert torch.equal(squared.argmax(dim=2), plain.argmax(dim=2))
    assert support_plane.sure(squared) > support_plane.sure(plain) + 0.2


def test_the_cosine_does_not_see_how_far_away_a_prototype_is():
    state = PlaneState(distance="cosine")
    far = replace(state, points=tuple((k, 2 * x, 2 * y) if k == 0 else (k, x, y) for k, x, y in state.points))
    assert_close(support_plane.field(far), support_plane.field(state), atol=1e-5, rtol=0)
    assert support_plane.sure(support_plane.field(state)) == 0  # 1 / (1 + 2 e⁻²) = 0.79 at most


def test_one_point_that_moves_outwards_turns_its_prototype_and_the_cosines_borders():
    state = PlaneState(distance="cosine")
    _, x, y = state.points[0]
    one = support_plane.moved(state, 0, 1.3 * x, 1.3 * y)
    borders = [support_plane.field(s).argmax(dim=2) for s in (state, one)]
    assert not torch.equal(*borders)


def test_a_moved_point_stays_in_the_window_and_moves_its_prototype():
    state = support_plane.moved(PlaneState(), 3, 99.0, -99.0)
    assert state.points[3] == (1, 5.0, -3.5)
    assert not torch.equal(support_plane.prototypes(state)[1], support_plane.prototypes(PlaneState())[1])
    assert torch.equal(support_plane.prototypes(state)[0], support_plane.prototypes(PlaneState())[0])
    assert support_plane.moved(PlaneState(), -1, 1.0, 2.0).query == (1.0, 2.0)


def test_every_action_of_the_plane_changes_its_view():
    widget = SupportPlane()
    for content in (
        {"action": "move", "point": 0, "x": 0.5, "y": 0.25},
        {"action": "move", "point": -1, "x": -2.0, "y": 0.0},
        {"action": "choose", "distance": "cosine"},
        {"action": "sharpen", "step": 1},
    ):
        before = widget.view
        press(widget, **content)
        assert widget.view["status"] != before["status"]
        assert widget.view["state"] != before["state"]
    assert widget.view["points"][0]["x"] == 0.5 and widget.view["query"] == (-2.0, 0.0)
    assert [d["key"] for d in widget.view["distances"] if d["chosen"]] == ["cosine"]
    assert widget.view["scale"] == "scale 2"
    press(widget, action="reset")
    assert widget.state == PlaneState()


def test_the_scale_ends_at_both_ends():
    widget = SupportPlane()
    for step, end in ((-1, 0.1), (1, 20.0)):
        for _ in range(10):
            press(widget, action="sharpen", step=step)
        assert widget.state.scale == end


def test_the_picture_of_the_plane_changes_with_a_dragged_point():
    widget = SupportPlane()
    before = widget.view["picture"]
    press(widget, action="move", point=8, x=3.0, y=-3.0)
    assert widget.view["picture"] != before
    json.dumps(widget.view)


# --- shading


def test_shading_is_white_where_nothing_is_known_and_coloured_where_all_is():
    probabilities = torch.tensor([[[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]]])
    unsure, sure = plots_prototypes.shade(probabilities)[0].tolist()
    assert unsure == [255, 255, 255]
    target = [int(plots.class_colour(0)[i : i + 2], 16) for i in (1, 3, 5)]
    assert sure == pytest.approx([255 - 0.85 * (255 - c) for c in target], abs=1)


def test_a_line_stands_where_the_likeliest_class_changes():
    probabilities = torch.tensor([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]]).view(1, 4, 2)
    grey = (plots_prototypes.shade(probabilities) == plots_prototypes.EDGE).all(dim=2)
    assert grey.tolist() == [[False, True, False, False]]


# --- the atlas


@pytest.fixture
def stored():
    def stage(update, seed):
        points = torch.randn(20, 2, generator=seeded(seed))
        measured = {"within": 1.0, "between": 1.0 + update, "share_of_variance": 0.3, "radius": 1.0}
        return {"update": update, "points": text(points), "exam_a": [0.9, 0.88, 0.92, 600, "episodes"], **measured}

    stages = [stage(update, seed) for seed, update in enumerate((0, 10, 30, 100, 300, 1000, 80_000))]
    tsne = text(torch.randn(20, 2, generator=seeded(99)))
    return {"classes": [3, 4, 12, 13, 25], "drawings": 4, "stages": stages, "tsne": tsne}


def test_the_atlas_goes_through_the_stages_and_ends_in_the_tsne(tiny_bank, stored):
    atlas = EmbeddingAtlas(tiny_bank, stored)
    assert atlas.view["title"] == "80,000 updates"
    seen = []
    for stage in range(8):
        press(atlas, action="show", stage=stage)
        seen.append(atlas.view["points"])
        assert atlas.view["state"]["stage"] == stage
    assert all(a != b for a, b in pairwise(seen))
    assert atlas.view["title"] == "t-SNE of the last" and "mean nothing" in atlas.view["status"]
    press(atlas, action="show", stage=0)
    assert atlas.view["title"] == "untrained" and atlas.view["status"].startswith("Within / between 1.00.")
    press(atlas, action="show", stage=99)
    assert atlas.state.stage == 7


def test_the_atlas_names_each_drawing_and_shows_one_alphabet(tiny_bank, stored):
    atlas = EmbeddingAtlas(tiny_bank, stored)
    assert atlas.view["classes"] == [c for c in range(5) for _ in range(4)]
    assert atlas.view["names"][2] == "group1, class12" and atlas.view["group_of"] == [0, 0, 1, 1, 2]
    assert [group["name"] for group in atlas.view["groups"]] == ["group0", "group1", "group2"]
    press(atlas, action="choose", group="group1")
    assert atlas.view["chosen"] == 1
    press(atlas, action="choose", group=None)
    assert atlas.view["chosen"] is None
    json.dumps(atlas.view)


def test_the_drawings_are_sent_once_and_not_with_each_view(tiny_bank, stored):
    atlas = EmbeddingAtlas(tiny_bank, stored)
    assert atlas.drawings.startswith("data:image/png;base64,")
    assert len(json.dumps(atlas.view)) < 5000 and "data:image" not in json.dumps(atlas.view)


def test_class_means_and_the_ratio_in_the_plane():
    points = torch.tensor([[0.0, 0], [2, 0], [10, 0], [12, 0]])
    classes = torch.tensor([0, 0, 1, 1])
    assert class_means(points, classes).tolist() == [[1, 0], [11, 0]]
    assert plane_ratio(points, classes) == pytest.approx(1 / 25)


# --- static twins and figures


def test_the_twins_are_drawn(tiny_bank, stored):
    plane = SupportPlane()
    titles = [ax.get_title() for ax in plane.twin().axes]
    assert titles == [f"{name}: sure in {100 * share:.0f} %" for name, share in plane.shares().items()]
    figure = EmbeddingAtlas(tiny_bank, stored).twin()
    titles = [ax.get_title() for ax in figure.axes]
    assert titles[0] == "untrained\nwithin / between 1.00" and titles[-1] == "t-SNE of the last"


def test_curves_over_shots_have_logarithmic_axes_and_name_every_shot():
    _, ax = plots.canvas()
    curves = {"measured": ([4, 2, 1], "o"), "law": ([4, 2, 1], "-")}
    plots_prototypes.by_shots(ax, [1, 2, 4], curves, ylabel="y", title="t")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1", "2", "4"]


def test_arms_show_every_seed_in_its_row():
    _, ax = plots.canvas()
    seeds = [(0.9, 0.88, 0.92), (0.8, 0.78, 0.82)]
    plots_prototypes.arms(ax, [("one", seeds), ("other", seeds[:1])], xlabel="x", title="t")
    dots = [(round(x, 3), round(y)) for line in ax.lines if line.get_marker() == "o" for x, y in [line.get_xydata()[0]]]
    assert dots == [(0.9, 0), (0.8, 0), (0.9, 1)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "other"]
