"""Notebook 03: MAML's start, first-order MAML's, joint training's and a random one, on sinusoids. Three seeds each.

Each start takes its own best step size at test, chosen on validation tasks for each number of points and of steps: what
joint training loses is then not lost to a step size that suits another method. Training follows Finn et al. (2017),
section 5.1 (one step of 0.01 on 10 points), with fewer updates and a rate that falls to zero.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap
from torch.nn.functional import mse_loss

from metalib import maml, places, runtime, sinusoids
from metalib.adapt import Params
from metalib.course.kit.initial import initial
from metalib.course.kit.study import Study
from metalib.episodes import Episode
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import mlp
from metalib.runtime import seeded
from metalib.training import checkpoints

SETTINGS: dict[str, Any] = {
    "seeds": [0, 1, 2],
    "updates": 8_000,  # the authors' code: 70,000
    "meta_batch_size": 25,
    "k_shot": 10,
    "n_query": 10,
    "inner_lr": 0.01,
    "inner_steps": 1,
    "learning_rate": 1e-3,  # of Adam, falling linearly to zero
    "shots_at_test": [5, 10],
    "steps_at_test": [0, 1, 5, 10],
    "step_sizes_at_test": [0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1],
    "validation_tasks": 200,
    "test_tasks": 600,
    "queries_at_test": 50,
    "validation_seed": 1,
    "test_seed": 2,
}
MAML, JOINT, RANDOM = "MAML", "joint training", "random start"
SAME_DATA = "MAML, one set of points for both losses"
STARTS = (MAML, "first-order MAML", JOINT, SAME_DATA, RANDOM)
FILES = {MAML: "sinusoids-maml", "first-order MAML": "sinusoids-fomaml", JOINT: "sinusoids-joint"}


def loss_of(start: str, settings: dict[str, Any]) -> Callable[[Params, Episode], Tensor]:
    """The training loss of a start: (θ, tasks) -> a number."""
    model = mlp()
    adapting = {name: settings[name] for name in ("inner_lr", "inner_steps")}

    def loss(theta: Params, tasks: Episode) -> Tensor:
        if start == JOINT:  # no adaptation: one network for all points of all tasks
            x, y = torch.cat([tasks.support_x, tasks.query_x], 1), torch.cat([tasks.support_y, tasks.query_y], 1)
            return mse_loss(functional_call(model, theta, (x,)), y)
        if start == SAME_DATA:
            tasks = tasks._replace(query_x=tasks.support_x, query_y=tasks.support_y)
        first_order = start == "first-order MAML"
        return maml.losses(model, theta, tasks, loss_fn=mse_loss, first_order=first_order, **adapting).mean()

    return loss


def train(start: str, settings: dict[str, Any]) -> Params:
    """The trained parameters of all seeds, which learn side by side, each from tasks of its own."""
    theta = {name: value.requires_grad_() for name, value in initial(settings["seeds"]).items()}
    if start == RANDOM:
        return theta
    n_seeds, updates = len(settings["seeds"]), settings["updates"]
    n_tasks = n_seeds * settings["meta_batch_size"]
    optimizer = torch.optim.Adam(theta.values(), settings["learning_rate"])  # works number by number: seeds do not mix
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, updates)
    loss, generator = vmap(loss_of(start, settings)), seeded(0)
    for _ in range(updates):
        tasks = sinusoids.sample_episodes(n_tasks, settings["k_shot"], settings["n_query"], generator=generator)
        value = loss(theta, Episode(*(field.unflatten(0, (n_seeds, -1)) for field in tasks)))  # [seeds]
        optimizer.zero_grad()
        value.sum().backward()
        optimizer.step()
        schedule.step()
    return theta


def one_seed(theta: Params, seed: int) -> Params:
    """The parameters of one seed, without the leading axis."""
    return {name: value[seed].detach() for name, value in theta.items()}


def errors(theta: Params, tasks: Episode, step_size: float, steps: int) -> Tensor:
    """Query errors of every seed after 0 … k steps, [seeds, T, k + 1]; what diverged is infinite."""
    model, n_seeds = mlp(), len(next(iter(theta.values())))
    found = [
        sinusoids.query_errors(model, one_seed(theta, seed), tasks, inner_lr=step_size, inner_steps=steps)
        for seed in range(n_seeds)
    ]
    return torch.stack(found).nan_to_num(nan=torch.inf)


def measure(thetas: dict[str, Params], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each number of points, number of steps and start: its step size, its errors, MAML's lead."""
    rows, most = [], max(settings["steps_at_test"])
    for k_shot in settings["shots_at_test"]:
        validation, test = (
            sinusoids.sample_episodes(
                settings[f"{part}_tasks"],
                k_shot,
                settings["queries_at_test"],
                generator=seeded(settings[f"{part}_seed"]),
            )
            for part in ("validation", "test")
        )
        curves = {}  # by start and step size: [seeds, T, k + 1]
        best = {}
        for start, theta in thetas.items():
            means = torch.stack(
                [errors(theta, validation, a, most).mean(dim=(0, 1)) for a in settings["step_sizes_at_test"]]
            )  # [step sizes, k + 1]
            for steps in settings["steps_at_test"]:
                best[start, steps] = settings["step_sizes_at_test"][int(means[:, steps].argmin())]
            for step_size in {best[start, steps] for steps in settings["steps_at_test"]}:
                curves[start, step_size] = errors(theta, test, step_size, most)
        for steps in settings["steps_at_test"]:
            found = {start: curves[start, best[start, steps]][:, :, steps] for start in thetas}  # [seeds, T]
            for start, theta in thetas.items():
                row = _row(start, k_shot, steps, best[start, steps], found)
                on_support = test._replace(query_x=test.support_x, query_y=test.support_y)
                fit = errors(theta, on_support, best[start, steps], steps)[:, :, steps]
                rows.append({**row, "support_mse": list(mean_interval(fit.mean(dim=0), "tasks"))})
    return rows


