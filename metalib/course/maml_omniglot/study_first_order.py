"""Notebook 04: what the first-order gradient does to a start, and what is the chance of one training run.

Every arm is trained from three seeds. At some updates the start is looked at before its inner step: which labels it
gives to queries that it knows nothing of, and which way the outer gradient pushes the label that it gives most often.
All trainings go on side by side and are kept in a folder: a study that was stopped goes on from there.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn.functional import one_hot

from metalib import files, maml, places, runtime
from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_A
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.runtime import seeded
from metalib.training.cuda_graphs import Gradients
from metalib.training.recipes.maml import MamlRecipe
from metalib.training.run_state import has_state

BASE = "MAML, α = 0.4"
SETTINGS: dict[str, Any] = {
    "arms": {
        BASE: {},
        "MAML, α = 0.1": {"inner_lr": 0.1},
        "first-order MAML, α = 0.4": {"first_order": True},
        "first-order MAML, α = 0.1": {"first_order": True, "inner_lr": 0.1},
    },
    "seeds": [0, 1, 2],
    "updates": 200,
    "meta_batch_size": 8,
    "looks": [0, 10, 20, 50],
    "look_tasks": 8,
    "look_seed": 4,
    "exam_episodes": EXAM_A.n_episodes,
}


class Training:
    """One training run by its recipe, as `Recipe.train` does it, that goes on by one update when it is asked to."""

    def __init__(self, recipe: MamlRecipe, bank: ClassBank, draw: Callable, folder: Path) -> None:
        self.recipe, self.folder, self.network = recipe, folder, recipe.network()
        self.run = recipe.start(self.network, bank)
        self.draw = draw
        self.gradients = Gradients(self.run, lambda network, episodes: recipe.losses(network, episodes, self.run))
        self.looks: dict[str, Any] = {}
        if has_state(folder):
            self.run.restore(folder)
            self.looks = files.read_json(folder / "looks.json", dict, remedy="delete the folder")

    def update(self) -> None:
        """One update. A GPU takes those of all runs one after the other: recorded graphs share their workspaces."""
        self.network.train()
        self.gradients(self.draw(self.run.generator))
        self.run.optimizer.step()
        self.run.schedule.step()
        self.run.update += 1

    def keep(self, looked: dict[str, Any]) -> None:
        """Write down what was seen at the present update, and the state to go on from."""
        self.looks[str(self.run.update)] = looked
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.looks)
        files.write_atomically(self.folder / "looks.json", lambda part: part.write_text(text, encoding="utf-8"))
        self.run.save(self.folder)


def look(recipe: MamlRecipe, network: Any, tasks: Episode) -> dict[str, Any]:
    """What a start does on `tasks` before its inner steps, and after them.

    `slopes` are derivatives of the query loss after adaptation, first-order and exact, in the direction that raises the
    most frequent label for all pictures alike: (e − 1/N) h̄ᵀ/‖h̄‖ in the head, e that label, h̄ the mean feature.
    """
    network.eval()
    theta = {name: value.detach().requires_grad_() for name, value in network.named_parameters()}
    n_way = recipe.n_way
    how: dict[str, Any] = {"only": recipe.only, "chunk_size": runtime.tasks_at_once(tasks.query_x.device)}
    before = recipe.predictor(network, steps=0)(tasks)  # [T, Q]
    shares = before.flatten().bincount(minlength=n_way) / before.numel()
    on_support = tasks._replace(query_x=tasks.support_x, query_y=tasks.support_y)
    with torch.no_grad():
        support_loss = maml.losses(network, theta, on_support, inner_lr=0.0, inner_steps=0, **how).mean().item()
        features = vmap(network.features)(tasks.support_x).flatten(0, 1).mean(dim=0)  # [F]
    exact, first = (
        _gradient(network, theta, tasks, recipe, first_order=first_order, **how) for first_order in (False, True)
    )
    flat = [torch.cat([g.flatten() for g in found.values()]) for found in (first, exact)]
    raised = one_hot(shares.argmax(), n_way) - 1 / n_way  # [N]
    direction = raised[:, None] * features / features.norm()
    correct = recipe.predictor(network)(tasks) == tasks.query_y
    return {
        "shares": shares.tolist(),
        "support_loss": support_loss,
        "rows": theta["head.weight"].detach().norm(dim=1).tolist(),
        "slopes": [(found["head.weight"] * direction).sum().item() for found in (first, exact)],
        "cosine": torch.cosine_similarity(flat[0], flat[1], dim=0).item(),
        "accuracy": correct.double().mean().item(),
    }


def _gradient(
    network: Any, theta: dict[str, Tensor], tasks: Episode, recipe: MamlRecipe, **how: Any
) -> dict[str, Tensor]:
    """The outer gradient at θ, by name."""
    loss = maml.losses(network, theta, tasks, inner_lr=recipe.inner_lr, inner_steps=recipe.inner_steps, **how).mean()
    return dict(zip(theta, torch.autograd.grad(loss, list(theta.values())), strict=True))


def train_all(trainings: Sequence[Training], settings: dict[str, Any], tasks: Episode) -> None:
    """Take all to the last update, one after the other at each, and look at each of them on the way."""
    for mark in [*settings["looks"], settings["updates"]]:
        start, done = time.perf_counter(), 0
        while behind := [one for one in trainings if one.run.update < mark]:
            for one in behind:
                one.update()
            done += len(behind)
        taken = time.perf_counter() - start
        for one in trainings:
            if one.run.update == mark and str(mark) not in one.looks:
                one.keep(look(one.recipe, one.network, tasks))
        rate = f"{1000 * taken / done:.2f} ms each" if done else "done before"
        seconds = time.perf_counter() - start - taken
        print(f"update {mark:,}: {done:,} updates, {rate}; looked at in {seconds:.0f} s", flush=True)


def by_label(recipe: MamlRecipe, network: Any, bank: ClassBank, settings: dict[str, Any]) -> Tensor:
    """[E, N]: the share of right answers in exam A's episodes, for the queries of each label."""
    network.eval()
    predict, found, left = recipe.predictor(network), [], settings["exam_episodes"]
    for episodes in EXAM_A.episodes(bank):
        if left <= 0:
            break
        correct = (predict(episodes) == episodes.query_y).double()  # [T, Q], sorted by label
        found.append(correct.view(len(correct), recipe.n_way, -1).mean(dim=2).cpu()[:left])
        left -= len(correct)
    return torch.cat(found)


