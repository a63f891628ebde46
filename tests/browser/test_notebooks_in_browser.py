"""Every notebook in a real JupyterLab: Run All ends without an error, and nothing is asked of another machine."""

import harness
import pytest

NOTEBOOKS = sorted(path.name for path in (harness.ROOT / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_runs_through_and_stays_on_this_machine(lab, notebook):
    lab.open(notebook).run_all()
    lab.assert_clean()
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.screenshot(f"{notebook.removesuffix('.ipynb')}-{theme}", whole=True)
    lab.assert_clean()