def _row(start: str, k_shot: int, steps: int, step_size: float, found: dict[str, Tensor]) -> dict[str, Any]:
    per_task = {name: values.mean(dim=0) for name, values in found.items()}  # [T], the mean over seeds
    return {
        "start": start,
        "k_shot": k_shot,
        "steps": steps,
        "step_size": step_size if steps else None,
        "mse": list(mean_interval(per_task[start], "tasks")),
        "mse_of_seeds": found[start].mean(dim=1).tolist(),
        "minus_maml": None if start == MAML else list(paired_interval(per_task[start], per_task[MAML], "tasks")),
    }


def joint_against_mean_wave(theta: Params) -> dict[str, Any]:
    """How far joint training's outputs are from the predicted −1.62 cos x, and from zero: root mean squares by seed."""
    x = torch.linspace(*sinusoids.INPUTS, 201)[:, None]
    outputs = [functional_call(mlp(), one_seed(theta, seed), (x,)) for seed in range(len(next(iter(theta.values()))))]
    return {
        "rms_to_mean_wave": [(y - sinusoids.mean_wave(x)).square().mean().sqrt().item() for y in outputs],
        "rms_to_zero": [y.square().mean().sqrt().item() for y in outputs],
    }


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Train, keep the networks of the first seed as checkpoints, and measure."""
    thetas = {start: train(start, settings) for start in STARTS}
    folder = next(places.writable_folders(), None)
    if folder is None:
        raise ValueError(f"{places.where_looked('A folder to write to')}")
    for start, name in FILES.items():
        model = mlp()
        model.load_state_dict(one_seed(thetas[start], 0))
        info = {"method": start, "data": "sinusoids", "study": "sinusoids", "settings": settings}
        info |= {"seed": settings["seeds"][0], "machine": runtime.machine(), "date": date.today().isoformat()}
        checkpoints.save(folder / "checkpoints" / f"{name}{checkpoints.SUFFIX}", model, info)
    return {"rows": measure(thetas, settings), "joint": joint_against_mean_wave(thetas[JOINT])}


STUDY = Study(
    question="Sinusoids: which start leaves the smallest error after 0, 1, 5 and 10 steps on 5 or 10 points?",
    run=run,
    settings=SETTINGS,
)
