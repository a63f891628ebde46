"""Who sits the exams, and the table of accuracies that goes into a checkpoint."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib import baselines, finetune
from metalib.banks import emoji, split
from metalib.banks.hausdorff import modified_hausdorff
from metalib.course.kit.exams import EXAM_C, EXAM_C_AS_DRAWN, EXAMS, Exam
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.models import Conv4
from metalib.training import checkpoints
from metalib.training.recipes import Predict, Recipe, recipe_of
from metalib.training.recipes.base import TRANSDUCTIVE

CELLS = tuple(EpisodeSpec(n_way, k_shot, n_query=15) for n_way in (5, 20) for k_shot in (1, 5))
CELL_EPISODES, CELL_SEED = 1000, 20_170
# the checkpoints that sit the exams, in the order in which the course meets them
COURSE = (
    *("protonet", "classifier", "maml", "fomaml", "fomaml-5-steps", "anil", "maml-tied", "maml-20-way-long", "reptile"),
    "protonet-stride",
)
EMOJI = ("protonet-emoji", "classifier-emoji", "maml-emoji")  # those that sit exam D
HANDWRITING = "protonet"  # the network that sits it on outlines
USED = "classifier"  # the one that notebook 02 uses in several ways


class Sitting(NamedTuple):
    """One way of using one method: what it is called, since which notebook the course knows it, and its batch norm."""

    method: str
    notebook: int
    batch_norm: str
    predict: Predict
    n_way: int | None = None  # the only number of ways that it can do
    network: str = "none"  # the digest of the checkpoint
    classes: str = "none"  # those that it learned from
    updates: int = 0
    trained_on: str = ""  # the device
    training_seed: int | None = None
    only: Exam | None = None  # the only exam that it sits


def sittings(recipe: Recipe, network: torch.nn.Module) -> Iterator[Sitting]:
    """The ways to use a trained network: with batch statistics, the queries of a task together or each alone."""
    for name, batch_norm, predict in recipe.modes(network):
        yield Sitting(name, recipe.notebook, batch_norm, predict, recipe.fixed_way)


def table(sitting: Sitting, bank: ClassBank, *, n_episodes: int = CELL_EPISODES) -> list[dict[str, Any]]:
    """The accuracies that papers report (5 and 20 ways, 1 and 5 shots) and the exams, as far as the method can do them.

    bank  the evaluation classes
    Exam C is left out: each look at it is written down (`looks`).
    """
    rows = []
    for spec in CELLS:
        enough = int(bank.sizes.min()) >= spec.k_shot + spec.n_query  # of emoji there are five at most
        if sitting.n_way in (None, spec.n_way) and enough:
            accuracies = evaluate(sitting.predict, stream_episodes(bank, spec, n_episodes, seed=CELL_SEED))
            rows.append(_row(sitting, spec, mean_interval(accuracies), bank))
    for exam in EXAMS:
        if exam != EXAM_C and can_sit(sitting, exam, bank):
            rows.append(_row(sitting, exam, exam.interval(exam.sit(sitting.predict, bank)), bank))
    return rows


def can_sit(sitting: Sitting, exam: Exam, bank: ClassBank) -> bool:
    """Whether the method has as many ways, the exam is of `bank`, and each query is told no more than it may be."""
    told = sitting.batch_norm == TRANSDUCTIVE and exam.alone  # with one query it would be "each query alone" once more
    meant = sitting.only is None or sitting.only.letter == exam.letter
    return meant and sitting.n_way in (None, exam.spec.n_way) and exam.possible(bank) and not told


def _row(sitting: Sitting, task: EpisodeSpec | Exam, interval: Interval, bank: ClassBank) -> dict[str, Any]:
    return {**conditions(sitting, task, bank), "interval": list(interval)}


def conditions(sitting: Sitting, task: EpisodeSpec | Exam, bank: ClassBank) -> dict[str, Any]:
    """What an accuracy depends on, beside the network."""
    turned = "unrotated" if "rotations" not in bank.source else "turns are classes"
    return {
        "task": str(task),
        "data": f"{bank.source}, {turned}",
        "seed": task.seed if isinstance(task, Exam) else CELL_SEED,
        "batch_norm": sitting.batch_norm,
    }


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """One line a row, for the terminal."""
    return [f"{row['task']:<60} {Interval(*row['interval'])}" for row in rows]


def course_sittings(bank: ClassBank) -> Iterator[Sitting]:
    """Every method that the course has, in the order in which it meets them; its network is where `bank` is.

    On the emoji these are others: networks for pictures in colour.
    """
    if bank.source == emoji.SOURCE:
        yield from _in_colour(bank)
        return
    yield Sitting("pixel neighbours", 1, "none", baselines.pixel_neighbour)
    yield Sitting("untrained conv4", 1, "running statistics", baselines.untrained_centroid)
    yield Sitting("modified Hausdorff distance", 0, "none", hausdorff, only=EXAM_C_AS_DRAWN)
    for name in COURSE:
        yield from of_checkpoint(name, bank)


def of_checkpoint(name: str, bank: ClassBank) -> Iterator[Sitting]:
    """The ways to use a checkpoint, with all that its file tells of the network."""
    network, info = checkpoints.load(name, device=bank.device)
    known = {name: info[name] for name in ("classes", "updates")}
    known |= {"network": checkpoints.digest(network, info), "trained_on": info.get("device", "cpu")}
    known["training_seed"] = info.get("seed")
    ways = [*sittings(recipe_of(info), network), *(_classifier_sittings(network, bank) if name == USED else ())]
    for sitting in ways:
        yield sitting._replace(**known)


def _in_colour(bank: ClassBank) -> Iterator[Sitting]:
    """Who sits exam D: pixels, what handwriting taught, and the networks that learned from emoji."""
    yield Sitting("pixel neighbours, grey", 7, "none", seen_as(emoji.grey, baselines.pixel_neighbour))
    yield Sitting("pixel neighbours, outlines", 7, "none", seen_as(emoji.outlines, baselines.pixel_neighbour))
    yield Sitting("pixel neighbours, colour", 7, "none", baselines.pixel_neighbour)
    yield Sitting("untrained conv4, colour", 7, "running statistics", baselines.untrained_centroid)
    for sitting in of_checkpoint(HANDWRITING, bank):
        for view, what in ((emoji.small, "grey"), (emoji.outlines, "outlines")):
            method = f"{sitting.method} of handwriting, {what}"
            yield sitting._replace(method=method, notebook=7, predict=seen_as(view, sitting.predict))
    for name in EMOJI:
        yield from of_checkpoint(name, bank)


def seen_as(view: Callable[[Tensor], Tensor], predict: Predict) -> Predict:
    """`predict`, which is shown all pictures by `view`: [..., 3, H, W] to [..., channels, h, w]."""
    return lambda e: predict(e._replace(support_x=view(e.support_x), query_x=view(e.query_x)))


def hausdorff(episodes: Episode) -> Tensor:
    """[T, Q] labels: the nearest drawing by Lake et al.'s (2015) baseline, of bitmaps, [T, S, 1, H, W] bool."""
    nearest = [
        modified_hausdorff(queries, candidates).argmin(dim=1)
        for queries, candidates in zip(episodes.query_x.squeeze(2), episodes.support_x.squeeze(2), strict=True)
    ]
    return episodes.support_y.gather(1, torch.stack(nearest))


def _classifier_sittings(network: Conv4, bank: ClassBank) -> Iterator[Sitting]:
    """What notebook 02 does with the pre-trained classifier, beside the nearest centroid."""

    @functools.cache
    def centre() -> Tensor:  # of classes that neither the network nor the exam has
        return baselines.mean_feature(network, split(bank).validation)

    def simple_shot(episodes: Episode) -> Tensor:
        return baselines.simple_shot(network, centre(), episodes)

    yield Sitting("SimpleShot", 2, "running statistics", simple_shot)
    for method in ("linear probe", "fine-tuned classifier"):  # their steps were chosen on 5-way tasks
        yield Sitting(method, 2, "running statistics", finetune.predictor(network, method), n_way=5)