def row(name: str, arm: Sequence[Training], exam: Tensor, base: Tensor) -> dict[str, Any]:
    """What is kept of an arm. exam: [seeds, E, N]; base: [seeds, E], of the arm that it is compared with."""
    last = [one.looks[str(one.run.update)] for one in arm]
    top = [max(range(len(looked["shares"])), key=looked["shares"].__getitem__) for looked in last]
    of_top = torch.stack([exam[seed, :, label] for seed, label in enumerate(top)])  # [seeds, E]
    others = (exam.sum(dim=2) - of_top) / (exam.shape[2] - 1)
    accuracy = exam.mean(dim=2)
    return {
        "arm": name,
        "accuracy": list(mean_interval(accuracy.mean(dim=0))),
        "of_seeds": [list(mean_interval(one)) for one in accuracy],
        "minus_base": list(paired_interval(accuracy.mean(dim=0), base.mean(dim=0))),
        "minus_base_of_seeds": [list(paired_interval(a, b)) for a, b in zip(accuracy, base, strict=True)],
        "label": top,
        "share": [looked["shares"][label] for looked, label in zip(last, top, strict=True)],
        "top_label_minus_others": [list(paired_interval(a, b)) for a, b in zip(of_top, others, strict=True)],
        "looks": [one.looks for one in arm],
    }


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Train all arms from all seeds, and let them sit exam A."""
    training, validation, evaluation = split(load_bank(quiet=True).to(runtime.pick_device()))
    generator = seeded(settings["look_seed"])
    tasks = sample_episodes(validation, EpisodeSpec(), settings["look_tasks"], generator=generator)
    recipe = MamlRecipe(updates=settings["updates"], meta_batch_size=settings["meta_batch_size"])
    recipes = {name: dataclasses.replace(recipe, **changes) for name, changes in settings["arms"].items()}
    mark = hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:8]  # other settings, another folder
    folder = next(places.writable_folders()) / "runs" / f"first-order-{mark}"
    draw = recipe.draw_from(training)  # the same for all: one bank with its turns is enough
    arms = {
        name: [
            Training(dataclasses.replace(one, seed=seed), training, draw, folder / f"{number}-{seed}")
            for seed in settings["seeds"]
        ]
        for number, (name, one) in enumerate(recipes.items())
    }
    train_all([one for arm in arms.values() for one in arm], settings, tasks)
    exams = {
        name: torch.stack([by_label(one.recipe, one.network, evaluation, settings) for one in arm])
        for name, arm in arms.items()
    }
    base = exams[BASE].mean(dim=2)
    return {
        "device": runtime.describe(training.device),
        "rows": [row(name, arm, exams[name], base) for name, arm in arms.items()],
    }


STUDY = Study(
    question="First-order MAML on Omniglot: what does its gradient do to the start, and what is one run's chance?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
