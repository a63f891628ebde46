"""Measured accuracies, as they go into checkpoints, into `data/results.json` and onto the score board."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from metalib import baselines, checkpoints, places, protonet
from metalib.banks import split
from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.exams import EXAM_B, EXAMS, Exam

Predict = Callable[[Episode], Tensor]
CELLS = tuple(EpisodeSpec(n_way, k_shot, n_query=15) for n_way in (5, 20) for k_shot in (1, 5))
CELL_EPISODES, CELL_SEED = 1000, 20_170


def table(predict: Predict, bank: ClassBank, *, n_episodes: int = CELL_EPISODES) -> list[dict[str, Any]]:
    """The accuracies that papers report (5 and 20 ways, 1 and 5 shots) and exam B, each with all that it depends on.

    predict  Episode with a task axis -> [T, Q] labels      bank  the evaluation classes, unrotated
    """
    rows = []
    for spec in CELLS:
        accuracies = evaluate(predict, stream_episodes(bank, spec, n_episodes, seed=CELL_SEED))
        rows.append(_row(spec, accuracies, bank, CELL_SEED))
    return [*rows, _row(EXAM_B, EXAM_B.sit(predict, bank), bank, EXAM_B.seed)]


def _row(
    task: EpisodeSpec | Exam, accuracies: Tensor, bank: ClassBank, seed: int, batch_norm: str = "running statistics"
) -> dict[str, Any]:
    return {
        "task": str(task),
        "interval": list(mean_interval(accuracies)),
        "data": f"{bank.source}, unrotated",
        "seed": seed,
        "batch_norm": batch_norm,
    }


def lines(rows: list[dict[str, Any]]) -> list[str]:
    """One line a row, for the terminal."""
    return [f"{row['task']:<60} {Interval(*row['interval'])}" for row in rows]


def protonet_predict(network: torch.nn.Module) -> Predict:
    """The prediction function of a prototypical network; running statistics, as the network is in evaluation mode."""
    return lambda episodes: protonet.predict(network, episodes)


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


def course_results(banks: list[ClassBank]) -> dict[str, Any]:
    """Every method that the course has so far, in every exam, on the evaluation part of each bank."""
    methods: dict[str, Predict] = {
        "pixel neighbours": baselines.pixel_neighbour,
        "untrained conv4": baselines.untrained_centroid,
        "prototypical network": protonet_predict(checkpoints.load("protonet")[0]),
    }
    entries = []
    for bank in banks:
        evaluation = split(bank).evaluation
        for method, predict in methods.items():
            batch_norm = "none" if method == "pixel neighbours" else "running statistics"
            for exam in EXAMS:
                row = _row(exam, exam.sit(predict, evaluation), evaluation, exam.seed, batch_norm)
                entries.append({"method": method, "exam": exam.letter, "bank": bank.source, **row})
    return {"command": "metalib results", "date": date.today().isoformat(), "machine": machine(), "exams": entries}


def write(results: dict[str, Any], path: Path) -> None:
    """Write results as JSON, whole or not at all."""
    text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
    places.write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
