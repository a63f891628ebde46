"""Notebook 07: what batch norm's statistics are worth. Networks *trained* with each, and each tested with each.

The trainings, in this order, the longest first. All have conv4 with strides, so that the two methods stand side by
side, one seed each, and a learning rate that falls to zero within their own updates.

| method                | trained with                 | updates | pictures an update | core minutes |
| --------------------- | ---------------------------- | ------- | ------------------ | ------------ |
| MAML                  | the support set's            | 500     | 8 × (5 + 25)       | 3            |
| MAML                  | the queries' own             | 500     | 8 × (5 + 25)       | 2            |
| prototypical network  | support and queries together | 1,500   | 20 + 100           | 1            |
| prototypical network  | the queries' own             | 1,500   | 20 + 100           | 1            |
| prototypical network  | the support set's            | 1,500   | 20 + 100           | 1.5          |
| prototypical network  | running statistics           | 1,500   | 20 + 100           | 1            |

A prototypical network that is trained with running statistics has them move for half of its updates, as torch does,
and learns under these, held still, for the other half. MAML is not trained with them: they would be averages over the
weights θ and all φ(θ) of all tasks, and Bronskill et al. (2020) find poor results. It is tested with them where they
have a sense: its inner steps take the support set's statistics, and its queries the mean over what the queries of
training tasks had after these steps.

Two checkpoints of the course are tested beside them: the trainings here are short, theirs were not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, vmap
from torch.nn.functional import cross_entropy

from metalib import maml, protonet
from metalib.adapt import adapt
from metalib.banks import load_bank, split
from metalib.course.fair_play.batch_statistics import (
    QUERIES,
    RUNNING,
    STATISTICS,
    SUPPORT,
    TOGETHER,
    embed,
    statistics_of,
    with_rows,
)
from metalib.course.fair_play.study_soft_k_means import unbalanced_counts
from metalib.course.kit.exams import EXAM_A
from metalib.course.kit.runs import folder_of, kept, trained
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import BatchNorm2d, Conv4, conv4
from metalib.runtime import seeded
from metalib.training import checkpoints
from metalib.training.loop import Run
from metalib.training.recipes import recipe_of
from metalib.training.recipes.maml import MamlRecipe
from metalib.training.recipes.protonet import ProtonetRecipe

# (rows: which queries of a task pass together, [B]; statistics: whose they get) -> the labels that they are given, [B]
Answers = Callable[..., Tensor]

SETTINGS: dict[str, Any] = {
    "maml": {"updates": 500, "meta_batch_size": 8},
    "protonet": {"updates": 1500, "learning_rate": 3e-3},
    "seed": 0,
    "checkpoints": ["maml", "protonet-stride"],  # the course's, trained for long, each as its paper's code does
    "average_tasks": 100,
    "average_seed": 6,
    "episodes": 150,  # the first of exam A
    "together": 15,
    "concentration": 1.0,
    "query_seed": 7,
}
BALANCED, UNBALANCED, ONE_CLASS, ALONE = QUERY_SETS = (
    "15, 3 of each class",
    "15, their classes unbalanced",
    "15 of one class",
    "each of 15 alone",
)


@dataclass(frozen=True)
class StatedProtonetRecipe(ProtonetRecipe):
    """A prototypical network trained with `statistics`."""

    downsample: str = "stride"
    statistics: str = TOGETHER

    def network(self) -> Conv4:
        """The recipe's, with batch norms that can be told."""
        return with_rows(super().network())

    def losses(self, network: Any, episodes: Episode, run: Run) -> Tensor:
        """−log p(y | x), averaged over the queries of each task. Running statistics move in the first half only."""
        moving = self.statistics == RUNNING and run.update < self.updates // 2
        statistics = TOGETHER if moving else self.statistics
        found = []
        for t in range(len(episodes.support_y)):
            task = episodes.task(t)
            support, query = embed(network, task.support_x, task.query_x, statistics)
            centres = protonet.prototypes(support, task.support_y, self.n_way)
            found.append(cross_entropy(protonet.logits(query, centres), task.query_y))
        return torch.stack(found)

    def answers(self, network: Conv4, task: Episode, _averages: None = None) -> Answers:
        """What the trained network says to queries that pass together."""

        def answer(rows: Tensor, statistics: str) -> Tensor:
            support, query = embed(network, task.support_x, task.query_x[rows], statistics)
            centres = protonet.prototypes(support, task.support_y, int(task.support_y.max()) + 1)
            return protonet.logits(query, centres).argmax(dim=1)

        return answer

    def averages(self, network: Conv4, bank: ClassBank, settings: dict[str, Any]) -> None:
        """None: the network has its own."""


