"""`metalib doctor`: what is installed, what is wrong, and what to do about it. One small function a question."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch

from metalib import places, runtime

PACKAGES = ("torch", "torchvision", "jupyterlab", "ipykernel", "ipywidgets", "anywidget", "matplotlib")
LOW_MEMORY, LOW_DISK = 2e9, 5e8  # bytes: what a notebook takes at most, and what the cached banks take with some room
REINSTALL = "`make lab` in the checkout installs it, or `pip install -e .[lab,photos,test]` there"


class Finding(NamedTuple):
    """One line: whether all is well, what was seen, and what to do (also where all is well but could be better)."""

    ok: bool
    line: str
    remedy: str = ""


def examine(checks: list[Callable[[], Finding]] | None = None) -> int:
    """Print a line for each question; returns 0 when nothing is wrong, else 1."""
    wrong = 0
    for check in all_checks() if checks is None else checks:
        finding = _ask(check)
        wrong += not finding.ok
        print(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.line}")
        if finding.remedy:
            print(f"       -> {finding.remedy}")
    print("Nothing is wrong." if not wrong else f"{wrong} wrong: see the lines that begin with WRONG.")
    return 1 if wrong else 0


def all_checks() -> list[Callable[[], Finding]]:
    """The questions, in the order in which they are asked."""
    packages = [lambda name=name: package(name) for name in PACKAGES]
    variables = [lambda name=name: variable(name) for name in VARIABLES]
    return [python, *packages, device, threads, bfloat16, allocator, data, trained, notebooks, *variables, user_folder,
            memory, disk, port]  # fmt: skip


def _ask(check: Callable[[], Finding]) -> Finding:
    """The answer; an examination that breaks is itself a finding, and the others go on."""
    try:
        return check()
    except Exception as error:
        name = getattr(check, "__name__", "a question")
        return Finding(False, f"{name} ended in {type(error).__name__}: {error}", "please report this line")


def python() -> Finding:
    """The Python that runs this; one that is too old would not have come so far."""
    return Finding(True, f"python {'.'.join(map(str, sys.version_info[:3]))} ({sys.executable})")


def package(name: str) -> Finding:
    """Whether `name` is installed, imports, and is new enough for what pyproject.toml asks."""
    try:
        version = importlib.metadata.version(name)
        importlib.import_module(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(False, f"{name} is not installed", REINSTALL)
    except Exception as error:  # a broken library raises anything: an OSError, a RuntimeError of torchvision's
        return Finding(
            False, f"{name} {version} does not import: {_first_line(error)}", f"`pip install --force-reinstall {name}`"
        )
    lowest = lowest_version(name)
    if lowest and _numbers(version) < _numbers(lowest):
        return Finding(False, f"{name} {version} is older than {lowest}", f"`pip install --upgrade '{name}>={lowest}'`")
    return Finding(True, f"{name} {version}")


def lowest_version(name: str) -> str | None:
    """The lower bound that metalib's own metadata have for `name`, or None."""
    try:
        requirements = importlib.metadata.requires("metalib") or []
    except importlib.metadata.PackageNotFoundError:  # run from a folder, not installed
        return None
    bounds = (re.match(rf"{re.escape(name)}\s*>=\s*([\d.]+)", text) for text in requirements)
    return next((bound[1] for bound in bounds if bound), None)


def device() -> Finding:
    """The device that the notebooks will use."""
    chosen = runtime.pick_device()
    line = f"device: {runtime.describe(chosen)}"
    if chosen.type == "cpu" and shutil.which("nvidia-smi"):
        built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU only"
        return Finding(
            True, line, f"an NVIDIA driver is here, and torch (built for {built}) sees no GPU: update one of them"
        )
    return Finding(True, line)


def threads() -> Finding:
    """The number of threads that torch computes with, beside the number of cores that it may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    count = torch.get_num_threads()
    line = f"threads: {count} on {cores} cores"
    if count > cores:
        return Finding(False, line, f"more threads than cores slow each other down: set OMP_NUM_THREADS={cores}")
    single = count == 1 and cores > 1
    return Finding(True, line, "training is slower than it need be: unset OMP_NUM_THREADS" if single else "")


def bfloat16() -> Finding:
    """Whether the device has units for bfloat16, which make training about twice as fast."""
    has = runtime.has_bfloat16(runtime.pick_device())
    return Finding(True, f"bfloat16 units: {'yes' if has else 'no, so training takes float32 and more time'}")


def allocator() -> Finding:
    """Whether freed memory is kept for the next step."""
    if runtime.MEMORY_KEPT:
        return Finding(True, "allocator: keeps freed memory (METALIB_MALLOC=0 would leave it alone)")
    off = os.environ.get("METALIB_MALLOC") == "0"
    return Finding(True, f"allocator: the system's default ({'METALIB_MALLOC=0' if off else 'not glibc on Linux'})")


def data() -> Finding:
    """Where Omniglot is, if it is at hand and whole."""
    from metalib.banks import omniglot
    from metalib.files import BadFile

    try:
        bank = omniglot.find()
    except BadFile as error:
        return Finding(False, f"data: {error}", "`metalib data verify` says more; METALIB_BANK=glyphs does without")
    if bank is None:
        looked = " ".join(filter(None, [places.where_looked(omniglot.missing()) + ".", omniglot.passed_over()]))
        return Finding(
            True, "data: no Omniglot, so the glyphs are used", f"`metalib data fetch` gets it (16 MB). {looked}"
        )
    found = places.find(omniglot.CACHE) or omniglot.sources(omniglot.PARTS[0])[0]
    return Finding(True, f"data: {bank.source}, {bank.n_classes:,} characters, from {found}")


def trained() -> Finding:
    """Whether the course's trained network is found and loads."""
    from metalib.training import checkpoints

    try:
        path = checkpoints.find("protonet")
        checkpoints.load(path)
    except checkpoints.CheckpointError as error:
        return Finding(False, f"checkpoints: {error}", "`git checkout -- data/checkpoints` restores it in a checkout")
    return Finding(True, f"checkpoints: {path}")


