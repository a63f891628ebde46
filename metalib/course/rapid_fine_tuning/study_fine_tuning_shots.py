"""Notebook 02: does fine-tuning gain more than a mean of features, with more pictures a class and on hard tasks?

Tasks are 20-way within one alphabet, as in exam B. Step size and number of steps are chosen anew, on validation
classes, for each method and number of pictures.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from metalib import finetune, protonet
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4
from metalib.training import checkpoints

CENTROID = "nearest centroid"
LAYERS: dict[str, finetune.Only] = {
    "linear probe": finetune.HEAD,
    "fine-tuned last block": finetune.LAST_BLOCK,
    "fine-tuned classifier": finetune.ALL_LAYERS,
}
SETTINGS: dict[str, Any] = {
    "checkpoint": "classifier",
    "n_way": 20,
    "shots": [1, 5],
    "n_query": 2,
    "step_sizes": [0.003, 0.01, 0.03, 0.1],
    "steps": [1, 3, 5, 10],
    "validation_tasks": 20,
    "validation_seed": 4,
    "episodes": 100,
    "seed": 5,
}


def tasks(bank: ClassBank, k_shot: int, n_tasks: int, seed: int, settings: dict[str, Any]) -> list[Episode]:
    """Tasks within one alphabet, in batches of at most ten."""
    spec = EpisodeSpec(settings["n_way"], k_shot, settings["n_query"], within_group=True)
    return list(stream_episodes(bank, spec, n_tasks, seed=seed, batch=min(10, n_tasks)))


def accuracy_curves(
    network: Conv4, batches: list[Episode], only: finetune.Only, step_size: float, at: list[int]
) -> Tensor:
    """[T, M]: the query accuracy of each task after each number of steps in `at`."""
    found = [finetune.curves(network, batch, at=at, only=only, inner_lr=step_size).query_accuracy for batch in batches]
    return torch.cat(found).double()


def fine_tuned(
    network: Conv4, method: str, validation: list[Episode], test: list[Episode], settings: dict[str, Any]
) -> tuple[Tensor, dict[str, Any]]:
    """The accuracy on each test task, [E], with the step size and steps that were best on the validation tasks."""
    only, at = LAYERS[method], settings["steps"]
    means = torch.stack(
        [accuracy_curves(network, validation, only, a, at).mean(dim=0) for a in settings["step_sizes"]]
    )  # [step sizes, M]
    rate, place = divmod(int(means.argmax()), len(at))
    best = {"step_size": settings["step_sizes"][rate], "steps": at[place]}
    return accuracy_curves(network, test, only, best["step_size"], [best["steps"]])[:, 0], best


def centroid(network: Conv4, batches: list[Episode]) -> Tensor:
    """[E]: the accuracy of the nearest centroid on the network's features."""
    found = [(protonet.predict(network.features, e) == e.query_y).double().mean(dim=1) for e in batches]
    return torch.cat(found)


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each number of pictures and method, with its paired difference to the classifier's nearest centroid."""
    network, _ = checkpoints.load(settings["checkpoint"])
    parts = split(load_bank("omniglot", quiet=True))
    model, rows = finetune.with_head(network, settings["n_way"]), []
    for k_shot in settings["shots"]:
        validation = tasks(
            parts.validation, k_shot, settings["validation_tasks"], settings["validation_seed"], settings
        )
        test = tasks(parts.evaluation, k_shot, settings["episodes"], settings["seed"], settings)
        with torch.no_grad():
            found: dict[str, tuple[Tensor, dict[str, Any]]] = {CENTROID: (centroid(network, test), {})}
        found |= {method: fine_tuned(model, method, validation, test, settings) for method in LAYERS}
        base = found[CENTROID][0]
        rows += [
            {
                "method": method,
                "k_shot": k_shot,
                **best,
                "accuracy": list(mean_interval(values)),
                "minus_centroid": list(paired_interval(values, base)),
            }
            for method, (values, best) in found.items()
        ]
    return {"rows": rows}


STUDY = Study(
    question="One or five pictures of each of 20 classes: does fine-tuning gain more than a mean of features?",
    run=run,
    settings=SETTINGS,
)
