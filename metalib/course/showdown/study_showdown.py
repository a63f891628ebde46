"""Notebook 08: every method under equal conditions, after equal updates, and after an equal time of the CPU.

The plan was written first: data/showdown-plan.md. The two tables exclude each other, so there are two. A query stands
alone, except in the rows that say so. Exam D is in colour: its rows are the course's own, of other networks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from metalib import baselines
from metalib.banks import Splits, load_bank, split
from metalib.course.kit import board, runs
from metalib.course.kit.exams import EXAM_A, EXAM_C, EXAM_D, EXAMS, Exam, exam_of
from metalib.course.kit.study import Study
from metalib.course.showdown import costs, sitting
from metalib.course.showdown.sitting import ALONE, Way, as_json
from metalib.course.showdown.study_showdown_trials import chosen, updates_in
from metalib.course.showdown.trainings import Trained, trained
from metalib.evaluate import Interval

BASELINE = "prototypical network"
EQUAL_TIME = 360  # seconds of CPU: three minutes of two cores
METHODS = list(updates_in(EQUAL_TIME))
PUBLIC = [exam.letter for exam in EXAMS if exam not in (EXAM_C, EXAM_D)]  # that may be sat as often as one likes


def networks(settings: dict[str, Any], parts: Splits) -> Iterator[tuple[str, int, Trained]]:
    """(method, seed, the network), each trained or read, with the settings that the trials chose."""
    for seed, names in settings["seeds"].items():
        for name in names:
            choice = {**chosen()[name], "updates": settings["updates"][name], "seed": int(seed)}
            yield name, int(seed), trained(name, parts.training, **choice)


def untrained_ways() -> Iterator[Way]:
    """What sits the exams without any training."""
    yield Way("pixels", baselines.pixel_neighbour, "none")
    yield Way("untrained", sitting.untrained)


def answers(settings: dict[str, Any], parts: Splits) -> Iterator[dict[str, Any]]:
    """What each way got right in each exam that it can sit: rows without intervals, `right` a tensor [E]."""
    folder = runs.folder_of("showdown-untrained", {})
    for way in untrained_ways():
        for letter in settings["exams"]["0"]:
            if (way.method, letter) != ("pixels", EXAM_C.letter):  # the course's own result is the same
                yield _answer("none", 0, way, exam_of(letter), parts, folder)
    for name, seed, made in networks(settings, parts):
        for way in sitting.ways(name, made, parts.validation):
            for letter in settings["exams"][str(seed)]:
                exam = exam_of(letter)
                if sitting.can_sit(way, exam) and (way.queries == ALONE or exam == EXAM_A):
                    yield _answer(name, seed, way, exam, parts, made.folder)


def _answer(name: str, seed: int, way: Way, exam: Exam, parts: Splits, folder: Any) -> dict[str, Any]:
    look = {"what": f"{way.method} ({folder.name})", "seed": seed, "purpose": "studies showdown-seconds, -updates"}
    right = sitting.right(way, exam, parts.evaluation, folder, look=look)
    known = {"method": way.method, "network": name, "seed": seed, "exam": exam.letter}
    return {**known, "batch_norm": way.batch_norm, "queries": way.queries, "right": right}


def with_intervals(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as JSON has them: the accuracy, its lead over the prototypical network of the same seed, all answers."""
    of_baseline = {(r["exam"], r["seed"]): r["right"] for r in found if r["method"] == BASELINE}
    rows = []
    for row in found:
        exam, other = exam_of(row["exam"]), of_baseline.get((row["exam"], row["seed"]))
        compared = None
        if other is not None and row["method"] != BASELINE and row["queries"] == ALONE:
            compared = as_json(lead(row["right"], other, exam))
        accuracy = as_json(exam.interval(share(row["right"], exam)))
        right = " ".join(map(str, row["right"].tolist()))
        known = {**row, "right": right, "questions": exam.questions}
        rows.append({**known, "accuracy": accuracy, "minus_prototypes": compared})
    return rows


def share(right: Tensor, exam: Exam) -> Tensor:
    """[E] in 0 … 1, from the number of right answers."""
    return right.double() / exam.questions


def lead(a: Tensor, b: Tensor, exam: Exam) -> Interval:
    """The paired interval of a − b, both numbers of right answers."""
    return exam.paired(share(a, exam), share(b, exam))


def over_seeds(found: list[dict[str, Any]], exams: list[str]) -> list[dict[str, Any]]:
    """For methods with several seeds: the lead of the prototypical network over each, seed by seed, and its mean."""
    several: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in found:
        if row["queries"] == ALONE and row["exam"] in exams and row["method"] != BASELINE:
            several.setdefault((row["method"], row["exam"]), []).append(row)
    of_baseline = {(r["exam"], r["seed"]): r["right"] for r in found if r["method"] == BASELINE}
    pairs = []
    for (method, letter), rows in several.items():
        exam = exam_of(letter)
        leads = {r["seed"]: lead(of_baseline[letter, r["seed"]], r["right"], exam) for r in rows}
        if len(leads) > 1:
            mean = torch.tensor([interval.mean for interval in leads.values()]).mean().item()
            by_seed = {str(seed): as_json(interval) for seed, interval in leads.items()}
            pairs.append({"method": method, "exam": letter, "by_seed": by_seed, "mean": mean})
    return pairs


def of_the_course() -> list[dict[str, Any]]:
    """Rows of data/results.json: pixels in exam C, and the emoji networks' exam D, which learned otherwise."""
    wanted = [row for row in board.rows(EXAM_C.letter, bank="Omniglot") if row.method == "pixel neighbours"]
    wanted += [row for row in board.rows(EXAM_D.letter, bank="emoji") if row.method != "chance"]
    return [
        {"method": row.method, "exam": row.exam, "accuracy": list(row.interval), "from": "data/results.json"}
        for row in wanted
        if not row.mine
    ]


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each way in each exam, the costs of each method, and the pairs that have several seeds."""
    parts = split(load_bank("omniglot", quiet=True))
    found = list(answers(settings, parts))
    made = {name: network for name, seed, network in networks(settings, parts) if seed == 0}
    ways = {way.method: way for way in untrained_ways()}
    for name, network in made.items():
        ways |= {way.method: way for way in sitting.ways(name, network, parts.validation) if way.queries == ALONE}
    trainings = [
        {
            "network": name,
            "settings": chosen()[name],
            "updates": network.recipe.updates,
            "cpu_seconds": round(network.cpu_seconds, 1),
            "memory": costs.memory_of_training(network, parts.training),
        }
        for name, network in made.items()
    ]
    return {
        "rows": with_intervals(found),
        "pairs": over_seeds(found, PUBLIC),
        "trainings": trainings,
        "seconds_to_adapt": costs.seconds_to_adapt(ways, parts.evaluation),
        "of_the_course": of_the_course(),
    }


SEEDS = {"0": METHODS}
SITS = {"0": ["A", "B", "C"], "1": ["A", "B"], "2": ["A", "B"]}
SECONDS = Study(
    question="Which method is the most accurate after three minutes of two cores?",
    run=run,
    settings={"cpu_seconds": EQUAL_TIME, "updates": updates_in(EQUAL_TIME), "seeds": SEEDS, "exams": SITS},
    resumes=True,
)
# as many as MAML does in that time: so its network is the same in both tables
UPDATES = Study(
    question="Which method is the most accurate after equal updates, each of about 240 pictures?",
    run=run,
    settings={
        "updates": dict.fromkeys(METHODS, updates_in(EQUAL_TIME)["MAML"]),
        "seeds": {"0": METHODS},
        "exams": SITS,
    },
    resumes=True,
)
