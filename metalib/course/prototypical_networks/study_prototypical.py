"""How to train a prototypical network: with how many ways, how many shots, and by which distance.

Each study trains short runs of one small network, three seeds an arm, and gives the accuracies on the evaluation
classes. The arms of a study see the same pictures in every update, so that one thing differs between them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from metalib import protonet, runtime
from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_A, EXAM_B
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, Episode, EpisodeSpec, draw_indices, sample_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4, conv4

EpisodeLoss = Callable[[Tensor, Tensor, Tensor, int], Tensor]


def embed_bank(encoder: protonet.Encoder, bank: ClassBank, *, batch: int = 500) -> Tensor:
    """[C, D, F]: the embedding of every drawing of a bank, by a network in evaluation mode."""
    with torch.no_grad():
        parts = [encoder(pictures.float() / 255).float() for pictures in bank.images.flatten(0, 1).split(batch)]
    return torch.cat(parts).unflatten(0, bank.images.shape[:2])


def accuracies(
    embedded: Tensor, bank: ClassBank, spec: EpisodeSpec, n_episodes: int, *, seed: int, cosine: bool = False
) -> Tensor:
    """[E]: the nearest prototype's accuracy on the episodes that `stream_episodes` would draw, from `embed_bank`.

    cosine  nearest by the angle; else by the distance, squared or not, which gives the same
    """
    generator, found = runtime.seeded(seed), []
    for start in range(0, n_episodes, 20):
        draw = draw_indices(bank, spec, min(20, n_episodes - start), generator=generator)
        z = embedded[draw.classes[..., None], draw.drawings]  # [T, N, K + Q, F]
        prototypes, queries = z[:, :, : spec.k_shot].mean(dim=2), z[:, :, spec.k_shot :].flatten(1, 2)
        if cosine:
            prototypes, queries = (nn.functional.normalize(x, dim=-1) for x in (prototypes, queries))
        predicted = torch.cdist(queries, prototypes).argmin(dim=2)  # [T, N·Q]
        truth = torch.arange(spec.n_way).repeat_interleave(spec.n_query)
        found.append((predicted == truth).double().mean(dim=1))
    return torch.cat(found)


def accuracies_by_all_others(embedded: Tensor, classes: Tensor, queries: Tensor) -> Tensor:
    """[T]: the nearest prototype's accuracy when each class gives all its drawings, and the query's own all but it.

    embedded  [C, M, F]      classes  [T, N]      queries  [T, N, Q, F], drawings of these classes
    """
    n_drawings, n_query = embedded.shape[1], queries.shape[2]
    truth = torch.arange(classes.shape[1]).repeat_interleave(n_query)
    distances = torch.cdist(queries.flatten(1, 2), embedded.mean(dim=1)[classes])  # [T, N·Q, N]
    own = nn.functional.one_hot(truth).bool()
    # leaving z out moves the mean away from z: to M / (M − 1) of the distance
    distances = torch.where(own, distances * n_drawings / (n_drawings - 1), distances)
    return (distances.argmin(dim=2) == truth).double().mean(dim=1)


def losses_in_one_batch(encoder: nn.Module, episodes: Episode, episode_loss: EpisodeLoss) -> Tensor:
    """[T]: the loss of each task, where all tasks pass the encoder as one batch."""
    n_tasks, n_way = len(episodes.support_y), int(episodes.support_y.max()) + 1
    pictures = torch.cat([episodes.support_x.flatten(0, 1), episodes.query_x.flatten(0, 1)])
    with runtime.fast_math(pictures.device):
        z = encoder(pictures)
    support, query = z.float().split([episodes.support_y.numel(), episodes.query_y.numel()])
    support, query = support.unflatten(0, (n_tasks, -1)), query.unflatten(0, (n_tasks, -1))
    tasks = zip(support, episodes.support_y, query, episodes.query_y, strict=True)
    return torch.stack([episode_loss(protonet.prototypes(s, s_y, n_way), q, q_y, n_way) for s, s_y, q, q_y in tasks])


def squared_euclidean(prototypes: Tensor, query: Tensor, query_y: Tensor, n_way: int, scale: float = 1.0) -> Tensor:
    """−log p(y | x), averaged over queries, by the linear form: the difference of large arrays takes longer."""
    weight, bias = protonet.linear_head(prototypes)
    return cross_entropy(scale * (query @ weight.T + bias), query_y)


def regroup(episodes: Episode, n_groups: int) -> Episode:
    """One N-way task as `n_groups` tasks of N / n_groups ways: the same pictures, cut into groups of classes."""
    n_way = (int(episodes.support_y.max()) + 1) // n_groups

    def cut(field: Tensor) -> Tensor:  # rows are sorted by label
        return field.reshape(n_groups, -1, *field.shape[2:])

    support_x, support_y, query_x, query_y = (cut(field) for field in episodes)
    return Episode(support_x, support_y % n_way, query_x, query_y % n_way)


def new_network(seed: int, downsample: str) -> Conv4:
    """A conv4 in training mode, its initial weights from `seed`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return conv4(downsample=downsample).train()


