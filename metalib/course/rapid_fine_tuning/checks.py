"""The exercises of notebook 02: fine-tuning a network, when to stop, and SimpleShot."""

from __future__ import annotations

from collections.abc import Callable

import torch

from metalib import runtime
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check, compare, read_number
from metalib.course.rapid_fine_tuning import exercise_fine_tuned_network, exercise_simple_shot
from metalib.course.rapid_fine_tuning.exercise_when_to_stop import STOP_MISTAKES, cases, when_to_stop
from metalib.course.rapid_fine_tuning.mistakes_fine_tune import fine_tune
from metalib.episodes import Episode
from metalib.training import checkpoints


@check
def check_fine_tune(function: Callable) -> str:
    """`fine_tune(network, task, n_way, alpha, steps)`: a conv4, an Episode, N, α, k -> another network."""
    exercise_fine_tuned_network.judge(function)
    return (
        "Right. Your network agrees with frozen statistics and with the batch's, and the network that was handed in is "
        "unchanged."
    )


@check
def check_simple_shot(function: Callable) -> str:
    """`simple_shot(support_z, support_y, query_z, centre)`: [S, D], [S], [Q, D], [D] -> [Q] labels."""
    exercise_simple_shot.judge(function)
    return "Right. Your labels agree on tasks of 3, 4 and 5 ways, with 1, 2 and 3 pictures a class."


@check
def check_when_to_stop(function: Callable) -> str:
    """`when_to_stop(steps, validation, support, query)`: [M] numbers, accuracies [V, M], [E, M], [E, M] -> a number."""
    compare(
        function,
        cases(),
        reference=when_to_stop,
        read=lambda answer, *case: read_number(answer, "the number of steps"),
        same=lambda a, b: abs(a - b) < 1e-6,
        mistakes=STOP_MISTAKES,
        show=lambda case, answer, right: (
            f"The mean validation accuracies after {list(case[0])} steps are "
            f"{[round(x, 3) for x in case[1].mean(dim=0).tolist()]}. The best is after {right:g} "
            f"step{'' if right == 1 else 's'}, and you return {answer:g}."
        ),
    )
    return "Right. You decide by other classes' tasks, and never look at the query labels of the new ones."


# --- whose function runs


def _five_pictures() -> tuple:
    """A call of `fine_tune` as in the exam."""
    device = runtime.pick_device()
    network, _ = checkpoints.load("classifier", device=device)
    pictures, labels = torch.rand(5, 1, 28, 28, device=device), torch.arange(5, device=device)
    return network, Episode(pictures, labels, pictures, labels), 5, 0.01, 5


def _features_of_a_task() -> tuple:
    """A call of `simple_shot` as in exam A."""
    device = runtime.pick_device()
    support, query = torch.rand(5, 256, device=device), torch.rand(75, 256, device=device)
    return support, torch.arange(5, device=device), query, torch.rand(256, device=device)


_exercises = Exercises(
    Exercise("fine_tune", check_fine_tune, course=fine_tune, example=_five_pictures, seconds=0.3),
    Exercise("when_to_stop", check_when_to_stop, course=when_to_stop),
    Exercise(
        "simple_shot",
        check_simple_shot,
        course=exercise_simple_shot.simple_shot,
        example=_features_of_a_task,
        seconds=0.02,
    ),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
