"""metalib.banks.twenty_runs: Lake's runs as they were published, where they are from, and what is refused."""

import hashlib
import os
import shutil
import zipfile
from collections import Counter

import numpy as np
import pytest
import torch

from metalib import places
from metalib.banks import layouts, pictures, twenty_runs
from metalib.banks import omniglot as omniglot_bank
from metalib.banks.hausdorff import modified_hausdorff
from metalib.banks.members import members
from metalib.evaluate import evaluate
from metalib.files import BadFile

ROOT = places.checkout()
COMMITTED = ROOT / "data" / "lake-runs" / "all_runs.zip"
ARANGE = torch.arange(20).expand(20, -1)


@pytest.fixture(scope="module")
def runs():
    return twenty_runs.read(COMMITTED)


def repacked(path, change):
    """The archive with some entries changed: change(name, bytes) -> bytes, or None to leave it out."""
    with zipfile.ZipFile(COMMITTED) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


# --- what is in it


def test_the_modified_hausdorff_distance_errs_as_often_as_lake_says(runs):
    """His own script gives 38.8 %, the mean over runs: 155 of 400."""
    triples = zip(runs.query_bitmaps, runs.support_bitmaps, runs.labels, strict=True)
    wrong = [int((modified_hausdorff(q, s).argmin(dim=1) != y).sum()) for q, s, y in triples]
    assert sum(wrong) == 155


def test_shapes_and_types(runs):
    assert runs.support.shape == runs.query.shape == (20, 20, 1, 28, 28)
    assert runs.support.dtype == runs.query.dtype == torch.uint8
    assert runs.support_bitmaps.shape == runs.query_bitmaps.shape == (20, 20, 105, 105)
    assert runs.support_bitmaps.dtype == runs.query_bitmaps.dtype == torch.bool
    assert runs.labels.shape == (20, 20) and runs.labels.dtype == torch.long


def test_each_candidate_is_the_answer_of_one_query(runs):
    assert torch.equal(runs.labels.sort(dim=1).values, ARANGE)


def test_the_answers_are_those_of_the_file(runs):
    """`run01/test/item01.png run01/training/class08.png` and so on."""
    assert runs.labels[0].tolist() == [7, 8, 1, 18, 9, 17, 12, 0, 3, 10, 16, 2, 19, 6, 11, 4, 5, 14, 13, 15]


def test_no_two_pictures_are_equal(runs):
    pixels = torch.cat([runs.support_bitmaps, runs.query_bitmaps]).flatten(0, 1).flatten(1)
    assert len({picture.numpy().tobytes() for picture in pixels}) == 800


def test_ink_is_the_lesser_part(runs):
    for ink in (runs.support_bitmaps, runs.query_bitmaps):
        assert 0.02 < ink.double().mean() < 0.2


# --- where it is from


@pytest.fixture(scope="module")
def drawn():
    """Each drawing of the evaluation alphabets at 105×105: its bytes -> alphabet, character, hand."""
    sources = omniglot_bank.sources("images_evaluation")
    if not sources:
        pytest.skip("Omniglot's archives are not at hand: `metalib data fetch` gets them")
    found = {}
    for (alphabet, character, file), data in members(sources[0], layouts.ALPHABETS["images_evaluation"]):
        ink = pictures.read_ink(data, file, omniglot_bank.SIZE) > 127
        found[ink.tobytes()] = (alphabet, character, file.removesuffix(".png").rpartition("_")[2])
    return found


def origins(bitmaps, drawn):
    """[20 runs][20 pictures] of alphabet, character, hand."""
    return [[drawn[picture.numpy().tobytes()] for picture in run] for run in bitmaps]


def test_every_picture_is_a_drawing_of_the_evaluation_alphabets(runs, drawn):
    support, query = (origins(bitmaps, drawn) for bitmaps in (runs.support_bitmaps, runs.query_bitmaps))
    alphabets = [{alphabet for alphabet, _, _ in [*s, *q]} for s, q in zip(support, query, strict=True)]
    assert all(len(of_run) == 1 for of_run in alphabets)
    assert sorted(Counter(map(min, alphabets)).values()) == [2] * 10


