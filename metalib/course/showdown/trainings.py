"""The networks of the comparison: each trained once, in a folder of its own, with the CPU seconds that it took.

An equal time is counted in CPU seconds of the process: three minutes of two cores are 360. So it does not matter who
else uses the machine. The number of updates that fit was measured before (`data/showdown-plan.md`), and is a setting:
the same command trains the same network on a faster machine, and says how long it took there.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, NamedTuple

from metalib import files
from metalib.course.kit import runs
from metalib.course.showdown.recipes import entrant
from metalib.episodes import ClassBank
from metalib.models import Conv4
from metalib.training.recipes import Predict, Recipe
from metalib.training.run_state import read_records

CPU_SECONDS = "cpu-seconds.json"


class Trained(NamedTuple):
    """A network in evaluation mode, its recipe, and the CPU seconds of its training, of all calls that it took.

    folder  where its state is, and what it answered in tests
    """

    recipe: Recipe
    network: Conv4
    cpu_seconds: float
    folder: Path


def trained(name: str, bank: ClassBank, **settings: Any) -> Trained:
    """The network of one method of `recipes.ENTRANTS`, trained on `bank` or, where it was before, read."""
    recipe = entrant(name, **settings)
    label = name.lower().replace(",", "").replace(" ", "-")
    folder = runs.folder_of(f"showdown-{label}", recipe.settings_on(bank))
    start, records = time.process_time(), read_records(folder)
    done = bool(records) and records[-1].update == recipe.updates
    try:
        network = runs.trained(recipe, bank, folder)
    finally:
        seconds = _add(folder / CPU_SECONDS, 0.0 if done else time.process_time() - start)
    return Trained(recipe, network, seconds, folder)


def inductive(recipe: Recipe, network: Conv4) -> Predict:
    """How the network answers each query alone: the last of its ways."""
    *_, (_, _, predict) = recipe.modes(network)
    return predict


def _add(path: Path, seconds: float) -> float:
    """The seconds in `path` and these, written there."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else 0.0
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomically(path, lambda part: part.write_text(json.dumps(before + seconds), encoding="utf-8"))
    return before + seconds
