"""What a person was asked in exam C and how it was answered: written down and read again."""

import pytest
import torch

from metalib.course.kit import board, sat
from metalib.course.kit.sat import Sat
from metalib.evaluate import wilson_interval

ASKED = Sat(torch.tensor([2, 11, 19]), torch.tensor([16, 3, 0]), torch.tensor([True, False, True]))


def test_it_is_written_as_people_count_and_read_again():
    assert str(ASKED) == "3.17+ 12.4- 20.1+"
    assert [field.tolist() for field in sat.read(str(ASKED))] == [field.tolist() for field in ASKED]


@pytest.mark.parametrize("text", ["", "300 updates", "3.17+ 12.4"])
def test_what_is_no_list_of_answers_is_none(text):
    assert sat.read(text) is None


def test_yours_is_the_round_on_the_board(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_USER", str(tmp_path))
    assert sat.yours() is None
    board.record(board.YOU, "C", wilson_interval(2, 3), bank="Omniglot", run=str(ASKED))
    assert str(sat.yours()) == str(ASKED)


def test_a_score_of_an_older_edition_has_no_questions(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_USER", str(tmp_path))
    board.record(board.YOU, "C", wilson_interval(9, 10), bank="Omniglot")
    assert sat.yours() is None
