"""What a study keeps in a folder: trainings that go on where they were stopped, networks on the way, and findings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from metalib import files, places
from metalib.episodes import ClassBank
from metalib.models import Conv4
from metalib.training.recipes import Recipe
from metalib.training.run_state import has_state


def folder_of(study: str, settings: dict[str, Any]) -> Path:
    """Where the trainings of a study are kept: other settings, another folder."""
    mark = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]
    return next(places.writable_folders()) / "runs" / f"{study}-{mark}"


def trained(recipe: Recipe, bank: ClassBank, folder: Path, *, snapshot_every: int = 0) -> Conv4:
    """The network that `recipe` trained on `bank`, in evaluation mode. `folder` has the state to go on from.

    snapshot_every  after so many updates the network's weights are kept too, for `trail`; 0: never
    """
    network, every = recipe.network(), snapshot_every or min(recipe.updates, 100)
    settings: dict[str, Any] = {"record_every": every, "save_every": every}
    for record in recipe.train(network, bank, out=folder, resume=has_state(folder), **settings):
        if snapshot_every:
            torch.save(network.state_dict(), folder / f"after-{record.update}.pt")
    return network.eval()


def trail(recipe: Recipe, folder: Path) -> Iterator[tuple[int, Conv4]]:
    """(updates, the network after them, in evaluation mode), by the snapshots of `trained`."""
    for path in sorted(folder.glob("after-*.pt"), key=lambda path: int(path.stem.partition("-")[2])):
        network = recipe.network()
        network.load_state_dict(torch.load(path, weights_only=True))
        yield int(path.stem.partition("-")[2]), network.eval()


def kept(path: Path, find: Callable[[], Any]) -> Any:
    """What `find` found, as JSON holds it; from `path` where it was found before. A change of code is not seen."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(find())
        files.write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))
    return json.loads(path.read_text(encoding="utf-8"))
