"""The figures that several notebooks have: what is drawn where, and with which words."""

import numpy as np
import pytest
import torch

from metalib.course.kit import board, plots
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.evaluate import Interval
from metalib.runtime import seeded
from metalib.training.loop import Record


@pytest.fixture
def ax():
    return plots.canvas()[1]


@pytest.fixture
def task(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(3, 2, 4), 1, generator=seeded(0)).task(0)


def painted(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


def test_drawings_shows_each_picture_dark_on_white(ax, tiny_bank):
    plots.drawings(ax, tiny_bank.images[0, :7], columns=3, title="seven")
    assert len(ax.images) == 7
    np.testing.assert_array_equal(ax.images[2].get_array(), 255 - tiny_bank.images[0, 2, 0].numpy())
    assert ax.get_title() == "seven"


def test_float_and_byte_pictures_look_the_same(tiny_bank):
    (first, one), (second, two) = plots.canvas(), plots.canvas()
    plots.drawings(one, tiny_bank.images[0, :3], columns=3)
    plots.drawings(two, tiny_bank.images[0, :3].float() / 255, columns=3)
    np.testing.assert_array_equal(painted(first), painted(second))


def test_episode_puts_support_and_query_of_a_label_in_one_row(ax, task):
    plots.episode(ax, task, names=["a", "b", "c"])
    rows = [image.get_extent()[3] for image in ax.images]
    labels = torch.cat([task.support_y, task.query_y]).tolist()
    assert [round(row / (plots.SIDE + plots.GAP)) for row in rows] == labels
    texts = [text.get_text() for text in ax.texts]
    assert texts[:3] == ["a   label 0", "b   label 1", "c   label 2"] and {"support", "query"} <= set(texts)


def test_training_curve_draws_loss_and_accuracy_with_units(ax):
    records = [
        Record(100 * i, 1 / i, 1e-3, 2.0 * i, Interval(0.9, 0.8, 1.0, 50) if i == 2 else None) for i in (1, 2, 3)
    ]
    plots.training_curve(ax, records)
    (right,) = (other for other in ax.figure.axes if other is not ax)
    assert ax.lines[0].get_ydata() == pytest.approx([1, 1 / 2, 1 / 3])
    assert "update" in ax.get_xlabel() and "nats" in ax.get_ylabel() and "accuracy" in right.get_ylabel()
    assert right.lines[0].get_xydata().tolist() == [[200, 0.9]]


def test_training_curve_without_validation_has_one_axis(ax):
    plots.training_curve(ax, [Record(1, 1.0, 1e-3, 1.0)])
    assert len(ax.figure.axes) == 1


def row(method, mean, mine=False):
    return board.Row(method, "A", Interval(mean, mean - 0.1, mean + 0.1, 10), "Omniglot", mine=mine)


def test_score_board_has_the_best_on_top_in_its_colour_and_chance_as_a_line(ax):
    plots.score_board(ax, [row("chance", 0.2), row("prototypical network", 0.8), row("you", 0.5, mine=True)])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["prototypical network", "you", "chance"]
    dashed, interval, dot = ax.lines[:3]
    assert dashed.get_xdata()[0] == 0.2 and dashed.get_linestyle() == "--"
    assert list(interval.get_xdata()) == pytest.approx([0.7, 0.9])
    assert dot.get_color() == plots.METHOD_COLOURS["prototypical network"] and dot.get_ydata()[0] == 0
    assert "A" in ax.get_title() and "interval" in ax.get_xlabel()


def test_a_value_without_trials_is_exact_and_has_no_spread(ax):
    plots.intervals(ax, [("chance", Interval(0.05, 0.05, 0.05, 0)), ("MAML", Interval(0.5, 0.4, 0.6, 10))])
    assert [text.get_text() for text in ax.texts] == ["5.0 %", "50.0 ± 10.0 %"]


@pytest.mark.parametrize(("high", "end"), [(0.6, 1.0), (0.9, 1.2)])
def test_the_axis_of_accuracies_is_drawn_to_100_per_cent_and_no_further(ax, high, end):
    plots.intervals(ax, [("MAML", Interval(high - 0.1, high - 0.2, high, 10))])
    assert ax.get_xlim() == (0, end) and ax.spines["bottom"].get_bounds() == (0, 1)


def test_score_board_shades_your_rows(ax):
    plots.score_board(ax, [row("you", 0.5, mine=True), row("MAML", 0.4, mine=True), row("chance", 0.2)])
    assert len(ax.patches) == 2
    assert ax.get_yticklabels()[1].get_text() == "MAML (by you)"


def test_an_empty_score_board_says_so(ax):
    plots.score_board(ax, [])
    assert ax.get_title() == "Nothing on the board yet"


def test_embedding_draws_points_and_prototypes(ax):
    points, labels = torch.tensor([[0.0, 0.0], [1.0, 0.0], [4.0, 4.0]]), torch.tensor([0, 0, 1])
    plots.embedding(ax, points, labels, torch.tensor([[0.5, 0.0], [4.0, 4.0]]))
    assert sorted(len(dots.get_offsets()) for dots in ax.collections) == [1, 1, 1, 2]
    assert "units" in ax.get_xlabel() and "units" in ax.get_ylabel()
