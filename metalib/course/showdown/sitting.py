"""The ways in which the networks of the comparison answer, and the right answers of each in each task of an exam."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib import baselines, finetune, protonet
from metalib.course.kit import runs
from metalib.course.kit.exams import EXAM_C, Exam
from metalib.course.kit.results import looks
from metalib.course.showdown.trainings import Trained
from metalib.episodes import ClassBank, Episode
from metalib.evaluate import Interval, evaluate
from metalib.models import Conv4
from metalib.training.recipes import Predict
from metalib.training.recipes.base import TRANSDUCTIVE

RUNNING = "running statistics"
PIXELS, UNTRAINED = "pixels", "untrained"

TOGETHER, ALONE = "together", "alone"


class Way(NamedTuple):
    """One way to answer.

    queries  ALONE: an answer depends on the support set and the query; TOGETHER: on the other queries, too
    n_way    the only number of ways that it can do; None: any
    """

    method: str
    predict: Predict
    batch_norm: str = RUNNING
    queries: str = ALONE
    n_way: int | None = None


def ways(name: str, made: Trained, validation: ClassBank) -> Iterator[Way]:
    """How the network of the entrant `name` is used; the classifier in four ways."""
    if name == "classifier":
        yield from _of_classifier(made, validation)
        return
    for _, batch_norm, predict in made.recipe.modes(made.network):
        queries = TOGETHER if batch_norm == TRANSDUCTIVE else ALONE
        yield Way(name, predict, batch_norm, queries, made.recipe.fixed_way)


def _of_classifier(made: Trained, validation: ClassBank) -> Iterator[Way]:
    network = made.network

    @functools.cache
    def centre() -> Tensor:
        return baselines.mean_feature(network, validation)

    def simple_shot(episodes: Episode) -> Tensor:
        return baselines.simple_shot(network, centre(), episodes)

    yield Way("classifier, centroid", finetune.nearest_centroid(network))
    yield Way("classifier, SimpleShot", simple_shot)
    yield Way("classifier, linear probe", finetune.predictor(network, "linear probe"))
    yield Way("classifier, fine-tuned", finetune.predictor(network, "fine-tuned classifier"))


@functools.cache
def _untrained_network() -> Conv4:
    return baselines.untrained_network(downsample="stride")


def untrained(episodes: Episode) -> Tensor:
    """[T, Q]: nearest centroid on an untrained conv4 of the form that all networks of the comparison have."""
    return protonet.predict(_untrained_network(), episodes)


def accuracies(predict: Predict, tasks: Iterator[Episode]) -> list[float]:
    """[E]: the accuracy on each task."""
    return evaluate(predict, tasks).tolist()


def as_json(interval: Interval) -> list[Any]:
    """The interval without the noise of sums: a bound that is 0 is 0, and not 5.6e-18."""
    mean, low, high = (round(bound, 9) + 0.0 for bound in interval[:3])
    return [mean, low, high, interval.n, interval.unit]


def can_sit(way: Way, exam: Exam) -> bool:
    """Whether the way does as many ways, and leans on no other query where the exam has each alone."""
    return way.n_way in (None, exam.spec.n_way) and not (exam.alone and way.queries == TOGETHER)


def right(way: Way, exam: Exam, bank: ClassBank, folder: Any, *, look: dict[str, Any]) -> Tensor:
    """[E] long: how many questions of each task are answered rightly; from `folder` where they were asked before.

    look  what and seed, for the log of exam C
    """
    name = f"{way.method.replace(', ', '-').replace(' ', '-')}-{way.queries}-{exam.letter}.json"
    return torch.tensor(runs.kept(folder / name, partial(_sit, way, exam, bank, look)))


def _sit(way: Way, exam: Exam, bank: ClassBank, look: dict[str, Any]) -> list[int]:
    if exam == EXAM_C:
        accuracies = looks.look(way.predict, bank, batch_norm=way.batch_norm, **look)
    else:
        accuracies = exam.sit(way.predict, bank)
    return (accuracies * exam.questions).round().long().tolist()
