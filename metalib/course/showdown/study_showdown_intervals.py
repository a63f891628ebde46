"""Notebook 08: three intervals of one result, and how many tasks tell two methods apart.

Over tasks: how far another draw of tasks would be off. Over tasks that share no picture: the same, without counting a
picture twice. By a bootstrap over alphabets: how far off it would be on other alphabets, of which there are twenty. The
last one takes a query for its alphabet's, also where a task mixes alphabets (exam A).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metalib.banks import Splits, load_bank, split
from metalib.course.kit import runs
from metalib.course.kit.exams import Exam, exam_of
from metalib.course.kit.study import Study
from metalib.course.showdown import sitting
from metalib.course.showdown.disjoint import disjoint_draws
from metalib.course.showdown.exercise_episodes_needed import episodes_needed
from metalib.course.showdown.sitting import ALONE, Way, as_json
from metalib.course.showdown.study_showdown import BASELINE, SECONDS, networks
from metalib.episodes import ClassBank, Draw, draw_indices, gather
from metalib.evaluate import Interval, Z, mean_interval, paired_interval
from metalib.runtime import seeded

SETTINGS: dict[str, Any] = {
    "networks": SECONDS.settings["updates"],
    "methods": [BASELINE, "NCA", "classifier", "MAML", "ProtoMAML"],
    "ways": [BASELINE, "NCA", "classifier, SimpleShot", "MAML", "ProtoMAML"],
    "exams": ["A", "B"],
    "disjoint_seed": 0,
    "resamples": 10_000,
    "resample_seed": 0,
    "draws": 1000,
    "tasks": [10, 20, 50, 100, 200, 500, 1000, 2000],
    "power": 0.8,
}


def exam_draws(exam: Exam, bank: ClassBank) -> Iterator[Draw]:
    """Which pictures the exam's tasks take, batch after batch, as `stream_episodes` draws them."""
    generator = seeded(exam.seed)
    for start in range(0, exam.n_episodes, exam.batch):
        yield draw_indices(bank, exam.spec, min(exam.batch, exam.n_episodes - start), generator=generator)


def query_by_query(way: Way, bank: ClassBank, exam: Exam, draws: Iterator[Draw]) -> dict[str, Any]:
    """Whether each query is answered rightly, and of which alphabet it is: two lists [E][N·Q]."""
    correct, alphabet = [], []
    for draw in draws:
        episodes = gather(bank, exam.spec, draw)
        with torch.no_grad():
            correct += (way.predict(episodes) == episodes.query_y).int().tolist()
        alphabet += bank.group_ids[draw.classes].repeat_interleave(exam.spec.n_query, dim=1).tolist()
    return {"right": correct, "alphabet": alphabet}


def over_alphabets(right: Tensor, alphabet: Tensor, *, generator: torch.Generator, resamples: int) -> Interval:
    """The share of right answers, with the 95 % interval of a bootstrap that draws alphabets with all their queries.

    right, alphabet  [E, Q]
    """
    _, of = alphabet.unique(return_inverse=True)
    asked = torch.bincount(of.flatten()).double()
    answered = torch.bincount(of.flatten(), weights=right.double().flatten())
    n = len(asked)
    chosen = torch.randint(n, (resamples, n), generator=generator)
    shares = answered[chosen].sum(dim=1) / asked[chosen].sum(dim=1)
    low, high = shares.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return Interval(right.double().mean().item(), low, high, n, "alphabets")


