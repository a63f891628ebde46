"""Facts about the results table: who sits what, and that single episodes lie beside the means."""

import dataclasses
import json

import pytest
import torch

from metalib import baselines, board, published, results
from metalib.banks import Splits
from metalib.evaluate import Interval, mean_interval
from metalib.exams import EXAM_A, EXAM_B, EXAMS, Exam
from metalib.recipes import RECIPES


@pytest.fixture
def course(monkeypatch, tiny_bank):
    """A course of two methods, of which one does 5 ways only, and short exams."""
    sittings = [
        results.Sitting("pixels", 1, "none", baselines.pixel_neighbour),
        results.Sitting("five only", 4, "none", lambda e: e.query_y, n_way=5),
    ]
    exams = tuple(Exam(e.letter, e.spec, 4, e.seed) for e in EXAMS)
    monkeypatch.setattr(results, "course_sittings", lambda: iter(sittings))
    monkeypatch.setattr(published, "beside", lambda names, bank: [])
    monkeypatch.setattr(results, "split", lambda bank: Splits(bank, bank, bank))
    twenty = tiny_bank.select(range(30))
    bank = type(twenty)(twenty.images, twenty.names, ("a",) * 30, twenty.source)
    for name, exam in zip(("EXAM_A", "EXAM_B"), exams, strict=True):
        monkeypatch.setattr(results, name, exam)
    return results.course_results([bank])


def test_a_head_of_five_rows_sits_exam_a_only(course):
    record, _ = course
    assert [(e["method"], e["exam"]) for e in record["exams"]] == [("pixels", "A"), ("pixels", "B"), ("five only", "A")]
    assert [e["notebook"] for e in record["exams"]] == [1, 1, 4]


def test_the_side_file_holds_the_episodes_of_each_mean(course, tmp_path, monkeypatch, tiny_bank):
    record, right = course
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    results.write(record, right, tmp_path)
    for entry in record["exams"]:
        accuracies = results.accuracies(entry["method"], entry["exam"], bank=entry["bank"])
        assert len(accuracies) == 4
        assert mean_interval(accuracies) == pytest.approx(Interval(*entry["interval"]))
    assert json.loads((tmp_path / results.RESULTS).read_text()) == json.loads(json.dumps(record))
    assert "| five only | none | 100.0" in (tmp_path / results.TABLES).read_text()
    assert {row.method for row in board.rows("A", bank=tiny_bank.source)} == {"chance", "pixels", "five only"}
    with pytest.raises(ValueError, match=r"no episodes of '.*/A/none': there are .*pixels"):
        results.accuracies("none", "A", bank=tiny_bank.source)


def test_ours_stands_beside_the_published(monkeypatch, tiny_bank):
    recipe = RECIPES["protonet-stride"]
    info = {"method": recipe.method, "recipe": dataclasses.asdict(recipe)}
    info |= {"seconds": 600, "updates": 1500, "device": "cpu (1 thread)"}
    monkeypatch.setattr(published, "EPISODES", 4)
    monkeypatch.setattr(published, "split", lambda bank, protocol: Splits(bank, bank, bank.rotated()))
    monkeypatch.setattr(published.checkpoints, "load", lambda name: (recipe.network().eval(), info))
    rows = published.beside(["protonet-stride-paper"], tiny_bank)
    assert [row["published"][0] for row in rows] == [98.8, 99.7, 96.0, 98.9]
    assert all(Interval(*row["ours"]).n == 4 for row in rows)
    table = published.table(rows)
    assert table.count("98.8 %, Snell et al. (2017), table 1 | 10 minutes, cpu (1 thread) |") == 1
    assert table.count("| protonet-stride, 1,500 updates |") == 4


def test_a_table_has_the_cells_that_a_method_can_do(monkeypatch, tiny_bank):
    monkeypatch.setattr(results, "EXAMS", (Exam("A", EXAM_A.spec, 2, 1),))
    for n_way, cells in ((5, 2), (20, 2), (None, 4)):
        sitting = results.Sitting("pixels", 1, "none", baselines.pixel_neighbour, n_way)
        rows = results.table(sitting, tiny_bank, n_episodes=2)
        assert len(rows) == cells + (n_way != 20)
        assert all(row["data"].endswith("unrotated") for row in rows)
    turned = results.table(sitting, tiny_bank.rotated(), n_episodes=2)
    assert all(row["data"].endswith("turns are classes") for row in turned)


def test_an_exam_within_an_alphabet_needs_one_that_is_large_enough(tiny_bank):
    """Random characters of an alphabet may be fewer than 20, as on the papers' kind of split."""
    assert EXAM_A.possible(tiny_bank)
    assert not EXAM_B.possible(tiny_bank)  # groups of 10
    one = type(tiny_bank)(tiny_bank.images, tiny_bank.names, ("a",) * 20 + ("b",) * 10, tiny_bank.source)
    assert EXAM_B.possible(one)
    sitting = results.Sitting("pixels", 1, "none", baselines.pixel_neighbour, 20)
    assert [row["task"] for row in results.table(sitting, tiny_bank, n_episodes=2)] == [
        "20-way 1-shot, 15 queries a class",
        "20-way 5-shot, 15 queries a class",
    ]


def test_an_answer_key_is_right_in_every_episode(course):
    _, right = course
    key = next(name for name in right if name.endswith("/A/five only"))
    assert torch.equal(right[key], torch.full((4,), 75, dtype=torch.uint8))


def test_every_checkpoint_of_the_course_is_made_by_a_recipe_of_the_same_name():
    assert set(results.COURSE) <= set(RECIPES)
    assert {name.removesuffix("-paper") for name in results.PAPER} <= set(RECIPES)


def test_every_sitting_has_a_name_of_its_own():
    """The score board and the side file tell them apart by it."""
    names = [sitting.method for sitting in results.course_sittings()]
    assert len(set(names)) == len(names)
