"""Notebook 08: where do gradient steps win? Three domains, 1 to 32 pictures of a class, 0 to 200 steps.

The networks are those of three minutes of two cores (`showdown-seconds`), seed 0. They learned from Omniglot: its test
alphabets are near, the glyphs less so, the digits far. The rate and the number of steps are chosen on Omniglot's
validation alphabets, also for the other two: nobody has validation classes of what is to surprise him. What other
numbers of steps reach is kept, so that a choice that was bad for the digits shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metalib import finetune, protonet
from metalib.banks import load_bank, split
from metalib.course.kit import runs
from metalib.course.kit.study import Study
from metalib.course.showdown.sitting import as_json
from metalib.course.showdown.steps_from import METHODS
from metalib.course.showdown.study_showdown import SECONDS, networks
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.models import Conv4

PROTOTYPES, CENTROID = "prototypes", "classifier, centroid"
AT = [0, 1, 2, 5, 10, 20, 50, 100, 200]
SETTINGS: dict[str, Any] = {
    "networks": SECONDS.settings["updates"],
    "domains": {"Omniglot": [1, 2, 5, 10], "glyphs": [1, 2, 5, 10], "digits": [1, 2, 4, 8, 16, 32]},
    "n_way": 10,
    "n_query": 5,
    "tasks": 30,
    "seed": 20_179,
    "steps": AT,
    "rates": {  # of the classifier's: for a class
        "ProtoMAML": [1e-3, 1e-2, 1e-1],
        "fine-tuned": [2e-4, 2e-3, 2e-2],
        "linear probe": [2e-3, 2e-2, 2e-1],
    },
    "validation": {"shots": [1, 5], "tasks": 10, "seed": 1},
}
# Lippe's UvA tutorial 16, its printed outputs: CIFAR-100 pictures to learn from, then house numbers (SVHN), 10-way
TUTORIAL: dict[str, Any] = {
    "source": "UvA deep learning tutorial 16, printed outputs: trained on CIFAR-100, tested on SVHN",
    "shots": [2, 4, 8, 16, 32],
    PROTOTYPES: [18.8, 21.9, 25.6, 29.1, 32.9],
    "ProtoMAML": [17.1, 21.3, 27.6, 36.2, 46.0],
}


def tasks(bank: ClassBank, k_shot: int, n_tasks: int, seed: int, settings: dict[str, Any]) -> Iterator[Episode]:
    """The tasks of one cell."""
    spec = EpisodeSpec(settings["n_way"], k_shot, settings["n_query"])
    return stream_episodes(bank, spec, n_tasks, seed=seed, batch=5)


def curves(method: str, network: Conv4, episodes: Iterator[Episode], rate: float, at: list[int]) -> list[list[float]]:
    """[E][M]: the accuracy on each task after each number of steps."""
    _, steps = METHODS[method]
    each = (batch.task(t) for batch in episodes for t in range(len(batch.support_y)))
    return torch.stack([steps(network, task, rate, at) for task in each]).tolist()


def trial(method: str, network: Conv4, rate: float, settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """One rate on the validation alphabets: the mean accuracy over the numbers of shots after each number of steps."""
    validation = split(load_bank("omniglot", quiet=True)).validation
    of = settings["validation"]
    found = []
    for k_shot in of["shots"]:
        drawn = partial(tasks, validation, k_shot, of["tasks"], of["seed"], settings)
        find = partial(lambda drawn: curves(method, network, drawn(), rate, settings["steps"]), drawn)
        found.append(torch.tensor(runs.kept(folder / f"trial-{method}-{rate:g}-{k_shot}.json", find)).mean(dim=0))
    by_steps = torch.stack(found).mean(dim=0)  # [M]
    return {"method": method, "rate": rate, "by_steps": as_text(by_steps.tolist(), settings)}


def as_text(values: list[Any], settings: dict[str, Any]) -> dict[str, Any]:
    """What belongs to each number of steps, as JSON has it."""
    return dict(zip(map(str, settings["steps"]), values, strict=True))


def best(trials: list[dict[str, Any]]) -> dict[str, Any]:
    """The rate and the number of steps with the highest accuracy; of equals the fewest steps, then the lowest rate."""
    found = [(-accuracy, int(steps), row["rate"]) for row in trials for steps, accuracy in row["by_steps"].items()]
    accuracy, steps, rate = min(found)
    return {"method": trials[0]["method"], "rate": rate, "steps": steps, "accuracy": -accuracy}


def without_steps(made: dict[str, Conv4]) -> dict[str, Any]:
    """What stands beside: the prototypical network, and the classifier's centroid."""
    return {
        PROTOTYPES: partial(protonet.predict, made["prototypical network"]),
        CENTROID: finetune.nearest_centroid(made["classifier"]),
    }


