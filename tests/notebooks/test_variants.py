"""Each notebook goes through whatever its stubs are answered with, and says whose function ran.

Untouched it is run whole by nbval; here trainings take three updates.
"""

import nbformat
import pytest
from execute import FOLDER, is_progress_bar
from variants import answered, execute, printed, solutions

PATHS = sorted(FOLDER.glob("*.ipynb"))
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def run(path, answers):
    """The names of the exercises, and all that was printed; raises at the first cell that fails."""
    notebook = nbformat.read(path, as_version=4)
    names = list(solutions(notebook))
    copy = answered(notebook, answers, updates=3)
    execute(copy)
    outputs = [output for cell in copy.cells for output in cell.get("outputs", []) if not is_progress_bar(output)]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    return names, printed(copy)


@each
def test_with_right_answers_the_learners_functions_run(path):
    names, said = run(path, "solutions")
    assert names
    assert [name for name in names if f"The cells below run your {name}." not in said] == []
    assert "run the course's" not in said


@each
def test_with_right_answers_that_are_slow_the_long_cells_run_the_courses(path):
    names, said = run(path, "slow")
    assert [name for name in names if f"The cells below run your {name}" not in said] == []


@each
def test_with_wrong_answers_the_courses_run(path):
    names, said = run(path, "wrong")
    assert [name for name in names if f"run the course's {name}: yours does not pass its check" not in said] == []
    assert "The cells below run your" not in said
    assert "(by you)" not in said
