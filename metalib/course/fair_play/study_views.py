"""Notebook 07: how far should a view be turned and stretched, and what do views gain? On the validation alphabets.

From it exam C's views were chosen, so it asks a network that has seen neither these alphabets nor the runs. The tasks
have the form of Lake's runs. Every row has the same tasks, so that differences are paired.
"""

from __future__ import annotations

from typing import Any

from metalib.banks import load_bank, split
from metalib.banks.hands import LAKE, draw_by_hands
from metalib.course.fair_play.study_hands import errors, features_of
from metalib.course.kit import views
from metalib.course.kit.study import Study
from metalib.evaluate import mean_interval, paired_interval
from metalib.runtime import seeded
from metalib.training import checkpoints

SETTINGS: dict[str, Any] = {
    "checkpoint": "protonet-stride",
    "strengths": [0.33, 0.67, 1.0, 1.33],
    "views": views.N_VIEWS,
    "tasks": 2000,
    "seed": 1,
}


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for plain features, strength 0, and for each strength of the views; each query alone, and one to one."""
    bank = split(load_bank("omniglot", quiet=True)).validation
    network, info = checkpoints.load(settings["checkpoint"])
    tasks = draw_by_hands(bank, LAKE, settings["tasks"], generator=seeded(settings["seed"]))
    plain, rows = None, []
    for strength in (0.0, *settings["strengths"]):
        maps = views.maps(settings["views"], strength=strength)
        features = features_of(views.by_views(network, maps) if strength else network, bank)
        alone, assigned = (errors(features, tasks, assigned=known) for known in (False, True))
        plain = alone if plain is None else plain
        rows.append(
            {
                "strength": strength,
                "errors": list(mean_interval(alone, "tasks")),
                "minus_plain": list(paired_interval(alone, plain, "tasks")),
                "one_to_one": list(mean_interval(assigned, "tasks")),
            }
        )
    return {"network": f"{info['method']}, {info['classes']}", "rows": rows}


STUDY = Study(
    question="The mean embedding of many slightly changed views of a picture: how far changed, and what does it gain?",
    run=run,
    settings=SETTINGS,
)