def test_a_query_is_a_drawing_of_its_candidates_character(runs, drawn):
    support, query = (origins(bitmaps, drawn) for bitmaps in (runs.support_bitmaps, runs.query_bitmaps))
    for candidates, queries, labels in zip(support, query, runs.labels.tolist(), strict=True):
        assert [candidates[label][:2] for label in labels] == [origin[:2] for origin in queries]


def test_one_hand_drew_a_runs_candidates_and_another_its_queries(runs, drawn):
    support, query = (origins(bitmaps, drawn) for bitmaps in (runs.support_bitmaps, runs.query_bitmaps))
    for candidates, queries in zip(support, query, strict=True):
        [[a], [b]] = ({hand for _, _, hand in of_run} for of_run in (candidates, queries))
        assert a != b and {a, b} <= {f"{hand:02d}" for hand in range(1, 9)}


def test_small_pictures_are_those_of_the_bank(runs, omniglot):
    """The same 28×28 in a bank and in a run: a network meets what it was trained on."""
    bank = {picture.numpy().tobytes() for picture in omniglot_bank.evaluation(omniglot).images.flatten(0, 1)}
    for images in (runs.support, runs.query):
        assert all(picture.numpy().tobytes() in bank for picture in images.flatten(0, 1))


# --- as episodes


def nearest_pixels(episodes):
    return torch.cdist(episodes.query_x.flatten(2), episodes.support_x.flatten(2)).argmin(dim=2)  # [T, Q]


def test_the_runs_are_20_way_1_shot_episodes(runs):
    [episodes] = twenty_runs.episodes(runs)
    assert episodes.support_x.shape == episodes.query_x.shape == (20, 20, 1, 28, 28)
    assert episodes.support_x.dtype == torch.float32 and episodes.support_x.max() == 1
    assert torch.equal(episodes.support_x, runs.support / 255) and torch.equal(episodes.query_x, runs.query / 255)
    assert torch.equal(episodes.support_y, ARANGE) and torch.equal(episodes.query_y, runs.labels)


def test_alone_each_query_is_an_episode_with_the_same_candidates(runs):
    batches = list(twenty_runs.episodes(runs, queries_alone=True))
    assert {batch.query_x.shape for batch in batches} == {(20, 1, 1, 28, 28)}
    assert torch.equal(torch.stack([batch.query_x.squeeze(1) for batch in batches]), runs.query / 255)
    assert torch.equal(torch.stack([batch.query_y.squeeze(1) for batch in batches]), runs.labels)
    assert all(torch.equal(task, runs.support[3] / 255) for task in batches[3].support_x)
    assert torch.equal(batches[3].support_y, ARANGE)


def test_an_oracle_errs_nowhere_and_the_order_of_the_candidates_tells_little(runs):
    assert evaluate(lambda episodes: episodes.query_y, twenty_runs.episodes(runs)).tolist() == [1.0] * 20
    in_order = evaluate(lambda episodes: ARANGE, twenty_runs.episodes(runs))
    assert in_order.mean() < 0.12  # 1 in 20 by chance


def test_a_method_that_looks_at_each_query_alone_gives_the_same_both_ways(runs):
    together = evaluate(nearest_pixels, twenty_runs.episodes(runs))
    alone = evaluate(nearest_pixels, twenty_runs.episodes(runs, queries_alone=True))
    assert torch.equal(alone.view(20, 20).mean(dim=1), together)


# --- where it is looked for


