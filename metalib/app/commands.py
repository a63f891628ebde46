"""What `metalib train`, `evaluate`, `results`, `study` and `bench` do, as functions that a notebook can call too."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import torch

from metalib import bench, places, runtime
from metalib.app import limits
from metalib.banks import load_bank, split
from metalib.banks.store import bank_digest
from metalib.course import registry
from metalib.course.kit import board, study
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.results import files, looks, sittings
from metalib.course.kit.results.entry import ExamEntry
from metalib.course.kit.results.measure import CourseResults, measure
from metalib.episodes import ClassBank
from metalib.models import Conv4
from metalib.training import checkpoints, distributed
from metalib.training.recipes import RECIPES, Recipe, recipe_of
from metalib.training.recipes.maml import MamlRecipe
from metalib.training.run_state import Record, check_free, has_state, load_state, read_records


def train(
    name: str,
    *,
    out: Path | None = None,
    resume: bool = False,
    updates: int | None = None,
    protocol: str = "alphabets",
    seed: int = 0,
    device: str | None = None,
    with_validation: bool = False,
    compiled: bool = False,
) -> Path:
    """Train by the recipe `name`, and write the checkpoint into the run's folder; returns the checkpoint's path.

    protocol         how the classes are split: see `metalib.banks.split`
    compiled         by torch's compiler: MAML, first-order MAML and ANIL on a CPU
    with_validation  learn from the validation classes too, and keep the last state; else the state that validated best
    Raises ValueError or OSError for what cannot be trained, or not into this folder, before anything is loaded.
    """
    out, updates, seed = limits.read(out=out, updates=updates, seed=seed)
    recipe = _recipe(name, place := distributed.device(device), compiled=compiled, seed=seed, updates=updates)
    folder = _free(out or _default_folder(f"{name}-{protocol}{'-all' if with_validation else ''}-{seed}"), resume)
    bank = load_bank(recipe.bank or None)
    training, validation, _ = split(bank, protocol)
    classes = training.join(validation) if with_validation else training
    where = f"{runtime.describe(place)}{_threads(recipe, place)}"
    print(f"{recipe.updates:,} updates on {classes.n_classes:,} classes, {where}; state in {folder}")
    records = recipe.train(
        recipe.network(),
        classes.to(place),
        validation=None if with_validation else validation.to(place),
        out=folder,
        resume=resume,
    )
    _exhaust(records, folder)
    path = folder / f"{name}{'' if protocol == 'alphabets' else '-' + protocol}{checkpoints.SUFFIX}"
    if distributed.place().rank == 0:
        told = {"split": protocol, "classes": classes.source, "device": runtime.describe(place)}
        publish(folder, path, recipe, bank, told)
    return path


def _recipe(name: str, place: torch.device, *, compiled: bool, seed: int, updates: int | None) -> Recipe:
    """The recipe `name` with these settings. Raises ValueError for an unknown one, or for one that is not compiled."""
    if name not in RECIPES:
        raise ValueError(f"there is no recipe {name!r}: give one of {', '.join(RECIPES)}")
    length = RECIPES[name].updates if updates is None else updates
    recipe = dataclasses.replace(RECIPES[name], seed=seed, updates=length)
    if not compiled:
        return recipe
    if not isinstance(recipe, MamlRecipe):
        raise ValueError(f"{name} is not compiled: leave --compile out. It is for MAML, first-order MAML and ANIL")
    if place.type != "cpu":
        raise ValueError(f"--compile is for a CPU, and the device is {place}, which records its updates: leave it out")
    return dataclasses.replace(recipe, compiled=True)


def _threads(recipe: Recipe, place: torch.device) -> str:
    """Over how many threads the tasks of an update go, in words; nothing where they do not."""
    count = min(runtime.task_threads(place), recipe.meta_batch_size)
    return f", tasks over {count} threads" if recipe.tasks_apart and count > 1 else ""


def _free(folder: Path, resume: bool) -> Path:
    if distributed.place().rank == 0:  # the others need not see it
        check_free(folder, resume=resume)
    return folder


def _exhaust(records: Iterator[Record], folder: Path) -> None:
    try:
        for _ in records:
            pass
    except KeyboardInterrupt as stop:
        go_on = "Go on with the same command and --resume" if has_state(folder) else f"Nothing is saved in {folder}"
        raise type(stop)(f"{str(stop) or 'interrupted'}. {go_on}") from None


def _default_folder(name: str) -> Path:
    folder = next(places.writable_folders(), None)
    if folder is None:
        raise ValueError(f"{places.where_looked('A folder to write to')}, or give --out")
    return folder / "runs" / name


def publish(folder: Path, path: Path, recipe: Recipe, bank: ClassBank, told: dict[str, str]) -> None:
    """Write the checkpoint of a finished run in `folder` to `path` and say what it holds.

    told  what the run itself does not know: split, classes, device
    Of the trained tensors it takes those that the recipe's network has: a classifier's head stays behind.
    """
    state = load_state(folder)
    chosen = state["best_update"] if state["best_state"] else state["update"]
    trained = state["best_state"] or state["model"]
    network: Conv4 = recipe.network()
    network.load_state_dict({name: trained[name] for name in network.state_dict()})
    validation = [record.validation for record in read_records(folder) if record.update == chosen]
    info: dict[str, Any] = {
        "method": recipe.method,
        "recipe": dataclasses.asdict(recipe),
        "data": bank.source,
        "data_digest": bank_digest(bank),
        **told,
        "seed": recipe.seed,
        "updates": chosen,
        "seconds": round(state["seconds"]),
        "machine": runtime.machine(),
        "threads": state["threads"],
        "date": date.today().isoformat(),
        "validation": list(validation[0]) if validation and validation[0] else None,
        "measured": [],
    }
    checkpoints.save(path, network, info)
    accuracy = f", {validation[0]} on the validation classes" if info["validation"] else ""
    print(f"{path}: {chosen:,} updates in {info['seconds']:,} s{accuracy}")
    print(f"measure it on the evaluation classes: metalib evaluate {path}")


def evaluate(checkpoint: str, *, episodes: int, device: str | None, write: bool) -> list[dict[str, Any]]:
    """Print a checkpoint's accuracies on the evaluation classes of its split; `write` puts them into its file too."""
    (episodes,) = limits.read(episodes=episodes)
    place = runtime.pick_device(device)
    network, info = checkpoints.load(checkpoint, device=place)
    if info.get("split") is None:
        raise ValueError(f"{checkpoint} was not trained on pictures: nothing to measure on the evaluation classes")
    protocol = "paper" if info["split"] == "paper" else "alphabets"
    evaluation = split(load_bank(recipe_of(info).bank or None), protocol).evaluation.to(place)
    rows = []
    for sitting in sittings.sittings(recipe_of(info), network):
        print(
            f"{sitting.method}: {evaluation.source}, {sitting.batch_norm}, seed {sittings.CELL_SEED} (exams: their own)"
        )
        found = sittings.table(sitting, evaluation, n_episodes=episodes)
        print("\n".join(sittings.lines(found)))
        rows += found
    if write:
        path = checkpoints.find(checkpoint)
        checkpoints.save(path, network, {**info, "measured": rows})
        print(f"written into {path}")
    return rows


