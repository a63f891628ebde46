"""Meta-training: draw episodes, step on their mean loss, keep a record. Knows no algorithm: it is handed the losses.

Ctrl-C finishes the update (a GPU: those up to the next record), saves and raises KeyboardInterrupt; SIGTERM does so
too, and raises Terminated. Whatever ends a run, the state that was saved last stays intact, and it goes on from there.
With the same number of threads on a CPU, a run that was killed and resumed ends with the same parameters, bit for bit,
as one that was not. The tasks of each update are split over the cores of a CPU, and under torchrun over the processes:
`threads` and `distributed` say how.
"""

from __future__ import annotations

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from metalib.episodes import Episode
from metalib.evaluate import Interval
from metalib.training import distributed
from metalib.training.cuda_graphs import Gradients, Losses
from metalib.training.distributed import Processes
from metalib.training.run_state import (
    PREVIOUS,
    RECORDS,
    STATE,
    Record,
    Run,
    alone_in,
    has_run,
    load_state,
    read_records,
)
from metalib.training.threads import gradients_of

__all__ = ["RECORDS", "STATE", "Diverged", "Record", "Run", "load_state", "read_records", "train"]

Draw = Callable[[torch.Generator], Episode]
Validate = Callable[[nn.Module], Interval]


AGAIN = 1.0  # seconds: until then a second signal is the first one again, passed on by make or a launcher


class Terminated(KeyboardInterrupt):
    """The run was ended by SIGTERM, the way of clusters and containers."""

    status = 143  # as a shell has it


class Diverged(ValueError):
    """The loss is no longer a number."""


def train(
    run: Run,
    losses: Losses,
    draw: Draw,
    *,
    updates: int,
    validate: Validate | None = None,
    record_every: int = 100,
    save_every: int = 1000,
    out: Path | None = None,
    resume: bool = False,
    progress: bool = True,
) -> Iterator[Record]:
    """Train until `updates` updates are done, yielding a Record at every `record_every`, the same in each process.

    losses    (network in training mode, episodes) -> [T], one loss a task; a step is taken on their mean
    draw      generator -> the episodes of one update
    validate  network in evaluation mode -> Interval; every `save_every` updates; the best state so far is kept apart
    out       folder for the state (every `save_every` updates) and the record file; None keeps nothing
    progress  a bar in a terminal or a notebook; elsewhere a line at each validation and at the end
    Raises Diverged for a loss that is not finite, before the step (a GPU: before the next record or state), OSError,
    ConnectionError when another process ended, ValueError for an `out` of another run or an update that is not split.
    """
    processes, gradients = _join(run), gradients_of(run, losses)
    with (
        _opened(run, out, resume, processes),
        _finish_update_first(run, out, processes) as asked,
        _Progress(run, updates, progress and processes.rank == 0) as bar,
    ):
        while run.update < updates:
            _one_update(run, gradients, draw, processes)
            bar.update()
            saving, recording = (run.update % n == 0 or run.update == updates for n in (save_every, record_every))
            if recording or (saving and validate):
                yield _record(run, validate if saving else None, out, processes, bar)
            stopping = (saving or recording or _looks_at_each(run)) and processes.any(bool(asked))
            if saving or stopping:
                _save(run, out, processes)
            if stopping:
                raise _stopped(asked, f"stopped after update {run.update:,}{f', saved in {out}' if out else ''}")


def _join(run: Run) -> Processes:
    """The processes of this run. Raises ValueError for a run of which no part can be done apart."""
    processes = distributed.join(run.device)
    if run.inner is not None and processes.size > 1:
        raise ValueError(
            f"{processes.size} processes, and an inner optimiser whose state goes on from task to task: each task "
            "waits for the one before it, and an update cannot be split. Use one process"
        )
    return processes


def _one_update(run: Run, gradients: Gradients, draw: Draw, processes: Processes) -> None:
    start = time.perf_counter()
    run.model.train()
    episodes = draw(run.generator)
    share = processes.share(episodes)  # raises for what cannot be split
    # not the mean of a process's own tasks: the processes may have unequal numbers of them
    n_tasks = None if processes.size == 1 else len(episodes.support_y)
    own = gradients(share, n_tasks)  # [t]: this process's tasks
    of_all = processes.add_up(run.model.parameters(), own, n_tasks or len(own))  # [T]
    run.unseen.append((run.update + 1, of_all))
    if _looks_at_each(run):
        _look_at_losses(run)
    run.optimizer.step()
    run.schedule.step()
    run.update += 1
    run.seconds += time.perf_counter() - start


def _looks_at_each(run: Run) -> bool:
    """Whether each loss is looked at before the step on it. A GPU would have to wait for the CPU at every update."""
    return run.device.type == "cpu"


def _look_at_losses(run: Run) -> None:
    """Count the losses since the last look. Raises Diverged for one that is not finite."""
    if not run.unseen:
        return
    seen = torch.cat([of_all for _, of_all in run.unseen]).cpu().split([len(of_all) for _, of_all in run.unseen])
    for (update, _), of_all in zip(run.unseen, seen, strict=True):
        if not of_all.isfinite().all():
            raise Diverged(_diverged(run, update, of_all))
        run.loss_sum += of_all.mean().item()
        run.loss_count += 1
    run.unseen.clear()


def _catch_up(run: Run) -> None:
    """Look at the losses where they are not looked at one by one; the time until a GPU has them counts as training."""
    start = time.perf_counter()
    _look_at_losses(run)
    run.seconds += time.perf_counter() - start


