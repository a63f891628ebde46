"""metalib.banks.inspect_data: what `metalib data where` and `metalib data verify` say."""

import shutil

import omniglot_files
import pytest
import torch
from omniglot_files import left_in, put_archives, put_trees
from safetensors.torch import save_file

from metalib.banks import glyphs, omniglot, twenty_runs
from metalib.banks.inspect_data import verify, where

RUNS = omniglot_files.ROOT / "data" / "lake-runs" / twenty_runs.ARCHIVE


@pytest.fixture
def folders(monkeypatch, tmp_path):
    return omniglot_files.settle(monkeypatch, tmp_path)


def test_every_folder_has_its_line_in_the_order_of_search(folders):
    folders[0].chmod(0o555)
    assert where() == [
        f"1. {folders[0]} (METALIB_DATA; read-only): nothing",
        f"2. {folders[1]} (the checkout's data folder; can be written): nothing",
        f"3. {folders[2]} (your own folder; can be written): nothing",
        f"New files go to {folders[1]}",
    ]


def test_what_a_folder_holds_is_listed(folders):
    put_archives(folders[0])
    put_trees(folders[1])
    omniglot.find()
    (folders[1] / "checkpoints").mkdir()
    (folders[1] / "checkpoints" / "a.safetensors").touch()
    (folders[2] / "images_background.zip.part").touch()
    lines = where()
    assert lines[0].endswith(f": {omniglot.CACHE}, images_background.zip, images_evaluation.zip")
    assert lines[1].endswith(": images_background, images_evaluation, checkpoints/a.safetensors")
    assert lines[2].endswith(": images_background.zip.part (a download that was cut off)")


def test_a_folder_that_is_not_there_or_none_is_told(folders, monkeypatch, tmp_path):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path / "typo"))
    assert where()[0] == f"1. {tmp_path / 'typo'} (METALIB_DATA; does not exist yet): nothing"
    (tmp_path / "typo").touch()
    assert where()[0] == f"1. {tmp_path / 'typo'} (METALIB_DATA; a file, not a folder): nothing"
    assert where()[-1] == f"New files go to {folders[1]}"


def test_where_nothing_can_be_written_the_remedy_is_told(folders):
    for folder in folders:
        folder.chmod(0o555)
    assert where()[-1] == "No folder can be written: set METALIB_USER to one that can"


def test_nothing_is_not_verified(folders):
    right, lines = verify()
    assert not right and "nothing to verify" in lines[0] and str(folders[0]) in lines[0]
    assert "metalib data fetch" in lines[0]


def test_everything_right_is_said_file_by_file(folders):
    put_archives(folders[0])
    put_trees(folders[1])
    omniglot.find()
    right, lines = verify()
    assert right and len(lines) == 5
    assert lines[0] == f"right  {folders[0] / omniglot.CACHE}: a bank of 8 classes (Omniglot)"
    assert lines[1] == f"right  {folders[0] / 'images_background.zip'}: 4 characters of Omniglot (images_background)"
    assert left_in(folders[0]) == ["images_background.zip", "images_evaluation.zip", omniglot.CACHE]


@pytest.mark.parametrize("name", ["images_background.zip", omniglot.CACHE])
def test_each_wrong_file_is_named_with_the_remedy(folders, name):
    put_archives(folders[0])
    omniglot.find()
    content = (folders[0] / name).read_bytes()
    (folders[0] / name).write_bytes(content[:-50] + bytes(50))
    right, lines = verify()
    assert not right
    assert [line.startswith("WRONG") and "metalib data fetch" in line for line in lines if name in line] == [True]
    assert sum(line.startswith("right") for line in lines) == 2


def test_the_glyph_bank_is_verified_by_its_digest(folders, tiny_bank):
    from metalib.banks import store

    store.save_cache(tiny_bank, "glyphs.safetensors", origin="fonts")
    assert verify() == (True, [f"right  {folders[0] / 'glyphs.safetensors'}: a bank of 30 classes (random pixels)"])


@pytest.mark.parametrize("which", [0, 1, 2])
def test_tensors_that_are_no_bank_are_not_judged_in_any_folder(folders, which):
    save_file({"accuracies": torch.zeros(3)}, folders[which] / "results-episodes.safetensors", {"method": "MAML"})
    put_archives(folders[0])
    right, lines = verify()
    assert right and [line for line in lines if "results-episodes" in line] == []
    assert "results-episodes" not in where()[which]


def test_a_damaged_glyph_bank_has_its_own_remedy(folders):
    (folders[0] / glyphs.CACHE).write_bytes(b"")
    right, lines = verify()
    assert not right and lines[0].endswith("delete it, and it is made anew")


@pytest.mark.parametrize("name", twenty_runs.PLACES)
def test_the_twenty_runs_are_named_and_judged(folders, name):
    """They are no Omniglot: who has them alone is told how to get it."""
    path = folders[1] / name
    path.parent.mkdir(exist_ok=True)
    shutil.copy(RUNS, path)
    assert where()[1].endswith(f": {name}")
    right, lines = verify()
    assert not right and lines[0].startswith("nothing to verify")
    assert lines[-1] == f"right  {path}: Lake's twenty runs, 400 questions"
    put_archives(folders[0])
    assert verify()[0]
    path.write_bytes(RUNS.read_bytes()[:-1])
    right, lines = verify()
    assert not right and lines[-1].startswith(f"WRONG  {path} is not the published archive")
