"""The study on whose features know emoji: its rows, its stored record, and the board of exam D beside it."""

import pytest
import torch

from metalib.course.draw_your_own import study_borrowed_features as borrowed
from metalib.course.draw_your_own.emoji_tasks import EmojiTasks
from metalib.course.kit import board, study


@pytest.fixture(scope="module")
def record():
    return study.read("borrowed-features")


def test_the_stored_study_has_these_settings_and_a_row_for_each_backbone_and_length(record):
    assert record["settings"] == borrowed.SETTINGS
    rows = [(row["backbone"], row["length"]) for row in record["results"]["rows"]]
    assert rows == [(name, length) for name in borrowed.SETTINGS["backbones"] for length in ("plain", "unit length")]


def test_differences_are_to_the_emoji_network_and_to_the_features_as_they_come(record):
    rows = {(row["backbone"], row["length"]): row for row in record["results"]["rows"]}
    for (name, _), row in rows.items():
        for minus, other in (("minus_emoji", ("emoji", "plain")), ("minus_plain", (name, "plain"))):
            difference = row["accuracy"][0] - rows[other]["accuracy"][0]
            assert row[minus][0] == pytest.approx(difference, abs=1e-9)
        assert row["accuracy"][0] == pytest.approx(sum(half[0] for half in row["halves"].values()) / 2)


def test_pixels_and_the_emoji_network_do_as_on_the_board(record):
    """The board's networks were asked on another machine, and by other batches."""
    on_board = {row.method: row.interval.mean for row in board.rows("D", bank="emoji") if not row.mine}
    mean = {(row["backbone"], row["length"]): row["accuracy"][0] for row in record["results"]["rows"]}
    assert mean["pixels", "plain"] == pytest.approx(on_board["pixel neighbours, colour"], abs=0.002)
    assert mean["emoji", "plain"] == pytest.approx(on_board["prototypical network, emoji"], abs=0.005)


def test_the_rows_of_a_small_run(monkeypatch):
    """Two emoji of 400 tasks: one task is answered wrongly by features as they come, and rightly at length 1."""
    support, query = torch.tensor([[0, 1]]).repeat(400, 1), torch.tensor([[2, 3]]).repeat(400, 1)
    query[0] = torch.tensor([4, 3])
    monkeypatch.setattr(borrowed.emoji_tasks, "exam_d", lambda: EmojiTasks([None] * 5, support, query))
    z = torch.tensor([[4.0, 0.0], [0.0, 1.0], [3.0, 0.0], [0.0, 1.5], [0.5, 0.1]])  # the last is the first, and pale
    monkeypatch.setattr(borrowed, "features_of", lambda name, pictures: z)
    found = borrowed.run({**borrowed.SETTINGS, "backbones": ["emoji"]})
    assert found["pictures"] == 5
    plain, unit = found["rows"]
    assert plain["accuracy"][0] == pytest.approx(1 - 0.5 / 400)
    assert unit["accuracy"][0] == 1.0
    assert unit["minus_plain"][0] == pytest.approx(0.5 / 400)
    assert plain["halves"]["objects"][0] == pytest.approx(1 - 0.5 / 200)
