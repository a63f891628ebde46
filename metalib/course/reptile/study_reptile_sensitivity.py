"""Reptile against MAML on sinusoids: how fast each learns, and how much of a grid of settings serves it well.

Plain gradient descent in both loops of both methods, three seeds, a log grid of inner step sizes α, numbers of inner
steps k and outer rates, and equal seconds for every number of steps of either method: the seconds of one update are
measured first, all in turn on one thread, and divided into the budget. All cells of one k learn side by side.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.func import grad, vmap
from torch.nn.functional import mse_loss

from metalib import maml, reptile, sinusoids
from metalib.adapt import Params, adapt
from metalib.course.kit.initial import initial
from metalib.course.kit.study import Study
from metalib.course.kit.timing import in_turn
from metalib.episodes import Episode
from metalib.models import mlp
from metalib.runtime import seeded

MODEL = mlp()
Direction = Callable[[Params, Tensor, Episode, list[Tensor]], Params]
SETTINGS: dict[str, Any] = {
    "seeds": [0, 1, 2],
    "seconds": 15,  # of processor time, for all cells of one k of one method
    "meta_batch_size": 5,
    "points": 20,  # of a task. MAML: half of them queries. Reptile: minibatches of half of them
    "step_sizes": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    "inner_steps": [1, 2, 4, 8, 16],
    "outer_rates": {"MAML": [0.01, 0.03, 0.1], "Reptile": [0.1, 0.3, 1.0]},  # falling linearly to zero
    "parts": 10,  # of the budget: the curve over time has so many points
    "k_shot_at_test": 10,
    "steps_at_test": 5,
    "step_sizes_at_test": [0.003, 0.01, 0.03, 0.1],  # each start takes its best, by the validation tasks
    "validation_tasks": 50,
    "test_tasks": 100,
    "queries_at_test": 50,
}


def maml_direction(theta: Params, alpha: Tensor, tasks: Episode, batches: list[Tensor]) -> Params:
    """MAML's gradient for one cell, with as many inner steps as there are `batches`; tasks have a leading axis."""

    def loss(theta: Params) -> Tensor:
        return maml.losses(MODEL, theta, tasks, loss_fn=mse_loss, inner_lr=alpha, inner_steps=len(batches)).mean()

    return grad(loss)(theta)


def reptile_direction(theta: Params, alpha: Tensor, tasks: Episode, batches: list[Tensor]) -> Params:
    """The mean over tasks of θ − φ, for one cell: all points of a task are support, and a step takes some of them."""
    x, y = torch.cat([tasks.support_x, tasks.query_x], 1), torch.cat([tasks.support_y, tasks.query_y], 1)

    def moved(x: Tensor, y: Tensor) -> Params:
        settings = {"inner_lr": alpha, "inner_steps": len(batches), "batches": batches, "loss_fn": mse_loss}
        phi = adapt(MODEL, theta, x, y, **settings)
        return {name: value - phi[name] for name, value in theta.items()}

    return {name: value.mean(dim=0) for name, value in vmap(moved)(x, y).items()}


DIRECTIONS: dict[str, Direction] = {"MAML": maml_direction, "Reptile": reptile_direction}