def look(checkpoint: str, purpose: str, *, device: str | None = None) -> None:
    """Sit exam C with a trained network, each query alone, print how many it missed and write the look down.

    Raises ValueError for a network that may not sit it, as it has learned from some of its drawings, or cannot.
    """
    place = runtime.pick_device(device)
    network, info = checkpoints.load(checkpoint, device=place)
    if not str(info.get("split")).startswith("alphabets"):
        raise ValueError(
            f"{checkpoint} was trained on the split {info.get('split')!r} and exam C has drawings of 10 of Omniglot's "
            "evaluation alphabets: give a network that learned from the background alphabets (--split alphabets)"
        )
    evaluation = split(load_bank("omniglot", quiet=True)).evaluation.to(place)
    ways = [way for way in sittings.sittings(recipe_of(info), network) if sittings.can_sit(way, EXAM_C, evaluation)]
    if not ways:
        raise ValueError(f"{checkpoint} does {recipe_of(info).fixed_way} ways only, and exam C has {EXAM_C.spec.n_way}")
    name = f"{Path(checkpoint).stem}, {checkpoints.digest(network, info)}"
    for way in ways:
        accuracies = looks.look(
            way.predict,
            evaluation,
            what=f"{way.method} ({name})",
            seed=info.get("seed"),
            batch_norm=way.batch_norm,
            purpose=purpose,
        )
        found = EXAM_C.interval(accuracies)
        print(f"{way.method}, {way.batch_norm}: {looks.wrong(accuracies)} of {EXAM_C.total} wrong; right: {found}")
    print(f"written down in data/{looks.LOG}")


def write_results(*, device: str | None, anew: bool = False) -> Path:
    """Let every method sit the exams on Omniglot and on the glyphs, and write the checkout's `data/results.json`.

    anew  measure all of it; else only what has changed. Interrupted, it goes on by a call without `anew`
    """
    folder = _checkout_data("results")
    place = runtime.pick_device(device)
    banks = [load_bank(name, quiet=True).to(place) for name in ("omniglot", "glyphs", "emoji")]
    found = CourseResults() if anew else files.read(folder)
    new = []
    for entry in measure(found, banks):
        files.write(found, folder)  # an interrupted command goes on from here
        new.append(entry)
        if isinstance(entry, ExamEntry) and entry.exam == EXAM_C.letter:
            _log(entry, found, folder)
        where = f"{entry.bank}, exam {entry.exam}" if isinstance(entry, ExamEntry) else entry.task
        print(f"{where:<40} {entry.method:<40} {entry.result}", flush=True)
    files.write(found, folder)
    files.write_readme(found, folder.parent / "README.md")
    path = folder / board.RESULTS
    print(f"{len(new)} of {len(found.exams) + len(found.paper)} measured, the others kept; written to {path}")
    return path


def _log(entry: ExamEntry, found: CourseResults, folder: Path) -> None:
    """Write down the look at exam C that `entry` is."""
    looks.write(
        found.right[entry.key()].double() / EXAM_C.questions,
        what=entry.method if entry.network == "none" else f"{entry.method} ({entry.network})",
        seed=entry.training_seed,
        batch_norm=entry.batch_norm,
        purpose="results of the course",
        folder=folder,
    )


def run_study(name: str) -> Path:
    """Run one of the heavier experiments, and write the checkout's `data/studies/NAME.json`."""
    studies = registry.studies()
    if name not in studies:
        raise ValueError(f"there is no study {name!r}: give one of {', '.join(studies)}")
    path = study.write(name, studies[name], _checkout_data("study") / study.FOLDER)
    print(f"{studies[name].question}\nwritten to {path}")
    return path


def _checkout_data(command: str) -> Path:
    root = places.checkout()
    if root is None:
        raise ValueError(f"`metalib {command}` writes the course's own results: run it from a checkout of the course")
    return root / "data"


def run_bench(*, device: str | None, quick: bool = False, with_peers: bool = False, out: Path | None = None) -> None:
    """Print how fast this machine draws episodes and trains, and write it to `out`."""
    (out,) = limits.read(out=out)
    torch.manual_seed(0)
    place = runtime.pick_device(device)
    bench.run(load_bank(quiet=True).to(place), quick=quick, with_peers=with_peers, out=out)