def notebooks() -> Finding:
    """Whether the course's notebooks are at hand, and where the learner's copies lie."""
    from metalib.app import copies, lab

    try:
        root = lab.course_root()
        return Finding(True, f"notebooks: {root / copies.SOURCE}; your copies: {copies.home_of(root) / copies.FOLDER}")
    except ValueError as error:
        return Finding(
            False, f"notebooks: {error}", "notebooks cannot be opened from here; the module works all the same"
        )


def _folder_variable(value: str) -> Finding:
    there = os.path.isdir(os.path.expanduser(value))
    return Finding(
        there, "data and checkpoints are looked for here first", "" if there else "no such folder: make it or unset it"
    )


def _bank_variable(value: str) -> Finding:
    known = value in ("omniglot", "glyphs")
    return Finding(known, "the bank that notebooks take", "" if known else "set it to omniglot or glyphs, or unset it")


def _user_variable(value: str) -> Finding:
    return Finding(True, "your score, and what cannot be written elsewhere, go here")


def _malloc_variable(value: str) -> Finding:
    return Finding(
        True, "the allocator is left alone" if value == "0" else "no effect: 0 is the only value that has one"
    )


def _threads_variable(value: str) -> Finding:
    right = value.isdecimal() and int(value) > 0
    return Finding(right, "torch's number of threads", "" if right else "set it to a number of threads, or unset it")


VARIABLES = {
    "METALIB_DATA": _folder_variable,
    "METALIB_BANK": _bank_variable,
    "METALIB_USER": _user_variable,
    "METALIB_MALLOC": _malloc_variable,
    "OMP_NUM_THREADS": _threads_variable,
}


def variable(name: str) -> Finding:
    """What an environment variable is set to, and what that does."""
    value = os.environ.get(name)
    if not value:
        return Finding(True, f"{name} is not set")
    finding = VARIABLES[name](value)
    return finding._replace(line=f"{name}={value}: {finding.line}")


def user_folder() -> Finding:
    """Whether the learner's own folder can be written."""
    folder = places.user_folder()
    writable = places.is_writable(folder)
    remedy = "" if writable else "your score cannot be kept: set METALIB_USER to a folder that you may write"
    return Finding(writable, f"your folder: {folder} ({'can' if writable else 'cannot'} be written)", remedy)


def memory() -> Finding:
    """Free memory, within the limit of a container if there is one."""
    free = free_memory()
    if free is None:
        return Finding(True, "free memory: not known here")
    low = free < LOW_MEMORY
    remedy = f"a notebook takes up to {LOW_MEMORY / 1e9:.0f} GB: shut down other kernels and programs" if low else ""
    return Finding(not low, f"free memory: {free / 1e9:.1f} GB", remedy)


def free_memory() -> int | None:
    """Bytes that a new process can have, or None where nothing says so."""
    try:
        import psutil  # comes with ipykernel
    except ImportError:
        return None
    return min([psutil.virtual_memory().available, *_container_memory()])


def _container_memory(folder: Path = Path("/sys/fs/cgroup")) -> Iterator[int]:
    try:
        limit, used = ((folder / f"memory.{name}").read_text().strip() for name in ("max", "current"))
    except OSError:  # no container, or another system
        return
    if limit != "max":
        yield int(limit) - int(used)


def disk() -> Finding:
    """Free room where new data go."""
    target = next(places.writable_folders(), None)
    if target is None:  # `user_folder`, which is one of them, says what is wrong with that
        return Finding(True, "free disk: not looked at, as no data folder can be written")
    existing = next(folder for folder in (target, *target.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    low = free < LOW_DISK
    remedy = (
        f"the data take up to {LOW_DISK / 1e9:.1f} GB: make room, or set METALIB_DATA to a folder elsewhere"
        if low
        else ""
    )
    return Finding(not low, f"free disk: {free / 1e9:.1f} GB for {target}", remedy)


def port(number: int = 8888) -> Finding:
    """Whether JupyterLab can have a port on this machine."""
    for candidate in (number, 0):
        try:
            with socket.create_server(("127.0.0.1", candidate)):
                break
        except OSError as error:
            reason = error
    else:
        return Finding(
            False, f"ports: none can be opened ({reason})", "a firewall or sandbox forbids servers on this machine"
        )
    if candidate == number:
        return Finding(True, f"ports: {number} is free for JupyterLab")
    return Finding(
        True, f"ports: {number} is taken, JupyterLab will take another", "`metalib lab --port 8900` chooses one"
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: "2.14.1+cpu" -> (2, 14, 1)."""
    return tuple(map(int, re.findall(r"\d+", version.partition("+")[0])))
