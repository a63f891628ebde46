"""What notebook 04 reveals: it can be shown, and what its words claim is in the stored studies."""

import pytest

from metalib.course.maml_omniglot import reveals, studies
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.evaluate import Interval
from metalib.runtime import seeded


@pytest.fixture
def shown(monkeypatch):
    """The tables and the words that are shown."""
    found = {"tables": [], "words": []}
    monkeypatch.setattr(reveals, "table", lambda head, *rows, note="": found["tables"].append((head, rows, note)))
    monkeypatch.setattr(reveals, "say", lambda text: found["words"].append(text))
    return found


def test_the_cost_of_ordered_labels_comes_first(shown):
    reveals.labels()
    assert "31.5 % (ascending), 54.7 % (fixed) instead of 20 %" in shown["words"][0]
    ((head, rows, _),) = shown["tables"]
    assert len(head) == 4
    assert rows[0][0] == reveals.NO_STEP


@pytest.mark.parametrize("name", ["scrubber", "starts", "flaw"])
def test_words_alone(shown, name):
    getattr(reveals, name)()
    assert len(shown["words"]) == 1


def test_the_step_sizes_are_ranked_as_the_words_say(shown):
    reveals.step_sizes()
    ((_, rows, _),) = shown["tables"]
    assert len(rows) == 8
    found = {}
    for ways, said in (("five_way", "0.4 is best"), ("twenty_way", "0.1 is worst")):
        assert said in shown["words"][0]
        measured = [row for row in studies.read("maml-step-size")["results"][ways] if row["test_steps"] == 1]
        found[ways] = [row["inner_lr"] for row in sorted(measured, key=lambda row: -row["accuracy"][0])]
    assert (found["five_way"][0], found["five_way"][-1]) == (0.4, 2.0)
    assert (set(found["twenty_way"][:2]), found["twenty_way"][-1]) == ({1.0, 2.0}, 0.1)


def test_an_arm_is_not_compared_with_itself(shown):
    reveals.first_order()
    ((_, rows, _),) = shown["tables"]
    assert [row[2] == "–" for row in rows] == [True, False, False, False]


def test_every_start_of_the_study_has_its_row(shown, tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 3), 1, generator=seeded(0))
    reveals.overshoot([episodes.task(0)])
    ((head, rows, note),) = shown["tables"]
    assert [row[0] for row in rows] == [f"{alpha}, seed {seed}" for alpha in (0.4, 0.1) for seed in (0, 1, 2)]
    assert {len(row) for row in rows} == {len(head)}
    assert "measured on 1 tasks" in note


def test_more_queries_help_on_the_same_tasks(shown):
    reveals.short_runs()
    ((_, rows, _),) = shown["tables"]
    assert rows[0][-1] == "–"
    more = {row["arm"]: Interval(*row["minus_base"]) for row in studies.read("maml-omniglot")["results"]["five_way"]}
    assert more["1 query"].high < 0 < more["15 queries"].low


def test_methods_in_exam_a_stand_beside_maml(shown):
    reveals.exam_a(["MAML", "ANIL"], bank="Omniglot")
    ((_, rows, _),) = shown["tables"]
    assert rows[0][2] == "–"
    assert "points" in rows[1][2]


def test_anils_seconds_and_its_exam_are_said(shown):
    reveals.anil({"ANIL": 1.0, "MAML": 2.0}, bank="Omniglot")
    assert "takes 50 % of the time" in shown["words"][0]
