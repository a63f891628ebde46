"""You beside each method: the machines answer as in the course's results, and your questions are picked."""

import pytest
import torch

from metalib.banks import load_bank, split
from metalib.course.kit.results import accuracies
from metalib.course.kit.sat import Sat
from metalib.course.showdown import you


@pytest.fixture(scope="module")
def machines():
    return you.machines(split(load_bank("glyphs", quiet=True)).evaluation)  # of it only the device counts


def test_every_machine_answers_each_query_alone_and_has_sat_exam_c(machines):
    assert len(machines) == 6
    for name in machines:
        assert len(accuracies(name, "C", bank="Omniglot")) == 20


@pytest.mark.parametrize("name", ["pixel neighbours", "pre-trained classifier"])
def test_it_misses_as_many_in_each_run_as_in_the_results(machines, name):
    found = you.right(machines[name], torch.device("cpu"))
    assert found.double().mean(dim=1).tolist() == pytest.approx(accuracies(name, "C", bank="Omniglot").tolist())


def test_your_questions_are_picked_by_run_and_item():
    of_machine = torch.zeros(20, 20, dtype=torch.bool)
    of_machine[3, 7] = True
    sat = Sat(torch.tensor([3, 7]), torch.tensor([7, 3]), torch.tensor([False, True]))
    assert [values.tolist() for values in you.on_yours(sat, of_machine)] == [[0.0, 1.0], [1.0, 0.0]]
