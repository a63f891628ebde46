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

from metalib import protonet, runtime
from metalib.adapt import Params, path
from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes, stream_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4, conv4
from metalib.training import checkpoints


def with_head(body: Conv4, n_way: int) -> Conv4:
    """The blocks of `body`, shared and not copied, under a linear head of `n_way` outputs; in evaluation mode."""
    model = conv4(**{**body.settings, "n_out": n_way})
    model.blocks = body.blocks
    return model.eval()


def start(model: Conv4, task: Episode) -> Params:
    """The parameters of `model` with the head that the support set's prototypes make; differentiable."""
    n_way = int(task.support_y.max()) + 1
    prototypes = protonet.prototypes(model.features(task.support_x), task.support_y, n_way)
    weight, bias = protonet.linear_head(prototypes)
    return {**dict(model.named_parameters()), "head.weight": weight, "head.bias": bias}


def accuracy_after(model: Conv4, task: Episode, counts: list[int], inner_lr: float, scope: str) -> Tensor:
    """[len(counts)]: the query accuracy after each number of steps; scope "head" or "all layers"."""
    with torch.no_grad():
        theta = start(model, task)
        network: nn.Module = model
        if scope == "head":  # the features stay, so they are computed once
            task = task._replace(support_x=model.features(task.support_x), query_x=model.features(task.query_x))
            network = nn.Linear(model.out_features, len(theta["head.bias"]))
            theta = {"weight": theta["head.weight"], "bias": theta["head.bias"]}
        found = []
        steps = path(network, theta, task.support_x, task.support_y, inner_lr=inner_lr, inner_steps=max(counts))
        for step, phi in enumerate(steps):
            if step in counts:
                answers = functional_call(network, phi, (task.query_x,)).argmax(dim=1)
                found.append((answers == task.query_y).double().mean())
    return torch.stack(found)


def at_test(settings: dict[str, Any]) -> dict[str, Any]:
    """Steps added at test, to the checkpoint; each number of steps has a step size chosen on validation classes."""
    _, validation, evaluation = split(load_bank("omniglot", quiet=True))
    body, _ = checkpoints.load(settings["checkpoint"])
    counts, rates = settings["steps"], settings["inner_lr"]
    found: dict[str, Any] = {}
    for k_shot in settings["shots"]:
        spec = EpisodeSpec(settings["n_way"], k_shot, settings["n_query"], within_group=True)
        model = with_head(body, spec.n_way)
        for scope in ("head", "all layers"):

            def sit(bank: ClassBank, n: int, seed: int, rate: float, spec=spec, model=model, scope=scope) -> Tensor:
                batches = stream_episodes(bank, spec, n, seed=seed)
                tasks = [batch.task(t) for batch in batches for t in range(len(batch.query_y))]
                return torch.stack([accuracy_after(model, task, counts, rate, scope) for task in tasks])  # [E, steps]

            tried = [
                sit(validation, settings["validation_episodes"], settings["validation_seed"], rate).mean(dim=0)
                for rate in rates
            ]
            best = torch.stack(tried).argmax(dim=0).tolist()  # for each number of steps; the smallest rate of equals
            results = {b: sit(evaluation, settings["episodes"], settings["seed"], rates[b]) for b in set(best[1:])}
            rows = {"0": {"accuracy": list(mean_interval(next(iter(results.values()))[:, 0]))}}
            for i, count in enumerate(counts[1:], start=1):
                after = results[best[i]]
                gain = paired_interval(after[:, i], after[:, 0])
                rows[str(count)] = {
                    "inner_lr": rates[best[i]],
                    "accuracy": list(mean_interval(after[:, i])),
                    "gain": list(gain),
                }
            found[f"{spec.n_way}-way {k_shot}-shot, {scope}"] = rows
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
    return {"at test": at_test(settings), "support loss": support_loss(settings)}


STEPS = Study(
    "What do a few gradient steps from the prototype head add, when they are taken at test only?",
    steps,
    {
        "data": "Omniglot evaluation part, unrotated, within one alphabet; step sizes chosen on the validation part",
        "batch_norm": "running statistics",
        "checkpoint": "protonet",
        "n_way": 10,
        "shots": [1, 5],
        "n_query": 5,
        "steps": [0, 1, 3, 10],
        "inner_lr": [0.001, 0.01, 0.1],
        "validation_episodes": 15,
        "validation_seed": 1,
        "episodes": 100,
        "seed": 2,
    },
)
