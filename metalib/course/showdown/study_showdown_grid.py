"""Notebook 08: accuracy over ways and shots, on Omniglot and on the glyphs, of methods that do any number of ways.

The networks are those of three minutes of two cores (`showdown-seconds`), seed 0: nothing is trained here. The two
gradient methods ask each query alone, which takes the whole support set each time, so they sit fewer tasks, and in
the largest cells fewest: the first ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metalib.banks import Splits, load_bank, split
from metalib.course.kit import runs
from metalib.course.kit.study import Study
from metalib.course.showdown import sitting
from metalib.course.showdown.grid import SEED
from metalib.course.showdown.sitting import ALONE, Way, as_json
from metalib.course.showdown.study_showdown import BASELINE, SECONDS, networks, untrained_ways
from metalib.course.showdown.trainings import inductive
from metalib.episodes import ClassBank, Episode, EpisodeSpec, draw_indices, gather, stream_episodes
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.runtime import seeded

GRADIENT_METHODS = ("MAML, tied rows", "ProtoMAML")
SETTINGS: dict[str, Any] = {
    "networks": SECONDS.settings["updates"],
    "methods": ["classifier", "NCA", BASELINE, *GRADIENT_METHODS],
    "without": ["classifier, fine-tuned"],
    "banks": ["omniglot", "glyphs"],
    "ways": [2, 5, 10, 20],
    "shots": [1, 2, 5, 10],
    "n_query": 5,
    "tasks": 200,
    "of_gradient_methods": {"0": 100, "40": 40, "100": 20, "200": 10},  # from so many support pictures on: tasks
    "seed": SEED,
    # at its own rate MAML falls with more pictures: is that the rate?
    "smaller_rates": {"method": "MAML, tied rows", "cells": [[5, 10], [10, 5]], "rates": [0.4, 0.2, 0.1], "tasks": 40},
}


def ways_to_answer(settings: dict[str, Any], parts: Splits) -> Iterator[tuple[str, Way]]:
    """(network, way) for each method, each query alone."""
    for way in untrained_ways():
        yield "none", way
    wanted = {"seeds": {"0": settings["methods"]}, "updates": settings["networks"]}
    for name, _, made in networks(wanted, parts):
        for way in sitting.ways(name, made, parts.validation):
            if way.queries == ALONE and way.method not in settings["without"]:
                yield name, way


def places(settings: dict[str, Any]) -> list[tuple[int, int]]:
    """The cells, (N, K)."""
    return [(n, k) for n in settings["ways"] for k in settings["shots"]]


def tasks_of(method: str, n_way: int, k_shot: int, settings: dict[str, Any]) -> int:
    """How many tasks a method sits in a cell."""
    if method not in GRADIENT_METHODS:
        return settings["tasks"]
    return [n for start, n in settings["of_gradient_methods"].items() if n_way * k_shot >= int(start)][-1]


def right(way: Way, bank: ClassBank, n_way: int, k_shot: int, settings: dict[str, Any]) -> list[int]:
    """How many queries of each task are answered rightly, the same tasks for every method."""
    spec, n_tasks = EpisodeSpec(n_way, k_shot, settings["n_query"]), tasks_of(way.method, n_way, k_shot, settings)
    tasks = stream_episodes(bank, spec, n_tasks, seed=settings["seed"], batch=10)
    return (evaluate(way.predict, tasks) * n_way * settings["n_query"]).round().long().tolist()


def stored_episode(bank: ClassBank, settings: dict[str, Any], n_way: int, k_shot: int) -> Episode:
    """What the heat map shows: of one episode of the largest cell the first classes and drawings, a query a class."""
    spec = EpisodeSpec(max(settings["ways"]), max(settings["shots"]), 1)
    whole = gather(bank, spec, draw_indices(bank, spec, 1, generator=seeded(SEED)))
    support = whole.support_x[0].unflatten(0, (spec.n_way, spec.k_shot))[:n_way, :k_shot]
    labels = torch.arange(n_way)
    fields = (support.flatten(0, 1), labels.repeat_interleave(k_shot), whole.query_x[0, :n_way], labels)
    return Episode(*(field[None] for field in fields))


def answers(way: Way, bank: ClassBank, settings: dict[str, Any]) -> list[list[int]]:
    """The label that each class's query of the stored episode gets, for each cell."""
    with torch.no_grad():
        return [way.predict(stored_episode(bank, settings, *place))[0].tolist() for place in places(settings)]


