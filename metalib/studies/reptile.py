"""Notebook 05: what Reptile costs beside MAML, what its steps align, and what its inner Adam remembers."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import mse_loss

from metalib import maml, reptile, sinusoids
from metalib.adapt import InnerAdam, Params
from metalib.banks import load_bank, split
from metalib.bench.timing import in_turn, peak_memory, ratio
from metalib.episodes import Episode, EpisodeSpec, sample_episodes, stream_episodes
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.models import conv4
from metalib.recipes import ReptileRecipe
from metalib.runtime import seeded
from metalib.studies.base import Study
from metalib.studies.reptile_sensitivity import MODEL, reptile_direction
from metalib.studies.sinusoids import initial
from metalib.train import Run

# --- cost


def outer_directions(k_shot: int, seed: int) -> dict[str, Callable[[int], object]]:
    """For each method: k -> the direction of an outer step from one Omniglot task."""
    training = split(load_bank("omniglot", quiet=True)).training
    tasks = sample_episodes(training, EpisodeSpec(5, k_shot, k_shot), 1, generator=seeded(seed))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = conv4(downsample="stride", n_out=5, running_stats=False)
    theta: Params = dict(model.named_parameters())

    def by_maml(k: int, first_order: bool) -> object:
        losses = maml.losses(model, theta, tasks, inner_lr=0.01, inner_steps=k, first_order=first_order, chunk_size=1)
        return torch.autograd.grad(losses.mean(), list(theta.values()))

    def by_reptile(k: int) -> object:
        (phi,) = reptile.adapted(model, theta, tasks, inner_lr=0.01, inner_steps=k)
        return {name: value.detach() - phi[name] for name, value in theta.items()}

    return {
        "MAML": lambda k: by_maml(k, first_order=False),
        "first-order MAML": lambda k: by_maml(k, first_order=True),
        "Reptile": by_reptile,
    }


def cost(settings: dict[str, Any]) -> dict[str, Any]:
    """Processor seconds, all in turn, and the peak of memory, for each method and k; and their ratios to Reptile's."""
    directions = outer_directions(settings["k_shot"], settings["seed"])
    works = {
        (method, k): (lambda direction=direction, k=k: direction(k))
        for k in settings["inner_steps"]
        for method, direction in directions.items()
    }
    names = {f"{method} {k}": work for (method, k), work in works.items()}
    timings = in_turn(names, rounds=settings["rounds"], clock=time.process_time)
    rows = []
    for (method, k), work in works.items():
        mine, reptiles = (timings[f"{name} {k}"] for name in (method, "Reptile"))
        peaks = [peak_memory(work, torch.device("cpu")) for _ in range(3)]
        rows.append(
            {
                "method": method,
                "k": k,
                "milliseconds": 1000 * mine.median,
                "times_reptile": ratio(mine.seconds, reptiles.seconds),
                "megabytes": None if None in peaks else sorted(p for p in peaks if p is not None)[1] / 2**20,
            }
        )
    return {"rows": rows}


# --- alignment


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
    """How an arm moves: minibatches of its inner loop (None: k full batches), outer rate ε, tasks an update."""

    n_batches: int | None
    rate: float
    n_tasks: int


def arms(settings: dict[str, Any]) -> dict[str, Arm]:
    """The arms of the study, by name.

    The rates make the first-order parts of all moves equal: k · α gradients of the mean loss. Joint training takes one
    step where Reptile takes k, on k times as many tasks: its step is k times as long, and with few tasks so noisy that
    networks die of it. Both compute as many gradients.
    """
    k, n_tasks = settings["inner_steps"], settings["meta_batch_size"]
    return {
        "Reptile": Arm(k, 1.0, n_tasks),
        "Reptile, full batches": Arm(None, 1.0, n_tasks),
        "joint training": Arm(1, float(k), k * n_tasks),
    }


