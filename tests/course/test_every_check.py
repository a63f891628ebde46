"""What holds for the check of every exercise: stubs, code that fails, answers of any kind, and its known mistakes."""

import importlib

import pytest
import torch
from answers import expect

from metalib.course import registry
from metalib.course.draw_your_own import checks as draw_your_own
from metalib.course.draw_your_own import (
    exercise_embed_and_classify,
    exercise_leave_one_of_each_out,
    exercise_threshold,
    exercise_unit_length,
)
from metalib.course.fair_play import checks as fair_play
from metalib.course.fair_play import exercise_leak_in, exercise_soft_k_means, exercise_with_statistics_of
from metalib.course.learning_to_learn import checks as learning_to_learn
from metalib.course.maml_sinusoids import checks as maml_sinusoids
from metalib.course.maml_sinusoids import exercise_meta_gradient as meta_gradient
from metalib.course.maml_sinusoids import mistakes_maml_losses as maml_losses
from metalib.course.prototypical_networks import checks as prototypical
from metalib.course.prototypical_networks import exercise_prototype_loss as prototype_loss
from metalib.course.prototypical_networks import exercise_stable_loss as stable_loss
from metalib.course.rapid_fine_tuning import checks as rapid_fine_tuning
from metalib.course.rapid_fine_tuning import exercise_simple_shot as simple_shot
from metalib.course.reptile import checks as reptile
from metalib.course.reptile import exercise_reptile_start as reptile_start
from metalib.course.reptile import exercise_reptile_step as reptile_step
from metalib.course.showdown import checks as showdown
from metalib.course.showdown import exercise_episodes_needed, exercise_head_steps, exercise_paired_interval
from metalib.course.start_here import checks as start_here
from metalib.course.start_here import exercise_nearest_prototype as nearest

MODULES = [importlib.import_module(f"metalib.course.{room}.checks") for room in registry.rooms()]
CHECKS = {name: check for module in MODULES for name, check in vars(module).items() if name.startswith("check_")}
each_check = pytest.mark.parametrize("name", CHECKS)


def stub(*arguments): ...


def stub_with_words(*arguments):
    """What the notebook comes with."""
    ...


def passes(*arguments):
    """What the notebook comes with."""
    pass


def raises(*arguments):
    raise NotImplementedError


def raises_with_words(*arguments):
    raise NotImplementedError("write this")


def returns_dots(*arguments):
    first = arguments[0]  # noqa: F841
    return ...


@each_check
@pytest.mark.parametrize(
    "answer", [stub, stub_with_words, passes, raises, raises_with_words, returns_dots, lambda *arguments: None]
)
def test_an_untouched_stub_is_not_attempted(name, answer):
    verdict = CHECKS[name](answer)
    assert verdict.passed is None
    assert str(verdict).startswith(f"– not attempted yet: write the body of `{name.removeprefix('check_')}`")


@each_check
@pytest.mark.parametrize("answer", [None, ...])
def test_no_function_at_all_is_not_attempted(name, answer):
    verdict = CHECKS[name](answer)
    assert verdict.passed is None
    assert str(verdict).startswith(f"– not attempted yet: write `{name.removeprefix('check_')}`")


def seeds_and_draws(*arguments):
    torch.manual_seed(0)
    return torch.rand(1)


@each_check
def test_a_check_leaves_the_random_numbers_alone(name):
    torch.manual_seed(3)
    before = torch.get_rng_state()
    CHECKS[name](seeds_and_draws)
    assert torch.get_rng_state().equal(before)


@each_check
def test_code_that_fails_is_explained(name):
    expect(CHECKS[name](lambda *arguments: undefined_name), "Your function stopped with NameError")  # noqa: F821


class Unprintable:
    def __float__(self):
        raise OSError("no number in here")


NUMBERS_AND_TEXTS = ["", "abc", b"x", 5, 1j, float("nan"), object(), set]
CONTAINERS = [[], (), {}, set(), [1, 2, 3, 4], [[], [], []], [None] * 3, [None] * 4]
TENSORS = [torch.tensor([]), torch.zeros(2, 3), torch.zeros(2, 3, 4)]
LISTS_OF_TENSORS = [[torch.zeros(0, 1, 6, 6)] * 4, [torch.zeros(0)] * 4, [torch.zeros(())] * 4, [torch.zeros(())] * 3]


@each_check
@pytest.mark.parametrize("value", [*NUMBERS_AND_TEXTS, *CONTAINERS, *TENSORS, *LISTS_OF_TENSORS])
def test_no_answer_makes_a_check_raise(name, value):
    verdict = CHECKS[name](lambda *arguments: value)
    assert verdict.passed is False
    assert "could not be compared" not in verdict.message


@each_check
def test_an_answer_of_a_kind_that_no_check_foresaw_is_wrong(name):
    assert CHECKS[name](lambda *arguments: Unprintable()).passed is False


TABLES = [
    (start_here.check_nearest_prototype, nearest.MISTAKES),
    (start_here.check_accuracy, start_here.ACCURACY_MISTAKES),
    (start_here.check_interval, start_here.INTERVAL_MISTAKES),
    (learning_to_learn.check_pixel_neighbour, learning_to_learn.NEIGHBOUR_MISTAKES),
    (rapid_fine_tuning.check_simple_shot, simple_shot.MISTAKES),
    (rapid_fine_tuning.check_when_to_stop, rapid_fine_tuning.STOP_MISTAKES),
    (maml_sinusoids.check_maml_losses, maml_losses.LOSS_MISTAKES),
    (maml_sinusoids.check_first_order_losses, maml_losses.LOSS_MISTAKES),
    (maml_sinusoids.check_meta_gradient, meta_gradient.GRADIENT_MISTAKES),
    (reptile.check_reptile_step, reptile_step.STEP_MISTAKES),
    (reptile.check_reptile_start, reptile_start.START_MISTAKES),
    (prototypical.check_prototype_loss, prototype_loss.LOSS_MISTAKES),
    (prototypical.check_stable_loss, stable_loss.MISTAKES),
    (fair_play.check_with_statistics_of, exercise_with_statistics_of.MISTAKES),
    (fair_play.check_soft_k_means, exercise_soft_k_means.MISTAKES),
    (fair_play.check_leak_in, exercise_leak_in.MISTAKES),
    (draw_your_own.check_embed_and_classify, exercise_embed_and_classify.MISTAKES),
    (draw_your_own.check_unit_length, exercise_unit_length.MISTAKES),
    (draw_your_own.check_leave_one_of_each_out, exercise_leave_one_of_each_out.MISTAKES),
    (draw_your_own.check_threshold, exercise_threshold.MISTAKES),
    (showdown.check_paired_interval, exercise_paired_interval.MISTAKES),
    (showdown.check_episodes_needed, exercise_episodes_needed.MISTAKES),
    (showdown.check_head_steps, exercise_head_steps.MISTAKES),
]


@pytest.mark.parametrize(("check", "mistakes"), TABLES, ids=[check.__name__ for check, _ in TABLES])
def test_every_mistake_in_the_table_gets_its_own_message(check, mistakes):
    assert [check(mistake).message for _, mistake in mistakes] == [message for message, _ in mistakes]