def three_ways(way: Way, bank: ClassBank, exam: Exam, settings: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Of one method in one exam: the accuracy on each task [E], and the three intervals by their names."""
    label = f"{way.method.replace(', ', '-').replace(' ', '-')}-{exam.letter}"

    def apart() -> dict[str, Any]:
        draw = disjoint_draws(bank, exam.spec, generator=seeded(settings["disjoint_seed"]))
        batches = zip(draw.classes.split(20), draw.drawings.split(20), strict=True)
        return query_by_query(way, bank, exam, (Draw(*batch) for batch in batches))

    usual = runs.kept(folder / f"{label}.json", lambda: query_by_query(way, bank, exam, exam_draws(exam, bank)))
    without = torch.tensor(runs.kept(folder / f"{label}-disjoint.json", apart)["right"]).double().mean(dim=1)
    right, alphabet = torch.tensor(usual["right"]), torch.tensor(usual["alphabet"])
    resampling = {"generator": seeded(settings["resample_seed"]), "resamples": settings["resamples"]}
    by_task = right.double().mean(dim=1)
    intervals = {
        "tasks": mean_interval(by_task),
        "no picture twice": mean_interval(without),
        "alphabets": over_alphabets(right, alphabet, **resampling),
    }
    return {"by_task": by_task, "intervals": intervals}


def told_apart(a: Tensor, b: Tensor, n_tasks: int, draws: int, generator: torch.Generator) -> dict[str, Any]:
    """How often n tasks, drawn from the exam's with replacement, have an interval of a − b without 0: paired, unpaired.

    a, b  [E], accuracies on the same tasks
    """
    paired, first, second = torch.randint(len(a), (3, draws, n_tasks), generator=generator)
    differences = (a - b)[paired]

    def beyond(mean: Tensor, variance: Tensor) -> float:
        return (mean.abs() > Z * (variance / n_tasks).sqrt()).double().mean().item()

    apart = a[first], b[second]
    unpaired = beyond(apart[0].mean(dim=1) - apart[1].mean(dim=1), apart[0].var(dim=1) + apart[1].var(dim=1))
    return {"tasks": n_tasks, "paired": beyond(differences.mean(dim=1), differences.var(dim=1)), "unpaired": unpaired}


def needed(method: str, exam: Exam, a: Tensor, b: Tensor, settings: dict[str, Any]) -> dict[str, Any]:
    """How many tasks tell the prototypical network (a [E]) from `method` (b [E]): by formula, and by drawing."""
    lead, generator = paired_interval(a, b), seeded(settings["resample_seed"])
    by_formula = {
        f"needed_{name}": episodes_needed(a, b, abs(lead.mean), paired) if lead.mean else None
        for name, paired in (("paired", True), ("unpaired", False))
    }
    return {
        "methods": [BASELINE, method],
        "exam": exam.letter,
        "lead": as_json(lead),
        "sd_paired": (a - b).std().item(),
        "sd_unpaired": (a.var() + b.var()).sqrt().item(),
        **by_formula,
        "found": [told_apart(a, b, n, settings["draws"], generator) for n in settings["tasks"]],
    }


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Three intervals a method and exam; and how many tasks tell each method from the prototypical network."""
    parts, folder = split(load_bank("omniglot", quiet=True)), runs.folder_of("showdown-intervals", settings)
    found = {
        (way.method, exam): three_ways(way, parts.evaluation, exam, settings, folder)
        for way in ways_to_answer(settings, parts)
        for exam in map(exam_of, settings["exams"])
        if sitting.can_sit(way, exam)
    }
    rows = [
        {"method": method, "exam": exam.letter, "way": name, "accuracy": as_json(interval)}
        for (method, exam), of_method in found.items()
        for name, interval in of_method["intervals"].items()
    ]
    pairs = [
        needed(method, exam, found[BASELINE, exam]["by_task"], of_method["by_task"], settings)
        for (method, exam), of_method in found.items()
        if method != BASELINE
    ]
    return {"rows": rows, "needed": pairs}


def ways_to_answer(settings: dict[str, Any], parts: Splits) -> Iterator[Way]:
    """The ways that are asked, each query alone, with the networks of `showdown-seconds`, seed 0."""
    wanted = {"seeds": {"0": settings["methods"]}, "updates": settings["networks"]}
    for name, _, made in networks(wanted, parts):
        for way in sitting.ways(name, made, parts.validation):
            if way.queries == ALONE and way.method in settings["ways"]:
                yield way


STUDY = Study(
    question="How sure is a result: over tasks, over pictures, over alphabets? And how many tasks tell two apart?",
    run=run,
    settings=SETTINGS,
    resumes=True,
)
