"""Notebook 07: what a split gives away. Three networks, trained on splits by picture, by character and by alphabet.

Eight of the evaluation alphabets have at least 40 characters. Of each, twenty and some are the test's, with half of
their drawings; the other characters are their siblings. All three networks learn from as many classes, of ten drawings
each, for as many updates, and differ in a fifth of the classes:

| split by  | in place of some background characters it learns from | core minutes of its training |
| --------- | ------------------------------------------------------ | ---------------------------- |
| picture   | the test's characters, in their other drawings         | 0.5                          |
| character | their siblings of the same alphabets                   | 0.5                          |
| alphabet  | nothing                                                 | 0.5                          |

All answer the same tasks. On the twelve evaluation alphabets that none has seen they should be equal: that is the
control. There are no turned classes and one seed; with more classes and fewer visits to each, a leak is smaller.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from metalib.banks import load_bank, split
from metalib.course.kit.runs import folder_of, trained
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, Z, evaluate, mean_interval
from metalib.runtime import seeded
from metalib.training.recipes.protonet import ProtonetRecipe

SPLITS = PICTURE, CHARACTER, ALPHABET = ("picture", "character", "alphabet")
TEST, CONTROL = "the test's alphabets", "alphabets that none has seen"
SETTINGS: dict[str, Any] = {
    "recipe": {"updates": 800, "learning_rate": 3e-3, "downsample": "stride", "rotations": False, "seed": 0},
    "least_characters": 40,  # of an alphabet of the test
    "drawings": 10,  # of each class, in training; the test has the others
    "division_seed": 0,
    "tasks": {
        "20-way within one alphabet": {"n_way": 20, "n_query": 5, "within_group": True},
        "5-way": {"n_way": 5, "n_query": 5},
    },
    "episodes": 250,
    "episode_seed": 9,
    "snapshot_every": 50,  # of the training by alphabets, for the study `selection`
}


@dataclass(frozen=True)
class Divided:
    """training: by split, the classes that the network learns from; test and control: what all are tested on."""

    training: dict[str, ClassBank]
    test: ClassBank
    control: ClassBank


def divide(background: ClassBank, evaluation: ClassBank, settings: dict[str, Any]) -> Divided:
    """The three training sets, of as many classes as `background`, and the two sets for testing."""
    generator, n_drawings = seeded(settings["division_seed"]), settings["drawings"]
    keys = torch.rand(evaluation.n_classes, evaluation.n_drawings, generator=generator)
    some, others = (  # each class in random drawings: a split by picture keeps no hand apart
        dataclasses.replace(evaluation, images=_drawings(evaluation.images, order))
        for order in (keys.argsort(dim=1)[:, :n_drawings], keys.argsort(dim=1)[:, n_drawings:])
    )
    group_of, test, siblings, control = evaluation.group_ids, [], [], []
    for group in group_of.unique():
        members = (group_of == group).nonzero().flatten()
        members = members[torch.randperm(len(members), generator=generator)].tolist()
        if len(members) < settings["least_characters"]:
            control += members
        else:
            half = len(members) // 2
            test += members[:half]
            siblings += members[half : 2 * half]
    known = dataclasses.replace(background, images=background.images[:, :n_drawings])
    kept = torch.randperm(known.n_classes, generator=generator)[len(test) :].tolist()
    training = {PICTURE: known.select(kept).join(some.select(test))}
    training[CHARACTER] = known.select(kept).join(some.select(siblings))
    training[ALPHABET] = known
    return Divided(training, others.select(test), others.select(control))


def _drawings(images: Tensor, order: Tensor) -> Tensor:
    return images[torch.arange(len(images))[:, None], order]


def networks(divided: Divided, settings: dict[str, Any]) -> dict[str, Any]:
    """The three trained networks, by split."""
    recipe, folder = ProtonetRecipe(**settings["recipe"]), folder_of("class-leaks", settings)
    snapshots = {ALPHABET: settings["snapshot_every"]}
    return {
        name: trained(recipe, bank, folder / name, snapshot_every=snapshots.get(name, 0))
        for name, bank in divided.training.items()
    }


def accuracies(network: Any, bank: ClassBank, shape: dict[str, Any], settings: dict[str, Any]) -> Tensor:
    """[E]: the accuracy on each task of a kind, the same tasks for every network."""
    tasks = stream_episodes(bank, EpisodeSpec(**shape), settings["episodes"], seed=settings["episode_seed"])
    return evaluate(ProtonetRecipe(**settings["recipe"]).predictor(network), tasks)


def leak(lead: Tensor, control: Tensor) -> Interval:
    """How much larger the mean of `lead` [E] is than that of `control` [F], two samples that have no task in common."""
    mean = (lead.mean() - control.mean()).item()
    half = Z * (lead.var() / len(lead) + control.var() / len(control)).sqrt().item()
    return Interval(mean, mean - half, mean + half, len(lead) + len(control))


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """For each network, kind of task and set: its accuracy, and its lead over the network that nothing leaked to.

    A leak is the lead on the test's alphabets less the lead on the control: other classes make another network anyway.
    """
    background, _, evaluation = split(load_bank("omniglot", quiet=True))
    divided = divide(background, evaluation, settings)
    trained_networks, rows, leaks = networks(divided, settings), [], []
    for task, shape in settings["tasks"].items():
        leads: dict[str, dict[str, Tensor]] = {}
        for where, bank in ((TEST, divided.test), (CONTROL, divided.control)):
            found = {name: accuracies(network, bank, shape, settings) for name, network in trained_networks.items()}
            leads[where] = {name: values - found[ALPHABET] for name, values in found.items()}
            rows += [
                {
                    "split_by": name,
                    "task": task,
                    "measured_on": where,
                    "accuracy": list(mean_interval(values)),
                    "minus_alphabet": list(mean_interval(leads[where][name])),
                }
                for name, values in found.items()
            ]
        leaks += [
            {"split_by": name, "task": task, "leak": list(leak(leads[TEST][name], leads[CONTROL][name]))}
            for name in (PICTURE, CHARACTER)
        ]
    return {
        "classes": {name: bank.n_classes for name, bank in divided.training.items()},
        "test": {"characters": divided.test.n_classes, "alphabets": len(set(divided.test.groups))},
        "control": {"characters": divided.control.n_classes, "alphabets": len(set(divided.control.groups))},
        "batch_norm": "running statistics",
        "rows": rows,
        "leaks": leaks,
    }


STUDY = Study(
    "What does a prototypical network gain where its test's characters, or their alphabets, were in its training?",
    run,
    SETTINGS,
    resumes=True,
)
