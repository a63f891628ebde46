"""The state of a training run and its records: what is kept in a folder, so that a run can go on where it stopped.

A state is what torch.save writes, and behind it the digest of that: one file, so that no cut can part the two. States
of older versions end as torch's archive does: they have no digest, and are believed without.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from tqdm import tqdm

from metalib import files, places
from metalib.evaluate import Interval
from metalib.training.distributed import ALONE, Processes

STATE, PREVIOUS, RECORDS = "state.pt", "state.pt.previous", "records.jsonl"
SEAL = b"sha256:"  # begins the last bytes of a state, which are SEAL and 64 hexadecimal digits
ARCHIVE_END, ITS_LENGTH = b"PK\5\6", 22  # begins the last bytes of what torch.save writes
_STATE_SHAPE = {
    **{"model": dict, "optimizer": dict, "schedule": {"last_epoch": int}, "generator": Tensor, "inner": dict | None},
    **{"update": int, "seconds": files.NUMBER, "loss_sum": files.NUMBER, "loss_count": int},
    **{"best_accuracy": files.NUMBER, "best_update": int, "best_state": dict},
    **{"settings": str, "threads": int, "processes": int | None, "task_threads": int | None},
}
_NUMBERS = dict.fromkeys(("loss", "learning_rate", "seconds"), files.NUMBER)
_RECORD_SHAPE = {"update": int, **_NUMBERS, "validation": list | None}


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
    # equal for updates that do the same operations, which a GPU can then record and repeat; None: not to be recorded
    stage: Callable[[], Hashable] = lambda: None
    tasks_apart: bool = False  # each task's loss is its own: on a CPU with several cores, tasks go over threads
    task_threads: int = 1  # over how many
    inner: Any = None  # an inner optimiser that outlives the task: has state_dict and load_state_dict
    update: int = 0
    seconds: float = 0.0
    loss_sum: float = 0.0
    loss_count: int = 0
    best_accuracy: float = -1.0
    best_update: int = 0
    best_state: dict[str, Tensor] = field(default_factory=dict)
    unseen: list[tuple[int, Tensor]] = field(default_factory=list)  # (update, losses [T]) that nobody looked at yet
    last_validation: Interval | None = None
    kept: str = "no state has been saved yet"  # what is on the disk, in words, for error messages

    _PLAIN = ("update", "seconds", "loss_sum", "loss_count", "best_accuracy", "best_update")

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.model.parameters()).device

    def save(self, folder: Path, processes: Processes = ALONE) -> None:
        """Write the whole state to `folder`, atomically; the state before it stays there under PREVIOUS.

        The first process writes. Raises OSError, with what to do, when it cannot: what was there before is intact.
        """
        processes.first(lambda: self._write(folder, processes.size))
        self._has_kept(folder)

    def restore(self, folder: Path, processes: Processes = ALONE) -> None:
        """Take the state that `save` wrote, and cut the record file off at it.

        The first process reads, so that the others need not see its folder. Raises ValueError when there is no state,
        or when it belongs to a run with other settings; BadFile when it cannot be read.
        """
        state = processes.first(lambda: newest_state(folder))
        self._must_be_ours(state, folder)
        try:
            self._take(state)
        except Exception as error:  # each part has errors of its own
            raise _bad(folder / STATE, "does not fit the run", error) from error
        how = "{} threads in {} processes, tasks over {}"
        then = how.format(state["threads"], state.get("processes", 1), state.get("task_threads", 1))
        now = how.format(torch.get_num_threads(), processes.size, self.task_threads)
        if then != now and processes.rank == 0:
            tqdm.write(f"{then} then, {now} now: the last bits will differ")
        processes.first(lambda: self._cut_records(folder))
        self._has_kept(folder)

    def _take(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        if self.inner:
            self.inner.load_state_dict(_to(state["inner"], self.device))
        self.best_state = state["best_state"]
        for name in self._PLAIN:
            setattr(self, name, state[name])

    def write_record(self, record: Record, folder: Path) -> None:
        """Add a line to the record file. Raises OSError as `save` does."""
        with self.writing(f"the record of update {record.update:,}", folder):
            with (folder / RECORDS).open("a", encoding="utf-8") as file:
                file.write(_line(record))

    @contextmanager
    def writing(self, what: str, folder: Path) -> Iterator[None]:
        """Say in an OSError what was to be written, what is on the disk, and how to go on."""
        try:
            yield
        except OSError as error:
            raise OSError(
                f"{what} could not be written to {folder} ({error.strerror or error}); {self.kept}. Make room there, "
                "or make it writable, then go on with --resume (in Python: resume=True)"
            ) from error

    def _write(self, folder: Path, n_processes: int) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "inner": self.inner.state_dict() if self.inner else None,
            "best_state": self.best_state,
            "settings": json.dumps(self.settings, sort_keys=True),
            "threads": torch.get_num_threads(),
            "processes": n_processes,
            "task_threads": self.task_threads,
            **{name: getattr(self, name) for name in self._PLAIN},
        }
        data = io.BytesIO()  # torch.save into a file has no OSError for a full disk
        torch.save(state, data)
        data.write(_seal(data.getbuffer()))
        with self.writing(f"the state of update {self.update:,}", folder):
            if (folder / STATE).exists():
                _copy(folder / STATE, folder / PREVIOUS)
            files.write_atomically(folder / STATE, lambda part: part.write_bytes(data.getbuffer()))

    def _has_kept(self, folder: Path) -> None:
        self.kept = f"the state of update {self.update:,} is kept in {folder}"

    def _must_be_ours(self, state: dict[str, Any], folder: Path) -> None:
        saved, ours = json.loads(state["settings"]), json.loads(json.dumps(self.settings))
        differing = sorted(key for key in saved.keys() | ours.keys() if saved.get(key) != ours.get(key))
        if differing:
            changes = ", ".join(f"{key} was {saved.get(key)!r} and is {ours.get(key)!r}" for key in differing)
            raise ValueError(
                f"{folder / STATE} belongs to another run ({changes}): use the old settings or another folder"
            )

    def _cut_records(self, folder: Path) -> None:
        lines = "".join(_line(record) for record in read_records(folder) if record.update <= self.update)
        with self.writing("the records so far", folder):
            files.write_atomically(folder / RECORDS, lambda part: part.write_text(lines, encoding="utf-8"))


def has_state(folder: Path) -> bool:
    """Whether a run in `folder` has saved something to go on from."""
    return (folder / STATE).exists() or (folder / PREVIOUS).exists()


def load_state(folder: Path) -> dict[str, Any]:
    """The state that a run saved in `folder`, on the CPU. Raises ValueError when there is none, BadFile for another."""
    if not (folder / STATE).exists():
        raise ValueError(f"no state to resume in {folder}: start the run without --resume")
    return _read(folder / STATE)


def newest_state(folder: Path) -> dict[str, Any]:
    """As `load_state`; where the last state is damaged the one before it takes its place, and a line says so."""
    try:
        return load_state(folder)
    except ValueError as damage:
        try:
            state = _read(folder / PREVIOUS)
        except (ValueError, OSError):  # damaged too, or not there
            raise damage from None
        _copy(folder / PREVIOUS, folder / STATE)
        tqdm.write(f"{folder / STATE} cannot be read: going on from the state before it, of update {state['update']:,}")
        return state


def has_run(folder: Path, *, resume: bool) -> bool:
    """Whether there is something to go on from. Raises ValueError where there is, and a run is to start anew."""
    if not resume and (folder / STATE).exists():
        raise ValueError(f"{folder} holds a run already: go on with it (--resume) or choose another folder (--out)")
    return resume and has_state(folder)


def check_free(folder: Path, *, resume: bool) -> None:
    """Raise what a run into `folder` would, before what it needs is loaded; nothing is made."""
    if resume and not has_state(folder):
        raise ValueError(f"there is no run to go on with in {folder}: leave --resume out, or give its folder (--out)")
    _check_place(folder)
    if folder.exists():
        with alone_in(folder):
            has_run(folder, resume=resume)


def _check_place(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file, not a folder: choose another (--out)")
    if not places.is_writable(folder):
        raise PermissionError(f"{folder} cannot be written to: make it writable, or choose another folder (--out)")


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Make `folder` and hold it against a second run; what a killed run left half-written there is removed.

    Raises OSError where it is read-only or a file, ValueError while another run writes to it.
    """

    def taken() -> None:
        raise ValueError(
            f"another run is writing to {folder}: wait until it has ended, or choose another folder (--out)"
        )

    _check_place(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with files.locked(folder / STATE, waiting=taken):
        for part in folder.glob(".*.part"):
            part.unlink(missing_ok=True)
        yield


def read_records(folder: Path) -> list[Record]:
    """The records in `folder`, oldest first; a line that is none, cut off by a crash or damaged, is left out."""
    path = folder / RECORDS
    lines = path.read_bytes().splitlines() if path.exists() else []
    return [record for line in lines if (record := _record(line)) is not None]


def _record(line: bytes) -> Record | None:
    try:
        row = files.fit(json.loads(line), _RECORD_SHAPE)
        interval = Interval(*files.fit(found, files.INTERVAL)) if (found := row.get("validation")) else None
    except (ValueError, RecursionError):
        return None
    return Record(row["update"], row["loss"], row["learning_rate"], row["seconds"], interval)


def _seal(data: bytes | memoryview) -> bytes:
    return SEAL + hashlib.sha256(data).hexdigest().encode()


def _read(path: Path) -> dict[str, Any]:
    data = path.read_bytes()  # an OSError says itself what is wrong, and the file may be whole
    length = len(_seal(b""))
    try:
        if not data[-ITS_LENGTH:].startswith(ARCHIVE_END):  # else of an older version
            data, seal = data[:-length], data[-length:]
            if seal != _seal(data):
                raise ValueError("it does not hold what was written to it")
        state = torch.load(io.BytesIO(data), weights_only=True, map_location="cpu")
        files.fit(json.loads(files.fit(state, _STATE_SHAPE)["settings"]), dict)
    except Exception as error:  # torch raises several kinds for a damaged file
        raise _bad(path, "is damaged", error) from error
    return state


def _bad(path: Path, what: str, error: Exception) -> files.BadFile:
    return files.BadFile(f"{path} {what} ({(str(error) or repr(error)).splitlines()[0]}): delete it and train anew")


def _copy(source: Path, target: Path) -> None:
    """Atomically, and without a moment in which there is no `source`."""
    files.write_atomically(target, lambda part: shutil.copyfile(source, part))


def _to(value: Any, device: torch.device) -> Any:
    """The tensors in nested dictionaries, on `device`."""
    if isinstance(value, dict):
        return {key: _to(inner, device) for key, inner in value.items()}
    return value.to(device) if isinstance(value, Tensor) else value


def _line(record: Record) -> str:
    return json.dumps(record._asdict()) + "\n"
