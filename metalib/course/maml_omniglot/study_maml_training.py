"""Notebook 04: MAML, first-order MAML and ANIL by updates and by seconds, from the records of their training runs.

The seconds in a run's records are those of a machine that may have had other things to do. So what an update costs is
measured anew here, in processor seconds on one thread, for all three in turns.
"""

from __future__ import annotations

import time
from typing import Any

import torch

from metalib import places
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.runtime import seeded
from metalib.training.recipes import RECIPES
from metalib.training.run_state import read_records

SETTINGS: dict[str, Any] = {
    "runs": {"maml": "maml-alphabets-0", "fomaml": "fomaml-alphabets-0", "anil": "anil-alphabets-0"},
    "repeats": 9,
    "seed": 0,  # of the episodes that are timed; the runs have their own in their names
}


def curve(folder: str) -> list[list[float]]:
    """[update, mean, low, high] for each record of a run that has an accuracy on the validation classes.

    Raises FileNotFoundError, with the command, when there is no such run.
    """
    found = places.find(f"runs/{folder}")
    if found is None:
        name = folder.split("-")[0]
        raise FileNotFoundError(f"{places.where_looked(f'The run runs/{folder}')}. Train it: metalib train {name}")
    return [[r.update, *r.validation[:3]] for r in read_records(found) if r.validation is not None]


def seconds_per_update(names: list[str], *, repeats: int, seed: int) -> dict[str, float]:
    """Processor seconds of an update of each recipe: losses, gradient and Adam's step; medians, taken in turns."""
    training = split(load_bank(quiet=True)).training
    steps: dict[str, Any] = {}
    taken: dict[str, list[float]] = {name: [] for name in names}
    for name in names:
        recipe = RECIPES[name]
        run = recipe.start(recipe.network(), training)
        spec = EpisodeSpec(recipe.n_way, recipe.k_shot, recipe.n_query)
        episodes = sample_episodes(training, spec, recipe.meta_batch_size, generator=seeded(seed))
        steps[name] = recipe, run, episodes
    for _ in range(repeats + 1):  # the first of each is thrown away: it sets the convolutions up
        for name, (recipe, run, episodes) in steps.items():
            start = time.process_time()
            run.optimizer.zero_grad()
            recipe.losses(run.model, episodes, run).mean().backward()
            run.optimizer.step()
            taken[name].append(time.process_time() - start)
    return {name: torch.tensor(times[1:]).median().item() for name, times in taken.items()}


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A curve and a cost for each run, by the method's name."""
    names = list(settings["runs"])
    costs = seconds_per_update(names, repeats=settings["repeats"], seed=settings["seed"])
    return {
        RECIPES[name].method: {
            "curve": curve(settings["runs"][name]),
            "seconds_per_update": costs[name],
            "tasks_per_update": RECIPES[name].meta_batch_size,
        }
        for name in names
    }


STUDY = Study(
    question="MAML, first-order MAML and ANIL on Omniglot: which is ahead at equal updates, which at equal seconds?",
    run=run,
    settings=SETTINGS,
)
