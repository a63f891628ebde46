"""The widgets of notebook 06: their data and twins, and that the scripts compute what Python does."""

import base64
import io
import json
from dataclasses import replace
from itertools import pairwise

import node
import numpy as np
import pytest
import torch
from matplotlib.contour import ContourSet
from PIL import Image
from torch.testing import assert_close

from metalib import protonet
from metalib.banks import omniglot as omniglot_bank
from metalib.course.kit import plots
from metalib.course.prototypical_networks import plots as plots_prototypes
from metalib.course.prototypical_networks import support_plane
from metalib.course.prototypical_networks.embedding_atlas import EmbeddingAtlas, class_means, plane_ratio
from metalib.course.prototypical_networks.study_prototypical_atlas import read_atlas, text
from metalib.course.prototypical_networks.support_plane import PlaneState, SupportPlane
from metalib.runtime import seeded

PLANE = "prototypical_networks/support_plane"
ATLAS = "prototypical_networks/embedding_atlas"


def picture_of(url):
    """[H, W] uint8: what a data URL shows."""
    return torch.from_numpy(np.array(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))))


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
    assert_close(places.mean(dim=(0, 1)), torch.zeros(2).double(), atol=1e-5, rtol=0)


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
    (label, x, y), *others = state.points
    one = replace(state, points=((label, 1.3 * x, 1.3 * y), *others))
    borders = [support_plane.field(s).argmax(dim=2) for s in (state, one)]
    assert not torch.equal(*borders)


def chosen(seed):
    """A plane with its points anywhere, of each distance and scale in turn."""
    inner = torch.tensor([4.6, 3.1])
    places = ((2 * torch.rand(10, 2, generator=seeded(seed)) - 1) * inner * 100).round().double() / 100
    distance, scale = list(support_plane.DISTANCES)[seed % 3], support_plane.SCALES[seed % 8]
    return {"points": places[:9].tolist(), "query": places[9].tolist(), "distance": distance, "scale": scale}


def as_python(state):
    points = tuple((label, x, y) for (label, _, _), (x, y) in zip(PlaneState().points, state["points"], strict=True))
    return PlaneState(points, tuple(state["query"]), state["distance"], state["scale"])


def test_the_script_computes_the_plane_as_python_does():
    widget = SupportPlane()
    corner = {**widget.state, "points": [[-4.6, 3.1]] * 9}  # all prototypes in one place
    centre = {**widget.state, "points": [[0.0, 0.0]] * 3 + widget.state["points"][3:], "distance": "cosine"}
    states = [widget.state, corner, centre, {**centre, "query": [0.0, 0.0]}, *(chosen(seed) for seed in range(48))]
    for found in node.computed(PLANE, widget.data, [{"state": state} for state in states]):
        state, view = as_python(found["state"]), found["view"]
        query = torch.tensor([state.query], dtype=torch.float64)
        assert view["sure"] == support_plane.sure(support_plane.field(state))
        centres, likely = (torch.tensor(numbers).double() for numbers in (view["plane"]["centres"], view["likely"]))
        assert_close(centres, support_plane.prototypes(state), atol=1e-6, rtol=0)
        assert_close(likely, support_plane.probabilities(state, query)[0], atol=1e-6, rtol=0)


def test_along_the_scripts_borders_two_classes_are_equally_likely_and_the_third_is_less():
    widget = SupportPlane()
    seen = 0
    for found in node.computed(PLANE, widget.data, [{"state": chosen(seed)} for seed in range(24)]):
        for start, end in found["view"]["borders"]:
            shares = torch.tensor([0.02, 0.5, 0.98], dtype=torch.float64)[:, None]
            places = torch.tensor(start) * (1 - shares) + torch.tensor(end) * shares
            state = replace(as_python(found["state"]), scale=1.0)
            best = support_plane.probabilities(state, places).sort(dim=1, descending=True).values
            assert_close(best[:, 0], best[:, 1], atol=1e-4, rtol=0)
            assert bool((best[:, 1] > best[:, 2]).all())
            seen += 1
    assert seen > 40


