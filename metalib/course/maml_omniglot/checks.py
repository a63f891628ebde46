"""The exercises of notebook 04: the inner loop, a sampler without a label leak, and a head with tied rows."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from metalib import runtime
from metalib.adapt import Params
from metalib.course.kit import episode_sampler
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check
from metalib.course.maml_omniglot import exercise_adapt, exercise_tie_rows
from metalib.course.maml_omniglot.exercise_sample_task import sample_task
from metalib.course.maml_omniglot.exercise_tie_rows import tie_rows
from metalib.course.maml_omniglot.mistakes_adapt import adapt
from metalib.models import conv4
from metalib.runtime import seeded


@check
def check_adapt(function: Callable) -> str:
    """`adapt(model, theta, support_x, support_y, alpha, k, only)` -> φ, all parameters by name."""
    exercise_adapt.judge(function)
    return "Right. Your φ agrees for all layers and for some, and so does the outer gradient through it."


@check
def check_sample_task(function: Callable) -> str:
    """`sample_task(images, n_way, k_shot, n_query, generator)` -> support_x, support_y, query_x, query_y."""
    remark = episode_sampler.judge(function, scaled=True)
    return f"Right. Label i is a class drawn at random, and the rest is still as it should be.{remark}"


@check
def check_tie_rows(function: Callable) -> str:
    """`tie_rows(theta, n_way)` -> all parameters by name, the head's one row n_way times."""
    exercise_tie_rows.judge(function)
    return "Right. One row serves 3, 5 and 20 classes, and is trained through all of them."


def _theta(n_out: int) -> tuple[torch.nn.Module, Params, torch.device]:
    device = runtime.pick_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = conv4(downsample="stride", n_out=n_out, running_stats=False).to(device)
    return model, {name: value.detach().requires_grad_() for name, value in model.named_parameters()}, device


def _one_task() -> tuple:
    """A task of the live training."""
    model, theta, device = _theta(5)
    x = torch.rand(5, 1, 28, 28, generator=seeded(0)).to(device)
    return model, theta, x, torch.arange(5, device=device), 0.4, 1, ""


def _one_draw() -> tuple[Tensor, int, int, int, torch.Generator]:
    """A task from the turned training classes."""
    return torch.zeros(3308, 20, 1, 28, 28, dtype=torch.uint8, device=runtime.pick_device()), 5, 1, 5, seeded(0)


_exercises = Exercises(
    Exercise("adapt", check_adapt, course=adapt, example=_one_task, seconds=0.1, backward=True),
    Exercise("sample_task", check_sample_task, course=sample_task, example=_one_draw, seconds=0.02),
    Exercise("tie_rows", check_tie_rows, course=tie_rows, example=lambda: (_theta(1)[1], 20), seconds=0.01),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
