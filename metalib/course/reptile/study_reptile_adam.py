"""Notebook 05: whether Reptile's inner Adam should remember the task before."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor, nn

from metalib.adapt import InnerAdam
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.episodes import Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.training.loop import Run
from metalib.training.recipes import ReptileRecipe


class ForgetfulRecipe(ReptileRecipe):
    """Reptile whose inner Adam starts anew with each task."""

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """½‖θ − φᵢ‖² for each task, from a fresh state."""
        found = []
        for t in range(len(episodes.support_y)):
            run.inner = InnerAdam()
            found.append(super().losses(network, Episode(*(field[t : t + 1] for field in episodes)), run))
        return torch.cat(found)


def run(settings: dict[str, Any]) -> dict[str, Any]:
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


STUDY = Study(
    question="Omniglot: does an inner Adam whose state goes on from task to task train better than a fresh one?",
    run=run,
    settings={"seeds": [0, 1, 2], "updates": 60, "episodes": 60, "test_steps": 20},
)
