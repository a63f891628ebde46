"""Every notebook runs through, unchanged, on the glyphs: a learner without Omniglot loses no part of the course.

Skipped where Chromium is: the browser tests run the notebooks with right answers on the same glyphs, and
test_variants.py with wrong ones, where the course's functions run.
"""

import re

import nbformat
import pytest
from execute import FOLDER, run


@pytest.mark.usefixtures("no_browser")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_runs_through_on_glyphs(path, monkeypatch):
    monkeypatch.setenv("METALIB_BANK", "glyphs")
    notebook = nbformat.read(path, as_version=4)
    run(notebook, path.parent)  # raises at the first cell that fails
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert re.search(r"^Bank: .*glyphs", printed, re.MULTILINE)  # the bank in use is said
