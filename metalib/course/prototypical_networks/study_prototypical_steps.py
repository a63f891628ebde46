"""What a few gradient steps add to a prototypical network, from the head that its prototypes are.

The prototypes of the support set make a linear layer, W = 2c and b = −‖c‖²; gradient steps on the support loss go on
from there. So does ProtoMAML (Triantafillou et al., 2020), which also trains through these steps; here they are taken
at test only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from metalib import runtime
from metalib.adapt import path
from metalib.banks import load_bank, split
from metalib.course.kit.prototype_head import start, with_head
from metalib.course.kit.study import Study
from metalib.episodes import Episode, EpisodeSpec, sample_episodes, stream_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4
from metalib.training import checkpoints


def accuracy_after(model: Conv4, task: Episode, counts: list[int], inner_lr: float, scope: str) -> Tensor:
    """[len(counts)]: the query accuracy after each number of steps; scope "head" or "all layers"."""
    with torch.no_grad():
        theta = start(model, task)
        network: nn.Module = model
        if scope == "head":  # the features stay, so they are computed once
            task = task._replace(support_x=model.features(task.support_x), query_x=model.features(task.query_x))
            network = nn.Linear(model.out_features, len(theta["head.bias"]), device=task.support_x.device)
            theta = {"weight": theta["head.weight"], "bias": theta["head.bias"]}
        found = []
        steps = path(network, theta, task.support_x, task.support_y, inner_lr=inner_lr, inner_steps=max(counts))
        for step, phi in enumerate(steps):
            if step in counts:
                answers = functional_call(network, phi, (task.query_x,)).argmax(dim=1)
                found.append((answers == task.query_y).double().mean())
    return torch.stack(found).cpu()


def by_step_size(settings: dict[str, Any]) -> dict[str, Any]:
    """For each kind of task and part that moves: the accuracy before, and the gain after some steps of each size.

    No step size is chosen: where several do equally well, a choice would show one of them and hide the others.
    """
    evaluation = split(load_bank("omniglot", quiet=True).to(runtime.pick_device())).evaluation
    body, _ = checkpoints.load(settings["checkpoint"], device=evaluation.device)
    counts = settings["steps"]
    found: dict[str, Any] = {}
    for k_shot in settings["shots"]:
        spec = EpisodeSpec(settings["n_way"], k_shot, settings["n_query"], within_group=True)
        model = with_head(body, spec.n_way)
        batches = stream_episodes(evaluation, spec, settings["episodes"], seed=settings["seed"])
        tasks = [batch.task(t) for batch in batches for t in range(len(batch.query_y))]
        for scope, rates in settings["inner_lr"].items():
            gains: dict[str, Any] = {}
            for rate in rates:
                after = torch.stack([accuracy_after(model, task, [0, *counts], rate, scope) for task in tasks])
                before = after[:, 0]  # [E], the same for every rate
                gains[f"{rate:g}"] = {
                    str(count): list(paired_interval(after[:, i], before)) for i, count in enumerate(counts, start=1)
                }
            found[f"{spec.n_way}-way {k_shot}-shot, {scope}"] = {"before": list(mean_interval(before)), "gain": gains}
    return found


def support_loss(settings: dict[str, Any]) -> dict[str, Any]:
    """The support loss at the prototype head, before any step: the mean over 100 evaluation tasks, in nats."""
    _, _, evaluation = split(load_bank("omniglot", quiet=True))
    found = {}
    for k_shot in settings["shots"]:
        spec = EpisodeSpec(settings["n_way"], k_shot, settings["n_query"], within_group=True)
        model = with_head(checkpoints.load(settings["checkpoint"])[0], spec.n_way)
        episodes = sample_episodes(evaluation, spec, 100, generator=runtime.seeded(settings["seed"]))
        with torch.no_grad():
            tasks = [episodes.task(t) for t in range(100)]
            losses = [
                cross_entropy(functional_call(model, start(model, task), (task.support_x,)), task.support_y)
                for task in tasks
            ]
        found[f"{k_shot}-shot"] = round(torch.stack(losses).mean().item(), 6)
    return found


def steps(settings: dict[str, Any]) -> dict[str, Any]:
    """The steps, and the support loss that they start from."""
    return {"by step size": by_step_size(settings), "support loss": support_loss(settings)}


STEPS = Study(
    "What do a few gradient steps from the prototype head add, by the size of the step, at test only?",
    steps,
    {
        "data": "Omniglot evaluation part, unrotated, within one alphabet; every step size is reported, none is chosen",
        "batch_norm": "running statistics",
        "checkpoint": "protonet",
        "n_way": 10,
        "shots": [1, 5],
        "n_query": 5,
        "steps": [1, 3, 10],
        "inner_lr": {
            "head": [0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0],
            "all layers": [0.001, 0.01, 0.1, 0.3, 1.0],  # the steps of the body are dear
        },
        "episodes": 100,
        "seed": 2,
    },
)