def _diverged(run: Run, update: int, of_all: Tensor) -> str:
    """What is wrong with the losses [T] of `update`, and what to lower."""
    bad = (~of_all.isfinite()).nonzero().flatten().tolist()
    others = f", and that of {len(bad) - 1} more of the {len(of_all)} tasks," if len(bad) > 1 else ""
    return (
        f"the loss of task {bad[0]} of 0 … {len(of_all) - 1}{others} is {of_all[bad[0]].item()} at update {update:,} "
        f"with learning rate {run.optimizer.param_groups[0]['lr']:.2g}: {_what_to_lower(run)}"
    )


def _what_to_lower(run: Run) -> str:
    rates = [f"{name} ({run.settings[name]:g})" for name in ("learning_rate", "inner_lr") if name in run.settings]
    return f"lower {' or '.join(rates) or 'the learning rate'}, and start anew in another folder; {run.kept}"


def _save(run: Run, out: Path | None, processes: Processes) -> None:
    """Save a state that is worth it. Raises Diverged when it is not: a finite loss can have a gradient that is not."""
    if out is None:
        return
    _catch_up(run)
    bad = [name for name, parameter in run.model.named_parameters() if not parameter.isfinite().all()]
    if bad:
        raise Diverged(f"{', '.join(bad)} not finite after update {run.update:,}: {_what_to_lower(run)}")
    run.save(out, processes)


def _record(run: Run, validate: Validate | None, out: Path | None, processes: Processes, bar: _Progress) -> Record:
    """The record of the updates since the last one; the first process makes it, and writes it to `out` too."""
    _catch_up(run)
    loss = run.loss_sum / run.loss_count
    run.loss_sum, run.loss_count = 0.0, 0

    def made() -> Record:
        validation = _validate(run, validate) if validate else None
        record = Record(run.update, loss, float(run.schedule.get_last_lr()[0]), run.seconds, validation)
        if out is not None:
            run.write_record(record, out)
        return record

    record = processes.first(made)
    run.last_validation = record.validation or run.last_validation
    bar.tell(record, run)
    return record


def _validate(run: Run, validate: Validate) -> Interval:
    run.model.eval()
    accuracy = validate(run.model)
    if accuracy.mean > run.best_accuracy:
        run.best_accuracy, run.best_update = accuracy.mean, run.update
        run.best_state = {name: tensor.detach().clone() for name, tensor in run.model.state_dict().items()}
    return accuracy


class _Progress(tqdm):
    """A bar with the time left where lines can be drawn over, in a terminal or a notebook; elsewhere a few lines."""

    def __init__(self, run: Run, updates: int, shown: bool) -> None:
        redraws = sys.stdout.isatty() or type(sys.stdout).__module__.startswith("ipykernel")
        self.lines = shown and not redraws
        options = {"unit": "update", "leave": False, "mininterval": 0.5, "file": sys.stdout}
        super().__init__(total=updates, initial=run.update, disable=not (shown and redraws), **options)

    def tell(self, record: Record, run: Run) -> None:
        """Show what the record says."""
        self.set_postfix_str(_postfix(record, run))
        if self.lines and (record.validation or run.update == self.total):
            print(f"update {run.update:,} of {self.total:,}: {_postfix(record, run)}", flush=True)


def _postfix(record: Record, run: Run) -> str:
    """What stands behind the bar, or in its place: the loss, the last accuracy on validation and the best one."""
    last = f", validation {100 * run.last_validation.mean:.1f} %" if run.last_validation else ""
    best = f" (best {100 * run.best_accuracy:.1f} % at {run.best_update:,})" if run.best_state else ""
    return f"loss {record.loss:.3f}{last or (best and ', validation')}{best}"


@contextmanager
def _opened(run: Run, out: Path | None, resume: bool, processes: Processes) -> Iterator[None]:
    """Hold `out` while the run goes on: with its state restored, or seen to have none that could be lost."""
    held = ExitStack()

    def there_is_one(folder: Path) -> bool:
        held.enter_context(alone_in(folder))
        found = has_run(folder, resume=resume)
        if not found:
            (folder / PREVIOUS).unlink(missing_ok=True)  # of another run, whose own state is gone
            (folder / RECORDS).write_text("", encoding="utf-8")
        return found

    with held:
        if out is not None and processes.first(lambda: there_is_one(out)):
            run.restore(out, processes)
        yield


@contextmanager
def _finish_update_first(run: Run, out: Path | None, processes: Processes) -> Iterator[list[int]]:
    """Ctrl-C, and SIGTERM where there is something to save, are noted down instead of breaking in. Main thread only.

    A second one breaks in if it comes later, but not where several processes run: torchrun, too, sends them the signal
    of a terminal that may have reached them already.
    """
    asked: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    first = math.inf

    def handler(signum: int, frame: object) -> None:
        nonlocal first
        asked.append(signum)
        first = min(first, time.monotonic())
        if len(asked) > 1 and processes.size == 1 and time.monotonic() - first >= AGAIN:
            raise _stopped(asked, f"stopped within update {run.update + 1:,}; {run.kept}")

    caught = (signal.SIGINT, signal.SIGTERM) if out else (signal.SIGINT,)
    before = {signum: signal.signal(signum, handler) for signum in caught}
    try:
        yield asked
    finally:
        for signum, usual in before.items():
            signal.signal(signum, usual or signal.SIG_DFL)  # None: not set from Python


def _stopped(asked: list[int], what: str) -> KeyboardInterrupt:
    return Terminated(what) if signal.SIGTERM in asked else KeyboardInterrupt(what)
