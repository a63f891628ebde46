"""Every notebook runs through, unchanged, on the glyphs: a learner without Omniglot loses no part of the course.

Skipped where Chromium is: the browser tests run the same notebooks on the same glyphs, and assert this and more.
"""

import re

import harness
import nbformat
import pytest
from execute import FOLDER, run


@pytest.fixture(scope="module")
def _no_browser(playwright):
    if harness.find_chromium(playwright) is not None:
        pytest.skip("the browser tests run the notebooks on the glyphs")


@pytest.mark.usefixtures("_no_browser")
@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_runs_through_on_glyphs(path, monkeypatch):
    monkeypatch.setenv("METALIB_BANK", "glyphs")
    notebook = nbformat.read(path, as_version=4)
    run(notebook, path.parent)  # raises at the first cell that fails
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert re.search(r"^Bank: .*glyphs", printed, re.MULTILINE)  # the bank in use is said