def cell(domain: str, bank: ClassBank, k_shot: int, made: dict[str, Conv4], chosen: list[dict[str, Any]],
         settings: dict[str, Any], folder: Path) -> list[dict[str, Any]]:  # fmt: skip
    """The rows of one domain and number of shots: all methods on the same tasks."""
    drawn = partial(tasks, bank, k_shot, settings["tasks"], settings["seed"], settings)
    still = {
        name: torch.tensor(
            runs.kept(folder / f"{domain}-{k_shot}-{name}.json", partial(lambda p: evaluate(p, drawn()).tolist(), p))
        )
        for name, p in without_steps(made).items()
    }
    known = {"domain": domain, "k_shot": k_shot}
    rows: list[dict[str, Any]] = [
        {**known, "method": name, "by_steps": {"0": as_json(mean_interval(values))}} for name, values in still.items()
    ]
    for choice in chosen:
        method, rate = choice["method"], choice["rate"]
        network = made[METHODS[method][0]]
        find = partial(lambda m, n, r: curves(m, n, drawn(), r, settings["steps"]), method, network, rate)
        values = torch.tensor(runs.kept(folder / f"{domain}-{k_shot}-{method}-{rate:g}.json", find))  # [E, M]
        rows.append({**known, "method": method, "rate": rate, "chosen_steps": choice["steps"],
                     **against(values, still[PROTOTYPES], settings)})  # fmt: skip
    return rows


def against(values: Tensor, prototypes: Tensor, settings: dict[str, Any]) -> dict[str, Any]:
    """Accuracies after each number of steps, and their lead over the prototypes; values [E, M], prototypes [E]."""
    columns = values.double().unbind(dim=1)
    return {
        "by_steps": as_text([as_json(mean_interval(column)) for column in columns], settings),
        "minus_prototypes": as_text(
            [as_json(paired_interval(column, prototypes.double())) for column in columns], settings
        ),
    }


def crossings(rows: list[dict[str, Any]], settings: dict[str, Any]) -> list[dict[str, Any]]:
    """For each domain and method with steps: the shots from which on its lead over the prototypes is above 0 for sure.

    At the chosen number of steps, and at the best one of each cell, which nobody could have chosen. None: nowhere.
    """
    found = []
    for domain, shots in settings["domains"].items():
        for method in METHODS:
            line = [row for row in rows if row["domain"] == domain and row["method"] == method]
            if len(line) < len(shots):
                continue  # not yet run
            chosen = [row["minus_prototypes"][str(row["chosen_steps"])] for row in line]
            luckiest = [max(row["minus_prototypes"].values()) for row in line]
            known = {"domain": domain, "method": method}
            found.append(
                {**known, "k_shot": first_from(shots, chosen), "k_shot_in_hindsight": first_from(shots, luckiest)}
            )
    return found


def first_from(shots: list[int], leads: list[list[Any]]) -> int | None:
    """The smallest number of shots from which on every lead's interval lies above 0."""
    ahead = [lead[1] > 0 for lead in leads]
    return next((k for i, k in enumerate(shots) if all(ahead[i:])), None)


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """The trials, what they chose, and a row for each domain, number of shots and method."""
    folder, parts = runs.folder_of("showdown-steps", settings), split(load_bank("omniglot", quiet=True))
    wanted = {
        "seeds": {"0": ["prototypical network", "classifier", "ProtoMAML"]},
        "updates": settings["networks"],
    }
    made = {name: trained.network for name, _, trained in networks(wanted, parts)}
    trials = [
        trial(method, made[METHODS[method][0]], rate, settings, folder)
        for method, rates in settings["rates"].items()
        for rate in rates
    ]
    chosen = [best([row for row in trials if row["method"] == method]) for method in settings["rates"]]
    banks = {
        "Omniglot": parts.evaluation,
        "glyphs": split(load_bank("glyphs", quiet=True)).evaluation,
        "digits": load_bank("digits", quiet=True),
    }
    rows = [
        row
        for domain, shots in settings["domains"].items()
        for k_shot in shots
        for row in cell(domain, banks[domain], k_shot, made, chosen, settings, folder)
    ]
    return {
        "rows": rows,
        "chosen": chosen,
        "trials": trials,
        "crossings": crossings(rows, settings),
        "tutorial": TUTORIAL,
    }


STUDY = Study(
    question="Where do gradient steps win over prototypes, by domain, number of pictures and number of steps?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
