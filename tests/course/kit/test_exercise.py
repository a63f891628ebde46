"""`mine` takes the learner's function when it is right, and only then; the board knows whose function ran."""

import math
import time

import pytest
import torch
from torch import nn

from metalib.course.kit import board, exercise
from metalib.course.kit.exercise import Exercise, Exercises, digest, foreign_names
from metalib.course.kit.verdict import Wrong, attempt, check
from metalib.evaluate import Interval

BANK = "Omniglot"
factor = 2.0  # a global of the notebook


def course_double(x):
    return x * 2


def course_add(x, y):
    return x + y


@check
def check_double(function):
    if not torch.equal(attempt(function, torch.tensor([1.0, 2.0])), torch.tensor([2.0, 4.0])):
        raise Wrong("Not twice x.")
    return "Right."


@check
def check_add(function):
    if attempt(function, 1.0, 2.0) != 3.0:
        raise Wrong("Not the sum.")
    return "Right."


@pytest.fixture
def exercises():
    def example():
        return (torch.ones(3, requires_grad=True),)

    return Exercises(
        Exercise("double", check_double, course_double, example=example, seconds=60, backward=True),
        Exercise("add", check_add, course_add),
    )


def named(name, function):
    function.__name__ = name
    return function


def test_an_untouched_stub_gives_the_courses(exercises, capsys):
    def double(x): ...

    assert exercises.mine(double) is course_double
    assert "run the course's double: yours is not written yet." in capsys.readouterr().out


def test_a_wrong_one_gives_the_courses(exercises, capsys):
    def double(x):
        return x * 3

    assert exercises.mine(double) is course_double
    assert "does not pass its check yet" in capsys.readouterr().out


def test_a_right_one_is_taken_as_often_as_the_cell_is_run(exercises, capsys):
    def double(x):
        return x + x

    assert exercises.mine(exercises.mine(double)) is double
    assert capsys.readouterr().out == "The cells below run your double.\n" * 2


def test_the_courses_never_becomes_yours(exercises, capsys):
    def double(x): ...

    assert exercises.mine(exercises.mine(double)) is course_double
    assert "run the course's double: yours is not ready" in capsys.readouterr().out


def test_a_check_knows_the_courses_function(exercises):
    verdict = check_double(course_double)
    assert verdict.passed is None
    assert "this is the course's own `double`" in verdict.message


def test_a_lambda_is_known_by_the_name_in_the_notebook(exercises, monkeypatch):
    answer = lambda x: x + x  # noqa: E731
    monkeypatch.setitem(globals(), "double", answer)
    assert exercises.mine(answer) is answer


def test_what_is_no_exercise_is_refused(exercises):
    with pytest.raises(ValueError, match="hand over double or add"):
        exercises.mine(named("other", lambda x: x))


def test_two_exercises_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two exercises have one name"):
        Exercises(Exercise("add", check_add, course_add), Exercise("add", check_add, course_add))


def test_a_global_of_the_notebook_is_refused(exercises, capsys):
    def double(x):
        return x * factor

    assert exercises.mine(double) is course_double
    assert "reads factor from the notebook" in capsys.readouterr().out


def test_which_names_are_foreign():
    def imports(x):
        return math.sqrt(x), torch.ones(1), nn.Linear(1, 1), len([x]), Interval

    def nested(x):
        return [(lambda y: y * factor)(x)]

    assert foreign_names(imports) == []
    assert foreign_names(nested) == ["factor"]
    assert foreign_names(nested, exercises=["factor"]) == []
    assert foreign_names(len) == []


def helper_with_a_global(x):
    return x * factor


def helper(x):
    return x + x


def test_a_helper_beside_it_is_part_of_the_answer(exercises):
    def double(x):
        return helper(x)

    assert exercises.mine(double) is double
    assert digest(double) != digest(lambda x: helper(x))


def test_a_helper_reads_no_global_either(exercises, capsys):
    def double(x):
        return helper_with_a_global(x)

    assert exercises.mine(double) is course_double
    assert "reads factor from the notebook" in capsys.readouterr().out


def test_a_digest_follows_the_helpers(monkeypatch):
    def one(x):
        return helper(x)

    before = digest(one)
    monkeypatch.setitem(globals(), "helper", helper_with_a_global)
    assert digest(one) != before