@dataclass(frozen=True)
class StatedMamlRecipe(MamlRecipe):
    """MAML whose queries are normalised in training by `statistics`; the inner steps take the support set's."""

    statistics: str = QUERIES

    def network(self) -> Conv4:
        """The recipe's, with batch norms that can be told."""
        return with_rows(super().network())

    def losses(self, network: Any, episodes: Episode, run: Run) -> Tensor:
        """The query loss of each task after adaptation."""
        if self.statistics == QUERIES:
            return super().losses(network, episodes, run)
        theta, n_support = self.theta(network, self.n_way), episodes.support_y.shape[1]

        def loss(theta: Any, task: Episode) -> Tensor:
            phi = adapt(network, theta, task.support_x, task.support_y, inner_lr=self.inner_lr, inner_steps=1)
            with statistics_of(network, slice(n_support)):
                found = functional_call(network, phi, (torch.cat([task.support_x, task.query_x]),))
            return cross_entropy(found[n_support:], task.query_y)

        return maml.over_tasks(loss, theta, episodes, chunk_size=1)

    def adapted(self, network: Conv4, task: Episode) -> dict[str, Tensor]:
        """φ after the steps at test."""
        theta = self.theta(network, self.n_way)
        settings = {"inner_lr": self.inner_lr, "inner_steps": self.test_steps}
        return adapt(network, theta, task.support_x, task.support_y, **settings)

    def answers(self, network: Conv4, task: Episode, averages: Conv4) -> Answers:
        """What the adapted network says to queries that pass together."""
        phi, n_support = self.adapted(network, task), len(task.support_x)

        def answer(rows: Tensor, statistics: str) -> Tensor:
            query = task.query_x[rows]
            if statistics in (RUNNING, QUERIES):
                normalised = averages if statistics == RUNNING else network
                return functional_call(normalised, phi, (query,)).argmax(dim=1)
            with statistics_of(network, slice(n_support) if statistics == SUPPORT else slice(None)):
                both = functional_call(network, phi, (torch.cat([task.support_x, query]),))
            return both[n_support:].argmax(dim=1)

        return answer

    def averages(self, network: Conv4, bank: ClassBank, settings: dict[str, Any]) -> Conv4:
        """A network whose running statistics are means over those of adapted training tasks' queries."""
        averages = conv4(**{**network.settings, "running_stats": True}).train()
        for module in averages.modules():
            if isinstance(module, BatchNorm2d):
                module.momentum = None  # torch's word for a mean over all batches
        spec, bank = EpisodeSpec(self.n_way, self.k_shot, self.n_query), bank.rotated()
        for episodes in stream_episodes(bank, spec, settings["average_tasks"], seed=settings["average_seed"]):
            for t in range(len(episodes.query_y)):
                task = episodes.task(t)
                functional_call(averages, self.adapted(network, task), (task.query_x,))
        return averages.eval()


StatedRecipe = StatedProtonetRecipe | StatedMamlRecipe


def arms(settings: dict[str, Any]) -> list[StatedRecipe]:
    """The trainings, the longest first."""
    of_maml, of_protonet = settings["maml"], settings["protonet"]
    return [
        *(StatedMamlRecipe(statistics=s, seed=settings["seed"], **of_maml) for s in (SUPPORT, QUERIES)),
        *(StatedProtonetRecipe(statistics=s, seed=settings["seed"], **of_protonet) for s in STATISTICS),
    ]


def as_trained(name: str) -> tuple[StatedRecipe, Conv4]:
    """A checkpoint of the course and its recipe, which says whose statistics it was trained with."""
    network, info = checkpoints.load(name)
    recipe = recipe_of(info)
    if isinstance(recipe, MamlRecipe):
        return StatedMamlRecipe(**dataclasses.asdict(recipe), statistics=QUERIES), with_rows(network)
    return StatedProtonetRecipe(**dataclasses.asdict(recipe), statistics=TOGETHER), with_rows(network)


