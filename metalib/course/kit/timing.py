"""Fair timing on a machine that others use too: all contestants in turn, round after round, and medians."""

from __future__ import annotations

import ctypes
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

Work = Callable[[], object]
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
LEAST_ROUNDS = 3


@dataclass
class Timing:
    """The seconds that a piece of work took in each round; or why it could not be timed.

    first  the seconds of the round that does not count, where a compiler does its work
    """

    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    failed: str = ""

    @property
    def median(self) -> float:
        """The median over the rounds. Raises ValueError where there is none."""
        if not self.seconds:
            raise ValueError(f"nothing was timed: {self.failed or 'no round was run'}")
        return statistics.median(self.seconds)


def in_turn(
    works: Mapping[str, Work],
    *,
    rounds: int,
    seconds: float = float("inf"),
    device: torch.device | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Time each work once a round, one after the other: what slows the machine for a while slows them all.

    rounds   how many rounds; one more comes first, for caches, and does not count
    seconds  no round starts after so many seconds, once there have been three
    device   its queue of work is empty before and after each timing
    A work that raises is left out from then on, and its `failed` says why.
    """
    found = {name: Timing() for name in works}
    start = clock()
    for round_ in range(rounds + 1):
        if round_ > LEAST_ROUNDS and clock() - start > seconds:
            break
        for name, work in works.items():
            if found[name].failed:
                continue
            try:
                taken = _once(work, device, clock)
            except Exception as error:  # a contestant may need a compiler or a library that is not there
                found[name] = Timing(failed=f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}")
                continue
            if round_ > 0:
                found[name].seconds.append(taken)
            else:
                found[name].first = taken
    return found


def _once(work: Work, device: torch.device | None, clock: Callable[[], float]) -> float:
    synchronize(device)
    start = clock()
    work()
    synchronize(device)
    return clock() - start


def synchronize(device: torch.device | None) -> None:
    """Wait until `device` has done what it was given. A CPU has always done so."""
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device is not None and device.type == "mps":
        torch.mps.synchronize()


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How many times `slow` takes what `fast` takes: the median over rounds of the ratio within a round."""
    return statistics.median(a / b for a, b in zip(slow, fast, strict=False))


def peak_memory(work: Work, device: torch.device) -> int | None:
    """The bytes that `work` holds at its peak, over what was held before. None where this system does not say.

    On a CPU: the peak of resident memory that Linux keeps, set back before. On a GPU: of torch's allocator there.
    """
    if device.type == "cuda":
        synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        return torch.cuda.max_memory_allocated(device) - before
    if device.type != "cpu" or platform.system() != "Linux":
        return None
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # what glibc keeps for later would hide what the work needs
        CLEAR.write_text("5", encoding="ascii")  # 5: the peak is the present use again (man 5 proc)
    except (OSError, AttributeError):
        return None
    before = _resident("VmRSS")
    work()
    return max(0, _resident("VmHWM") - before)


def _resident(entry: str) -> int:
    """VmRSS, the resident bytes of this process, or VmHWM, their peak."""
    lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{entry}:"))