def test_an_earlier_exercise_may_be_read_and_a_later_one_not():
    names = {"torch": torch, "first": lambda x: x, "__name__": "__main__"}
    exec("def second(x):\n    return first(x)\ndef first(x):\n    return second(x)", names)
    exercises = ["first", "second"]
    assert foreign_names(names["second"], exercises=exercises) == []
    assert foreign_names(names["first"], exercises=exercises, later=["second"]) == ["second"]


def test_a_gradient_that_is_cut_is_refused(exercises, capsys):
    def double(x):
        return x.detach() * 2

    assert exercises.mine(double) is course_double
    assert "cannot be differentiated" in capsys.readouterr().out


def test_a_gradient_that_is_wrong_is_refused(exercises, capsys):
    def double(x):
        return x + x.detach()

    assert exercises.mine(double) is course_double
    assert "its gradient is not" in capsys.readouterr().out


def test_one_that_fails_at_the_later_size_is_refused(exercises, capsys):
    def double(x):
        return torch.stack([x[0] * 2, x[1] * 2]).reshape(2 if len(x) == 2 else 5)

    assert exercises.mine(double) is course_double
    assert "fails at the size of the cells below. Your function stopped with RuntimeError" in capsys.readouterr().out


def test_a_slow_one_runs_in_short_cells_only(exercises, capsys, monkeypatch):
    monkeypatch.setattr(exercise, "PACE", 0)

    def double(x):
        return x + x

    assert exercises.mine(double) is double
    assert "The cells below run your double, the long ones apart" in capsys.readouterr().out
    assert exercises.in_time(double) is course_double
    assert "runs the course's" in capsys.readouterr().out
    assert exercises.in_time(course_double) is course_double
    assert capsys.readouterr().out == ""


def test_a_long_cell_says_that_it_runs_the_learners(exercises, capsys):
    def double(x):
        return x + x

    assert exercises.mine(double) is double
    capsys.readouterr()
    assert exercises.in_time(double) is double
    assert capsys.readouterr().out == "This cell runs your double.\n"


def test_one_without_end_at_the_later_size_is_refused(capsys, monkeypatch):
    monkeypatch.setattr(exercise, "PATIENCE", 0.1)

    def double(x):
        while len(x) == 3:
            time.sleep(0.001)
        return x + x

    exercises = Exercises(Exercise("double", check_double, course_double, example=lambda: (torch.ones(3),), seconds=1))
    assert exercises.mine(double) is course_double
    assert "does not end at the size" in capsys.readouterr().out


def test_seed_dtype_and_gradients_are_as_before(exercises):
    def double(x):
        torch.manual_seed(9)
        torch.set_default_dtype(torch.float64)
        result = x + x
        torch.set_grad_enabled(False)
        return result

    state = torch.get_rng_state()
    exercises.mine(double)
    assert torch.get_rng_state().equal(state)
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


RESULT = Interval(0.5, 0.4, 0.6, 10, "episodes")


@pytest.fixture
def _own_board(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_USER", str(tmp_path))


@pytest.mark.usefixtures("_own_board")
def test_a_row_is_earned_by_the_learners_own_function(exercises, capsys):
    def double(x):
        return x + x

    exercises.record(course_double, "A", RESULT, bank=BANK, method="Doubling")
    assert not [row for row in board.rows("A", bank=BANK) if row.mine]
    assert "Nothing goes on the score board" in capsys.readouterr().out
    exercises.record(double, "A", RESULT, bank=BANK, method="Doubling", run="3 updates")
    (row,) = [row for row in board.rows("A", bank=BANK) if row.mine]
    assert (row.method, row.run, row.source) == ("Doubling, 3 updates", "3 updates", digest(double))


@pytest.mark.usefixtures("_own_board")
def test_a_programs_row_needs_its_source():
    with pytest.raises(ValueError, match=r"use checks\.record"):
        board.record("Doubling", "A", RESULT, bank=BANK)


def test_a_digest_follows_the_source():
    def one(x):
        return x + 1

    def two(x):
        return x + 2

    assert digest(one) == digest(one) != digest(two)
    assert len(digest(print)) == 12
