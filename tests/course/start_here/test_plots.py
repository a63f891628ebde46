"""The cards of notebook 00 as a figure."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from metalib.course.kit import plots
from metalib.course.kit.colours import class_colour
from metalib.course.start_here.plots import cards
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.runtime import seeded


@pytest.fixture
def task(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(3, 2, 4), 1, generator=seeded(0)).task(0)


def painted(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba()).copy()


def test_cards_says_how_many_are_right_and_what_a_wrong_one_is(task):
    truth, predicted = torch.tensor([0, 1, 2, 0]), torch.tensor([0, 1, 0, 0])
    ax = plots.canvas()[1]
    cards(ax, task.support_x[::2], task.query_x[:4], predicted, truth)
    assert ax.get_title().startswith("3 of 4 queries right")
    assert "✗ A, is C" in [text.get_text() for text in ax.texts]
    frames = [to_hex(patch.get_edgecolor()).upper() for patch in ax.patches[3:]]
    assert frames == [class_colour(label) for label in predicted.tolist()]


def test_cards_differ_when_the_answers_differ(task):
    pictures = []
    for answer in (0, 1):
        figure, ax = plots.canvas()
        cards(ax, task.support_x[::2], task.query_x[:1], torch.tensor([answer]), torch.tensor([0]), title="same")
        pictures.append(painted(figure))
    assert not np.array_equal(*pictures)
