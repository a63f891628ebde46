"""Notebook 07: the model chosen on the test's tasks. How much better it then looks than it is.

One training of `class-leaks`, the split by alphabet, kept its weights on the way. Of this trail a model is chosen by
its accuracy on validation tasks, as it should be, or on the very test tasks that are then reported. What both are
worth is said by many fresh tasks of the same test classes. The tasks to choose on are drawn again and again: the
interval is over these draws, for the one trail.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from metalib import protonet
from metalib.banks import load_bank, split
from metalib.course.fair_play import study_class_leaks
from metalib.course.kit.runs import folder_of, trail
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4
from metalib.runtime import seeded
from metalib.training.recipes.protonet import ProtonetRecipe

SPEC = EpisodeSpec(n_way=20, k_shot=1, n_query=1, within_group=True)  # as exam B
SETTINGS: dict[str, Any] = {
    "from": 300,  # updates: before, the network is still far from what it will be
    "validation_tasks": 1000,
    "fresh_tasks": 4000,
    "tasks": [20, 100, 400],  # that a test has
    "draws": 200,
    "seed": 10,
}


def accuracies(network: Conv4, bank: ClassBank, n_tasks: int, seed: int) -> Tensor:
    """[n_tasks]: the accuracy on each task, the same tasks for every network."""
    with torch.no_grad():
        features = torch.stack([network(images.float() / 255) for images in bank.images])  # [C, drawings, D]
    classes, drawings = draw_indices(bank, SPEC, n_tasks, generator=seeded(seed))
    pictures = features[classes[..., None], drawings]  # [T, N, 2, D]
    labels = torch.arange(SPEC.n_way)
    answers = [protonet.logits(task[:, 1], task[:, 0]).argmax(dim=1) for task in pictures]
    return torch.stack([(answer == labels).double().mean() for answer in answers])


def by_draws(pool: Tensor, n_tasks: int, settings: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """([draws], [draws]): the accuracy on the tasks that chose, and that of the chosen model on all others.

    pool  [models, tasks], accuracies
    """
    generator, reported, worth = seeded(settings["seed"]), [], []
    for _ in range(settings["draws"]):
        order = torch.randperm(pool.shape[1], generator=generator)
        on_chosen = pool[:, order[:n_tasks]].mean(dim=1)  # [models]
        best = on_chosen.argmax()
        reported.append(on_chosen[best])
        worth.append(pool[best, order[n_tasks:]].mean())
    return torch.stack(reported), torch.stack(worth)


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """What the model that validation chose is worth, and for each size of a test the optimism of choosing on it."""
    _, validation, evaluation = split(load_bank("omniglot", quiet=True))
    leaks = study_class_leaks.SETTINGS
    folder = folder_of("class-leaks", leaks) / study_class_leaks.ALPHABET
    on_validation, on_test, updates = [], [], []
    for update, network in trail(ProtonetRecipe(**leaks["recipe"]), folder):
        if update >= settings["from"]:
            updates.append(update)
            on_validation.append(accuracies(network, validation, settings["validation_tasks"], settings["seed"]).mean())
            on_test.append(accuracies(network, evaluation, settings["fresh_tasks"], settings["seed"]))
    pool = torch.stack(on_test)  # [models, tasks]
    honest = int(torch.stack(on_validation).argmax())
    rows = []
    for n_tasks in settings["tasks"]:
        reported, worth = by_draws(pool, n_tasks, settings)
        rows.append(
            {
                "tasks": n_tasks,
                "reported": list(mean_interval(reported, "draws")),
                "worth": list(mean_interval(worth, "draws")),
                "optimism": list(paired_interval(reported, worth, "draws")),
                "one_test": list(mean_interval(pool[honest, :n_tasks])),  # how wide the interval of one test is
            }
        )
    return {
        "models": len(updates),
        "chosen_on_validation": {"updates": updates[honest], "worth": list(mean_interval(pool[honest], "tasks"))},
        "trail": [[u, float(v), float(t.mean())] for u, v, t in zip(updates, on_validation, pool, strict=True)],
        "rows": rows,
    }


STUDY = Study(
    "How much better than it is does a model look that was chosen on the tasks which report it?",
    run,
    SETTINGS,
    resumes=True,
)
