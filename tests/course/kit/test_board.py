"""Facts about the score board: the learner's part is kept, replaced and cleared, and stays in the user's folder."""

import json

import pytest

from metalib.course.kit import board
from metalib.evaluate import Interval, wilson_interval

BANK = "Omniglot"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A data folder with two results of the course."""
    exams = [
        {"method": "pixel neighbours", "exam": "B", "interval": [0.3, 0.28, 0.32, 400, "episodes"], "bank": BANK},
        {"method": "pixel neighbours", "exam": "B", "interval": [0.2, 0.18, 0.22, 400, "episodes"], "bank": "glyphs"},
    ]
    (tmp_path / board.RESULTS).write_text(json.dumps({"exams": exams}))
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    return tmp_path


def test_the_board_is_sorted_and_says_who_is_who(course, tmp_user):
    board.record("you", "B", wilson_interval(9, 10), bank=BANK)
    rows = board.rows("B", bank=BANK)
    assert [(r.method, r.mine) for r in rows] == [("chance", False), ("pixel neighbours", False), ("you", True)]
    assert rows[0].interval.mean == 1 / 20
    assert [p.name for p in tmp_user.iterdir()] == [board.SCORES]
    assert [p.name for p in course.iterdir()] == [board.RESULTS]


def test_a_notebook_does_not_show_what_a_later_one_teaches(course):
    exams = [
        {"method": m, "exam": "A", "interval": [0.9, 0.8, 1.0, 600, "episodes"], "bank": BANK, "notebook": n}
        for m, n in (("pixel neighbours", 1), ("MAML", 4), ("Reptile", 5))
    ]
    (course / board.RESULTS).write_text(json.dumps({"exams": exams}))
    board.record("you", "A", wilson_interval(9, 10), bank=BANK)
    assert {r.method for r in board.rows("A", bank=BANK, notebook=4)} == {"chance", "pixel neighbours", "MAML", "you"}
    assert "Reptile" not in board.table("A", bank=BANK, notebook=4)
    assert "Reptile" in board.table("A", bank=BANK)


def test_a_later_score_takes_the_place_of_an_earlier_one(course):
    board.record("you", "B", wilson_interval(2, 10), bank=BANK)
    board.record("you", "B", wilson_interval(9, 10), bank="glyphs")
    board.record("you", "B", wilson_interval(8, 10), bank=BANK)
    assert [r.interval.mean for r in board.rows("B", bank=BANK) if r.mine] == [0.8]
    assert [r.interval.mean for r in board.rows("B", bank="glyphs") if r.mine] == [0.9]
    board.forget()
    assert not [r for r in board.rows("B", bank=BANK) if r.mine]


def test_the_table_is_markdown_with_intervals(course):
    board.record("you", "B", Interval(0.5, 0.4, 0.6, 10, "questions"), bank=BANK)
    assert board.table("B", bank=BANK).splitlines() == [
        "| exam B (Omniglot) | accuracy, 95 % interval |",
        "| --- | --- |",
        "| **you** | 50.0 ± 10.0 % (10 questions) |",
        "| pixel neighbours | 30.0 ± 2.0 % (400 episodes) |",
        "| chance | 5.0 % (exact) |",
    ]


def test_an_exam_that_does_not_exist():
    with pytest.raises(ValueError, match="no exam 'C': give A or B"):
        board.record("you", "C", wilson_interval(1, 2), bank=BANK)


def test_a_damaged_file_is_named(tmp_user):
    (tmp_user / board.SCORES).write_text("[{")
    with pytest.raises(ValueError, match=r"scores\.json is damaged"):
        board.rows("A", bank=BANK)
