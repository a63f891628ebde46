"""Notebook 08: three settings of each method, tried on the validation alphabets. Every method has as many trials.

The trials are six times shorter than what they choose for, in equal seconds. The test is exam A's form on classes that
neither the training nor an exam has, each query alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from metalib.banks import load_bank, split
from metalib.course.kit import runs
from metalib.course.kit.exams import EXAM_A
from metalib.course.kit.study import Study, read
from metalib.course.showdown.recipes import TRIALS
from metalib.course.showdown.trainings import inductive, trained
from metalib.episodes import ClassBank, stream_episodes
from metalib.evaluate import evaluate, mean_interval

NAME = "showdown-trials"
# milliseconds of CPU an update, measured before anything was trained: medians of eight, all methods in turn
MILLISECONDS = {
    **{"classifier": 82, "NCA": 65, "prototypical network": 67, "first-order MAML": 115, "MAML": 190},
    **{"MAML, tied rows": 296, "ANIL": 109, "Reptile": 199, "ProtoMAML": 288},
}


def updates_in(cpu_seconds: float) -> dict[str, int]:
    """How many updates each method does in so many seconds of one core, by MILLISECONDS; whole tens."""
    return {name: round(100 * cpu_seconds / each) * 10 for name, each in MILLISECONDS.items()}


SETTINGS: dict[str, Any] = {
    "cpu_seconds": 60,
    "updates": updates_in(60),
    "trials": TRIALS,
    "seed": 0,
    "episodes": 200,
    "episode_seed": 1,
}


def trial(name: str, choice: dict[str, float], parts: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """One row: what was tried, and the accuracy on validation."""
    seed, updates = settings["seed"], settings["updates"][name]
    made = trained(name, parts.training, seed=seed, updates=updates, **choice)
    accuracies = evaluate(inductive(made.recipe, made.network), _episodes(parts.validation, settings))
    return {
        "method": name,
        "settings": choice,
        "updates": updates,
        "cpu_seconds": round(made.cpu_seconds, 1),
        "accuracy": list(mean_interval(accuracies)),
    }


def _episodes(validation: ClassBank, settings: dict[str, Any]) -> Any:
    return stream_episodes(validation, EXAM_A.spec, settings["episodes"], seed=settings["episode_seed"])


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row a trial, and the best settings of each method."""
    parts, folder = split(load_bank("omniglot", quiet=True)), runs.folder_of(NAME, settings)
    rows = []
    for name, choices in settings["trials"].items():
        for number, choice in enumerate(choices):
            find = partial(trial, name, choice, parts, settings)
            rows.append(runs.kept(folder / f"{name}-{number}.json", find))
    chosen = {}
    for name in settings["trials"]:
        best = max((row for row in rows if row["method"] == name), key=lambda row: row["accuracy"][0])
        chosen[name] = best["settings"]
    return {"rows": rows, "chosen": chosen}


def chosen() -> dict[str, dict[str, float]]:
    """The settings of each method that the trials chose. Raises, with the command, where they were not run."""
    return read(NAME)["results"]["chosen"]


STUDY = Study(
    question="Which learning rate suits each method, among three?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
