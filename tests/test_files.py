"""metalib.files: written whole or not at all, by one process at a time, and believed only after a look."""

import errno
import json
import os
import subprocess
import sys

import pytest

from metalib import files


def test_a_file_is_written_whole_with_the_usual_permissions(tmp_path):
    path = tmp_path / "new" / "a.txt"
    before = os.umask(0o027)
    try:
        files.write_atomically(path, lambda part: part.write_text("whole"))
    finally:
        os.umask(before)
    assert path.read_text() == "whole" and path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write(part):
        part.write_text("ne")
        raise error

    with pytest.raises(type(error)):
        files.write_atomically(path, write)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


CHILD = """
import sys
from pathlib import Path
from metalib import files
with files.locked(Path(sys.argv[1]), waiting=lambda: print("waits", flush=True)):
    print("has it", flush=True)
    sys.stdin.readline()
"""


def test_of_two_processes_the_second_waits_until_the_first_has_finished(tmp_path):
    command = [sys.executable, "-c", CHILD, tmp_path / "new" / "file"]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **streams) as first:
        assert first.stdout.readline() == "has it\n"
        with subprocess.Popen(command, **streams) as second:
            assert second.stdout.readline() == "waits\n"
            first.kill()  # the system frees what a dead process held
            assert second.communicate("\n")[0] == "has it\n"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000], ids=["empty", "half", "no UTF-8", "deep"])
def test_what_is_not_json_is_a_bad_file_that_names_itself(tmp_path, content):
    path = tmp_path / "scores.json"
    path.write_bytes(content)
    with pytest.raises(files.BadFile, match=r"scores\.json is damaged"):
        files.read_json(path)


SHAPE = {"exams": [{"mean": files.NUMBER, "unit": str | None, "pair": (int, str)}]}
GOOD = {"exams": [{"mean": 1, "unit": "x", "pair": [1, "a"]}, {"mean": 0.5, "pair": [2, "b"]}], "more": 1}


def test_what_looks_as_it_should_comes_back(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(GOOD))
    assert files.read_json(path, SHAPE) == GOOD


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([], r"it is \[\], not a dict"),
        ({}, r"\['exams'\] is None, not a list"),
        ({"exams": "x"}, r"\['exams'\] is 'x', not a list"),
        ({"exams": [{"mean": "1", "pair": [1, "a"]}]}, r"\['exams'\]\[0\]\['mean'\] is '1', not int \| float"),
        ({"exams": [{"mean": 1, "unit": 2, "pair": [1, "a"]}]}, r"\['unit'\] is 2, not str \| None"),
        ({"exams": [{"mean": 1, "pair": [1]}]}, r"\['pair'\] has length 1, not 2"),
        ({"exams": [{"mean": 1, "pair": [1, None]}]}, r"\['pair'\]\[1\] is None, not a str"),
    ],
)
def test_what_looks_otherwise_is_a_bad_file_that_names_the_place(tmp_path, content, said):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    with pytest.raises(files.BadFile, match=rf"a\.json is damaged \(.*{said}\): measure it anew"):
        files.read_json(path, SHAPE, remedy="measure it anew")


@pytest.mark.parametrize("error", [OSError(errno.ENOLCK, "No locks available"), NotImplementedError("no flock")])
def test_where_locks_cannot_be_made_it_goes_on_without(tmp_path, monkeypatch, error):
    """On some disks of clusters. What is then written says itself whether it can be."""

    def acquire(lock, **options):
        raise error

    monkeypatch.setattr(files.FileLock, "acquire", acquire)
    with files.locked(tmp_path / "file"):
        pass


def test_a_lock_in_a_folder_that_cannot_be_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    with files.locked(tmp_path / "file" / "scores.json"):
        pass
