"""What the papers report on Omniglot, and our networks on the same kind of split, test and batch norm beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch

from metalib import runtime
from metalib.banks import split
from metalib.banks.store import bank_digest
from metalib.course.kit.results.entry import PublishedEntry
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.training import checkpoints
from metalib.training.recipes import recipe_of
from metalib.training.recipes.base import ALONE, TRANSDUCTIVE, Predict

EPISODES, SEED = 1000, 20_173
RUNNING = "running statistics"
AT_RANDOM = f"{TRANSDUCTIVE}, their classes at random"  # the published tests have as many of each class
BATCH_NORM = {AT_RANDOM: TRANSDUCTIVE}  # the network's, where the queries are what differs
UNSAID = "not reported"


class Cell(NamedTuple):
    """One published accuracy in per cent, with its half-width where the paper gives one, and how it was tested.

    percent  None: a way of testing that the paper does not report, beside one that it does
    """

    method: str
    spec: EpisodeSpec
    percent: float | None
    half_width: float | None
    batch_norm: str
    source: str


# queries a class at test: MAML K, Reptile 1, prototypical networks 15 (each paper's own code)
CELLS = (
    Cell("prototypical network", EpisodeSpec(5, 1, 15), 98.8, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("prototypical network", EpisodeSpec(5, 5, 15), 99.7, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("prototypical network", EpisodeSpec(20, 1, 15), 96.0, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("prototypical network", EpisodeSpec(20, 5, 15), 98.9, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("MAML", EpisodeSpec(5, 1, 1), 98.7, 0.4, TRANSDUCTIVE, "Finn et al. (2017), table 1"),
    Cell("MAML", EpisodeSpec(5, 1, 1), None, None, AT_RANDOM, UNSAID),
    Cell("MAML", EpisodeSpec(5, 1, 1), None, None, ALONE, UNSAID),
    Cell("MAML", EpisodeSpec(20, 1, 1), 95.8, 0.3, TRANSDUCTIVE, "Finn et al. (2017), table 1"),
    Cell("MAML", EpisodeSpec(20, 1, 1), None, None, ALONE, UNSAID),
    Cell("first-order MAML", EpisodeSpec(5, 1, 1), 98.3, 0.5, TRANSDUCTIVE, "Nichol et al. (2018), table 2"),
    Cell("first-order MAML", EpisodeSpec(5, 1, 1), None, None, AT_RANDOM, UNSAID),
    Cell("first-order MAML", EpisodeSpec(5, 1, 1), None, None, ALONE, UNSAID),
    Cell("Reptile", EpisodeSpec(5, 1, 1), 97.68, 0.04, TRANSDUCTIVE, "Nichol et al. (2018), table 2"),
    Cell("Reptile", EpisodeSpec(5, 1, 1), 95.39, 0.09, ALONE, "Nichol et al. (2018), table 2"),
    Cell("Reptile", EpisodeSpec(5, 5, 1), 99.48, 0.06, TRANSDUCTIVE, "Nichol et al. (2018), table 2"),
    Cell("Reptile", EpisodeSpec(5, 5, 1), 98.90, 0.10, ALONE, "Nichol et al. (2018), table 2"),
)


def beside(names: list[str], bank: ClassBank) -> Iterator[tuple[PublishedEntry, Callable[[], Interval]]]:
    """Each published cell that one of the checkpoints `names` can sit on the *paper* split, and what measures ours.

    bank  the whole Omniglot; each turn of an evaluation character is a class of its own
    """
    evaluation = split(bank, "paper").evaluation
    pictures = bank_digest(evaluation)[:12]
    for name in names:
        network, info = checkpoints.load(name, device=bank.device)
        recipe = recipe_of(info)
        digest = checkpoints.digest(network, info)
        modes = {batch_norm: predict for _, batch_norm, predict in recipe.modes(network)}
        for cell in CELLS:
            if cell.method != recipe.method or recipe.fixed_way not in (None, cell.spec.n_way):
                continue
            asked = _asked(cell, name, evaluation, info, network=digest, pictures=pictures)
            yield asked, partial(_ours, modes[BATCH_NORM.get(cell.batch_norm, cell.batch_norm)], evaluation, cell)


def _ours(predict: Predict, evaluation: ClassBank, cell: Cell) -> Interval:
    stream = at_random if cell.batch_norm == AT_RANDOM else stream_episodes
    return mean_interval(evaluate(predict, stream(evaluation, cell.spec, EPISODES, seed=SEED)))


def at_random(bank: ClassBank, spec: EpisodeSpec, n_episodes: int, *, seed: int) -> Iterator[Episode]:
    """Episodes with as many queries as `spec` has, whose classes are drawn one by one: of some there are several."""
    n_queries, generator = spec.n_way * spec.n_query, runtime.seeded(seed)
    for episodes in stream_episodes(bank, replace(spec, n_query=n_queries), n_episodes, seed=seed):
        n_tasks, there = episodes.query_y.shape  # n_queries of each class
        rows = torch.rand(n_tasks, there, generator=generator).topk(n_queries, dim=1).indices.to(bank.device)
        task = torch.arange(n_tasks, device=bank.device)[:, None]
        yield episodes._replace(query_x=episodes.query_x[task, rows], query_y=episodes.query_y[task, rows])


def _asked(
    cell: Cell, checkpoint: str, evaluation: ClassBank, info: dict[str, Any], *, network: str, pictures: str
) -> PublishedEntry:
    """What is known of an entry before ours is measured."""
    return PublishedEntry(
        method=cell.method,
        task=str(cell.spec),
        data=evaluation.source,
        seed=SEED,
        batch_norm=cell.batch_norm,
        classes=info.get("classes", "none"),
        checkpoint=checkpoint,
        published=(cell.percent, cell.half_width),
        source=cell.source,
        updates=info["updates"],
        seconds=info["seconds"],
        trained_on=info.get("device", "cpu"),
        network=network,
        pictures=pictures,
    )