def test_a_checkout_has_it_whatever_METALIB_DATA_says(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    assert torch.equal(twenty_runs.load().support, runs.support)


@pytest.mark.parametrize("name", twenty_runs.PLACES)
def test_it_is_found_in_a_data_folder(runs, shared, name):
    (shared / name).parent.mkdir(exist_ok=True)
    shutil.copy(COMMITTED, shared / name)
    assert torch.equal(twenty_runs.load().labels, runs.labels)
    assert [path.name for path in shared.rglob("*") if path.is_file()] == ["all_runs.zip"]  # nothing was extracted


def test_where_it_is_missing_the_error_says_where_it_was_looked_for(shared, tmp_user):
    with pytest.raises(FileNotFoundError) as error:
        twenty_runs.load()
    message = str(error.value)
    assert all(word in message for word in ("all_runs.zip", str(shared), str(tmp_user), "METALIB_DATA"))
    assert "data/lake-runs" in message and "github.com/brendenlake/omniglot" in message


def test_it_is_committed_with_its_licence():
    folder = COMMITTED.parent
    assert hashlib.sha256(COMMITTED.read_bytes()).hexdigest() == twenty_runs.DIGEST
    assert COMMITTED.stat().st_size == twenty_runs.BYTES
    assert "Copyright (c) 2015 Brenden Lake" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert twenty_runs.DIGEST in (folder / "README.md").read_text(encoding="utf-8")
    assert "lake-runs" in (ROOT / "data" / "README.md").read_text(encoding="utf-8")


# --- what is refused


@pytest.mark.parametrize("damage", ["cut", "longer", "altered", "empty"])
def test_another_file_is_refused_and_named(tmp_path, damage):
    content, path = COMMITTED.read_bytes(), tmp_path / "all_runs.zip"
    altered = content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]
    path.write_bytes({"cut": content[:-1], "longer": content + b"\0", "altered": altered, "empty": b""}[damage])
    with pytest.raises(BadFile, match=rf"{path} is not the published archive of 352,787 bytes .*: delete it, or put"):
        twenty_runs.read(path)


def test_a_stranger_is_not_unpacked(tmp_path, monkeypatch):
    path = repacked(tmp_path / "all_runs.zip", lambda name, content: content)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(BadFile, match="is not the published archive"):
        twenty_runs.read(path)


@pytest.mark.parametrize(
    ("entry", "content", "said"),
    [
        ("run03/test/item07.png", None, "item07.png"),
        ("run03/test/item07.png", b"no picture", "is no readable PNG"),
        ("run03/class_labels.txt", b"run03/test/item01.png", "has length 1; 2 is required"),
        ("run03/class_labels.txt", b"\xff \xff", "decode"),
    ],
)
def test_an_archive_of_other_entries_is_named(tmp_path, monkeypatch, entry, content, said):
    path = repacked(tmp_path / "all_runs.zip", lambda name, old: content if name == entry else old)
    monkeypatch.setattr(twenty_runs, "BYTES", path.stat().st_size)
    monkeypatch.setattr(twenty_runs, "DIGEST", hashlib.sha256(path.read_bytes()).hexdigest())
    with pytest.raises(BadFile, match=rf"{path}.*{said}.*delete it, or put"):
        twenty_runs.read(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(BadFile, match=rf"{tmp_path} cannot be read"):
        twenty_runs.read(tmp_path)  # a folder


def test_a_damaged_file_is_passed_over_with_a_warning_for_the_next(runs, shared, tmp_user):
    (shared / "all_runs.zip").write_bytes(b"")
    with pytest.raises(BadFile, match=r"all_runs\.zip is not the published archive"):
        twenty_runs.load()
    shutil.copy(COMMITTED, tmp_user)
    with pytest.warns(UserWarning, match=rf"{shared}{os.sep}all_runs.zip is not .* another file was used"):
        assert torch.equal(twenty_runs.load().query, runs.query)


def test_the_filter_is_the_banks(runs):
    ink = np.where(runs.query_bitmaps[4, 2].numpy(), 255, 0).astype(np.uint8)
    assert np.array_equal(pictures.shrink(ink), runs.query[4, 2, 0].numpy())
