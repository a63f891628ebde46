"""The exercises of notebook 03: MAML's losses, their gradient by hand, and first-order MAML by one change."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import mse_loss

from metalib import models, sinusoids
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import check
from metalib.course.maml_sinusoids import exercise_maml_losses, exercise_meta_gradient
from metalib.course.maml_sinusoids.exercise_meta_gradient import NO_PRODUCT, has_second_derivative, meta_gradient
from metalib.course.maml_sinusoids.mistakes_maml_losses import first_order_losses, maml_losses
from metalib.runtime import seeded


@check
def check_maml_losses(function: Callable) -> str:
    """`maml_losses(model, theta, episodes, alpha, k)` -> [T], the query loss at φ, with MAML's gradient."""
    exercise_maml_losses.judge(function, first_order=False)
    return (
        "Right. Your losses are MAML's for 0, 1, 2 and 3 inner steps, and so is their gradient, second order included."
    )


@check
def check_meta_gradient(function: Callable) -> str:
    """`meta_gradient(support_loss, query_loss, theta, alpha, k)` -> [P], by the product of the factors I − α H."""
    exercise_meta_gradient.judge(function)
    words = "Right. Your gradient agrees with differentiating through 1, 2 and 3 inner steps."
    return words if has_second_derivative(function) else f"{words} {NO_PRODUCT}"


@check
def check_first_order_losses(function: Callable) -> str:
    """`first_order_losses(model, theta, episodes, alpha, k)` -> [T], the same losses with the first-order gradient."""
    exercise_maml_losses.judge(function, first_order=True)
    return "Right. Your losses are MAML's, and their gradient is first-order MAML's, for 1, 2 and 3 inner steps."


def _update() -> tuple:
    """One update of the live training."""
    model = models.mlp()
    theta = {name: value.detach().requires_grad_() for name, value in model.named_parameters()}
    return model, theta, sinusoids.sample_episodes(10, 10, 10, generator=seeded(0)), 0.01, 1


def _one_wave() -> tuple:
    """The losses of the small network of the notebook, as functions of one vector."""
    model = models.mlp((1, 10, 10, 1), activation=torch.nn.Tanh).double()
    task = sinusoids.sample_episodes(1, 10, 10, generator=seeded(0)).task(0)
    shapes = {name: value.shape for name, value in model.named_parameters()}

    def loss(vector: Tensor, x: Tensor, y: Tensor) -> Tensor:
        parts = vector.split([shape.numel() for shape in shapes.values()])
        phi = {name: part.view(shape) for (name, shape), part in zip(shapes.items(), parts, strict=True)}
        return mse_loss(functional_call(model, phi, (x.double(),)), y.double())

    theta = torch.cat([value.detach().flatten() for value in model.parameters()])
    return (
        lambda vector: loss(vector, task.support_x, task.support_y),
        lambda vector: loss(vector, task.query_x, task.query_y),
        theta,
        0.05,
        3,
    )


_exercises = Exercises(
    Exercise("maml_losses", check_maml_losses, course=maml_losses, example=_update, seconds=0.3, backward=True),
    Exercise("meta_gradient", check_meta_gradient, course=meta_gradient, example=_one_wave, seconds=2.0),
    Exercise(
        "first_order_losses",
        check_first_order_losses,
        course=first_order_losses,
        example=_update,
        seconds=0.3,
        backward=True,
    ),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
