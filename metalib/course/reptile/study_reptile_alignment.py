"""Notebook 05: whether Reptile's steps align the gradients of two minibatches of one task."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn.functional import mse_loss

from metalib import reptile, sinusoids
from metalib.adapt import Params
from metalib.course.kit.initial import initial
from metalib.course.kit.study import Study
from metalib.course.reptile.study_reptile_sensitivity import MODEL, reptile_direction
from metalib.episodes import Episode
from metalib.runtime import seeded


def gradients(theta: Params, x: Tensor, y: Tensor) -> Tensor:
    """[P]: the gradient of the mean squared error of some points at θ, all parameters in a row."""

    def loss(theta: Params) -> Tensor:
        return mse_loss(functional_call(MODEL, theta, (x,)), y)

    return torch.cat([g.flatten() for g in grad(loss)(theta).values()])


def alignment_at(theta: Params, tasks: Episode) -> dict[str, Tensor]:
    """Of gradients at one θ, each a mean over tasks: two minibatches of a task, and one each of two tasks.

    tasks  support and query points are the two minibatches
    """
    first = vmap(gradients, in_dims=(None, 0, 0))(theta, tasks.support_x, tasks.support_y)  # [T, P]
    second = vmap(gradients, in_dims=(None, 0, 0))(theta, tasks.query_x, tasks.query_y)
    other = second.roll(1, dims=0)

    def cosine(a: Tensor, b: Tensor) -> Tensor:
        return torch.cosine_similarity(a, b, dim=1).mean()

    return {
        "cosine_same_task": cosine(first, second),
        "cosine_other_task": cosine(first, other),
        "inner_product_same_task": (first * second).sum(dim=1).mean(),
        "squared_norm": first.square().sum(dim=1).mean(),
    }


class Arm(NamedTuple):
    """How an arm moves: a task's points, its inner loop's minibatches, outer rate ε, tasks an update."""

    points: int
    batch_size: int
    n_batches: int
    rate: float
    n_tasks: int
    apart: bool = False  # each minibatch drawn without regard to the others, instead of one pass after the other


def arms(settings: dict[str, Any]) -> dict[str, Arm]:
    """The arms of the study, by name.

    The rates make the first-order parts of all moves equal: k · α gradients of the mean loss. Joint training takes one
    step where Reptile takes k, on k times as many tasks: its step is k times as long, and with few tasks so noisy that
    networks die of it. All compute as many gradients.

    The three arms with `many` points differ only in the pairs of minibatches that one task's steps see: all disjoint,
    drawn apart, or all equal to the task's data.
    """
    k, n_tasks, few, many = (settings[n] for n in ("inner_steps", "meta_batch_size", "points", "many_points"))
    return {
        "Reptile": Arm(few, few // 2, k, 1.0, n_tasks),
        "Reptile, full batches": Arm(few, few, k, 1.0, n_tasks),
        "joint training": Arm(few, few // 2, 1, float(k), k * n_tasks),
        "Reptile, disjoint minibatches": Arm(many, many // k, k, 1.0, n_tasks),
        "Reptile, minibatches drawn apart": Arm(many, many // k, k, 1.0, n_tasks, apart=True),
        "Reptile, full batches of more points": Arm(many, many, k, 1.0, n_tasks),
    }


def draw_batches(arm: Arm, generator: torch.Generator) -> list[Tensor]:
    """The rows of each inner step's minibatch."""
    if arm.apart:
        return [torch.randperm(arm.points, generator=generator)[: arm.batch_size] for _ in range(arm.n_batches)]
    return reptile.minibatches(arm.points, arm.batch_size, arm.n_batches, generator)


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Train every arm with all seeds side by side, and measure the alignment of gradients on the way."""
    n_seeds, half = len(settings["seeds"]), settings["points"] // 2
    probe = sinusoids.sample_episodes(settings["probe_tasks"], half, half, generator=seeded(1))
    measure = vmap(lambda theta: alignment_at(theta, probe))
    found: dict[str, Any] = {}
    alpha, step = torch.tensor(settings["inner_lr"]), vmap(reptile_direction, in_dims=(0, None, 0, None))
    for name, arm in arms(settings).items():
        theta, generator, rows, of_task = initial(settings["seeds"]), seeded(0), [], arm.points // 2
        for update in range(settings["updates"] + 1):
            if update % settings["measure_every"] == 0:
                errors = sinusoids_errors(theta, settings)
                rows.append({what: value.tolist() for what, value in {**measure(theta), "error": errors}.items()})
            drawn = sinusoids.sample_episodes(n_seeds * arm.n_tasks, of_task, of_task, generator=generator)
            tasks = Episode(*(field.unflatten(0, (n_seeds, arm.n_tasks)) for field in drawn))
            with torch.no_grad():
                moved = step(theta, alpha, tasks, draw_batches(arm, generator))
            theta = {part: value - arm.rate * moved[part] for part, value in theta.items()}
        found[name] = {what: [row[what] for row in rows] for what in rows[0]}  # [measurements][seeds]
    return {"updates": list(range(0, settings["updates"] + 1, settings["measure_every"])), "arms": found}


def sinusoids_errors(theta: Params, settings: dict[str, Any]) -> Tensor:
    """[seeds]: the mean query error after as many steps of α as in training, on tasks of 10 points."""
    tasks = sinusoids.sample_episodes(settings["probe_tasks"], 10, 50, generator=seeded(2))

    def of(theta: Params) -> Tensor:
        how = {"inner_lr": settings["inner_lr"], "inner_steps": settings["inner_steps"]}
        return sinusoids.query_errors(MODEL, theta, tasks, **how)[:, -1].mean()

    return vmap(of)(theta)


STUDY = Study(
    question="Sinusoids: do the gradients of two minibatches of a task align more in Reptile than in joint training?",
    run=run,
    settings={
        "seeds": list(range(10)),
        "updates": 1500,
        "measure_every": 75,
        "meta_batch_size": 5,
        "points": 20,  # of a task; minibatches have half of them
        "many_points": 40,  # of a task, where k minibatches share none
        "inner_lr": 0.02,
        "inner_steps": 8,
        "probe_tasks": 100,
    },
)
