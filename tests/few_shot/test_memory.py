"""Photographs of 12 megapixels are worked through a few at a time: their number makes no difference to the memory."""

import os
import subprocess
import sys

import pytest
from picture_files import saved
from PIL import Image

COUNT = 32
MANY = """
import resource, sys
from metalib.few_shot import FewShot

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)

*paths, backbone = sys.argv[1:]
classifier = FewShot(backbone).fit(paths[:8], list("aaaabbbb"))
before = peak()
classifier.predict(paths[8:])
print(peak() - before, peak())
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell a process its peak")
def test_more_photographs_take_no_more_memory(tmp_path):
    """24 of them: 864 MB as they come, and 54 MB reduced. 200 are to fit into 1,500 MB."""
    content = saved(tmp_path / "photo.jpg", Image.new("RGB", (4000, 3000), "teal")).read_bytes()
    paths = [tmp_path / f"{number}.jpg" for number in range(COUNT)]
    for number, path in enumerate(paths):
        path.write_bytes(content + bytes([number]))  # what follows the picture makes it another file
    done = subprocess.run([sys.executable, "-c", MANY, *paths, "omniglot"], capture_output=True, text=True, check=True)
    grown, most = map(float, done.stdout.split())
    assert grown < 40 and most < 1000, f"{grown:.0f} MB more, {most:.0f} MB in all"
