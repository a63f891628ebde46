"""Notebook 07: the published transductive figure dissected, on MAML as published.

Five pictures of each of a task's five classes are there to be asked. The same network, the same adaptation, and the
same pictures; what differs is which five queries pass together, and so share their batch statistics:

`one of each`   one of each class: the published test
`at random`     five of the 25 at random
`one class`     all of one class

Beside each: the same queries, each alone with the support set. The published test stands also beside the papers'
figures in the course's results, on tasks of its own; here all are paired.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from metalib.adapt import adapt
from metalib.banks import load_bank, split
from metalib.course.kit.results import papers
from metalib.course.kit.study import Study
from metalib.episodes import Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.runtime import seeded
from metalib.training import checkpoints
from metalib.training.recipes import recipe_of
from metalib.training.recipes.maml import MamlRecipe

ONE_OF_EACH, AT_RANDOM, ONE_CLASS = "one of each", "at random", "one class"
SETTINGS: dict[str, Any] = {
    "checkpoint": "maml-published-paper",
    "split": "paper",
    "n_way": 5,
    "episodes": 1000,
    "seed": papers.SEED,
    "query_seed": 11,
}


def asked(n_way: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Which queries of a task pass together, [n_way]; there are `n_way` of each class, in order of the classes."""
    first = torch.arange(n_way) * n_way
    some_class = int(torch.randint(n_way, (), generator=generator))
    return {
        ONE_OF_EACH: first,
        AT_RANDOM: torch.randperm(n_way * n_way, generator=generator)[:n_way],
        ONE_CLASS: some_class * n_way + torch.arange(n_way),
    }


def right(network: nn.Module, recipe: MamlRecipe, task: Episode, sets: dict[str, Tensor]) -> dict[str, Tensor]:
    """For each set of queries, [2]: the share of right answers when they pass together, and each alone."""
    theta, n_support = recipe.theta(network, recipe.n_way), len(task.support_y)
    phi = adapt(network, theta, task.support_x, task.support_y, inner_lr=recipe.inner_lr, inner_steps=recipe.test_steps)

    def with_support(query: Tensor) -> Tensor:
        return functional_call(network, phi, (torch.cat([task.support_x, query[None]]),))[n_support]

    alone = vmap(with_support)(task.query_x).argmax(dim=1) == task.query_y  # [N·N]
    found = {}
    for name, rows in sets.items():
        together = functional_call(network, phi, (task.query_x[rows],)).argmax(dim=1) == task.query_y[rows]
        found[name] = torch.stack([together, alone[rows]]).double().mean(dim=1)
    return found


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """What each way to ask makes of the accuracy, and the accuracy by how many classes are among the queries."""
    evaluation = split(load_bank("omniglot", quiet=True), settings["split"]).evaluation
    network, info = checkpoints.load(settings["checkpoint"])
    recipe, n_way, generator = recipe_of(info), settings["n_way"], seeded(settings["query_seed"])
    assert isinstance(recipe, MamlRecipe)
    found: dict[str, list[Tensor]] = {}
    classes: list[int] = []
    for episodes in stream_episodes(
        evaluation, EpisodeSpec(n_way, 1, n_way), settings["episodes"], seed=settings["seed"]
    ):
        for t in range(len(episodes.query_y)):
            sets = asked(n_way, generator)
            with torch.no_grad():
                for name, values in right(network, recipe, episodes.task(t), sets).items():
                    found.setdefault(name, []).append(values)
            classes.append(len(episodes.query_y[t, sets[AT_RANDOM]].unique()))
    pairs = {name: torch.stack(values).T for name, values in found.items()}  # [2, E]
    there = torch.tensor(classes)
    return {
        "data": evaluation.source,
        "rows": [row(name, together, alone) for name, (together, alone) in pairs.items()],
        "at_random": [
            {"classes_there": n, **row(AT_RANDOM, *pairs[AT_RANDOM][:, there == n])}
            for n in there.unique().tolist()
            if int((there == n).sum()) > 1  # an interval needs two
        ],
    }


def row(name: str, together: Tensor, alone: Tensor) -> dict[str, Any]:
    """The accuracy of a set of queries that pass together, that of the same queries alone, and the difference."""
    return {
        "queries": name,
        "together": list(mean_interval(together)),
        "alone": list(mean_interval(alone)),
        "difference": list(paired_interval(together, alone)),
    }


STUDY = Study(
    "MAML as published: how much of its figure comes from five queries, one of each class, passing together?",
    run,
    SETTINGS,
)
