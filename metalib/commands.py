"""What `metalib train`, `evaluate`, `results` and `bench` do, as functions that a notebook can call too."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path
from typing import Any

import torch

from metalib import bench, checkpoints, places, results, runtime
from metalib.banks import load_bank, split
from metalib.banks.store import bank_digest
from metalib.episodes import ClassBank
from metalib.evaluate import Interval
from metalib.models import Conv4
from metalib.recipes import ProtonetRecipe
from metalib.train import load_state, read_records


def train_protonet(
    *, out: Path | None, resume: bool, updates: int | None, seed: int, device: str | None, all_background: bool
) -> Path:
    """Train a prototypical network, and write its checkpoint into the run's folder; returns the checkpoint's path.

    all_background  learn from the validation classes too, and keep the last state; else the state that validated best
    """
    place = runtime.pick_device(device)
    recipe = ProtonetRecipe(seed=seed)
    if updates is not None:
        recipe = dataclasses.replace(recipe, updates=updates)
    bank = load_bank()
    training, validation, _ = split(bank)
    classes = bank.select_groups([*training.groups, *validation.groups]) if all_background else training
    folder = out or _default_folder(f"protonet-{'background' if all_background else 'training'}-{seed}")
    print(f"{recipe.updates:,} updates on {classes.n_classes} classes, {runtime.describe(place)}; state in {folder}")
    network = recipe.network()
    records = recipe.train(
        network,
        classes.to(place),
        validation=None if all_background else validation.to(place),
        out=folder,
        resume=resume,
    )
    try:
        for _ in records:
            pass
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(f"{stop}. Go on with the same command and --resume") from None
    return publish(folder, recipe, network, bank, "background" if all_background else "training")


def _default_folder(name: str) -> Path:
    folder = next(places.writable_folders(), None)
    if folder is None:
        raise ValueError(f"{places.where_looked('A folder to write to')}, or give --out")
    return folder / "runs" / name


def publish(folder: Path, recipe: ProtonetRecipe, network: Conv4, bank: ClassBank, classes: str) -> Path:
    """Write the checkpoint of a finished run in `folder` and say what it holds."""
    state = load_state(folder)
    chosen = state["best_update"] if state["best_state"] else state["update"]
    network.load_state_dict(state["best_state"] or state["model"])
    validation = [record.validation for record in read_records(folder) if record.update == chosen]
    info: dict[str, Any] = {
        "method": "prototypical network",
        "recipe": dataclasses.asdict(recipe),
        "data": bank.source,
        "data_digest": bank_digest(bank),
        "split": "by alphabet or script",
        "classes": classes,
        "seed": recipe.seed,
        "updates": chosen,
        "seconds": round(state["seconds"]),
        "machine": results.machine(),
        "threads": state["threads"],
        "date": date.today().isoformat(),
        "validation": list(validation[0]) if validation and validation[0] else None,
        "measured": [],
    }
    path = folder / "protonet.safetensors"
    checkpoints.save(path, network, info)
    accuracy = f", {validation[0]} on the validation classes" if info["validation"] else ""
    print(f"{path}: {chosen:,} updates in {info['seconds']:,} s{accuracy}")
    print(f"measure it on the evaluation classes: metalib evaluate {path}")
    return path


def evaluate(checkpoint: str, *, episodes: int, device: str | None, write: bool) -> list[dict[str, Any]]:
    """Print the accuracies of a checkpoint on the evaluation classes; `write` puts them into its file as well."""
    place = runtime.pick_device(device)
    network, info = checkpoints.load(checkpoint, device=place)
    evaluation = split(load_bank()).evaluation.to(place)
    print(f"{evaluation.source}, unrotated, running statistics, seed {results.CELL_SEED} (exam B: its own)")
    rows = results.table(results.protonet_predict(network), evaluation, n_episodes=episodes)
    print("\n".join(results.lines(rows)))
    if write:
        path = checkpoints.find(checkpoint)
        checkpoints.save(path, network, {**info, "measured": rows})
        print(f"written into {path}")
    return rows


def write_results(*, device: str | None) -> Path:
    """Let every method sit the exams on Omniglot and on the glyphs, and write the checkout's `data/results.json`."""
    root = places.checkout()
    if root is None:
        raise ValueError("`metalib results` writes the course's own results: run it from a checkout of the course")
    place = runtime.pick_device(device)
    banks = [load_bank(name, quiet=True).to(place) for name in ("omniglot", "glyphs")]
    found = results.course_results(banks)
    path = root / "data" / "results.json"
    results.write(found, path)
    for entry in found["exams"]:
        print(f"{entry['bank']:<10} exam {entry['exam']}  {entry['method']:<22} {Interval(*entry['interval'])}")
    print(f"written to {path}")
    return path


def run_bench(*, device: str | None) -> None:
    """Print how fast this machine draws episodes and trains."""
    torch.manual_seed(0)
    for line in bench.lines(load_bank(quiet=True).to(runtime.pick_device(device))):
        print(line, flush=True)