def query_sets(task: Episode, settings: dict[str, Any], generator: torch.Generator, rng: np.random.Generator) -> list:
    """For each of QUERY_SETS, which of the exam's queries pass together: [passes, queries]."""
    n_way, n = int(task.support_y.max()) + 1, settings["together"]
    of_class = torch.arange(len(task.query_y)).view(n_way, -1)  # [N, 15]
    counts = unbalanced_counts(n_way, n, settings["concentration"], of_class.shape[1], rng).tolist()
    balanced = of_class[:, : n // n_way].flatten()
    unbalanced = torch.cat([rows[:count] for rows, count in zip(of_class, counts, strict=True)])
    some_class = int(torch.randint(n_way, (), generator=generator))
    return [balanced[None], unbalanced[None], of_class[some_class, :n][None], balanced[:, None]]


def accuracies(
    recipe: StatedRecipe, network: Conv4, averages: Any, exam: list[Episode], settings: dict[str, Any]
) -> dict[str, Tensor]:
    """By whose statistics the queries get, [E, len(QUERY_SETS)]. A query's answer by support set or running statistics
    is the same whichever queries pass with it, and is asked for once.
    """
    generator, rng = seeded(settings["query_seed"]), np.random.default_rng(settings["query_seed"])
    found: dict[str, list[list[float]]] = {statistics: [] for statistics in STATISTICS}
    for task in exam:
        answer, sets = recipe.answers(network, task, averages), query_sets(task, settings, generator, rng)
        for statistics in STATISTICS:
            if statistics in (SUPPORT, RUNNING):
                some = torch.cat([passes.flatten() for passes in sets]).unique()
                right = torch.zeros(len(task.query_y), dtype=torch.bool)
                right[some] = answer(some, statistics) == task.query_y[some]
                found[statistics].append([right[passes].double().mean().item() for passes in sets])
                continue
            answers = [vmap(partial(answer, statistics=statistics))(passes) for passes in sets]
            found[statistics].append(
                [(a == task.query_y[p]).double().mean().item() for a, p in zip(answers, sets, strict=True)]
            )
    return {statistics: torch.tensor(values, dtype=torch.float64) for statistics, values in found.items()}


def rows(recipe: StatedRecipe, found: dict[str, Tensor], checkpoint: str | None) -> list[dict[str, Any]]:
    """One for each way to test and set of queries, with its differences on the same tasks."""
    own = recipe.statistics
    return [
        {
            "method": recipe.method,
            "checkpoint": checkpoint,
            "updates": recipe.updates,
            "trained_with": own,
            "tested_with": statistics,
            "queries": name,
            "accuracy": list(mean_interval(values[:, i])),
            "minus_balanced": list(paired_interval(values[:, i], values[:, QUERY_SETS.index(BALANCED)])),
            "minus_tested_as_trained": list(paired_interval(values[:, i], found[own][:, i])),
        }
        for statistics, values in found.items()
        for i, name in enumerate(QUERY_SETS)
    ]


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Train all, then test each with each on the first tasks of exam A, and the course's checkpoints too."""
    training, _, evaluation = split(load_bank("omniglot", quiet=True))
    folder = folder_of("batch-norm", {name: settings[name] for name in ("maml", "protonet", "seed")})
    exam = [task for batch in EXAM_A.episodes(evaluation) for task in map(batch.task, range(len(batch.query_y)))]
    found = []

    def test(recipe: StatedRecipe, network: Conv4, checkpoint: str | None = None) -> list[dict[str, Any]]:
        with torch.no_grad():
            averages = recipe.averages(network, training, settings)
            return rows(
                recipe, accuracies(recipe, network, averages, exam[: settings["episodes"]], settings), checkpoint
            )

    tested = folder_of("batch-norm-tested", settings)
    for name in settings["checkpoints"]:
        found += kept(tested / f"{name}.json", partial(test, *as_trained(name), name))
    for number, recipe in enumerate(arms(settings)):
        network = trained(recipe, training, folder / str(number))
        found += kept(tested / f"{number}.json", partial(test, recipe, network))
    return {"data": evaluation.source, "queries": list(QUERY_SETS), "statistics": list(STATISTICS), "rows": found}


STUDY = Study(
    "Batch norm's statistics from the queries, the support set or running averages: each trained and tested with each",
    run,
    SETTINGS,
    resumes=True,
)
