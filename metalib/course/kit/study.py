"""What a study is, and how its file is written and read."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from metalib import files, places, runtime

FOLDER = "studies"


@dataclass(frozen=True)
class Study:
    """An experiment that is too heavy for a notebook: a question, and the function that answers it.

    run  settings -> what JSON holds: accuracies as [mean, low, high, n, unit] (`Interval`), curves as lists
    settings  all that the answer depends on: seeds, numbers of updates and episodes, data part
    resumes   it goes on from what an earlier call left, so the time of the last call is not that of the whole
    """

    question: str
    run: Callable[[dict[str, Any]], dict[str, Any]]
    settings: dict[str, Any]
    resumes: bool = False


def write(name: str, study: Study, folder: Path) -> Path:
    """Run `study` and write `folder`/NAME.json, whole or not at all; returns the path."""
    start = time.perf_counter()
    found = study.run(study.settings)
    record = {
        "study": name,
        "question": study.question,
        "command": f"metalib study {name}",
        "settings": study.settings,
        "machine": runtime.machine(),
        "seconds_of_the_last_call" if study.resumes else "seconds": round(time.perf_counter() - start),
        "date": date.today().isoformat(),
        "results": found,
    }
    path = folder / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    files.write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
    return path


def read(name: str) -> dict[str, Any]:
    """The record that `metalib study NAME` wrote. Raises, with the command, FileNotFoundError or BadFile."""
    relative = Path(FOLDER) / f"{name}.json"
    path = places.find(relative)
    if path is None:
        raise FileNotFoundError(f"{places.where_looked(str(relative))}. Run it: metalib study {name}")
    return files.read_json(path, {"settings": dict, "results": dict}, remedy=f"run it: metalib study {name}")
