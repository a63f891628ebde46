"""metalib.files: written whole or not at all, by one process at a time, and believed only after a look."""

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
