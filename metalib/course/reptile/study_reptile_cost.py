"""Notebook 05: what an outer direction of Reptile costs beside MAML's, in seconds and in memory."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch

from metalib import maml, reptile
from metalib.adapt import Params
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.course.kit.timing import in_turn, peak_memory, ratio
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


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


def run(settings: dict[str, Any]) -> dict[str, Any]:
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


STUDY = Study(
    question="Seconds and memory of one outer direction on one Omniglot task: MAML, first-order MAML and Reptile.",
    run=run,
    settings={"network": "conv4, stride", "k_shot": 5, "inner_steps": [1, 2, 4, 8, 16], "rounds": 5, "seed": 0},
)