def fit(
    network: Conv4,
    bank: ClassBank,
    spec: EpisodeSpec,
    losses: Callable[[Episode], Tensor],
    settings: dict[str, Any],
    seed: int,
    scale: nn.Parameter | None = None,
) -> Conv4:
    """Train by Adam, its rate falling linearly to zero, one task of `spec` an update; ends in evaluation mode.

    settings  updates, learning_rate, and scale_rate for a `scale` to be learned: its rate over its first value
    """
    optimizer = torch.optim.Adam(network.parameters(), settings["learning_rate"])
    if scale is not None:
        optimizer.add_param_group({"params": [scale], "lr": settings["scale_rate"] * scale.item()})
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, settings["updates"])
    generator = runtime.seeded(seed)
    for _ in range(settings["updates"]):
        loss = losses(sample_episodes(bank, spec, 1, generator=generator)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def table(arms: dict[str, list[dict[str, Tensor]]], baseline: str) -> dict[str, Any]:
    """For JSON: for each arm and task an interval a seed, and the paired difference to `baseline`."""
    tasks = list(arms[baseline][0])
    measured = {
        arm: {task: [list(mean_interval(seed[task])) for seed in seeds] for task in tasks}
        for arm, seeds in arms.items()
    }
    differences = {
        arm: {
            task: [list(paired_interval(a[task], b[task])) for a, b in zip(seeds, arms[baseline], strict=True)]
            for task in tasks
        }
        for arm, seeds in arms.items()
        if arm != baseline
    }
    return {"accuracy": measured, "minus_baseline": differences, "baseline": baseline}


def sit(network: Conv4, bank: ClassBank, *, cosine: bool = False, five_shot: bool = True) -> dict[str, Tensor]:
    """The accuracies in both exams, and on tasks of 20 ways and of 5 shots, from one embedding of the bank."""
    embedded = embed_bank(network, bank).cpu()
    specs = {
        "exam A: 5-way 1-shot": (EXAM_A.spec, EXAM_A.n_episodes, EXAM_A.seed),
        "exam B: 20-way 1-shot within an alphabet": (EXAM_B.spec, EXAM_B.n_episodes, EXAM_B.seed),
        "20-way 1-shot": (EpisodeSpec(20, 1, 5), 400, 1),
    }
    if five_shot:
        specs["5-way 5-shot"] = (EpisodeSpec(5, 5, 15), 600, 2)
        specs["20-way 5-shot"] = (EpisodeSpec(20, 5, 5), 400, 3)
    return {
        task: accuracies(embedded, bank, spec, n, seed=seed, cosine=cosine) for task, (spec, n, seed) in specs.items()
    }


def way(settings: dict[str, Any]) -> dict[str, Any]:
    """One 60-way task an update, or the same pictures as twelve 5-way tasks; then both with a softer softmax."""
    n_groups, n_way = settings["groups"], settings["classes"]
    arms = {f"one {n_way}-way task": (1, 1), f"{n_groups} tasks of {n_way // n_groups} ways": (n_groups, 1)}
    plain = compare(settings, arms, n_way, settings["n_query"] + 1, settings["seeds"], 1.0)
    softer = settings["softer"]
    return {
        **plain,
        "softer": compare(settings, arms, n_way, settings["n_query"] + 1, softer["seeds"], softer["scale"]),
    }


def shot(settings: dict[str, Any]) -> dict[str, Any]:
    """Trained with 1 shot or with 5, on the same ten drawings of each class."""
    arms = {f"trained {k}-shot": (1, k) for k in reversed(settings["shots"])}
    return compare(settings, arms, settings["n_way"], settings["drawings"], settings["seeds"], 1.0)


def compare(
    settings: dict[str, Any],
    arms: dict[str, tuple[int, int]],
    n_way: int,
    drawings: int,
    seeds: list[int],
    scale: float,
) -> dict[str, Any]:
    """Train and test each arm, (groups, shots), by squared Euclid times `scale`; the last arm is the baseline."""
    training, evaluation = parts()
    bank = training.rotated()
    loss = partial(squared_euclidean, scale=scale)
    found: dict[str, list[dict[str, Tensor]]] = {arm: [] for arm in arms}
    for seed in seeds:
        for arm, (n_groups, k_shot) in arms.items():
            network = new_network(seed, settings["downsample"]).to(bank.device)

            def losses(episodes: Episode, network: Conv4 = network, n_groups: int = n_groups) -> Tensor:
                return losses_in_one_batch(network, regroup(episodes, n_groups), loss)

            spec = EpisodeSpec(n_way, k_shot, drawings - k_shot)
            found[arm].append(sit(fit(network, bank, spec, losses, settings, seed), evaluation))
    return table(found, list(arms)[-1])


def distance(settings: dict[str, Any]) -> dict[str, Any]:
    """Trained and tested with one distance each, after a short and after a longer run; "learned": s is trained too."""
    lengths = [with_length(settings, updates) for updates in settings["lengths"]]
    return {f"{updates} updates": found for updates, found in zip(settings["lengths"], lengths, strict=True)}


def with_length(settings: dict[str, Any], updates: int) -> dict[str, Any]:
    """All arms, each trained for as many updates."""
    training, evaluation = parts()
    bank, spec = training.rotated(), EpisodeSpec(settings["n_way"], 1, settings["n_query"])
    arms: dict[str, list[dict[str, Tensor]]] = {name: [] for name in settings["arms"]}
    scales: dict[str, list[float]] = {name: [] for name in settings["arms"]}
    for seed in settings["seeds"]:
        for name, (kind, first_scale, learned) in settings["arms"].items():
            network = new_network(seed, settings["downsample"]).to(bank.device)
            scale = nn.Parameter(torch.tensor(first_scale, device=bank.device))

            def by_distance(
                c: Tensor, q: Tensor, y: Tensor, n_way: int, kind: str = kind, scale: nn.Parameter = scale
            ) -> Tensor:
                return cross_entropy(protonet.logits(q, c, distance=kind, scale=scale), y)

            def losses(episodes: Episode, network: Conv4 = network, loss: EpisodeLoss = by_distance) -> Tensor:
                return losses_in_one_batch(network, episodes, loss)

            run = {**settings, "updates": updates}
            trained = fit(network, bank, spec, losses, run, seed, scale if learned else None)
            arms[name].append(sit(trained, evaluation, cosine=kind == "cosine", five_shot=False))
            scales[name].append(round(scale.item(), 3))
    return {**table(arms, next(iter(arms))), "scale": scales}


def parts() -> tuple[ClassBank, ClassBank]:
    """The training and the evaluation part of Omniglot, on the best device there is."""
    training, _, evaluation = split(load_bank("omniglot", quiet=True).to(runtime.pick_device()))
    return training, evaluation


COMMON = {
    "data": "Omniglot training part with rotations; evaluation part, unrotated",
    "batch_norm": "running statistics at test; in training one batch for all tasks of an update",
    "downsample": "max_pool",
    "updates": 500,
    "learning_rate": 1e-3,
    "seeds": [0, 1, 2],
}
# softer: near the scale that squared Euclid learns in the study of distances. At 1 the softmax starts too sure
WAY = Study(
    "Does training with more ways than the test help, at equal pictures, updates and batch sizes?",
    way,
    {**COMMON, "classes": 60, "groups": 12, "n_query": 5, "softer": {"scale": 0.1, "seeds": [0, 1, 2]}},
)
SHOT = Study(
    "Must the shots of training be those of the test? 20-way, ten drawings of each class an update in both arms.",
    shot,
    {**COMMON, "n_way": 20, "shots": [1, 5], "drawings": 10},
)
DISTANCE = Study(
    "Which distance trains best?",
    distance,
    {
        **{name: value for name, value in COMMON.items() if name != "updates"},
        "lengths": [100, 1000],
        "n_way": 20,
        "n_query": 5,
        "scale_rate": 0.005,
        "arms": {  # the distance, s at first, and whether s is learned
            "squared Euclid, s = 1": ["squared_euclidean", 1.0, False],
            "squared Euclid, s = 0.1": ["squared_euclidean", 0.1, False],
            "squared Euclid, s learned from 0.1": ["squared_euclidean", 0.1, True],
            "plain Euclid, s = 1": ["euclidean", 1.0, False],
            "cosine, s = 1": ["cosine", 1.0, False],
            "cosine, s = 10": ["cosine", 10.0, False],
            "cosine, s learned from 10": ["cosine", 10.0, True],
        },
    },
)
