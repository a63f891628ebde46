"""Every notebook in a real JupyterLab, on the glyphs: Run All ends without an error and asks no other machine.

A learner without Omniglot loses no part of the course. A notebook whose room has browser tests of its widgets is run
through there, and only there: a run takes a minute or two.
"""

import harness
import pytest
from widgetry import assert_runs_through

NOTEBOOKS = sorted((harness.ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.browser


def is_run_in_its_room(notebook):
    """Whether the notebook's room has a browser test that runs it through."""
    tests = harness.ROOT / "tests" / "course" / notebook.stem[3:].replace("-", "_") / "test_browser.py"
    return tests.exists() and "assert_runs_through(" in tests.read_text(encoding="utf-8")


@pytest.mark.parametrize("notebook", [path.name for path in NOTEBOOKS if not is_run_in_its_room(path)])
def test_runs_through_and_stays_on_this_machine(lab, notebook):
    assert_runs_through(lab.open(notebook).run_all())
