"""The machine: which device, which seed, how many threads, and the settings that make a CPU fast.

Nothing else in metalib knows about hardware.
"""

from __future__ import annotations

import contextlib
import platform
from contextlib import AbstractContextManager
from pathlib import Path

import torch

from metalib import MEMORY_KEPT as MEMORY_KEPT


def pick_device(name: str | None = None) -> torch.device:
    """The device called `name`, or the best there is: a CUDA GPU, an Apple GPU, else the CPU.

    Raises ValueError when a device is named that this machine or this build of torch does not have.
    """
    if name is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise ValueError(f"there is no device {name!r}: use cpu, cuda, cuda:0 or mps") from error
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"{name} asked for, and torch sees {torch.cuda.device_count()} CUDA devices here: use cpu")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError("mps asked for, and torch sees no Apple GPU here: use cpu")
    return device


def seeded(seed: int) -> torch.Generator:
    """A CPU generator at `seed`. All randomness in metalib is drawn from one that is handed over.

    The generator lives on the CPU even when the work does not, so that every device sees the same episodes.
    """
    return torch.Generator().manual_seed(seed)


def has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 arithmetic is done by the hardware of `device`, and is therefore faster than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu":
        return False
    # private, as torch offers no public question; without it the answer is "no", which is slower and never wrong
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return bool(native())


def fast_math(device: torch.device, enabled: bool = True) -> AbstractContextManager:
    """A context in which convolutions and matrix products run in bfloat16 where `device` has units for it.

    Weights, batch-norm statistics, losses and the optimiser stay in float32.
    """
    if enabled and has_bfloat16(device):
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def tasks_at_once(
    device: torch.device, n_tasks: int = 8, n_queries: int = 1, *, inner_steps: int = 1, first_order: bool = False
) -> int | None:
    """How many of `n_tasks` `vmap` should adapt at once on `device`: None for all of them, 1 for a plain loop.

    On a CPU, 8 where most operations are small ones, of which vmap makes fewer and larger ones: with several steps of
    second order, or few queries a task; up to 1.7 times as fast as a loop. Convolutions with weights of their own for
    each task are grouped convolutions: slow with large sets of queries or in larger groups, and worth nothing in
    groups below 4.
    """
    if device.type != "cpu":
        return None
    return 1 if n_tasks < 4 or (n_queries >= 50 and (inner_steps <= 1 or first_order)) else 8


def task_threads(device: torch.device) -> int:
    """Over how many threads tasks go on `device`, each with a core: on a CPU as many as torch has, elsewhere one.

    torch has as many as there are cores, or as OMP_NUM_THREADS says: with 1, all stays in one thread. Where torch is
    built without OpenMP there is one, too: no thread can have a number of torch's threads for itself there.
    """
    if device.type != "cpu" or "parallel backend: OpenMP" not in torch.__config__.parallel_info():
        return 1
    return torch.get_num_threads()


def describe(device: torch.device) -> str:
    """One line on `device`: its name, and on a CPU the number of threads."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({_threads()})" if device.type == "cpu" else str(device)


def machine() -> str:
    """The processor and its threads, and the GPU where there is one, in words; for records of what was run where."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else name
    gpu = f"{torch.cuda.get_device_name()}, " if torch.cuda.is_available() else ""
    return f"{gpu}{name}, {_threads()}, torch {torch.__version__}"


def _threads() -> str:
    count = torch.get_num_threads()
    return f"{count} thread{'s' * (count > 1)}"
