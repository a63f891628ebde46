"""The study by which exam C's views were chosen."""

import pytest

from metalib.course.fair_play import studies
from metalib.course.fair_play import study_views as views
from metalib.training import checkpoints


@pytest.fixture(scope="module")
def record():
    return studies.read("views")


def test_the_stored_study_has_these_settings(record):
    assert record["settings"] == views.SETTINGS
    assert [row["strength"] for row in record["results"]["rows"]] == [0.0, *views.SETTINGS["strengths"]]


def test_the_network_had_not_learned_from_the_validation_alphabets(record):
    _, info = checkpoints.load(record["settings"]["checkpoint"])
    assert info["classes"] == "Omniglot training (first 26 background alphabets)"
    assert info["classes"] in record["results"]["network"]


def test_no_strength_is_better_by_more_than_its_interval_than_the_one_that_is_used(record):
    """`views.maps` draws at 1 by default; one to one it has the fewest errors."""
    rows = {row["strength"]: row for row in record["results"]["rows"]}
    best = min(row["errors"][0] for row in rows.values())
    assert rows[1.0]["errors"][1] < best < rows[0.0]["errors"][1]
    assert rows[1.0]["one_to_one"][0] == min(row["one_to_one"][0] for row in rows.values())


def test_differences_are_to_the_plain_features(record):
    rows = record["results"]["rows"]
    assert rows[0]["minus_plain"][:3] == [0, 0, 0]
    for row in rows:
        assert row["minus_plain"][0] == pytest.approx(row["errors"][0] - rows[0]["errors"][0])
