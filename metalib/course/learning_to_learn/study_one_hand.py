"""Notebook 01: is exam B's task easier when one person drew all twenty candidates, as in the task that people sat?

In Omniglot a drawing's number names its drawer, the same one for all characters of an alphabet. Both forms ask the same
queries about the same characters, so that differences are paired.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from metalib import baselines
from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_B
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, draw_indices
from metalib.evaluate import mean_interval, paired_interval
from metalib.runtime import seeded
from metalib.training import checkpoints

SETTINGS: dict[str, Any] = {"questions": 20_000, "seed": 0, "checkpoint": "protonet"}


def features_of(network: nn.Module, bank: ClassBank) -> Tensor:
    """[C, D, F]: what the network makes of each drawing."""
    with torch.no_grad():
        found = [network(pictures.float() / 255) for pictures in bank.images.flatten(0, 1).split(500)]
    return torch.cat(found).view(bank.n_classes, bank.n_drawings, -1)


def questions(bank: ClassBank, n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """`n` questions of exam B's form: classes [n, N], the label that is asked [n], and drawers in random order [n, D].

    The first of them drew the query; the second draws all candidates, or else each candidate is by anybody.
    """
    generator = seeded(seed)
    classes = draw_indices(bank, EXAM_B.spec, n, generator=generator).classes
    asked = torch.randint(classes.shape[1], (n,), generator=generator)
    return classes, asked, torch.rand(n, bank.n_drawings, generator=generator).argsort(dim=1)


def candidates(asked: Tensor, drawers: Tensor, n_way: int, seed: int) -> tuple[Tensor, Tensor]:
    """Who draws each candidate, [n, N] twice: one person for all, and anybody; the query's drawer not its own class."""
    generator, (n, n_drawings) = seeded(seed + 1), drawers.shape
    one = drawers[:, 1:2].expand(n, n_way)
    place = torch.randint(n_drawings, (n, n_way), generator=generator)
    other = torch.randint(1, n_drawings, (n, 1), generator=generator)  # anybody but the query's drawer
    place = place.scatter(1, asked[:, None], other)
    return one, drawers.gather(1, place)


def right(features: Tensor, classes: Tensor, asked: Tensor, query: Tensor, support: Tensor) -> Tensor:
    """[n] in {0, 1}: whether the nearest candidate is of the asked class.

    features [C, D, F]      classes [n, N]      asked [n]      query [n], support [n, N]: their drawers
    """
    found = []
    for rows in torch.arange(len(asked)).split(500):
        chosen, label = classes[rows], asked[rows]
        of_query = features[chosen.gather(1, label[:, None])[:, 0], query[rows]]  # [B, F]
        of_support = features[chosen, support[rows]]  # [B, N, F]
        found.append((of_query[:, None] - of_support).square().sum(dim=2).argmin(dim=1) == label)
    return torch.cat(found).double()


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each method: one hand, many hands, and their paired difference."""
    bank = split(load_bank("omniglot", quiet=True)).evaluation
    classes, asked, drawers = questions(bank, settings["questions"], settings["seed"])
    one, many = candidates(asked, drawers, classes.shape[1], settings["seed"])
    trained, info = checkpoints.load(settings["checkpoint"])
    methods = {
        "pixel neighbours": nn.Flatten(),
        "untrained conv4": baselines.untrained_network(),
        info["method"]: trained,
    }
    rows = []
    for name, network in methods.items():
        features = features_of(network, bank)
        by_one, by_many = (right(features, classes, asked, drawers[:, 0], hands) for hands in (one, many))
        rows.append(
            {
                "method": name,
                "one_hand": list(mean_interval(by_one, "questions")),
                "many_hands": list(mean_interval(by_many, "questions")),
                "one_minus_many": list(paired_interval(by_one, by_many, "questions")),
            }
        )
    return {"rows": rows}


STUDY = Study(
    question="Twenty candidates by one hand, or each by somebody else: which question is easier, and by how much?",
    run=run,
    settings=SETTINGS,
)
