"""The figures of notebook 04: what is drawn, and what is said of it for who cannot see it."""

import pytest
import torch
from matplotlib import pyplot as plt

from metalib.course.maml_omniglot import plots
from metalib.course.maml_omniglot.inner_step_scrubber import InnerStepScrubber
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.evaluate import Interval
from metalib.models import conv4
from metalib.runtime import seeded

CURVES = {
    "MAML": {"curve": [[500, 0.9, 0.88, 0.92], [1000, 0.95, 0.94, 0.96]], "seconds_per_update": 0.5},
    "first-order MAML": {"curve": [[500, 0.8, 0.78, 0.82]], "seconds_per_update": 0.25},
}
SOME = [Interval(0.2, 0.1, 0.3, 9), Interval(0.9, 0.8, 1.0, 9)]


@pytest.fixture
def shown(monkeypatch):
    """The figures that are shown, with their words."""
    found = []
    monkeypatch.setattr(plots, "show", lambda figure, words: found.append((figure, words)))
    yield found
    plt.close("all")


@pytest.mark.parametrize(("by", "ends"), [("updates", [1000, 500]), ("seconds", [500, 125])])
def test_curves_go_by_updates_or_by_seconds(by, ends):
    ax = plots.validation_curves(plt.subplots()[1], CURVES, by=by)
    assert [line.get_xdata()[-1] for line in ax.lines] == ends


def test_curves_by_anything_else_are_refused():
    with pytest.raises(ValueError, match="by is 'epochs': give updates or seconds"):
        plots.validation_curves(plt.subplots()[1], CURVES, by="epochs")


def test_both_kinds_of_curves_stand_side_by_side(shown):
    plots.show_validation(CURVES)
    ((figure, words),) = shown
    assert [ax.get_title() for ax in figure.axes] == ["At equal updates", "At equal seconds"]
    assert "first-order MAML: 250 ms an update, 80.0 % after 500 updates." in words


def test_accuracy_curves_have_a_legend_where_there_are_several():
    one = plots.accuracy_over(plt.subplots()[1], [0, 1], {"MAML": SOME}, chance=0.2)
    two = plots.accuracy_over(plt.subplots()[1], [0, 1], {"MAML": SOME, "ANIL": SOME}, chance=0.2)
    assert one.get_legend() is None
    assert [text.get_text() for text in two.get_legend().get_texts()] == ["MAML", "ANIL"]


def test_steps_and_step_sizes_stand_side_by_side(shown):
    plots.show_steps(SOME, (0.04, 0.4), {"1 step": SOME, "3 steps": SOME[::-1]}, trained=0.4)
    ((figure, words),) = shown
    assert "20 % before, 90 % after one" in words
    assert "3 steps: 90 % at 0.04, 20 % at 0.4." in words
    assert figure.axes[1].get_xscale() == "log"


@pytest.mark.parametrize("shares", [[0.4, 0.6, 1.0], [0.4]])
def test_shares_are_spread_from_before_the_first_update_to_the_last(shown, shares):
    plots.show_short_training({"MAML": ([2.0, 1.5, 1.2, 1.0], shares)})
    ((figure, words),) = shown
    drawn = figure.axes[1].lines[0]
    assert list(drawn.get_xdata()) == [0, 2, 4][: len(shares)]
    assert f"MAML: from 40 to {100 * shares[-1]:.0f} %." in words


def test_a_strip_for_each_step_size_and_the_scrubber_stays_as_it_was(shown, tiny_bank):
    torch.manual_seed(0)
    network = conv4(width=8, downsample="stride", n_out=5, running_stats=False).eval()
    scrubber = InnerStepScrubber({"one": network}, tiny_bank, seed=2)
    scrubber.set("step", 3)
    before = dict(scrubber.state)
    plots.show_strips(scrubber, (0.4, 0.04))
    assert scrubber.state == before
    assert ["α = 0.4:" in words for _, words in shown] == [True, False]


def test_a_wrong_pair_is_marked(shown, tiny_bank):
    task = sample_episodes(tiny_bank, EpisodeSpec(6, 1, 1), 1, generator=seeded(0)).task(0)
    given = task.query_y.clone()
    given[2] = 0
    plots.sorted_queries(task, given, columns=3)
    ((figure, words),) = shown
    (ax,) = figure.axes
    assert ax.get_title().startswith("5 of 6 right")
    assert [text.get_text() for text in ax.texts] == ["✗"]
    assert "5 of 6 pairs show the same character" in words
