"""Every notebook in a real JupyterLab, on the glyphs: Run All ends without an error and asks no other machine.

A learner without Omniglot loses no part of the course. A notebook whose widgets have a file of tests is run through
there, and only there: a run takes a minute or two.
"""

from pathlib import Path

import harness
import pytest
from widgetry import assert_runs_through

TEXTS = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_0*.py")]
RUN_WITH_WIDGETS = "".join(text for text in TEXTS if "assert_runs_through(notebook)" in text)
NOTEBOOKS = sorted(path.name for path in (harness.ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("notebook", [name for name in NOTEBOOKS if name not in RUN_WITH_WIDGETS])
def test_runs_through_and_stays_on_this_machine(lab, notebook):
    assert_runs_through(lab.open(notebook).run_all())
