"""A task and its learner, and a question of *beat the machine*, as figures."""

import pytest

from metalib.course.kit import plots
from metalib.course.learning_to_learn.plots import one_question, task_diagram
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.runtime import seeded


@pytest.fixture
def task(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(3, 2, 4), 1, generator=seeded(0)).task(0)


def test_question_shows_the_query_and_every_choice(task):
    ax = plots.canvas()[1]
    one_question(ax, task.query_x[0], task.support_x)
    assert len(ax.images) == 1 + len(task.support_x) and ax.get_title()


def test_the_diagram_shows_both_sets_the_learner_and_the_loss(tiny_bank):
    task = sample_episodes(tiny_bank, EpisodeSpec(3, 1, 2), 1, generator=seeded(0)).task(0)
    (ax,) = task_diagram(task).axes
    assert len(ax.images) == 9
    said = {text.get_text() for text in ax.texts}
    assert {"S, with labels", "changes θ", "mean loss ℓ over Q", "$A_\\theta$", "$A_\\theta(S)$"} <= said
