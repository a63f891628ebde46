"""Several processes, one run: each takes its share of an update's tasks, and their gradients are added up.

`torchrun --nproc-per-node K -m metalib train RECIPE` starts K processes with RANK and WORLD_SIZE in their environment.
All of them draw the same episodes from the same generator, and each adapts to its own slice. After one all-reduce all
have the same gradients, so all take the same step: the parameters are those of one process, to rounding.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from metalib import runtime
from metalib.episodes import Episode

# a process that never comes is an error soon; one that validates for hours is not, and one that dies is seen at once
TO_MEET, TO_WAIT = timedelta(minutes=5), timedelta(days=7)
Answer = TypeVar("Answer")


class Place(NamedTuple):
    """Which of how many processes this one is. The first has rank 0: it alone validates, writes and prints."""

    rank: int
    size: int


def place() -> Place:
    """The place of this process, from RANK and WORLD_SIZE as torchrun sets them; without them it is alone."""
    return Place(int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))


def device(name: str | None = None) -> torch.device:
    """What `runtime.pick_device` gives; of several processes on one machine each has a GPU of its own."""
    chosen = runtime.pick_device(name)
    if place().size > 1 and chosen.type == "cuda" and chosen.index is None:
        return runtime.pick_device(f"cuda:{os.environ.get('LOCAL_RANK', 0)}")
    return chosen


@contextmanager
def only_the_first_prints() -> Iterator[None]:
    """What this process prints is dropped, unless it is the first; errors go to stderr, and are seen from all."""
    with open(os.devnull, "w") as nowhere:
        with redirect_stdout(nowhere) if place().rank > 0 else nullcontext():
            yield


@dataclass(frozen=True)
class Processes:
    """The processes of a run, as this one sees them."""

    rank: int = 0
    size: int = 1
    device: torch.device | None = None
    group: Any = None  # torch's process group; None for a process alone

    def slice_of(self, n_tasks: int) -> slice:
        """The tasks of this process: `n_tasks` in `size` parts, whose sizes differ by one at most."""
        return slice(n_tasks * self.rank // self.size, n_tasks * (self.rank + 1) // self.size)

    def share(self, episodes: Episode) -> Episode:
        """The tasks of this process. Raises ValueError for what cannot be split."""
        if self.size == 1:
            return episodes
        if not isinstance(episodes, Episode):
            raise ValueError(
                f"{self.size} processes, and a batch of pictures that share their batch statistics: it cannot be "
                "split. Use one process"
            )
        n_tasks = len(episodes.support_y)
        if n_tasks < self.size:
            raise ValueError(
                f"{self.size} processes for {n_tasks} task{'s' * (n_tasks > 1)} an update, and a task cannot be split: "
                f"raise meta_batch_size to {self.size} or more, or use {n_tasks} process{'es' * (n_tasks > 1)}"
            )
        return Episode(*(field[self.slice_of(n_tasks)] for field in episodes))

    def add_up(self, parameters: Iterable[nn.Parameter], losses: Tensor, n_tasks: int) -> Tensor:
        """The losses of all tasks, [T], from this process's own; the gradients become their sum over all processes.

        One all-reduce for both. Raises ConnectionError when another process has ended.
        """
        if self.size == 1:
            return losses
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        of_all = losses.new_zeros(n_tasks)
        of_all[self.slice_of(n_tasks)] = losses
        flat = torch.cat([*(gradient.flatten() for gradient in gradients), of_all])
        with _all_there():
            dist.all_reduce(flat, group=self.group)
        *summed, of_all = flat.split([*(gradient.numel() for gradient in gradients), n_tasks])
        for gradient, total in zip(gradients, summed, strict=True):
            gradient.copy_(total.view(gradient.shape))
        return of_all.clone()

    def any(self, wish: bool) -> bool:
        """Whether any process has the wish: what all have to do at the same update is agreed on so."""
        if self.size == 1:
            return wish
        wishes = torch.tensor([float(wish)], device=self.device)
        with _all_there():
            dist.all_reduce(wishes, group=self.group)
        return wishes.item() > 0

    def first(self, work: Callable[[], Answer]) -> Answer:
        """What `work` returns: the first process does it, however long it takes, and tells the others.

        Raises what `work` raises, in the first process; in the others ConnectionError with its text.
        """
        if self.size == 1:
            return work()
        told: list[Any] = [None, ""]
        failure = None
        if self.rank == 0:
            try:
                told[0] = work()
            except Exception as error:  # the others wait: they are told of every failure, then it goes its way
                failure, told[1] = error, str(error) or type(error).__name__
        with _all_there():
            dist.broadcast_object_list(told, src=0, group=self.group)
        if failure is not None:
            raise failure
        if told[1]:
            raise ConnectionError(f"the first process of this run stopped: {told[1]}")
        return told[0]


ALONE = Processes()


def join(device: torch.device) -> Processes:
    """The processes of this run, each with its tensors on a `device` like this one.

    They talk through nccl on GPUs and through gloo on CPUs. Raises ValueError where neither is to be had.
    """
    rank, size = place()
    if size == 1:
        return ALONE
    if device.type not in ("cpu", "cuda") or not dist.is_available():
        raise ValueError(f"{size} processes on {device.type}: several can work together on cpu and on cuda only")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    elif "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(1)  # as many threads as cores in each process would wait for each other
    return Processes(rank, size, device, _group("nccl" if device.type == "cuda" else "gloo"))


@functools.cache
def _group(backend: str) -> Any:
    """The group of all processes. It is kept until the process ends: torch cannot meet twice at one address."""
    dist.init_process_group(backend, timeout=TO_MEET)
    return dist.new_group(timeout=TO_WAIT)


@contextmanager
def _all_there() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise ConnectionError(
            "another process of this run has ended, and so this one ends too. Its own message says why; the state that "
            "was saved last can be resumed"
        ) from error