def table(found: dict[tuple[str, int, int], Tensor], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows for one bank: the accuracy in each cell, and the lead over the prototypical network on the same tasks.

    found  (method, N, K) -> [E] right answers
    """
    rows = []
    for (method, n_way, k_shot), values in found.items():
        asked = n_way * settings["n_query"]
        other = found[BASELINE, n_way, k_shot][: len(values)]
        lead = None if method == BASELINE else as_json(paired_interval(values / asked, other / asked))
        accuracy = as_json(mean_interval(values / asked))
        cell = {"method": method, "n_way": n_way, "k_shot": k_shot}
        rows.append({**cell, "accuracy": accuracy, "minus_prototypes": lead})
    return rows


def by_rates(settings: dict[str, Any], parts: Splits, folder: Path) -> list[dict[str, Any]]:
    """The accuracy of one gradient method in some cells, at its own inner rate and at smaller ones."""
    asked, rows = settings["smaller_rates"], []
    wanted = {"seeds": {"0": [asked["method"]]}, "updates": settings["networks"]}
    ((_, _, made),) = networks(wanted, parts)
    recipe: Any = made.recipe  # of MAML, with an inner rate
    for n_way, k_shot in asked["cells"]:
        for rate in asked["rates"]:
            predict = inductive(replace(recipe, inner_lr=rate), made.network)
            spec = EpisodeSpec(n_way, k_shot, settings["n_query"])
            tasks = stream_episodes(parts.evaluation, spec, asked["tasks"], seed=settings["seed"], batch=10)
            find = partial(sitting.accuracies, predict, tasks)
            values = torch.tensor(runs.kept(folder / f"rate-{rate:g}-{n_way}-{k_shot}.json", find))
            known = {"method": asked["method"], "n_way": n_way, "k_shot": k_shot, "rate": rate}
            rows.append({**known, "own": rate == recipe.inner_lr, "accuracy": as_json(mean_interval(values))})
    return rows


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """For each bank: a row a method and cell, and each method's answers to the stored episode."""
    parts, folder = split(load_bank("omniglot", quiet=True)), runs.folder_of("showdown-grid", settings)
    banks = {name: split(load_bank(name, quiet=True)).evaluation for name in settings["banks"]}
    rows: list[dict[str, Any]] = []
    said: list[dict[str, Any]] = []
    held = list(ways_to_answer(settings, parts))
    for bank_name, bank in banks.items():
        found: dict[tuple[str, int, int], Tensor] = {}
        for _, way in held:
            label = f"{bank_name}-{way.method.replace(', ', '-').replace(' ', '-')}"
            for n_way, k_shot in places(settings):
                find = partial(right, way, bank, n_way, k_shot, settings)
                values = runs.kept(folder / f"{label}-{n_way}-{k_shot}.json", find)
                found[way.method, n_way, k_shot] = torch.tensor(values).double()
            given = runs.kept(folder / f"{label}-answers.json", partial(answers, way, bank, settings))
            said.append({"bank": bank_name, "method": way.method, "answers": given})
        rows += [{"bank": bank_name, **row} for row in table(found, settings)]
    networks_of = {way.method: name for name, way in held}
    of_rates = by_rates(settings, parts, folder)
    return {"rows": rows, "cells": places(settings), "answers": said, "networks": networks_of, "rates": of_rates}


STUDY = Study(
    question="How does each method's accuracy change with ways and shots, near the training and on other characters?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
