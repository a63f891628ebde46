"""Notebook 02: gradient steps and SimpleShot side by side, on tasks of twenty characters of one alphabet.

The steps are those that the study `fine-tuning-shots` chose on validation classes. With one picture a class the tasks
are exam B, whole, so that the steps are compared in pairs with the centroid and with SimpleShot. With five pictures
SimpleShot takes the tasks of that study.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor

from metalib import baselines, finetune
from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_B
from metalib.course.kit.study import Study, read
from metalib.course.rapid_fine_tuning.study_fine_tuning_shots import CENTROID, LAYERS, tasks
from metalib.episodes import Episode
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.models import Conv4
from metalib.training import checkpoints

SIMPLE_SHOT = "SimpleShot"
SETTINGS: dict[str, Any] = {
    "checkpoint": "classifier",
    "chosen_by": "fine-tuning-shots",
    "exam": "B",
    "more_shots": 5,
}


def without_steps(network: Conv4, centre: Tensor, episodes: list[Episode]) -> dict[str, Tensor]:
    """Method -> its accuracy on each task, [E]: the centroid and SimpleShot."""
    return {
        CENTROID: evaluate(finetune.nearest_centroid(network), episodes),
        SIMPLE_SHOT: evaluate(partial(baselines.simple_shot, network, centre), episodes),
    }


def with_steps(network: Conv4, chosen: dict[str, dict[str, Any]], episodes: list[Episode]) -> dict[str, Tensor]:
    """Method -> its accuracy on each task, [E]; `chosen` has the step size and the steps of each."""
    found = {}
    for method, only in LAYERS.items():
        inner = {"inner_lr": chosen[method]["step_size"], "inner_steps": chosen[method]["steps"]}
        predict = partial(_predict, network, only=only, **inner)
        found[method] = evaluate(predict, episodes)
    return found


def _predict(network: Conv4, episodes: Episode, **settings: Any) -> Tensor:
    return finetune.logits(network, episodes, **settings).argmax(dim=2)


def row(method: str, k_shot: int, found: dict[str, Tensor], chosen: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """One method's accuracy, and its paired differences to the centroid and to SimpleShot."""
    values = found[method]
    return {
        "method": method,
        "k_shot": k_shot,
        **{name: chosen[method][name] for name in ("step_size", "steps") if method in chosen},
        "accuracy": list(mean_interval(values)),
        "minus_centroid": list(paired_interval(values, found[CENTROID])),
        "minus_simple_shot": list(paired_interval(values, found[SIMPLE_SHOT])),
    }


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each method on exam B, and SimpleShot's on tasks with more pictures."""
    network, _ = checkpoints.load(settings["checkpoint"])
    parts = split(load_bank("omniglot", quiet=True))
    choice = read(settings["chosen_by"])
    chosen = {r["method"]: r for r in choice["results"]["rows"] if r["k_shot"] == 1 and "steps" in r}
    exam, k_shot = list(EXAM_B.episodes(parts.evaluation)), settings["more_shots"]
    more = tasks(
        parts.evaluation, k_shot, choice["settings"]["episodes"], choice["settings"]["seed"], choice["settings"]
    )
    with torch.no_grad():
        centre = baselines.mean_feature(network, parts.validation)
        one, several = (without_steps(network, centre, episodes) for episodes in (exam, more))
    one |= with_steps(finetune.with_head(network, EXAM_B.spec.n_way), chosen, exam)
    return {"rows": [*(row(method, 1, one, chosen) for method in one), row(SIMPLE_SHOT, k_shot, several, {})]}


STUDY = Study(
    question="Twenty characters of one alphabet: do gradient steps gain more than SimpleShot?",
    run=run,
    settings=SETTINGS,
)
