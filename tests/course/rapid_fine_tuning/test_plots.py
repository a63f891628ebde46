"""The figures of notebook 02: the answers of a task, and the band of many curves."""

import pytest
import torch
from matplotlib.colors import to_hex

from metalib.course.kit.colours import WRONG
from metalib.course.rapid_fine_tuning.plots import answered, band
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.runtime import seeded


@pytest.fixture
def task(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(3, 1, 4), 1, generator=seeded(0)).task(0)


def test_a_wrong_answer_has_a_red_frame_and_the_label_it_was_given(task):
    given = task.query_y.clone()
    given[5] = (given[5] + 1) % 3
    [ax] = answered(task, {"one error": given}).axes
    frames = [to_hex(patch.get_edgecolor()) for patch in ax.patches]
    assert [place for place, frame in enumerate(frames) if frame == to_hex(WRONG)] == [
        3 + 5
    ]  # behind 3 support pictures
    assert [text.get_text() for text in ax.texts] == ["0", "1", "2", str(int(given[5]))]


def test_each_answer_has_a_panel_with_the_support_pictures(task):
    figure = answered(task, {"first": task.query_y, "second": task.query_y})
    assert [ax.get_title() for ax in figure.axes] == ["first", "second"]
    assert [len(ax.images) for ax in figure.axes] == [3 + 12, 3 + 12]


def test_a_band_holds_the_middle_80_percent():
    found = band(torch.linspace(0, 1, 11)[:, None].repeat(1, 2))
    assert found["mean"] == pytest.approx([0.5, 0.5])
    assert (found["low"], found["high"]) == (pytest.approx([0.1, 0.1]), pytest.approx([0.9, 0.9]))
