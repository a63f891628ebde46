"""Notebook 07: prototypes refined by the queries, where the queries are balanced and where they are not.

The tasks are those of the exams: the same support pictures, and of each class 19 queries to choose from, the first of
which are the exam's. Unbalanced queries follow Veilleux et al. (2021): the classes' shares of a task are drawn from a
symmetric Dirichlet distribution, theirs of concentration 2. They round the shares to numbers of queries; here each
query's class is drawn from them. Omniglot has 20 drawings of a character, so that a task has few queries: 15 at 5-way
and 20 at 20-way, where they have 75. Every number of steps is reported, none is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from metalib import protonet
from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_A, EXAM_B, Exam
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, draw_indices
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4
from metalib.runtime import seeded
from metalib.training import checkpoints

SETTINGS: dict[str, Any] = {
    "checkpoint": "protonet",
    "episodes": {"A": EXAM_A.n_episodes, "B": EXAM_B.n_episodes},
    "most_queries": 19,  # of a class: 20 drawings, less one in the support set
    "queries": {"A": 15, "B": 20},
    "concentrations": [2.0, 1.0, 0.5],
    "seed": 8,
    "steps": [1, 2, 5, 10],
}
EXAM, BALANCED, UNBALANCED = "the exam's", "balanced", "unbalanced"


class Embedded(NamedTuple):
    """A task whose pictures have passed the network. support [N, D]; query [N, most_queries, D], by class."""

    support: Tensor
    query: Tensor


def unbalanced_counts(n_way: int, n_query: int, concentration: float, most: int, rng: np.random.Generator) -> Tensor:
    """[N] long, of sum `n_query`: how many queries of each class, none more than `most`.

    concentration  of the Dirichlet distribution that the classes' shares are from: the smaller, the more unequal
    """
    while True:
        counts = rng.multinomial(n_query, rng.dirichlet(np.full(n_way, concentration)))
        if counts.max() <= most:
            return torch.from_numpy(counts)


def embedded(network: Conv4, bank: ClassBank, exam: Exam, settings: dict[str, Any]) -> Iterator[Embedded]:
    """The exam's tasks with more queries, of which the exam's own come first."""
    with torch.no_grad():  # running statistics: a picture's embedding is the same in every task
        features = torch.stack([network(images.float() / 255) for images in bank.images])  # [C, drawings, D]
    spec = replace(exam.spec, n_query=settings["most_queries"])
    generator, n_episodes = seeded(exam.seed), settings["episodes"][exam.letter]
    for start in range(0, n_episodes, exam.batch):
        draw = draw_indices(bank, spec, min(exam.batch, n_episodes - start), generator=generator)
        for of_task in features[draw.classes[..., None], draw.drawings]:  # [N, K + Q, D]
            yield Embedded(of_task[:, 0], of_task[:, 1:])


def right(task: Embedded, counts: Tensor, steps: list[int]) -> list[float]:
    """The accuracy after each number of steps on the first `counts` [N] queries of each class."""
    query = torch.cat([of_class[:n] for of_class, n in zip(task.query, counts.tolist(), strict=True)])
    labels = torch.arange(len(counts))
    answers = labels.repeat_interleave(counts)
    found = []
    for n in steps:
        centres = protonet.soft_k_means(
            task.support, task.support, labels, query, steps=n
        )  # one shot: c is its picture
        found.append((protonet.logits(query, centres).argmax(dim=1) == answers).double().mean().item())
    return found


def query_sets(exam: Exam, settings: dict[str, Any]) -> dict[tuple[str, float | None], Tensor]:
    """(name, concentration) -> how many queries of each class in each task, [E, N]."""
    n_way, n_episodes = exam.spec.n_way, settings["episodes"][exam.letter]
    n_query, rng = settings["queries"][exam.letter], np.random.default_rng(settings["seed"])
    sets: dict[tuple[str, float | None], Tensor] = {(EXAM, None): torch.full((n_episodes, n_way), exam.spec.n_query)}
    if n_query != exam.spec.n_way * exam.spec.n_query:
        sets[BALANCED, None] = torch.full((n_episodes, n_way), n_query // n_way)
    for a in settings["concentrations"]:
        drawn = [unbalanced_counts(n_way, n_query, a, settings["most_queries"], rng) for _ in range(n_episodes)]
        sets[UNBALANCED, a] = torch.stack(drawn)
    return sets


def rows(network: Conv4, bank: ClassBank, exam: Exam, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each set of queries and number of steps: the accuracy, and its gain on no step with the same queries."""
    steps, sets = [0, *settings["steps"]], query_sets(exam, settings)
    tasks = list(embedded(network, bank, exam, settings))
    found = []
    for (name, concentration), counts in sets.items():
        after = torch.tensor([right(task, n, steps) for task, n in zip(tasks, counts, strict=True)])  # [E, steps]
        found += [
            {
                "exam": exam.letter,
                "queries": name,
                "concentration": concentration,
                "n_queries": int(counts[0].sum()),
                "largest_class": counts.max(dim=1).values.double().mean().item(),
                "steps": n,
                "accuracy": list(mean_interval(after[:, i])),
                "gain": list(paired_interval(after[:, i], after[:, 0])),
            }
            for i, n in enumerate(steps)
        ]
    return found


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """The rows of both exams, on the evaluation classes."""
    evaluation = split(load_bank("omniglot", quiet=True)).evaluation
    network, _ = checkpoints.load(settings["checkpoint"])
    found = [row for exam in (EXAM_A, EXAM_B) for row in rows(network, evaluation, exam, settings)]
    return {"data": evaluation.source, "batch_norm": "running statistics", "rows": found}


STUDY = Study(
    "What does refining prototypes by the queries gain where these are balanced, and where they are not?",
    run,
    SETTINGS,
)