def test_the_twins_titles_say_what_the_script_counts():
    widget = SupportPlane()
    steps = [{"state": {**widget.state, "distance": distance}} for distance in support_plane.DISTANCES]
    shares = [found["view"]["sure"] for found in node.computed(PLANE, widget.data, steps)]
    assert list(widget.shares().values()) == shares
    titles = [ax.get_title() for ax in widget.twin().axes]
    assert titles == [f"{name}: sure in {100 * s:.0f} %" for name, s in zip(widget.shares(), shares, strict=True)]
    assert titles[0] == "squared Euclid: sure in 89 %"


def test_every_action_of_the_plane_changes_what_it_says_and_reset_undoes_them():
    widget = SupportPlane()
    moves = [
        {"name": "move", "handle": "0", "x": 0.5, "y": 0.25},
        {"name": "move", "handle": "query", "x": 0.0, "y": 0.0},
        {"name": "nudge", "handle": "query", "dx": -5, "dy": 1},
        {"name": "choose", "distance": "cosine"},
        {"name": "set", "key": "scale", "value": 4},
    ]
    steps = [{"state": widget.state}, *({"action": move} for move in moves), {"action": {"name": "reset"}}]
    found = node.computed(PLANE, widget.data, steps)
    said = [(each["view"]["status"], each["view"]["extent"]) for each in found]
    assert all(a != b for a, b in pairwise(said)) and said[-1] == said[0]
    state = found[-2]["state"]
    assert state["points"][0] == [0.5, 0.25] and state["query"] == [-1, 0.2]
    assert (state["distance"], state["scale"]) == ("cosine", 2)
    assert found[-1]["state"] == widget.state
    assert "A\u00a04\u00a0%, B\u00a094\u00a0%, C\u00a01\u00a0%" in said[0][0]
    assert said[0][1] == "The likeliest class has over 90\u00a0% in 89\u00a0% of the plane."


def test_a_plane_with_other_points_begins_and_is_reset_there():
    widget = SupportPlane(PlaneState(points=((0, -1.0, 0.0), (1, 1.0, 0.0)), distance="euclidean", scale=3.0))
    assert widget.state["points"] == [[-1.0, 0.0], [1.0, 0.0]] and widget.data["first"] == widget.state
    assert 3.0 in widget.data["scales"] and len(widget.data["labels"]) == 2
    (found,) = node.computed(PLANE, widget.data, [{"state": widget.state}])
    assert found["view"]["sure"] == widget.shares()["plain Euclid"]
    assert sorted(found["view"]["borders"][0]) == [[0, -3.5], [0, 3.5]]
    assert len(widget.twin().axes) == 3


def test_the_plane_is_light():
    widget = SupportPlane()
    assert len(json.dumps([widget.data, widget.state])) < 3000


# --- shading


def test_shading_is_white_where_nothing_is_known_and_coloured_where_all_is():
    probabilities = torch.tensor([[[1 / 3, 1 / 3, 1 / 3], [1.0, 0.0, 0.0]]])
    unsure, sure = plots_prototypes.shade(probabilities)[0].tolist()
    assert unsure == [255, 255, 255]
    target = [int(plots.class_colour(0)[i : i + 2], 16) for i in (1, 3, 5)]
    assert sure == pytest.approx([255 - 0.85 * (255 - c) for c in target], abs=1)


def test_a_class_leads_within_its_region_and_the_border_is_where_it_does_not():
    probabilities = torch.tensor([[0.9, 0.1], [0.5, 0.5], [0.0, 1.0]]).view(1, 3, 2)
    first, second = plots_prototypes.leads(probabilities)[0].T
    assert first.sign().tolist() == [1, 0, -1]
    assert_close(first, -second)
    assert bool(first.isfinite().all())


def test_the_borders_in_the_figure_are_straight_lines_halfway_between_prototypes():
    axes = SupportPlane().twin().axes[0]
    centres = support_plane.prototypes(PlaneState())
    borders = [lines for lines in axes.collections if isinstance(lines, ContourSet)]
    vertices = torch.cat([torch.tensor(path.vertices) for lines in borders for path in lines.get_paths()])
    distances = torch.cdist(vertices, centres).sort(dim=1).values
    assert len(vertices) > 500
    assert (distances[:, 1] - distances[:, 0]).max() < 0.02  # a cell of the picture


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


@pytest.fixture
def small(tiny_bank, stored):
    return EmbeddingAtlas(tiny_bank, stored)


def views(widget, *actions):
    """The view at first, and after each action."""
    steps = [{"state": widget.state}, *({"action": action} for action in actions)]
    return [found["view"] for found in node.computed(ATLAS, widget.data, steps)]


