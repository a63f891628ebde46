"""Each notebook goes through whatever its stubs are answered with, and says whose function ran.

Untouched it is run by nbval, with a tenth of the updates; here trainings take three updates and exams a batch. With
right answers the browser runs it, where there is one. After a wrong answer the course's functions run, as they do
untouched.
"""

import nbformat
import pytest
from execute import FOLDER, is_progress_bar
from variants import (
    answered,
    assert_learners_functions_ran,
    at_first_wrong,
    execute,
    printed,
    solutions,
    with_a_tenth_of_the_updates,
)

PATHS = sorted(FOLDER.glob("*.ipynb"))
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


def test_a_live_training_takes_a_tenth_of_its_updates_and_no_other_number_changes():
    source = "updates = 400\nif True:\n    omniglot_updates = 1_000  # as long\nn_updates = 5\nmeta_batch_size = 400"
    told = "updates = 40\nif True:\n    omniglot_updates = 100  # as long\nn_updates = 1\nmeta_batch_size = 400"
    assert with_a_tenth_of_the_updates(source) == told


def run(notebook, answers):
    """The copy that ran with `answers`. Raises at the first cell that fails."""
    copy = answered(notebook, answers, updates=3)
    execute(copy)
    outputs = [output for cell in copy.cells for output in cell.get("outputs", []) if not is_progress_bar(output)]
    warned = [output.text for output in outputs if output.get("name") == "stderr"]
    assert [text for text in warned if not text.startswith("another process prepares ")] == []  # a test beside this one
    return copy


@pytest.mark.usefixtures("no_browser")
@each
def test_with_right_answers_the_learners_functions_run(path):
    notebook = nbformat.read(path, as_version=4)
    assert_learners_functions_ran(solutions(notebook), printed(run(notebook, "solutions")))


@each
def test_with_answers_that_are_wrong_at_first_and_then_right_and_slow(path, monkeypatch):
    monkeypatch.setenv("METALIB_BANK", "glyphs")  # nbval runs the notebooks on Omniglot
    notebook = nbformat.read(path, as_version=4)
    said, names = printed(run(at_first_wrong(notebook), "slow")), list(solutions(notebook))
    assert [name for name in names if f"run the course's {name}: yours does not pass its check" not in said] == []
    assert [name for name in names if f"The cells below run your {name}" not in said] == []


def test_with_wrong_answers_no_row_of_the_board_is_the_learners(monkeypatch):
    monkeypatch.setenv("METALIB_BANK", "glyphs")
    path = FOLDER / "06-prototypical-networks.ipynb"
    copy = run(nbformat.read(path, as_version=4), "wrong")
    assert "The cells below run your" not in printed(copy)
    outputs = [output for cell in copy.cells for output in cell.get("outputs", [])]
    boards = [text for output in outputs if "chance" in (text := output.get("data", {}).get("text/html", ""))]
    assert len(boards) == 2
    assert ["(by you)" in board for board in boards] == [False, False]
