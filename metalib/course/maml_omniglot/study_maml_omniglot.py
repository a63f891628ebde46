"""Notebook 04: what a setting does to MAML on Omniglot. Short runs that differ from one another in that setting alone.

Each arm trains by `MamlRecipe` with a rate that falls to zero within its own updates, from the same initial weights,
and is measured on the same episodes of the validation classes: settings are chosen there, and not on the exams.
"""

from __future__ import annotations

import dataclasses
import time
from typing import Any

import torch
from torch import Tensor

from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, EpisodeSpec, sample_episodes, stream_episodes
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.models import Conv4
from metalib.runtime import seeded
from metalib.training.recipes import Predict, Recipe
from metalib.training.recipes.maml import MamlRecipe

SETTINGS: dict[str, Any] = {
    "seeds": [0, 1],
    "updates": 200,
    "meta_batch_size": 8,
    "validation_episodes": 400,
    "validation_seed": 1,
}
ARMS: dict[str, dict[str, Any]] = {
    "α = 0.4, 5 queries, second order": {},
    "1 query": {"n_query": 1},
    "15 queries": {"n_query": 15},
    "first order": {"first_order": True},
}
BASE, EQUAL_SECONDS = next(iter(ARMS)), "first order, as many seconds"


def trained(recipe: Recipe, bank: ClassBank) -> tuple[Conv4, float]:
    """A network that `recipe` trained on `bank`, in evaluation mode, and the processor seconds of its training."""
    network, start = recipe.network(), time.process_time()
    for _ in recipe.train(network, bank, record_every=recipe.updates, save_every=recipe.updates, progress=False):
        pass
    return network.eval(), time.process_time() - start


def measured(predict: Predict, validation: ClassBank, n_way: int, settings: dict[str, Any]) -> Tensor:
    """[E]: 1-shot accuracies on the validation classes, the same episodes for all that have the same settings."""
    spec = EpisodeSpec(n_way, 1, 15 if n_way == 5 else 5)
    episodes = stream_episodes(validation, spec, settings["validation_episodes"], seed=settings["validation_seed"])
    return evaluate(predict, episodes)


def seconds_per_update(recipe: MamlRecipe, bank: ClassBank, *, repeats: int) -> list[float]:
    """[second order, first order]: processor seconds of the losses and their gradient; medians, taken in turns."""
    network = recipe.network()
    run = recipe.start(network, bank)
    spec = EpisodeSpec(recipe.n_way, recipe.k_shot, recipe.n_query)
    episodes = sample_episodes(bank, spec, recipe.meta_batch_size, generator=seeded(0))
    taken: list[list[float]] = [[], []]
    for _ in range(repeats + 1):  # the first of each is thrown away: it sets the convolutions up
        for first_order in (False, True):
            start = time.process_time()
            dataclasses.replace(recipe, first_order=first_order).losses(network, episodes, run).mean().backward()
            taken[first_order].append(time.process_time() - start)
    return [torch.tensor(times[1:]).median().item() for times in taken]


def arm(recipe: MamlRecipe, banks: tuple[ClassBank, ClassBank], settings: dict[str, Any]) -> tuple[Tensor, float]:
    """[seeds, E]: accuracies on the validation classes, one network a seed; and the processor seconds of a training."""
    training, validation = banks
    found, seconds = [], 0.0
    for seed in settings["seeds"]:
        network, taken = trained(dataclasses.replace(recipe, seed=seed), training)
        found.append(measured(recipe.predictor(network), validation, recipe.n_way, settings))
        seconds += taken / len(settings["seeds"])
    return torch.stack(found), seconds


def row(name: str, recipe: MamlRecipe, found: Tensor, seconds: float, base: Tensor) -> dict[str, Any]:
    """What is kept of an arm: its accuracy, that of each seed, and its lead over `base` on the same episodes."""
    return {
        "arm": name,
        "updates": recipe.updates,
        "seconds": round(seconds, 1),
        "accuracy": list(mean_interval(found.mean(dim=0))),
        "of_seeds": [list(mean_interval(one)) for one in found],
        "minus_base": list(paired_interval(found.mean(dim=0), base.mean(dim=0))),
    }


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """The arms, and first-order MAML also with as many seconds."""
    training, validation, _ = split(load_bank(quiet=True))
    recipe = MamlRecipe(updates=settings["updates"], meta_batch_size=settings["meta_batch_size"])
    second, first = seconds_per_update(recipe, training, repeats=7)
    arms = {name: dataclasses.replace(recipe, **changes) for name, changes in ARMS.items()}
    longer = round(settings["updates"] * second / first)
    arms[EQUAL_SECONDS] = dataclasses.replace(recipe, first_order=True, updates=longer)
    found = {name: arm(one, (training, validation), settings) for name, one in arms.items()}
    return {
        "five_way": [row(name, arms[name], *found[name], found[BASE][0]) for name in arms],
        "seconds_per_update": {"second order": second, "first order": first},
    }


STUDY = Study(
    question="MAML on Omniglot: what do the queries in training and the order of the gradient do?",
    run=run,
    settings=SETTINGS,
)
