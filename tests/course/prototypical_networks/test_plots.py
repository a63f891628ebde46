"""The figures of notebook 06: what stands in them is what they were given."""

import pytest
import torch

from metalib.course.prototypical_networks import plots
from metalib.runtime import seeded


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_wrong_queries_are_crossed_out_and_say_where_they_belong():
    _, ax = plots.canvas()
    pictures = torch.rand(6, 1, 28, 28, generator=seeded(0))
    predicted, truth = torch.tensor([0, 0, 1, 2, 2, 2]), torch.tensor([0, 1, 1, 2, 2, 0])
    plots.sorted_queries(ax, pictures[:3], pictures, predicted, truth)
    assert [text for text in texts(ax) if text.startswith("is ")] == ["is B", "is A"]
    assert len(ax.images) == 3 + 6


def test_a_panel_for_each_study_and_the_numbers_in_words():
    figure, axes = plots.plt.subplots(1, 2)
    of_seeds = {"exam A": [[0.9, 0.88, 0.92, 600, "episodes"], [0.91, 0.89, 0.93, 600, "episodes"]]}
    said = plots.study_arms(
        axes,
        {"short": {"accuracy": {"one": of_seeds, "two": of_seeds}}} | {"long": {"accuracy": {"one": of_seeds}}},
        "exam A",
    )
    assert "short, in per cent: one 90.0, 91.0; two 90.0, 91.0." in said
    assert [ax.get_title() for ax in figure.axes] == ["short", "long"]


def test_gains_over_step_sizes_have_their_names_at_the_end():
    _, ax = plots.canvas()
    curve = {"0.01": [0.0, -0.01, 0.01], "1": [-0.2, -0.25, -0.15]}
    plots.by_step_size(ax, {"head": curve, "all layers": curve}, ylabel="gain (points)", title="ten steps")
    assert texts(ax) == ["head", "all layers"]
    line = ax.lines[0]
    assert line.get_xdata().tolist() == pytest.approx([0.01, 1]) and line.get_ydata().tolist() == pytest.approx(
        [0, -20]
    )


def test_curves_over_shots_name_themselves():
    _, ax = plots.canvas()
    plots.by_shots(ax, (1, 2), {"dots: measured": ([4, 2], "o"), "line: law": ([4, 2], "-")}, ylabel="y", title="t")
    assert texts(ax) == ["dots: measured\nline: law"]


def test_differences_of_the_seeds_have_the_widest_interval():
    seeds = [[0.05, 0.04, 0.06, 600, "episodes"], [-0.01, -0.03, 0.01, 600, "episodes"]]
    found = {"baseline": "plain", "minus_baseline": {"new": {plots.TASKS[0]: seeds}}}
    assert plots.differences(found, "new", ", later") == (
        "new, later",
        "plain",
        "+5.0, -1.0; each ± 2.0",
        "–",
        "–",
    )
    assert len(plots.differences(found, "new", tasks=plots.TASKS[:1])) == 3


def test_a_ringed_class_has_a_ring_around_each_of_its_points():
    _, ax = plots.canvas()
    points, classes = torch.rand(6, 2, generator=seeded(0)), torch.tensor([0, 0, 1, 1, 2, 2])
    plots.cloud(ax, points, classes, torch.zeros(6, dtype=torch.long), ["group"], ringed=1)
    assert torch.allclose(torch.as_tensor(ax.collections[-1].get_offsets().data).float(), points[2:4])
