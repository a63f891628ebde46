"""Notebook 08: where do gradient steps win? Three domains, 1 to 32 pictures of a class, 0 to 1,000 steps.

The networks are those of three minutes of two cores (`showdown-seconds`), seed 0. They learned from Omniglot: its test
alphabets are near, the glyphs less so, the digits far. The rate and the number of steps are chosen on Omniglot's
validation alphabets, also for the other two: nobody has validation classes of what is to surprise him. What other
numbers of steps reach is kept, so that a choice that was bad for the digits shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib import finetune, protonet
from metalib.banks import load_bank, split
from metalib.course.kit import runs
from metalib.course.kit.study import Study
from metalib.course.showdown.sitting import accuracies, as_json
from metalib.course.showdown.steps_from import METHODS
from metalib.course.showdown.study_showdown import SECONDS, networks
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.models import Conv4

PROTOTYPES, CENTROID = "prototypes", "classifier, centroid"
# what a method is without steps: itself at its prototypes, or the mean of the features that its head of zeros is on
OF_START = {"ProtoMAML": "itself", **dict.fromkeys(("fine-tuned", "linear probe", "centred head"), CENTROID)}
AT = [0, 1, 3, 10, 30, 100, 200]
SETTINGS: dict[str, Any] = {
    "networks": SECONDS.settings["updates"],
    "domains": {"Omniglot": [1, 2, 5, 10], "glyphs": [1, 2, 5, 10], "digits": [1, 2, 4, 8, 16, 32]},
    "n_way": 10,
    "n_query": 5,
    "tasks": 20,
    "many": 16,  # from so many pictures of a class on there are
    "tasks_if_many": 12,
    "seed": 20_179,
    "steps": {"ProtoMAML": AT, "fine-tuned": AT, "linear probe": AT, "centred head": [*AT, 500, 1000]},
    "rates": {  # for a class: fine-tuned, and linear probe
        "ProtoMAML": [1e-3, 1e-2, 1e-1],
        "fine-tuned": [2e-4, 2e-3, 2e-2],
        "linear probe": [2e-3, 2e-2, 2e-1],
        "centred head": [0.3, 1.0, 3.0],
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
    """So many tasks, the same at every call."""
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
        drawn = tasks(validation, k_shot, of["tasks"], of["seed"], settings)
        find = partial(curves, method, network, drawn, rate, settings["steps"][method])
        values = runs.kept(folder / f"trial-{method}-{rate:g}-{k_shot}.json", find)
        found.append(torch.tensor(values).mean(dim=0))
    by_steps = torch.stack(found).mean(dim=0)  # [M]
    return {"method": method, "rate": rate, "by_steps": as_text(by_steps.tolist(), settings["steps"][method])}


def as_text(values: list[Any], steps: list[int]) -> dict[str, Any]:
    """What belongs to each number of steps, as JSON has it."""
    return dict(zip(map(str, steps), values, strict=True))


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


class Cell(NamedTuple):
    """One domain and number of shots: all methods sit the same tasks."""

    domain: str
    bank: ClassBank
    k_shot: int
    folder: Path

    def tasks(self, settings: dict[str, Any]) -> Iterator[Episode]:
        """The tasks, drawn anew at each call, and always the same ones."""
        n_tasks = settings["tasks_if_many" if self.k_shot >= settings["many"] else "tasks"]
        return tasks(self.bank, self.k_shot, n_tasks, settings["seed"], settings)

    def kept(self, name: str, find: Callable[[], Any]) -> Tensor:
        """[E] or [E, M]: the accuracies that `find` finds, from the folder where it did before."""
        return torch.tensor(runs.kept(self.folder / f"{self.domain}-{self.k_shot}-{name}.json", find)).double()


def rows_of(
    cell: Cell, made: dict[str, Conv4], chosen: list[dict[str, Any]], settings: dict[str, Any]
) -> list[dict[str, Any]]:
    """A row for each method in one cell."""
    known, rows, still = {"domain": cell.domain, "k_shot": cell.k_shot}, [], {}
    for name, predict in without_steps(made).items():
        still[name] = cell.kept(name, partial(accuracies, predict, cell.tasks(settings)))
        rows.append({**known, "method": name, "by_steps": {"0": as_json(mean_interval(still[name]))}})
    for choice in chosen:
        method, rate = choice["method"], choice["rate"]
        network = made[METHODS[method][0]]
        find = partial(curves, method, network, cell.tasks(settings), rate, settings["steps"][method])
        found = cell.kept(f"{method}-{rate:g}", find).unbind(dim=1)  # M tensors [E]
        intervals = {
            "by_steps": [mean_interval(values) for values in found],
            "minus_prototypes": [paired_interval(values, still[PROTOTYPES]) for values in found],
            "minus_start": [paired_interval(values, still.get(OF_START[method], found[0])) for values in found],
        }
        said = {name: as_text(list(map(as_json, of)), settings["steps"][method]) for name, of in intervals.items()}
        rows.append({**known, "method": method, "rate": rate, "chosen_steps": choice["steps"], **said})
    return rows


def worth(rows: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """What the chosen number of steps adds to the start: method -> domain -> shots -> the paired interval.

    The features of the start are the method's own, so that this is about steps and not about trainings.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        if "minus_start" in row:
            of_domain = found.setdefault(row["method"], {}).setdefault(row["domain"], {})
            of_domain[str(row["k_shot"])] = row["minus_start"][str(row["chosen_steps"])]
    return found


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
        for row in rows_of(Cell(domain, banks[domain], k_shot, folder), made, chosen, settings)
    ]
    return {
        "rows": rows,
        "chosen": chosen,
        "trials": trials,
        "crossings": crossings(rows, settings),
        "tutorial": TUTORIAL,
        "worth": worth(rows),
    }


STUDY = Study(
    question="Where do gradient steps win over prototypes, by domain, number of pictures and number of steps?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
