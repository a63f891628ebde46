"""Facts about the log of looks at exam C: no look without its line, and what a line says."""

import re
import subprocess

import pytest
import torch

from metalib import places
from metalib.app import commands
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.results import files, looks
from metalib.files import BadFile

DATA = places.checkout() / "data"
HOW = {"what": "a | pipe", "seed": 3, "batch_norm": "none", "purpose": "a test"}


def test_a_look_is_written_down_with_what_came_out(tmp_path, tiny_bank):
    accuracies = looks.look(lambda e: e.query_y, tiny_bank, **HOW, folder=tmp_path)
    assert accuracies.tolist() == [1.0] * 20
    accuracies[4] = 0.85
    looks.write(accuracies, **{**HOW, "seed": None}, folder=tmp_path)
    first, second = looks.read(tmp_path)
    assert (first.what, first.seed, first.wrong, first.purpose) == ("a / pipe", "3", 0, "a test")
    assert (second.seed, second.wrong) == ("–", 3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", first.when)
    assert first.commit == looks.COMMIT
    assert (tmp_path / looks.LOG).read_text(encoding="utf-8").startswith(looks.HEAD)


def test_a_commit_is_named_where_git_says_one(tmp_path):
    assert looks._commit(tmp_path) == "unknown"
    assert re.fullmatch(r"[0-9a-f]{7,}\+?|unknown", looks.COMMIT)


def test_a_plus_says_that_there_is_code_which_no_commit_has(tmp_path):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init"], ["commit", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    package = tmp_path / "package"
    package.mkdir()
    (tmp_path / "elsewhere.txt").write_text("not its code")
    assert re.fullmatch(r"[0-9a-f]{7,}", looks._commit(package))
    (package / "new.py").write_text("")
    assert re.fullmatch(r"[0-9a-f]{7,}\+", looks._commit(package))


def test_without_a_checkout_nobody_looks(monkeypatch, tiny_bank):
    monkeypatch.setattr(places, "checkout", lambda: None)
    with pytest.raises(ValueError, match="work in a checkout"):
        looks.look(lambda e: pytest.fail("looked"), tiny_bank, **HOW)


def test_a_damaged_line_is_named(tmp_path):
    (tmp_path / looks.LOG).write_text(looks.HEAD + "| 2026 | x |\n", encoding="utf-8")
    with pytest.raises(BadFile, match=r"exam-c-looks\.md is damaged"):
        looks.read(tmp_path)


def test_the_committed_log_begins_with_the_trial_and_has_every_result():
    log = looks.read(DATA)
    assert [look.wrong for look in log[:6]] == [22, 35, 66, 14, 13, 7]
    assert (DATA / looks.LOG).read_text(encoding="utf-8").startswith(looks.HEAD)
    found = files.read(DATA)
    seen = {(look.what, look.wrong) for look in log}
    for key, entry in found.exams.items():
        if entry.exam == EXAM_C.letter:
            what = entry.method if entry.network == "none" else f"{entry.method} ({entry.network})"
            assert (what, EXAM_C.total - int(found.right[key].sum())) in seen


@pytest.mark.parametrize(("name", "words"), [("protonet-short-paper", "split 'paper"), ("maml", "5 ways only")])
def test_who_may_not_or_cannot_sit_it_does_not(name, words, omniglot, monkeypatch):
    monkeypatch.setattr(commands, "load_bank", lambda name, quiet: omniglot)
    monkeypatch.setattr(looks, "look", lambda *args, **how: pytest.fail("looked"))
    with pytest.raises(ValueError, match=words):
        commands.look(name, "a test", device="cpu")


def test_a_network_looks_in_each_way_that_it_can(omniglot, monkeypatch, capsys):
    monkeypatch.setattr(commands, "load_bank", lambda name, quiet: omniglot)
    seen = []
    monkeypatch.setattr(looks, "look", lambda predict, bank, **how: seen.append(how) or torch.full((20,), 0.95))
    commands.look("maml-tied", "a test", device="cpu")
    [how] = seen
    assert how["what"].startswith("MAML with tied head rows, each query alone (maml-tied, ")
    assert (how["seed"], how["purpose"]) == (0, "a test")
    assert "20 of 400 wrong; right: 95.0 % (20 runs, all alike: no interval)" in capsys.readouterr().out
