"""Notebook 02: what start, layers, step size, number of steps and batch norm make of a task of five pictures.

Step sizes and numbers of steps are chosen on validation classes. What is reported after that is on evaluation classes.
"""

from __future__ import annotations

import copy
from itertools import islice
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from metalib import finetune, maml
from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_A
from metalib.course.kit.study import Study
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.finetune import Predict
from metalib.models import Conv4, conv4
from metalib.runtime import seeded
from metalib.training import checkpoints

RANDOM, PRETRAINED = "random", "pre-trained"
FIVE_PICTURES = "pre-trained, batch norm from the five pictures"
LAYERS: dict[str, finetune.Only] = {
    "head": finetune.HEAD,
    "last block and head": finetune.LAST_BLOCK,
    "all layers": finetune.ALL_LAYERS,
}
MODES = (
    "running statistics, frozen",
    "train() for the steps, eval() for the queries",
    "the batch: support set and one query",
    "the batch: all queries together",
)
SETTINGS: dict[str, Any] = {
    "checkpoint": "classifier",
    "n_way": 5,
    "k_shot": 1,
    "n_query": 3,
    "tasks": 40,  # on validation classes
    "seed": 3,
    "random_start_seed": 0,
    "step_sizes": [0.003, 0.01, 0.03, 0.1, 0.3],
    "steps": [0, 1, 2, 3, 5, 10, 20],
    "batch_norm_step_sizes": [0.003, 0.01, 0.03],
    "batch_norm_steps": [3, 5, 10],
    "episodes": 200,  # the first ones of exam A, on evaluation classes
}


def starts(settings: dict[str, Any]) -> dict[str, Conv4]:
    """The networks to begin with, each with a head of zeros.

    A random network has no running statistics that would be worth keeping: its batch norm uses the batch's.
    """
    pretrained, _ = checkpoints.load(settings["checkpoint"])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings["random_start_seed"])
        untrained = conv4(downsample="stride")
    n_way = settings["n_way"]
    return {
        PRETRAINED: finetune.with_head(pretrained, n_way),
        FIVE_PICTURES: finetune.with_head(pretrained, n_way, running_stats=False),
        RANDOM: finetune.with_head(untrained, n_way, running_stats=False),
    }


def validation_tasks(settings: dict[str, Any]) -> Episode:
    """The tasks on which step sizes and numbers of steps are chosen."""
    spec = EpisodeSpec(settings["n_way"], settings["k_shot"], settings["n_query"])
    bank = split(load_bank("omniglot", quiet=True)).validation
    return sample_episodes(bank, spec, settings["tasks"], generator=seeded(settings["seed"]))


def summary(values: Tensor) -> dict[str, list[float]]:
    """Mean, 10 % and 90 % point over tasks at each number of steps, from [T, M]."""
    values = values.double().nan_to_num(nan=1e4, posinf=1e4).clamp(max=1e4)  # what diverged
    low, high = values.quantile(torch.tensor([0.1, 0.9], dtype=torch.float64), dim=0)
    numbers = {"mean": values.mean(dim=0), "low": low, "high": high}
    return {name: [round(x, 4) for x in value.tolist()] for name, value in numbers.items()}


def grid(networks: dict[str, Conv4], tasks: Episode, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """A row for each start, choice of layers and step size: the four curves, as `summary` has them."""
    rows = []
    for start, network in networks.items():
        for layers, only in LAYERS.items():
            for step_size in settings["step_sizes"]:
                curves = finetune.curves(network, tasks, at=settings["steps"], only=only, inner_lr=step_size)
                found = {name: summary(values) for name, values in curves._asdict().items()}
                rows.append({"start": start, "layers": layers, "step_size": step_size, **found})
    return rows


def choose(rows: list[dict[str, Any]], steps: list[int]) -> list[dict[str, Any]]:
    """For each start and choice of layers: the step size and the least number of steps with the best mean accuracy."""
    chosen = []
    for start, layers in dict.fromkeys((row["start"], row["layers"]) for row in rows):
        own = [row for row in rows if (row["start"], row["layers"]) == (start, layers)]
        row, place = max(
            ((row, place) for row in own for place in range(len(steps))),
            key=lambda pair: (pair[0]["query_accuracy"]["mean"][pair[1]], -pair[1]),
        )
        best = {"step_size": row["step_size"], "steps": steps[place]}
        chosen.append({"start": start, "layers": layers, **best, "accuracy": row["query_accuracy"]["mean"][place]})
    return chosen


def torch_habit(network: Conv4, task: Episode, *, inner_lr: float, inner_steps: int) -> Tensor:
    """[Q] labels: steps in training mode, which move the running statistics by a tenth each, then evaluation mode."""
    network = copy.deepcopy(network).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=inner_lr)
    with torch.enable_grad():
        for _ in range(inner_steps):
            optimizer.zero_grad()
            cross_entropy(network(task.support_x), task.support_y).backward()
            optimizer.step()
    return network.eval()(task.query_x).argmax(dim=1)


def in_mode(mode: str, networks: dict[str, Conv4], **inner) -> Predict:
    """What answers episodes after fine-tuning all layers under one of MODES; `inner`: inner_lr, inner_steps."""
    frozen, moving = networks[PRETRAINED], networks[FIVE_PICTURES]
    theta = {name: value.detach() for name, value in moving.named_parameters()}
    by_mode: dict[str, Predict] = {
        MODES[0]: lambda e: finetune.logits(frozen, e, **inner).argmax(dim=2),
        MODES[1]: lambda e: torch.stack([torch_habit(frozen, e.task(t), **inner) for t in range(len(e.support_y))]),
        MODES[2]: lambda e: finetune.logits(moving, e, **inner).argmax(dim=2),
        MODES[3]: lambda e: maml.predict(moving, theta, e, **inner),
    }
    return by_mode[mode]


def batch_norm(networks: dict[str, Conv4], tasks: Episode, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """All layers fine-tuned under four uses of batch norm, each with its own step size and number of steps.

    These are chosen on `tasks`. Accuracies are of the same evaluation episodes, so differences are paired.
    """
    evaluation = split(load_bank("omniglot", quiet=True)).evaluation
    episodes = list(islice(EXAM_A.episodes(evaluation), settings["episodes"] // EXAM_A.batch))
    choices = [(a, k) for k in settings["batch_norm_steps"] for a in settings["batch_norm_step_sizes"]]
    rows, first = [], None
    for mode in MODES:
        means = [
            float(evaluate(in_mode(mode, networks, inner_lr=a, inner_steps=k), [tasks]).mean()) for a, k in choices
        ]
        step_size, steps = choices[means.index(max(means))]  # the first of the best: the fewest steps
        accuracies = evaluate(in_mode(mode, networks, inner_lr=step_size, inner_steps=steps), episodes)
        first = accuracies if first is None else first
        difference = list(paired_interval(accuracies, first))
        results = {"accuracy": list(mean_interval(accuracies)), "minus_frozen": difference}
        rows.append({"mode": mode, "step_size": step_size, "steps": steps, **results})
    return rows


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """The grid on validation tasks, what it says to choose, and batch norm's four uses on evaluation episodes."""
    networks, tasks = starts(settings), validation_tasks(settings)
    rows = grid(networks, tasks, settings)
    return {
        "grid": rows,
        "chosen": choose(rows, settings["steps"]),
        "batch_norm": batch_norm(networks, tasks, settings),
    }


STUDY = Study(
    question="Five pictures: what do start, layers, step size, number of steps and batch norm make of them?",
    run=run,
    settings=SETTINGS,
)
