"""Notebook 08: the course's networks beside the published figures, and why they differ.

The figures are those of data/results.md. A difference is explained by what a test found, or it stands as unexplained,
with the hypothesis that was tested. Each test is small: it may make a cause likely, or rule it out as the only one.
"""

from __future__ import annotations

import dataclasses
import math
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from metalib import places
from metalib.banks import load_bank, omniglot, split
from metalib.course.kit import runs
from metalib.course.kit.board import RESULTS
from metalib.course.kit.results import files as results_files
from metalib.course.kit.results.entry import PublishedEntry
from metalib.course.kit.study import Study
from metalib.course.showdown.recipes import FairMaml
from metalib.course.showdown.sitting import as_json
from metalib.episodes import ClassBank, EpisodeSpec, stream_episodes
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.models import conv4
from metalib.training import checkpoints
from metalib.training.recipes import Predict, recipe_of

ALPHABETS, UNTURNED, POOLED, STEPS = "whole alphabets", "unturned test", "mean over places", "the paper's steps"
SETTINGS: dict[str, Any] = {
    "episodes": 1000,
    "episodes_of_reptile": 500,
    "seed": 20_173,  # of data/results.md
    "pooled": {"updates": 600, "meta_batch_size": 8, "n_query": 1, "learning_rate": 3e-3, "rotations": True},
    "seeds": [0],  # one, for want of time
}
# (method, task) -> the test that bears on the difference, and what the difference is put down to before it was run
CAUSES = {
    ("prototypical network", "20-way 1-shot, 15 queries a class"): ALPHABETS,
    ("prototypical network", "20-way 5-shot, 15 queries a class"): ALPHABETS,
    ("prototypical network", "5-way 1-shot, 15 queries a class"): ALPHABETS,
    ("prototypical network", "5-way 5-shot, 15 queries a class"): ALPHABETS,
    ("Reptile", "5-way 1-shot, 1 query a class"): UNTURNED,
    ("Reptile", "5-way 5-shot, 1 query a class"): UNTURNED,
    ("MAML", "5-way 1-shot, 1 query a class"): POOLED,
    ("first-order MAML", "5-way 1-shot, 1 query a class"): STEPS,
}


class PooledConv4(nn.Module):
    """conv4 with strides whose last features are averaged over their 2×2 places, as in MAML's paper: 64 for the head.

    x  [B, 1, 28, 28]  ->  [B, n_out]
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.blocks = conv4(**{**settings, "n_out": None}).blocks
        self.head = nn.Linear(64, settings["n_out"])  # conv4's width

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(x).mean(dim=(2, 3)))


@dataclasses.dataclass(frozen=True)
class PooledMaml(FairMaml):
    """MAML with these features."""

    method = "MAML, mean over places"

    def network(self) -> Any:
        """The untrained network."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return PooledConv4(downsample=self.downsample, **self.network_settings())


def accuracies(predict: Predict, bank: ClassBank, spec: EpisodeSpec, n: int, seed: int) -> list[float]:
    """The accuracy on each of `n` tasks."""
    return evaluate(predict, stream_episodes(bank, spec, n, seed=seed)).tolist()


def by_alphabets(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Prototypical networks whose test characters are of alphabets that the training had, and of others.

    The second has had five times the updates, so a lower accuracy is not for want of training.
    """
    bank, found = load_bank("omniglot", quiet=True), {}
    tests = {"protonet-short-paper": split(bank, "paper").evaluation, "protonet": split(bank).evaluation.rotated()}
    for name, evaluation in tests.items():
        network, info = checkpoints.load(name)
        for spec in (EpisodeSpec(5, 1, 15), EpisodeSpec(20, 1, 15)):
            predict = recipe_of(info).predictor(network)
            find = partial(accuracies, predict, evaluation, spec, settings["episodes"], settings["seed"])
            values = runs.kept(folder / f"{name}-{spec.n_way}.json", find)
            found[f"{name}, {spec.n_way}-way 1-shot"] = as_json(mean_interval(torch.tensor(values)))
    return {"test": ALPHABETS, "found": found}


def unturned(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Reptile's network on test characters as they are: its paper turns those of the training only."""
    _, _, evaluation = omniglot.by_character(load_bank("omniglot", quiet=True))
    network, info = checkpoints.load("reptile-long-paper")
    found = {}
    for name, bank in {"turned": evaluation.rotated(), "as they are": evaluation}.items():
        for _, batch_norm, predict in recipe_of(info).modes(network):
            n = settings["episodes_of_reptile"]
            find = partial(accuracies, predict, bank, EpisodeSpec(5, 1, 1), n, settings["seed"])
            values = runs.kept(folder / f"reptile-{name}-{batch_norm}.json".replace(" ", "-"), find)
            found[f"{name}, {batch_norm}"] = as_json(mean_interval(torch.tensor(values)))
    return {"test": UNTURNED, "found": found}


def pooled(settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """MAML with flattened and with averaged features, after equal short trainings: which seed, which arm, how far."""
    parts = split(load_bank("omniglot", quiet=True), "paper")
    found: dict[str, Any] = {}
    for seed in settings["seeds"]:
        values = {}
        for name, kind in {"flattened": FairMaml, "averaged": PooledMaml}.items():
            recipe = kind(**settings["pooled"], seed=seed)
            network = runs.trained(recipe, parts.training, folder / f"maml-{name}-{seed}")
            predict = recipe.predictor(network)
            find = partial(accuracies, predict, parts.evaluation, EpisodeSpec(5, 1, 1), settings["episodes"], seed)
            values[name] = torch.tensor(runs.kept(folder / f"maml-{name}-{seed}.json", find))
            found[f"{name}, seed {seed}"] = as_json(mean_interval(values[name]))
        found[f"flattened − averaged, seed {seed}"] = as_json(paired_interval(values["flattened"], values["averaged"]))
    return {"test": POOLED, "found": found}


def by_steps(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """First-order MAML with the paper's steps, and with more and smaller ones: both are measured already."""
    found = {row["checkpoint"]: row["ours"] for row in rows if CAUSES.get((row["method"], row["task"])) == STEPS}
    return {"test": STEPS, "found": found}


def row(entry: PublishedEntry) -> dict[str, Any]:
    """One published figure, ours beside it, and whether the two intervals tell them apart."""
    percent, half = entry.published
    assert percent is not None  # rows of ways that no paper reports are left out
    difference = 100 * entry.result.mean - percent
    width = math.hypot(100 * entry.result.half_width, half or 0.0)
    return {
        **{"method": entry.method, "checkpoint": entry.checkpoint, "task": entry.task, "batch_norm": entry.batch_norm},
        **{"ours": list(entry.result), "published": [percent, half], "source": entry.source},
        "difference": round(difference, 2),  # points
        "apart": abs(difference) > width,
        "test": CAUSES.get((entry.method, entry.task)) if abs(difference) > width else None,
    }


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """The published figures with ours, and the tests of what may explain the differences."""
    folder, path = runs.folder_of("showdown-published", settings), places.find(RESULTS)
    assert path is not None  # a checkout has it
    entries = results_files.read(path.parent).paper.values()
    rows = [row(entry) for entry in entries if entry.published[0] is not None]
    tests = [test(settings, folder) for test in (by_alphabets, unturned, pooled)]
    return {"rows": rows, "tests": [*tests, by_steps(rows)]}


STUDY = Study(
    question="Where do the course's networks differ from the published figures, and does a test explain it?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