def test_the_atlas_goes_through_the_stages_and_ends_in_the_tsne(small):
    first, *seen, beyond = views(small, *({"name": "set", "key": "stage", "value": stage} for stage in [*range(8), 99]))
    assert first["title"] == "80,000 updates"
    assert [view["stage"] for view in seen] == list(range(8)) and beyond["stage"] == 7
    assert [view["title"] for view in seen] == [small.title(stage) for stage in range(8)]
    assert all(a["places"] != b["places"] for a, b in pairwise(seen))
    assert seen[0]["title"] == "untrained" and seen[0]["words"].startswith("Within / between 1.00.")
    assert seen[7]["title"] == "t-SNE of the last" and "mean nothing" in seen[7]["words"]


def test_the_script_has_the_class_means_and_ratios_of_python(small):
    for stage, view in enumerate(views(small, *({"name": "set", "key": "stage", "value": i} for i in range(8)))[1:]):
        expected = class_means(small.points[stage], small.classes)
        assert_close(torch.tensor(view["means"]), expected, atol=2e-4, rtol=0)  # coordinates come in 16 bits
        assert view["ratio"] == small.ratio(stage)


def test_in_the_picture_distances_have_the_proportions_of_the_embedding(small):
    for stage, view in enumerate(views(small, *({"name": "set", "key": "stage", "value": i} for i in range(8)))[1:]):
        places = torch.tensor(view["places"])
        there, here = torch.pdist(small.points[stage]), torch.pdist(places)
        assert_close(here / here.max(), there / there.max(), atol=1e-3, rtol=0)
        assert places.min() >= 20 and places[:, 0].max() <= 600 and places[:, 1].max() <= 420
        upwards = small.points[stage][:, 1].argmax()
        assert places[:, 1].argmin() == upwards


def test_the_atlas_names_each_drawing_and_shows_one_alphabet(small):
    assert small.data["names"][2] == "group1, class12" and small.data["group_of"] == [0, 0, 1, 1, 2]
    assert [group["name"] for group in small.data["groups"]] == ["group0", "group1", "group2"]
    first, alone, every = views(small, {"name": "choose", "group": "group1"}, {"name": "choose", "group": None})
    assert (first["name"], first["which"]) == ("group0, class03", "drawing 1 of 4")
    assert (alone["name"], alone["which"]) == ("group1, class12", "drawing 1 of 4")  # what is hidden is not picked
    assert [kind["away"] for kind in alone["classes"]] == [True, True, False, False, True]
    assert not any(kind["away"] for kind in every["classes"])


def test_each_mark_has_the_drawing_of_its_number(small, tiny_bank):
    assert small.data["drawings"]["count"] == 20
    sheet = picture_of(small.data["drawings"]["url"])  # [28, 20 * 28], ink dark
    for mark, (c, drawing) in {0: (3, 0), 9: (12, 1), 19: (25, 3)}.items():
        assert torch.equal(255 - sheet[:, 28 * mark : 28 * (mark + 1)], tiny_bank.images[c, drawing, 0])


def test_the_atlas_of_omniglot_is_light(omniglot):
    bank = omniglot_bank.evaluation(omniglot)
    atlas = EmbeddingAtlas(bank, read_atlas(omniglot))
    assert len(json.dumps([atlas.data, atlas.state])) < 150_000
    assert [view["title"] for view in views(atlas)] == ["80,000 updates"]


def test_class_means_and_the_ratio_in_the_plane():
    points = torch.tensor([[0.0, 0], [2, 0], [10, 0], [12, 0]])
    classes = torch.tensor([0, 0, 1, 1])
    assert class_means(points, classes).tolist() == [[1, 0], [11, 0]]
    assert plane_ratio(points, classes) == pytest.approx(1 / 25)


# --- static twins and figures


def test_the_atlas_has_a_film_strip_with_the_ratios_that_the_script_shows(small):
    titles = [ax.get_title() for ax in small.twin().axes]
    stages = small.data["stages"]
    assert titles[0] == "untrained\nwithin / between 1.00" and titles[-1] == "t-SNE of the last"
    assert titles[:-1] == [f"{stages[i]['title']}\nwithin / between {stages[i]['ratio']:.2f}" for i in (0, 3, 5, 6)]


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
