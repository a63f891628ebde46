"""Measured accuracies, as they go into checkpoints, into `data/results.json` and onto the score board.

Beside `results.json` lies a side file with the number of right answers in each single episode: with it, two methods can
be compared pairwise.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from metalib import baselines, checkpoints, places, published
from metalib.banks import split
from metalib.episodes import ClassBank, EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.exams import EXAM_A, EXAM_B, EXAMS, Exam
from metalib.recipes import Predict, Recipe, recipe_of

CELLS = tuple(EpisodeSpec(n_way, k_shot, n_query=15) for n_way in (5, 20) for k_shot in (1, 5))
CELL_EPISODES, CELL_SEED = 1000, 20_170
RESULTS, TABLES, EPISODES = "results.json", "results.md", "results-episodes.safetensors"
# the checkpoints that sit the exams, in the order in which the course meets them
COURSE = (
    *("protonet", "classifier", "maml", "fomaml", "fomaml-5-steps", "anil", "maml-tied", "maml-20-way-long", "reptile"),
    "protonet-stride",
)
PAPER = (  # trained on the papers' kind of split
    "protonet-short-paper",
    "maml-published-paper",
    "maml-warm-up-paper",
    "fomaml-published-paper",
    "fomaml-5-steps-paper",
    "reptile-published-paper",
    "maml-20-way-long-paper",
)


class Sitting(NamedTuple):
    """One way of using one method: what it is called, since which notebook the course knows it, and its batch norm."""

    method: str
    notebook: int
    batch_norm: str
    predict: Predict
    n_way: int | None = None  # the only number of ways that it can do


def sittings(recipe: Recipe, network: torch.nn.Module) -> Iterator[Sitting]:
    """The ways to use a trained network: with batch statistics, the queries of a task together or each alone."""
    for name, batch_norm, predict in recipe.modes(network):
        yield Sitting(name, recipe.notebook, batch_norm, predict, recipe.fixed_way)


def table(sitting: Sitting, bank: ClassBank, *, n_episodes: int = CELL_EPISODES) -> list[dict[str, Any]]:
    """The accuracies that papers report (5 and 20 ways, 1 and 5 shots) and the exams, as far as the method can do them.

    bank  the evaluation classes
    """
    rows = []
    for spec in CELLS:
        if sitting.n_way in (None, spec.n_way):
            accuracies = evaluate(sitting.predict, stream_episodes(bank, spec, n_episodes, seed=CELL_SEED))
            rows.append(_row(spec, accuracies, bank, CELL_SEED, sitting.batch_norm))
    for exam in EXAMS:
        if sitting.n_way in (None, exam.spec.n_way) and exam.possible(bank):
            rows.append(_row(exam, exam.sit(sitting.predict, bank), bank, exam.seed, sitting.batch_norm))
    return rows


def _row(task: EpisodeSpec | Exam, accuracies: Tensor, bank: ClassBank, seed: int, batch_norm: str) -> dict[str, Any]:
    turned = "unrotated" if "rotations" not in bank.source else "turns are classes"
    return {
        "task": str(task),
        "interval": list(mean_interval(accuracies)),
        "data": f"{bank.source}, {turned}",
        "seed": seed,
        "batch_norm": batch_norm,
    }


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """One line a row, for the terminal."""
    return [f"{row['task']:<60} {Interval(*row['interval'])}" for row in rows]


def machine() -> str:
    """The processor, in words, with its threads; for records of what was run where."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else name
    return f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def course_sittings() -> Iterator[Sitting]:
    """Every method that the course has, in the order in which it meets them."""
    yield Sitting("pixel neighbours", 1, "none", baselines.pixel_neighbour)
    yield Sitting("untrained conv4", 1, "running statistics", baselines.untrained_centroid)
    for name in COURSE:
        network, info = checkpoints.load(name)
        yield from sittings(recipe_of(info), network)


def course_results(banks: list[ClassBank]) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Every method in every exam that it can sit, on the evaluation part of each bank.

    Returns the content of `results.json`, and for each entry, by `key`, the right answers of each episode, [E] uint8.
    """
    entries, right = [], {}
    for bank in banks:
        evaluation = split(bank).evaluation
        for sitting in course_sittings():
            for exam in (EXAM_A, EXAM_B):
                if sitting.n_way not in (None, exam.spec.n_way):
                    continue
                accuracies = exam.sit(sitting.predict, evaluation)
                row = _row(exam, accuracies, evaluation, exam.seed, sitting.batch_norm)
                known = {"method": sitting.method, "notebook": sitting.notebook, "exam": exam.letter}
                entries.append({**known, "bank": bank.source, **row})
                questions = exam.spec.n_way * exam.spec.n_query
                right[key(sitting.method, exam.letter, bank.source)] = (accuracies * questions).round().to(torch.uint8)
    record = {"command": "metalib results", "date": date.today().isoformat(), "machine": machine(), "exams": entries}
    return {**record, "paper": published.beside(list(PAPER), banks[0])}, right


def markdown(record: dict[str, Any]) -> str:
    """`data/results.md`: the exams on each bank, best first, and the published figures with ours beside them."""
    parts = [
        "# What the course's networks reach",
        f"Written by `{record['command']}` on {record['machine']}, {record['date']}.",
    ]
    for bank in dict.fromkeys(entry["bank"] for entry in record["exams"]):
        for exam in EXAMS:
            entries = [e for e in record["exams"] if (e["bank"], e["exam"]) == (bank, exam.letter)]
            rows = sorted(entries, key=lambda entry: -entry["interval"][0])
            parts.append(f"## {bank}, {exam}")
            parts.append(
                f"{entries[0]['data']}, seed {entries[0]['seed']}; 95 % intervals over episodes, one network each."
            )
            lines = [f"| {e['method']} | {e['batch_norm']} | {Interval(*e['interval'])} |" for e in rows]
            parts.append("\n".join(["| method | batch norm | accuracy |", "| --- | --- | --- |", *lines]))
    parts += [
        "## Beside the published figures",
        "Random split of characters (1,200 for training, 423 for the test), each turn by 90° a class of its own, as in "
        "the papers. Ours is one network each; the interval is over episodes.",
        published.table(record["paper"]),
    ]
    return "\n\n".join(parts) + "\n"


def key(method: str, exam: str, bank: str) -> str:
    """Under which name an entry's episodes lie in the side file."""
    return f"{bank}/{exam}/{method}"


def write(record: dict[str, Any], right: dict[str, Tensor], folder: Path) -> None:
    """Write `results.json`, `results.md` and the side file into `folder`, each whole or not at all."""
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    places.write_atomically(folder / EPISODES, lambda part: save_file(right, part))
    places.write_atomically(folder / TABLES, lambda part: part.write_text(markdown(record), encoding="utf-8"))
    places.write_atomically(folder / RESULTS, lambda part: part.write_text(text, encoding="utf-8"))


def accuracies(method: str, exam: str, *, bank: str) -> Tensor:
    """[E] float64: the accuracy of one of the course's methods in each episode of an exam, for paired intervals.

    Raises ValueError when there is no such result.
    """
    path = places.find(EPISODES)
    right = load_file(path) if path else {}
    name = key(method, exam, bank)
    if name not in right:
        raise ValueError(
            f"no episodes of {name!r}: there are {', '.join(sorted(right)) or 'none'}; `metalib results` writes them"
        )
    spec = next(e.spec for e in EXAMS if e.letter == exam)
    return right[name].double() / (spec.n_way * spec.n_query)
