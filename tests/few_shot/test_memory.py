"""Photographs of 12 megapixels are worked through a few at a time: their number makes no difference to the memory."""

import os
import subprocess
import sys

import pytest
from picture_files import saved
from PIL import Image

MANY = """
import sys
from metalib.few_shot import FewShot

def peak():
    [line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
    return int(line.split()[1]) / 2**10

classifier = FewShot("omniglot").fit(sys.argv[1:5], list("aabb"))
before = peak()
classifier.predict(sys.argv[5:])
print(peak() - before, peak())
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="only Linux tells a process its own peak")
def test_more_photographs_take_no_more_memory(tmp_path):
    """16 of them: 576 MB as they come, and 36 MB reduced. 200 are to fit into 1,500 MB."""
    content = saved(tmp_path / "photo.jpg", Image.new("RGB", (4000, 3000), "teal")).read_bytes()
    paths = [tmp_path / f"{number}.jpg" for number in range(20)]
    for number, path in enumerate(paths):
        path.write_bytes(content + bytes([number]))  # what follows the picture makes it another file
    done = subprocess.run([sys.executable, "-c", MANY, *paths], capture_output=True, text=True, check=True)
    grown, most = map(float, done.stdout.split())
    assert grown < 20 and most < 1200, f"{grown:.0f} MB more, {most:.0f} MB in all"
