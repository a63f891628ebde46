"""Notebook 02: what gradient steps make of a random start, beside networks that take no step at all.

Step size and number of steps are chosen on validation classes. All rows have the same evaluation tasks.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from metalib import baselines, finetune, protonet
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4, conv4
from metalib.runtime import seeded
from metalib.training import checkpoints

STEPS_TAKEN = "from scratch: gradient steps on the five pictures"
SAME = "no step: nearest centroid, the same network and batch norm"
FROZEN = "no step: nearest centroid, the same network, batch norm frozen at 0 and 1"
MAX_POOL = "no step: nearest centroid, untrained conv4 with max-pooling (notebook 01)"
PRETRAINED = "no step: nearest centroid, pre-trained"
SETTINGS: dict[str, Any] = {
    "n_way": 5,
    "k_shot": 1,
    "n_query": 3,
    "seeds": [0, 1, 2],  # of the random starts
    "step_sizes": [0.03, 0.1, 0.3],
    "steps": [1, 2, 3, 5, 10, 20],
    "validation_tasks": 40,
    "validation_seed": 3,
    "tasks": 200,
    "seed": 6,
    "checkpoint": "classifier",
}


def one_query_each(tasks: Episode) -> Episode:
    """T tasks of Q queries as T·Q tasks of one query: so that no query's batch has another query in it."""
    n = tasks.query_y.shape[1]
    support_x, support_y = (field.repeat_interleave(n, dim=0) for field in (tasks.support_x, tasks.support_y))
    return Episode(support_x, support_y, tasks.query_x.flatten(0, 1)[:, None], tasks.query_y.flatten()[:, None])


def right(predicted: Tensor, tasks: Episode) -> Tensor:
    """[T]: the accuracy on each task."""
    return (predicted.view_as(tasks.query_y) == tasks.query_y).double().mean(dim=1)


def start(seed: int, n_way: int) -> tuple[Conv4, Conv4]:
    """A random network with a head of zeros, twice: with the batch's statistics, and frozen at mean 0, variance 1."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = conv4(downsample="stride")
    return finetune.with_head(network, n_way, running_stats=False), finetune.with_head(network, n_way)


def fine_tuned(network: Conv4, validation: Episode, test: Episode, settings: dict[str, Any]) -> tuple[Tensor, dict]:
    """The accuracy on each test task, [T], with the step size and steps that were best on the validation tasks."""
    at, sizes = settings["steps"], settings["step_sizes"]
    means = torch.stack([_curve(network, validation, size, at).mean(dim=0) for size in sizes])  # [step sizes, M]
    rate, place = divmod(int(means.argmax()), len(at))
    chosen = {"step_size": sizes[rate], "steps": at[place]}
    return _curve(network, test, chosen["step_size"], [chosen["steps"]])[:, 0], chosen


def _curve(network: Conv4, tasks: Episode, step_size: float, at: list[int]) -> Tensor:
    return finetune.curves(network, tasks, at=at, only=finetune.ALL_LAYERS, inner_lr=step_size).query_accuracy.double()


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each start and use, with the paired difference of the steps to it."""
    parts = split(load_bank("omniglot", quiet=True))
    spec = EpisodeSpec(settings["n_way"], settings["k_shot"], settings["n_query"])
    validation, test = (
        sample_episodes(bank, spec, settings[number], generator=seeded(settings[seed]))
        for bank, number, seed in (
            (parts.validation, "validation_tasks", "validation_seed"),
            (parts.evaluation, "tasks", "seed"),
        )
    )
    pretrained, _ = checkpoints.load(settings["checkpoint"])
    rows = []
    for seed in settings["seeds"]:
        moving, frozen = start(seed, settings["n_way"])
        steps, chosen = fine_tuned(moving, validation, test, settings)
        with torch.no_grad():
            others = {
                SAME: right(protonet.predict(moving.features, one_query_each(test)), test),
                FROZEN: right(protonet.predict(frozen.features, test), test),
                MAX_POOL: right(baselines.untrained_centroid(test, seed=seed), test),
                PRETRAINED: right(protonet.predict(pretrained.features, test), test),
            }
        rows.append({"seed": seed, "what": STEPS_TAKEN, **chosen, "accuracy": list(mean_interval(steps))})
        rows += [
            {
                "seed": seed,
                "what": what,
                "accuracy": list(mean_interval(values)),
                "steps_minus_it": list(paired_interval(steps, values)),
            }
            for what, values in others.items()
        ]
    return {"rows": rows}


STUDY = Study(
    question="Gradient steps from a random start on five pictures: what do they gain over networks that take no step?",
    run=run,
    settings=SETTINGS,
)
