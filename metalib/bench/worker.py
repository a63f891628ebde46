"""A process beside the one that measures: with its own memory allocator, number of threads and neighbours.

The allocator is set once in a process, and two processes on one update are two processes: hence this. The measuring
process writes one JSON line to a worker's standard input for each thing to do, and reads one line when it is done.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from metalib.bench import peers
from metalib.bench.updates import Maml, Protonet
from metalib.course.kit import timing
from metalib.episodes import ClassBank

BUILDERS: dict[str, Callable[[Any, ClassBank, Path], Callable[[], object]]] = {
    "nothing": lambda settings, bank, folder: lambda: None,
    "maml": lambda settings, bank, folder: Maml(**settings).update(bank),
    "protonet": lambda settings, bank, folder: Protonet(**settings).update(bank),
    "peer": lambda settings, bank, folder: peers.update(**settings, bank=bank, folder=folder),
}
BANK = "images.pt"


class WorkerFailed(RuntimeError):
    """What went wrong in another process, in its own words."""


class Group:
    """One or several worker processes that do the same things at the same time."""

    def __init__(self, folder: Path, *, size: int = 1, threads: int, allocator: bool = True) -> None:
        """Start the processes.

        folder     where `share_bank` has left the pictures
        size       how many processes; more than one share each update of MAML
        threads    of each process
        allocator  whether metalib tells the memory allocator to keep freed memory; without, it is as it ships
        """
        own = {"OMP_NUM_THREADS": str(threads), "METALIB_MALLOC": "1" if allocator else "0", "WORLD_SIZE": str(size)}
        meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())} if size > 1 else {}
        self._errors = [tempfile.TemporaryFile("w+") for _ in range(size)]  # noqa: SIM115  # closed by `close`
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "metalib.bench.worker", str(folder)],
                env={**os.environ, **own, **meeting, "RANK": str(rank)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors[rank],
                text=True,
            )
            for rank in range(size)
        ]

    def do(self, kind: str, settings: Mapping[str, Any]) -> None:
        """Do one update of this `kind` in every process, and wait for all.

        The first call for the same settings prepares it. Raises WorkerFailed.
        """
        self._all_do({"kind": kind, "settings": settings, "memory": False})

    def wait_until_ready(self) -> None:
        """Until every process has loaded torch and the pictures, they take the cores from what is measured."""
        self.do("nothing", {})

    def peak_memory(self, kind: str, settings: Mapping[str, Any]) -> int | None:
        """The bytes that one update holds at its peak, in all processes together; None where a system does not say."""
        peaks = [answer["peak"] for answer in self._all_do({"kind": kind, "settings": settings, "memory": True})]
        return None if None in peaks else sum(peaks)

    def _all_do(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        line = json.dumps(order)
        for process in self._processes:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):  # it has ended: reading its answer says so
                print(line, file=process.stdin, flush=True)
        answers = [self._answer(rank) for rank in range(len(self._processes))]
        failures = [answer["failed"] for answer in answers if answer["failed"]]
        if failures:
            raise WorkerFailed(failures[0])
        return answers

    def _answer(self, rank: int) -> dict[str, Any]:
        stdout = self._processes[rank].stdout
        assert stdout is not None
        line = stdout.readline()
        if not line:
            self._errors[rank].seek(0)
            last = self._errors[rank].read().strip().splitlines()[-1:] or ["it wrote nothing"]
            raise WorkerFailed(f"a process of the benchmark ended: {last[0]}")
        return json.loads(line)

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.kill()
        for process, errors in zip(self._processes, self._errors, strict=True):
            process.communicate()
            errors.close()

    def __enter__(self) -> Group:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def share_bank(bank: ClassBank) -> Iterator[Path]:
    """A temporary folder with the pictures of `bank`, for workers."""
    with tempfile.TemporaryDirectory(prefix="metalib-bench-") as folder:
        torch.save(bank.images.cpu(), Path(folder) / BANK)
        yield Path(folder)


def read_bank(folder: Path) -> ClassBank:
    """The pictures that `share_bank` left, as a bank whose classes have numbers for names."""
    images = torch.load(folder / BANK, weights_only=True)
    names = tuple(str(number) for number in range(len(images)))
    return ClassBank(images, names, names, "pictures of the benchmark")


def main(arguments: Sequence[str]) -> None:
    """Do what standard input says, line by line, until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # libraries that print do not disturb the answers
    folder = Path(arguments[0])
    bank = read_bank(folder)
    prepared: dict[str, Any] = {}
    for line in sys.stdin:
        order = json.loads(line)
        key = json.dumps([order["kind"], order["settings"]])
        answer: dict[str, Any] = {"failed": "", "peak": None}
        try:
            if key not in prepared:
                prepared[key] = BUILDERS[order["kind"]](order["settings"], bank, folder)
            if order["memory"]:
                answer["peak"] = timing.peak_memory(prepared[key], bank.device)
            else:
                prepared[key]()
        except Exception as error:  # the process that measures says what it was, and goes on with the others
            answer["failed"] = f"{type(error).__name__}: {str(error).strip()[:300]}"
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
