"""Meta-training: draw episodes, step on their mean loss, keep a record. Knows no algorithm: it is handed the losses.

An interrupted run goes on where it stopped. With the same number of threads on a CPU, a run that was killed and resumed
ends with the same parameters, bit for bit, as one that was not.
"""

from __future__ import annotations

import json
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm import tqdm

from metalib import places
from metalib.episodes import Episode
from metalib.evaluate import Interval

STATE, RECORDS = "state.pt", "records.jsonl"


class Diverged(ValueError):
    """The loss is no longer a number."""


class Record(NamedTuple):
    """What a run says of itself: mean loss since the last record, rate, seconds of training, accuracy on validation."""

    update: int
    loss: float
    learning_rate: float
    seconds: float
    validation: Interval | None = None


@dataclass
class Run:
    """All that a run is made of: what it changes (network, optimiser, schedule, generator) and what it remembers."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LRScheduler
    generator: torch.Generator
    settings: dict[str, Any] = field(default_factory=dict)
    inner: Any = None  # an inner optimiser that outlives the task: has state_dict and load_state_dict
    update: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_count: int = 0
    best_accuracy: float = -1.0
    best_update: int = 0
    best_state: dict[str, Tensor] = field(default_factory=dict)

    _PLAIN = ("update", "seconds", "loss_sum", "loss_count", "best_accuracy", "best_update")

    def save(self, folder: Path) -> None:
        """Write the whole state to `folder`, atomically."""
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "inner": self.inner.state_dict() if self.inner else None,
            "best_state": self.best_state,
            "settings": json.dumps(self.settings, sort_keys=True),
            "threads": torch.get_num_threads(),
            **{name: getattr(self, name) for name in self._PLAIN},
        }
        places.write_atomically(folder / STATE, lambda part: torch.save(state, part))

    def restore(self, folder: Path) -> None:
        """Take the state that `save` wrote, and cut the record file off at it.

        Raises ValueError when there is none, or when it belongs to a run with other settings.
        """
        state = load_state(folder)
        saved, ours = json.loads(state["settings"]), json.loads(json.dumps(self.settings))
        differing = sorted(key for key in saved.keys() | ours.keys() if saved.get(key) != ours.get(key))
        if differing:
            changes = ", ".join(f"{key} was {saved.get(key)!r} and is {ours.get(key)!r}" for key in differing)
            raise ValueError(
                f"{folder / STATE} belongs to another run ({changes}): use the old settings or another folder"
            )
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        if self.inner:
            self.inner.load_state_dict(state["inner"])
        self.best_state = state["best_state"]
        for name in self._PLAIN:
            setattr(self, name, state[name])
        if state["threads"] != torch.get_num_threads():
            tqdm.write(f"{state['threads']} threads then, {torch.get_num_threads()} now: the last bits will differ")
        kept = [record for record in read_records(folder) if record.update <= self.update]
        lines = "".join(_line(record) for record in kept)
        places.write_atomically(folder / RECORDS, lambda part: part.write_text(lines, encoding="utf-8"))


def train(
    run: Run,
    losses: Callable[[nn.Module, Episode], Tensor],
    draw: Callable[[torch.Generator], Episode],
    *,
    updates: int,
    validate: Callable[[nn.Module], Interval] | None = None,
    record_every: int = 100,
    save_every: int = 1000,
    out: Path | None = None,
    resume: bool = False,
    progress: bool = True,
) -> Iterator[Record]:
    """Train until `updates` updates are done, yielding a Record at every `record_every`.

    losses    (network in training mode, episodes) -> [T], one loss a task; a step is taken on their mean
    draw      generator -> the episodes of one update
    validate  network in evaluation mode -> Interval; every `save_every` updates; the best state so far is kept apart
    out       folder for the state (every `save_every` updates) and the record file; None keeps nothing
    Ctrl-C finishes the update, saves and raises KeyboardInterrupt.
    Raises Diverged before a step on a loss that is not finite; ValueError for an `out` that holds another run.
    """
    if out is not None:
        _open(run, out, resume)
    with _finish_update_first() as interrupted, _progress_bar(run, updates, progress) as bar:
        while run.update < updates:
            _one_update(run, losses, draw)
            bar.update()
            saving = run.update % save_every == 0 or run.update == updates
            if run.update % record_every == 0 or run.update == updates:
                record = _record(run, _validate(run, validate) if validate and saving else None, out)
                bar.set_postfix_str(_postfix(record, run))
                yield record
            if out is not None and (saving or interrupted.is_set()):
                run.save(out)
            if interrupted.is_set():
                raise KeyboardInterrupt(f"stopped after update {run.update:,}" + (f", saved in {out}" if out else ""))


def _one_update(run: Run, losses: Callable[[nn.Module, Episode], Tensor], draw: Callable[[torch.Generator], Episode]):
    start = time.perf_counter()
    run.model.train()
    loss = losses(run.model, draw(run.generator)).mean()
    value = loss.item()
    if not math.isfinite(value):
        rate = run.optimizer.param_groups[0]["lr"]
        raise Diverged(
            f"the loss is {value} at update {run.update + 1:,} with learning rate {rate:.2g}: start anew with a "
            "lower rate"
        )
    run.optimizer.zero_grad()
    loss.backward()
    run.optimizer.step()
    run.schedule.step()
    run.update += 1
    run.loss_sum += value
    run.loss_count += 1
    run.seconds += time.perf_counter() - start


def _record(run: Run, validation: Interval | None, out: Path | None) -> Record:
    """The record of the updates since the last one; written to `out` too."""
    loss = run.loss_sum / run.loss_count
    run.loss_sum, run.loss_count = 0.0, 0
    record = Record(run.update, loss, float(run.schedule.get_last_lr()[0]), run.seconds, validation)
    if out is not None:
        with (out / RECORDS).open("a", encoding="utf-8") as file:
            file.write(_line(record))
    return record


def _progress_bar(run: Run, updates: int, shown: bool) -> tqdm:
    """The bar of a terminal or a notebook, redrawn twice a second."""
    return tqdm(
        total=updates,
        initial=run.update,
        disable=not shown,
        unit="update",
        leave=False,
        mininterval=0.5,
        file=sys.stdout,
    )


def _validate(run: Run, validate: Callable[[nn.Module], Interval]) -> Interval:
    run.model.eval()
    accuracy = validate(run.model)
    if accuracy.mean > run.best_accuracy:
        run.best_accuracy, run.best_update = accuracy.mean, run.update
        run.best_state = {name: tensor.detach().clone() for name, tensor in run.model.state_dict().items()}
    return accuracy


def _postfix(record: Record, run: Run) -> str:
    best = f", best on validation {100 * run.best_accuracy:.1f} % at {run.best_update:,}" if run.best_state else ""
    return f"loss {record.loss:.3f}{best}"


def _open(run: Run, out: Path, resume: bool) -> None:
    """Make `out` ready: restore its state, or see that there is none to be lost."""
    out.mkdir(parents=True, exist_ok=True)
    if resume and (out / STATE).exists():
        run.restore(out)
    elif (out / STATE).exists():
        raise ValueError(f"{out} holds a run already: go on with it (--resume) or choose another folder (--out)")
    else:
        (out / RECORDS).write_text("", encoding="utf-8")


@contextmanager
def _finish_update_first() -> Iterator[threading.Event]:
    """Ctrl-C sets the event instead of breaking into an update; a second Ctrl-C breaks in. Main thread only."""
    interrupted = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield interrupted
        return
    before = signal.getsignal(signal.SIGINT)

    def handler(signum, frame):
        signal.signal(signal.SIGINT, before)
        interrupted.set()

    signal.signal(signal.SIGINT, handler)
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)


def load_state(folder: Path) -> dict[str, Any]:
    """The state that a run saved in `folder`. Raises ValueError when it is not there or cannot be read."""
    path = folder / STATE
    if not path.exists():
        raise ValueError(f"no state to resume in {folder}: start the run without --resume")
    try:
        return torch.load(path, weights_only=True)
    except Exception as error:  # torch raises several kinds for a damaged file
        raise ValueError(f"{path} is damaged ({error}): delete it and train anew") from error


def read_records(folder: Path) -> list[Record]:
    """The records in `folder`, oldest first; a last line that was cut off by a crash is left out."""
    path = folder / RECORDS
    records = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except json.JSONDecodeError:
            break
        validation = Interval(*row["validation"]) if row["validation"] else None
        records.append(Record(row["update"], row["loss"], row["learning_rate"], row["seconds"], validation))
    return records


def _line(record: Record) -> str:
    return json.dumps(record._asdict()) + "\n"