class Group:
    """All cells of one method with one k, which learn side by side: [α × outer rate × seed]."""

    def __init__(self, method: str, k: int, settings: dict[str, Any]) -> None:
        self.method, self.k, self.settings = method, k, settings
        alphas, rates = torch.tensor(settings["step_sizes"]), torch.tensor(settings["outer_rates"][method])
        n_seeds = len(settings["seeds"])
        self.shape = (len(alphas), len(rates), n_seeds)
        self.alpha = alphas[:, None, None].expand(self.shape).flatten()  # [C]
        self.rate = rates[None, :, None].expand(self.shape).flatten()  # [C]
        start = initial(settings["seeds"])
        self.theta = {
            name: value.repeat(self.cells // n_seeds, *[1] * (value.ndim - 1)) for name, value in start.items()
        }
        self.direction = vmap(DIRECTIONS[method], in_dims=(0, 0, 0, None))
        self.generator = seeded(0)

    @property
    def cells(self) -> int:
        return self.shape[0] * self.shape[1] * self.shape[2]

    def update(self, share: float = 1.0) -> None:
        """One outer step of every cell, at `share` of its outer rate. A seed's cells all see the same tasks."""
        n_seeds, n_tasks, half = self.shape[2], self.settings["meta_batch_size"], self.settings["points"] // 2
        drawn = sinusoids.sample_episodes(n_seeds * n_tasks, half, half, generator=self.generator)
        tasks = Episode(
            *(f.unflatten(0, (n_seeds, n_tasks)).repeat(self.cells // n_seeds, *[1] * f.ndim) for f in drawn)
        )
        batches = reptile.minibatches(2 * half, half, self.k, self.generator)
        with torch.no_grad():
            direction = self.direction(self.theta, self.alpha, tasks, batches)
        step = share * self.rate
        self.theta = {
            name: value - step.view(-1, *[1] * (value.ndim - 1)) * direction[name] for name, value in self.theta.items()
        }

    def learn(self, updates: int) -> list[Params]:
        """`updates` steps, the outer rates falling linearly to zero; the parameters after each part of the budget."""
        parts = self.settings["parts"]
        kept, ends = [self.theta], [round(updates * part / parts) for part in range(1, parts + 1)]
        for update in range(updates):
            self.update(1 - update / updates)
            kept += [self.theta] * ends.count(update + 1)
        return kept


def errors(theta: Params, tasks: Episode, step_size: float, steps: int) -> Tensor:
    """[C]: the mean query error of each cell's start after `steps` gradient steps; what diverged is infinite."""

    def of(theta: Params) -> Tensor:
        return sinusoids.query_errors(MODEL, theta, tasks, inner_lr=step_size, inner_steps=steps)[:, -1].mean()

    return vmap(of, chunk_size=15)(theta).nan_to_num(nan=torch.inf)


def test_errors(theta: Params, settings: dict[str, Any], validation: Episode, test: Episode) -> tuple[Tensor, Tensor]:
    """[C] errors on the validation tasks and on the test tasks, with the step size that is best on the former."""
    sizes, steps = settings["step_sizes_at_test"], settings["steps_at_test"]
    on_validation = torch.stack([errors(theta, validation, size, steps) for size in sizes])  # [sizes, C]
    best = on_validation.argmin(dim=0)
    on_test = torch.full_like(on_validation[0], torch.inf)
    for number, size in enumerate(sizes):
        chosen = (best == number).nonzero()[:, 0]
        if len(chosen):
            on_test[chosen] = errors({name: value[chosen] for name, value in theta.items()}, test, size, steps)
    return on_validation.amin(dim=0), on_test


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Time one update of every method and k, train each for equal seconds, and test every cell."""
    keys = [(method, k) for k in settings["inner_steps"] for method in DIRECTIONS]
    timings = in_turn(
        {f"{method} {k}": Group(method, k, settings).update for method, k in keys}, rounds=7, clock=time.process_time
    )
    validation, test = (
        sinusoids.sample_episodes(
            settings[f"{part}_tasks"], settings["k_shot_at_test"], settings["queries_at_test"], generator=seeded(seed)
        )
        for seed, part in enumerate(("validation", "test"), start=1)
    )
    groups = []
    for method, k in keys:
        cost = timings[f"{method} {k}"].median
        updates = max(settings["parts"], round(settings["seconds"] / cost))
        group = Group(method, k, settings)
        kept = group.learn(updates)
        on_validation, on_test = (e.view(group.shape) for e in test_errors(group.theta, settings, validation, test))
        best = int(on_validation.mean(dim=2).argmin())  # of [α × outer rate], over the mean of the seeds
        seeds = slice(best * group.shape[2], (best + 1) * group.shape[2])
        curve = [
            test_errors({name: value[seeds] for name, value in theta.items()}, settings, validation, test)[1]
            for theta in kept
        ]
        groups.append(
            {
                "method": method,
                "k": k,
                "milliseconds": 1000 * cost,
                "updates": updates,
                "validation": finite(on_validation),  # [α][outer rate][seed]
                "test": finite(on_test),
                "best": list(divmod(best, group.shape[1])),  # [α, outer rate]
                "curve_of_best": [finite(point) for point in curve],  # [parts + 1][seed]
            }
        )
    return {"groups": groups}


def finite(values: Tensor) -> Any:
    """`values` as nested lists, with None for what diverged: JSON has no infinity."""
    if values.ndim:
        return [finite(value) for value in values]
    return value if (value := values.item()) < 1e6 else None


def tensor_of(values: Any) -> Tensor:
    """What `finite` made lists of, with infinity for None."""
    if isinstance(values, list):
        return torch.stack([tensor_of(part) for part in values])
    return torch.tensor(torch.inf if values is None else values)


STUDY = Study(
    question="Sinusoids, equal seconds: is Reptile less sensitive to α, k and the outer rate than MAML, or faster?",
    run=run,
    settings=SETTINGS,
)
