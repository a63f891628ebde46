"""Whether bfloat16 costs accuracy: a prototypical network trained with it and without, from the same seeds."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from metalib import protonet, runtime
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.course.maml_omniglot.study_maml_omniglot import measured, trained
from metalib.episodes import Episode
from metalib.evaluate import mean_interval, paired_interval
from metalib.training.loop import Run
from metalib.training.recipes.protonet import ProtonetRecipe

SETTINGS: dict[str, Any] = {
    "seeds": [0, 1, 2],
    "updates": 6000,
    "ways": [5, 20],
    "validation_episodes": 600,
    "validation_seed": 1,
}


class Float32Recipe(ProtonetRecipe):
    """A prototypical network that trains and answers in float32 also where there are bfloat16 units."""

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """−log p(y | x), averaged over the queries of each task."""
        return protonet.losses(network, episodes)

    def predictor(self, network: nn.Module):
        """The nearest prototype."""
        return lambda episodes: protonet.predict(network, episodes)


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Accuracies in each number format, and their difference on the same episodes, for each way.

    Raises ValueError on a device without bfloat16 units, where both would be float32.
    """
    device = runtime.pick_device()
    if not runtime.has_bfloat16(device):
        raise ValueError(f"{runtime.describe(device)} has no bfloat16 units: run this study where there are some")
    training, validation, _ = split(load_bank(quiet=True).to(device))
    found: dict[str, dict[int, list[Tensor]]] = {}
    for name, kind in (("bfloat16", ProtonetRecipe), ("float32", Float32Recipe)):
        found[name] = {n_way: [] for n_way in settings["ways"]}
        for seed in settings["seeds"]:
            recipe = kind(updates=settings["updates"], seed=seed)
            network, _ = trained(recipe, training)
            for n_way in settings["ways"]:
                found[name][n_way].append(measured(recipe.predictor(network), validation, n_way, settings))
    return {"device": runtime.describe(device), "rows": [_row(n_way, found) for n_way in settings["ways"]]}


def _row(n_way: int, found: dict[str, dict[int, list[Tensor]]]) -> dict[str, Any]:
    bfloat16, float32 = (torch.stack(found[name][n_way]) for name in ("bfloat16", "float32"))  # [seeds, E]
    return {
        "n_way": n_way,
        "bfloat16": [list(mean_interval(one)) for one in bfloat16],
        "float32": [list(mean_interval(one)) for one in float32],
        "difference": list(paired_interval(bfloat16.mean(dim=0), float32.mean(dim=0))),
        "of_seeds": [list(paired_interval(a, b)) for a, b in zip(bfloat16, float32, strict=True)],
    }


STUDY = Study(
    question="Does bfloat16 cost a prototypical network accuracy, over three seeds?",
    run=run,
    settings=SETTINGS,
)
