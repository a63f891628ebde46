"""The folder of a run: whatever lies in it, it is resumed from right, or refused with a reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from training_run import RECIPE, SAVE_EVERY, UPDATES, bank, run

from metalib.files import BadFile
from metalib.training.run_state import PREVIOUS, RECORDS, STATE, alone_in, load_state, read_records

PROGRAM = Path(__file__).with_name("training_run.py")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    list(run(folder))
    return folder


@pytest.fixture
def copied(tmp_path, whole):
    """A copy of the folder of the whole run, to be damaged."""
    for name in (STATE, PREVIOUS, RECORDS):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    return tmp_path


def flip(path, bit):
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_flipped_bit_is_not_resumed_from(copied, place, capsys):
    flip(copied / STATE, int(place * 8 * (copied / STATE).stat().st_size))
    next(run(copied, resume=True))
    said = f"{copied / STATE} cannot be read: going on from the state before it, of update {UPDATES - SAVE_EVERY}"
    assert said in capsys.readouterr().out


def test_any_flipped_bit_leaves_the_same_state_or_none(copied):
    """Each of 300 bits, spread over the file, and each of its last 100 bytes, where the digest is."""
    size, right = 8 * (copied / STATE).stat().st_size, load_state(copied)
    for bit in [*range(0, size - 800, size // 300), *range(size - 800, size)]:
        flip(copied / STATE, bit)
        try:
            found = load_state(copied)
        except BadFile:
            pass
        else:
            assert all(torch.equal(found["model"][name], tensor) for name, tensor in right["model"].items()), bit
            assert found["update"] == right["update"] and torch.equal(found["generator"], right["generator"])
        flip(copied / STATE, bit)


def saved_as_before(folder, state):
    """As versions wrote it that added no digest."""
    torch.save(state, folder / STATE)


def test_a_seal_that_is_damaged_is_not_taken_for_none(copied):
    """Each bit of it: a state of an older version has none, and is believed."""
    size, path = (copied / STATE).stat().st_size, copied / STATE
    for bit in range(8 * (size - 71), 8 * size):
        flip(path, bit)
        with pytest.raises(BadFile, match="does not hold what was written to it"):
            load_state(copied)
        flip(path, bit)
    assert load_state(copied)["update"] == UPDATES


def test_a_state_of_an_older_version_is_resumed_from(copied):
    state = load_state(copied)
    del state["processes"]
    saved_as_before(copied, state)
    assert load_state(copied)["update"] == UPDATES
    assert [record.update for record, _ in run(copied, resume=True)] == []


STRANGE = [
    ([1], r"it is \[1\], not a dict"),
    ({"a": 1}, r"\['model'\] is None, not a dict"),
    (torch.zeros(3), "it is tensor"),
    ({"update": "5"}, r"\['update'\] is '5', not a int"),
    ({"settings": "x"}, "Expecting value"),
    ({"settings": "[" * 100_000}, "recursion"),
    ({"generator": None}, r"\['generator'\] is None"),
    ({"schedule": {"a": 1}}, r"\['schedule'\]\['last_epoch'\] is None"),
]


@pytest.mark.parametrize(("change", "said"), STRANGE, ids=range(len(STRANGE)))
def test_another_file_in_place_of_the_state_is_refused_by_name(copied, change, said):
    inside = isinstance(change, dict) and "a" not in change
    saved_as_before(copied, {**load_state(copied), **change} if inside else change)
    (copied / PREVIOUS).unlink()
    before = (copied / STATE).read_bytes()
    with pytest.raises(BadFile, match=rf"state\.pt is damaged \(.*{said}.*\): delete it and train anew"):
        next(run(copied, resume=True))
    assert (copied / STATE).read_bytes() == before


@pytest.mark.parametrize("part", ["model", "optimizer", "generator"])
def test_a_state_whose_parts_do_not_fit_the_run_is_refused_by_name(copied, part):
    saved_as_before(copied, {**load_state(copied), part: torch.zeros(2) if part == "generator" else {"a": 1}})
    with pytest.raises(BadFile, match=r"state\.pt does not fit the run \(.*\): delete it and train anew"):
        next(run(copied, resume=True))


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe{", b"5", b"{}", b"null", b"[" * 100_000, b'{"update": "17"}', b'{"update": 17, "lo'],
    ids=["no UTF-8", "number", "empty", "null", "deep", "string", "half"],
)
def test_a_line_that_is_no_record_is_left_out_and_the_run_goes_on(copied, line):
    records = read_records(copied)
    lines = (copied / RECORDS).read_bytes().splitlines()
    (copied / RECORDS).write_bytes(b"\n".join([*lines[:2], line, *lines[2:], line]))
    assert read_records(copied) == records
    list(run(copied, resume=True))
    assert (copied / RECORDS).read_bytes().splitlines() == lines


def test_a_validation_that_is_no_interval_is_no_record(tmp_path):
    row = {"update": 1, "loss": 0.5, "learning_rate": 0.1, "seconds": 1, "validation": [0.5, 0.4, 0.6, 9, "episodes"]}
    (tmp_path / RECORDS).write_text("\n".join(json.dumps({**row, "validation": v}) for v in ([0.5], row["validation"])))
    assert [record.validation.n for record in read_records(tmp_path)] == [9]


def test_a_second_run_into_the_folder_of_one_that_goes_on_is_refused(tmp_path):
    first = subprocess.Popen([sys.executable, PROGRAM, tmp_path, "--wait"], stdin=-1, stdout=-1, text=True)
    assert first.stdout.readline() == "4\n"  # the first record: it waits here, with its folder held
    before = (tmp_path / RECORDS).read_bytes()
    for resume in (False, True):
        with pytest.raises(ValueError, match=rf"another run is writing to {tmp_path}: wait .*or choose another folder"):
            next(run(tmp_path, resume=resume))
    assert (tmp_path / RECORDS).read_bytes() == before
    first.communicate("\n")
    assert first.returncode == 0
    assert load_state(tmp_path)["update"] == UPDATES


def test_a_run_that_ended_lets_its_folder_go(tmp_path):
    records = run(tmp_path)
    next(records)
    records.close()
    with alone_in(tmp_path):
        pass


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError, match=r"file is a file, not a folder: choose another \(--out\)"):
        next(RECIPE.train(RECIPE.network(), bank(), out=tmp_path / "file", progress=False))
    assert (tmp_path / "file").read_text() == "x"