def alignment(settings: dict[str, Any]) -> dict[str, Any]:
    """Train every arm with all seeds side by side, and measure the alignment of gradients on the way."""
    n_seeds, half = len(settings["seeds"]), settings["points"] // 2
    probe = sinusoids.sample_episodes(settings["probe_tasks"], half, half, generator=seeded(1))
    measure = vmap(lambda theta: alignment_at(theta, probe))
    found: dict[str, Any] = {}
    alpha, step = torch.tensor(settings["inner_lr"]), vmap(reptile_direction, in_dims=(0, None, 0, None))
    for arm, (n_batches, rate, n_tasks) in arms(settings).items():
        theta, generator, rows = initial(settings["seeds"]), seeded(0), []
        for update in range(settings["updates"] + 1):
            if update % settings["measure_every"] == 0:
                errors = sinusoids_errors(theta, settings)
                rows.append({name: value.tolist() for name, value in {**measure(theta), "error": errors}.items()})
            drawn = sinusoids.sample_episodes(n_seeds * n_tasks, half, half, generator=generator)
            tasks = Episode(*(field.unflatten(0, (n_seeds, n_tasks)) for field in drawn))
            if n_batches is None:
                batches = [torch.arange(2 * half)] * settings["inner_steps"]
            else:
                batches = reptile.minibatches(2 * half, half, n_batches, generator)
            with torch.no_grad():
                moved = step(theta, alpha, tasks, batches)
            theta = {name: value - rate * moved[name] for name, value in theta.items()}
        found[arm] = {name: [row[name] for row in rows] for name in rows[0]}  # [measurements][seeds]
    return {"updates": list(range(0, settings["updates"] + 1, settings["measure_every"])), "arms": found}


def sinusoids_errors(theta: Params, settings: dict[str, Any]) -> Tensor:
    """[seeds]: the mean query error after as many steps of α as in training, on tasks of 10 points."""
    tasks = sinusoids.sample_episodes(settings["probe_tasks"], 10, 50, generator=seeded(2))

    def of(theta: Params) -> Tensor:
        how = {"inner_lr": settings["inner_lr"], "inner_steps": settings["inner_steps"]}
        return sinusoids.query_errors(MODEL, theta, tasks, **how)[:, -1].mean()

    return vmap(of)(theta)


# --- the inner Adam


class ForgetfulRecipe(ReptileRecipe):
    """Reptile whose inner Adam starts anew with each task."""

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """½‖θ − φᵢ‖² for each task, from a fresh state."""
        found = []
        for t in range(len(episodes.support_y)):
            run.inner = InnerAdam()
            found.append(super().losses(network, Episode(*(field[t : t + 1] for field in episodes)), run))
        return torch.cat(found)


def inner_adam(settings: dict[str, Any]) -> dict[str, Any]:
    """Short runs on Omniglot, the state kept or fresh, on the same tasks; scored on the validation part."""
    training, validation, _ = split(load_bank("omniglot", quiet=True))
    spec = EpisodeSpec(5, 1, 15)
    accuracies: dict[str, list[Tensor]] = {"kept": [], "fresh": []}
    for seed in settings["seeds"]:
        for name, kind in (("kept", ReptileRecipe), ("fresh", ForgetfulRecipe)):
            recipe = dataclasses.replace(kind(), updates=settings["updates"], seed=seed)
            network = recipe.network()
            for _ in recipe.train(network, training, record_every=recipe.updates, progress=False):
                pass
            episodes = stream_episodes(validation, spec, settings["episodes"], seed=1)
            predict = recipe.predictor(network.eval(), steps=settings["test_steps"])
            accuracies[name].append(evaluate(predict, episodes))
    pairs = zip(accuracies["kept"], accuracies["fresh"], strict=True)
    return {
        **{name: [list(mean_interval(values)) for values in of_seeds] for name, of_seeds in accuracies.items()},
        "kept_minus_fresh": [list(paired_interval(kept, fresh)) for kept, fresh in pairs],
    }


COST = Study(
    question="Seconds and memory of one outer direction on one Omniglot task: MAML, first-order MAML and Reptile.",
    run=cost,
    settings={"network": "conv4, stride", "k_shot": 5, "inner_steps": [1, 2, 4, 8, 16], "rounds": 5, "seed": 0},
)
ALIGNMENT = Study(
    question="Sinusoids: do the gradients of two minibatches of a task align more in Reptile than in joint training?",
    run=alignment,
    settings={
        "seeds": [0, 1, 2],
        "updates": 1500,
        "measure_every": 75,
        "meta_batch_size": 5,
        "points": 20,  # of a task; minibatches have half of them
        "inner_lr": 0.02,
        "inner_steps": 8,
        "probe_tasks": 100,
    },
)
ADAM = Study(
    question="Omniglot: does an inner Adam whose state goes on from task to task train better than a fresh one?",
    run=inner_adam,
    settings={"seeds": [0, 1, 2], "updates": 60, "episodes": 60, "test_steps": 20},
)
