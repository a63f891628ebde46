"""Notebook 04: the inner step size of MAML on Omniglot, at 5 and at 20 ways, from a quarter of the usual to the sum's.

The published code sums the support losses and divides by K, so that its step on their mean is N times the printed one:
2.0 in both cases. Every arm trains with one inner step and is measured after one and after three of them, on the same
episodes of the validation classes.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from metalib import runtime
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.course.maml_omniglot.study_maml_omniglot import measured, trained
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval, paired_interval
from metalib.training.recipes.maml import MamlRecipe

SETTINGS: dict[str, Any] = {
    "inner_lr": [0.1, 0.4, 1.0, 2.0],
    "compared_with": 0.4,
    "seeds": [0, 1, 2],
    "updates": 3000,
    "five_way": {"n_way": 5, "n_query": 5, "meta_batch_size": 16},
    "twenty_way": {"n_way": 20, "n_query": 2, "meta_batch_size": 8},
    "test_steps": [1, 3],
    "validation_episodes": 400,
    "validation_seed": 1,
}


def accuracies(recipe: MamlRecipe, banks: tuple[ClassBank, ClassBank], settings: dict[str, Any]) -> torch.Tensor:
    """[test_steps, seeds, E]: one network a seed, measured after each number of steps."""
    training, validation = banks
    of_seeds = []
    for seed in settings["seeds"]:
        network, _ = trained(dataclasses.replace(recipe, seed=seed), training)
        predictors = [recipe.predictor(network, steps=steps) for steps in settings["test_steps"]]
        of_seeds.append(torch.stack([measured(one, validation, recipe.n_way, settings) for one in predictors]))
    return torch.stack(of_seeds, dim=1)


def rows(ways: str, banks: tuple[ClassBank, ClassBank], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """What is kept of each step size: its accuracy, that of each seed, and its lead over the usual one."""
    usual = settings["compared_with"]
    recipe = MamlRecipe(updates=settings["updates"], **settings[ways])
    found = {
        rate: accuracies(dataclasses.replace(recipe, inner_lr=rate), banks, settings) for rate in settings["inner_lr"]
    }
    return [
        {
            "inner_lr": rate,
            "test_steps": steps,
            "accuracy": list(mean_interval(of_seeds.mean(dim=0))),
            "of_seeds": [list(mean_interval(one)) for one in of_seeds],
            "minus_usual": list(paired_interval(of_seeds.mean(dim=0), found[usual][number].mean(dim=0))),
        }
        for rate in found
        for number, (steps, of_seeds) in enumerate(zip(settings["test_steps"], found[rate], strict=True))
    ]


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Every step size at 5 and at 20 ways, on the best device there is."""
    training, validation, _ = split(load_bank(quiet=True).to(runtime.pick_device()))
    banks = training, validation
    return {
        "device": runtime.describe(training.device),
        **{ways: rows(ways, banks, settings) for ways in ("five_way", "twenty_way")},
    }


STUDY = Study(
    question="MAML on Omniglot: which inner step size is good in training, at 5 and at 20 ways?",
    run=run,
    settings=SETTINGS,
)
