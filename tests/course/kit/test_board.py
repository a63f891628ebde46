"""Facts about the score board: the learner's part is kept, replaced and cleared, and stays in the user's folder."""

import json
import subprocess
import sys

import pytest

from metalib.course.kit import board, scores
from metalib.evaluate import Interval, wilson_interval
from metalib.files import BadFile

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
    assert [p.name for p in tmp_user.iterdir() if p.name[0] != "."] == [board.SCORES]
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


def test_exam_c_has_people_on_its_board_and_one_bank_whatever_the_pictures_at_hand(course):
    exams = [{"method": "pixels", "exam": "C", "interval": [0.2275, 0.18, 0.27, 20, "runs"], "bank": "Omniglot"}]
    (course / board.RESULTS).write_text(json.dumps({"exams": exams}))
    board.record("you", "C", wilson_interval(8, 10), bank="DejaVu glyphs")
    source = "Lake et al., Science 350 (2015), page 1335"
    assert board.table("C", bank="DejaVu glyphs", notebook=1).splitlines() == [
        "| exam C (Omniglot) | accuracy, 95 % interval | wrong |",
        "| --- | --- | --- |",
        f"| Bayesian program learning | 96.7 % (13 of 400; {source}) | 3.3 % |",
        f"| people | 95.5 % (mean of 40 people; {source}) | 4.5 % |",
        "| **you** | 80.0 % (49.0 to 94.3, 10 questions) | 2 of 10 |",
        "| pixels | 22.8 % (18.0 to 27.0, 20 runs) | 309 of 400 |",
        "| chance | 5.0 % (exact) | 95.0 % |",
    ]
    assert board.rows("C", bank="Omniglot") == board.rows("C", bank="DejaVu glyphs")
    said = scores.caption(board.rows("C", bank=BANK))
    assert "Without an interval, as published: people, Bayesian program learning." in said
    assert "people" not in board.table("B", bank=BANK)


def test_an_exam_that_does_not_exist():
    with pytest.raises(ValueError, match="no exam 'Z': give A or B or C"):
        board.record("you", "Z", wilson_interval(1, 2), bank=BANK)


def mine(exam="A"):
    return [row.method for row in board.rows(exam, bank=BANK) if row.mine]


PLAYER = """
import sys
from metalib.course.kit import board
from metalib.evaluate import wilson_interval
print("ready", flush=True)
sys.stdin.readline()
for number in range(20):
    board.record(f"{sys.argv[1]}{number}", "A", wilson_interval(1, 2), bank="Omniglot", source="0")
"""


def test_two_notebooks_at_once_lose_no_row(course):
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    players = [subprocess.Popen([sys.executable, "-c", PLAYER, name], **streams) for name in "ab"]
    assert [player.stdout.readline() for player in players] == ["ready\n"] * 2
    for player in players:
        player.stdin.write("\n")
        player.stdin.flush()
    for player in players:
        player.communicate()
    assert sorted(mine()) == sorted(f"{name}{number}" for name in "ab" for number in range(20))


def test_a_home_that_cannot_be_written_keeps_the_score_in_memory_and_warns_once(course, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    home = tmp_path / "file" / "home"
    monkeypatch.setenv("METALIB_USER", str(home))
    with pytest.warns(UserWarning, match=rf"{home / board.SCORES} .*\(Not a directory\): set METALIB_USER"):
        board.record("first", "A", wilson_interval(1, 2), bank=BANK, source="0")
    board.record("second", "A", wilson_interval(1, 4), bank=BANK, source="0")  # a second warning would be an error here
    board.record("first", "A", wilson_interval(3, 4), bank=BANK, source="0")
    assert mine() == ["second", "first"]
    (tmp_path / "file").unlink()
    board.record("third", "A", wilson_interval(4, 4), bank=BANK, source="0")  # takes the others along
    assert {entry["method"] for entry in json.loads((home / board.SCORES).read_text())} == {"first", "second", "third"}
    board.forget()
    assert mine() == []


def test_forgetting_forgets_what_is_in_memory_too(course, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("METALIB_USER", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="Not a directory"):
        board.record("you", "A", wilson_interval(1, 2), bank=BANK)
    monkeypatch.setenv("METALIB_USER", str(tmp_path / "home"))
    assert mine() == ["you"]
    board.forget()
    assert mine() == []


ENTRY = {"method": "you", "exam": "A", "interval": [0.5, 0.4, 0.6, 10, "questions"], "bank": BANK}


@pytest.mark.parametrize(
    "content",
    [
        "[{",
        "[" * 100_000,
        "5",
        json.dumps([{**ENTRY, "interval": ["0.5", "0.4", "0.6", "10", "questions"]}]),
        json.dumps([{**ENTRY, "method": None}]),
    ],
    ids=["half", "deep", "number", "strings", "no name"],
)
def test_a_damaged_file_of_scores_is_named_kept_and_ends_nothing(course, tmp_user, content):
    (tmp_user / board.SCORES).write_text(content)
    with pytest.warns(UserWarning, match=r"scores\.json is damaged .*: delete it to start the score board anew"):
        board.record("you", "A", wilson_interval(1, 2), bank=BANK)
    assert mine() == ["you"]
    assert (tmp_user / board.SCORES).read_text() == content
    board.forget()
    assert not (tmp_user / board.SCORES).exists()


@pytest.mark.parametrize("content", ["[]", "{}", '{"exams": [{"method": "x"}]}', '{"exams": [5]}', "[" * 100_000])
def test_damaged_results_of_the_course_are_named(course, content):
    (course / board.RESULTS).write_text(content)
    with pytest.raises(BadFile, match=r"results\.json is damaged"):
        board.rows("A", bank=BANK)
