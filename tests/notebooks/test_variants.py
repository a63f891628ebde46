"""Each notebook goes through whatever its stubs are answered with, and says whose function ran.

Untouched it is run whole by nbval; here trainings take three updates and exams a batch. With right answers the browser
runs it, where there is one.
"""

import nbformat
import pytest
from execute import FOLDER, is_progress_bar
from variants import answered, assert_learners_functions_ran, execute, printed, solutions

PATHS = sorted(FOLDER.glob("*.ipynb"))
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def run(path, *answers):
    """The names of the exercises, and all that was printed with each of `answers`, run after one another in one kernel.

    So a learner runs a notebook anew, with other answers. Raises at the first cell that fails.
    """
    notebook = nbformat.read(path, as_version=4)
    copies = [answered(notebook, kind, updates=3) for kind in answers]
    execute(*copies)
    cells = [cell for copy in copies for cell in copy.cells]
    outputs = [output for cell in cells for output in cell.get("outputs", []) if not is_progress_bar(output)]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    return list(solutions(notebook)), *map(printed, copies)


@pytest.mark.usefixtures("no_browser")
@each
def test_with_right_answers_the_learners_functions_run(path):
    assert_learners_functions_ran(*run(path, "solutions"))


@each
def test_with_wrong_answers_and_with_right_ones_that_are_slow(path, monkeypatch):
    monkeypatch.setenv("METALIB_BANK", "glyphs")  # nbval runs the notebooks on Omniglot
    names, wrong, slow = run(path, "wrong", "slow")
    assert [name for name in names if f"run the course's {name}: yours does not pass its check" not in wrong] == []
    assert "The cells below run your" not in wrong
    assert "(by you)" not in wrong
    assert [name for name in names if f"The cells below run your {name}" not in slow] == []
