"""`metalib bench`: how fast this machine draws episodes and trains, and how much of its arithmetic that uses.

All that is compared is timed in turn, round after round, and reported by medians: what slows the machine for a while
slows all of it. `updates` holds the work, `operations` counts its arithmetic, `timing` times it, `tables` has what is
measured, `peers` does the same work through other libraries, `worker` runs what needs a process of its own.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import torch

from metalib import files, runtime
from metalib.bench import comparison, peers, tables
from metalib.bench.tables import FULL, QUICK, Plan, Say
from metalib.bench.worker import Group, share_bank
from metalib.episodes import ClassBank

__all__ = ["FULL", "QUICK", "Plan", "measure", "run"]


def run(bank: ClassBank, *, quick: bool = False, with_peers: bool = False, out: Path | None = None) -> dict[str, Any]:
    """Measure, print line by line, and write `out` (JSON) with a picture beside it; returns what was written.

    Raises ValueError when peers are asked for and none is installed, or when `out` does not end in .json.
    """
    if out is not None and out.suffix != ".json":
        raise ValueError(f"--out is {out}: give a file that ends in .json; the picture goes beside it, in .png")
    options = " --quick" * quick + " --peers" * with_peers
    record = {
        "command": f"metalib bench{options}",
        **measure(bank, QUICK if quick else FULL, with_peers=with_peers),
    }
    if out is not None:
        from metalib.bench import plots  # matplotlib is loaded for pictures only

        text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
        files.write_atomically(out, lambda part: part.write_text(text, encoding="utf-8"))
        plots.save(record, out.with_suffix(".png"))
        print(f"written to {out} and {out.with_suffix('.png')}")
    return record


def measure(bank: ClassBank, plan: Plan = FULL, *, with_peers: bool = False, say: Say = print) -> dict[str, Any]:
    """Measure this machine, on the bank's device; returns what `data/bench.json` holds, all but the command.

    say  is handed one line a measurement, as soon as it is there
    Raises ValueError when peers are asked for and none is installed, or on another device than the CPU.
    """
    if with_peers:
        comparison.check(bank.device)
    start, threads, device = time.perf_counter(), torch.get_num_threads(), bank.device
    machine = {
        "machine": runtime.machine(),
        "device": runtime.describe(device),
        "bfloat16_units": runtime.has_bfloat16(device),
        "bank": bank.source,
    }
    say(f"{machine['machine']}; {machine['device']}; bfloat16 units: {machine['bfloat16_units']}; {bank.source}")
    with ExitStack() as stack:
        folder = stack.enter_context(share_bank(bank))

        def group(**settings: Any) -> Group | None:  # other processes are for the CPU
            if device.type != "cpu":
                return None
            started = stack.enter_context(Group(folder, **settings))
            started.wait_until_ready()
            return started

        pair = group(size=2, threads=tables.threads_of_each(2))
        shipped = group(threads=threads, allocator=False) if runtime.MEMORY_KEPT else None
        record = {
            **machine,
            "matrix_product": tables.matrix_rates(plan, device, say),
            "drawing": tables.drawing(bank, plan, say),
            "maml": list(tables.maml_rows(bank, plan, pair, say)),
            "protonet": list(tables.protonet_rows(bank, plan, shipped, say)),
            "peers": None,
        }
        if with_peers and pair is not None and (kept := group(threads=threads)):
            groups = comparison.Groups(kept, pair, shipped)
            record["peers"] = comparison.rows(bank, plan, folder, groups, peers.installed(), say)
    return {**record, "seconds": round(time.perf_counter() - start), "date": date.today().isoformat()}
