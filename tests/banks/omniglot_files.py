"""A small Omniglot in the official layout, and sub-processes in which disks are full and networks are gone."""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from metalib import places
from metalib.banks import layouts, omniglot, pictures
from metalib.episodes import ClassBank

ROOT = Path(__file__).resolve().parents[2]
ALPHABETS = {part: (f"{part[-3:]}0", f"{part[-3:]}1") for part in omniglot.PARTS}


def files(part):
    """Name to bytes of one part: 2 alphabets of 2 characters, 20 drawings each, dark ink on light paper."""
    random = np.random.default_rng(omniglot.PARTS.index(part))
    return {
        f"{part}/{part[-3:]}{alphabet}/character{character:02d}/{alphabet}{character}_{drawing:02d}.png": png(
            random.random((105, 105)) > 0.1
        )
        for alphabet in range(2)
        for character in range(2)
        for drawing in range(omniglot.DRAWINGS)
    }


def png(paper):
    """A one-bit PNG of [H, W] bool, paper True."""
    buffer = io.BytesIO()
    Image.fromarray(paper).save(buffer, "PNG")
    return buffer.getvalue()


def bank():
    """A bank of three black classes, to stand for one that takes long to make."""
    images = torch.zeros(3, 20, 1, 28, 28, dtype=torch.uint8)
    return ClassBank(images, ("a", "b", "c"), ("Lao",) * 3, "DejaVu glyphs")


def digests():
    """What DIGESTS would be if these were the real parts; taken here by other means than metalib's."""
    found = {}
    for part in omniglot.PARTS:
        ordered = dict(sorted(files(part).items()))
        bits = np.stack([~np.asarray(Image.open(io.BytesIO(data))) for data in ordered.values()])
        found[part] = pictures.digest(ordered, np.packbits(bits))
    return found


def archive(content):
    """The bytes of a zip archive of these names and bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in content.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def put_archives(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for part in omniglot.PARTS:
        (folder / f"{part}.zip").write_bytes(archive(files(part)))


def put_trees(folder):
    for part in omniglot.PARTS:
        for name, data in files(part).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


def put_together(folder):
    """All alphabets in one folder."""
    put_trees(folder)
    for part in omniglot.PARTS:
        for alphabet in list((folder / part).iterdir()):
            alphabet.rename(folder / alphabet.name)
        (folder / part).rmdir()


def settle(monkeypatch, tmp_path):
    """Take the small Omniglot for the real one, and look only in shared/, course/data/ and the test's user folder.

    Returns these three folders, empty.
    """
    monkeypatch.setattr(omniglot, "DIGESTS", digests())
    monkeypatch.setattr(layouts, "ALPHABETS", ALPHABETS)
    monkeypatch.setattr(places, "checkout", lambda: tmp_path / "course")
    monkeypatch.setenv("METALIB_DATA", str(tmp_path / "shared"))
    for folder in (tmp_path / "shared", tmp_path / "course" / "data"):
        folder.mkdir(parents=True)
    return tmp_path / "shared", tmp_path / "course" / "data", places.user_folder()


def left_in(*folders):
    """The names of all files in some folders, but for locks, which stay."""
    names = (path.name for folder in folders for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not (name.startswith(".") and name.endswith(".lock")))


CHILD = """
import sys, warnings
sys.path[:0] = [{root!r}, {tests!r}]
import omniglot_files
from metalib import places
from metalib.banks import omniglot, store
omniglot.DIGESTS = omniglot_files.digests()
places.checkout = lambda: None
warnings.simplefilter("always")
"""


def start_child(code, *, before=()):
    """A Python process that takes the small Omniglot for the real one and runs `code`, its command after `before`."""
    setting = CHILD.format(root=str(ROOT), tests=str(ROOT / "tests" / "banks"))
    return subprocess.Popen(
        [*before, sys.executable, "-c", setting + code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@contextlib.contextmanager
def child(code):
    """`start_child`, ended with the block."""
    with start_child(code) as process:
        try:
            yield process
        finally:
            process.kill()


def run_child(code, *, before=()):
    """Output and errors of `start_child`, which must succeed."""
    child = start_child(code, before=before)
    output, errors = child.communicate(timeout=120)
    assert child.returncode == 0, errors
    return output, errors


def namespace(flag, setup="true"):
    """The words that start a command in a namespace of its own (-m: mounts, -n: network) after some shell commands.

    Skips the test where the system does not permit it.
    """
    for words in (["unshare", flag], ["unshare", "--map-root-user", flag]):
        if shutil.which("unshare") and not subprocess.run([*words, "true"], capture_output=True).returncode:
            return [*words, "sh", "-ec", f'{setup}; exec "$@"', "sh"]
    pytest.skip(f"`unshare {flag}` is not permitted or not installed here")
