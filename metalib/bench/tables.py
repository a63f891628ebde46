"""The measurements, one function a table; each gives rows for JSON and says one line a row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch

from metalib import runtime
from metalib.bench import operations, updates
from metalib.bench.updates import Maml, Protonet
from metalib.bench.worker import Group
from metalib.course.kit.timing import Timing, Work, in_turn, peak_memory, ratio
from metalib.episodes import ClassBank

SHIPPED = "plain PyTorch, allocator as it ships"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    seconds  no round of a comparison starts later, once there have been three
    """

    n_tasks: int = 32  # an update of MAML, as in its paper
    rounds: int = 7
    seconds: float = 18.0
    steps: tuple[int, ...] = (1, 5)
    chunks: tuple[int | None, ...] = (1, 4, 8, 16, None)
    compiled: bool = True  # a compiler takes a quarter of a minute or more for each
    matrix_side: int = operations.SIDE


FULL = Plan()
QUICK = Plan(n_tasks=8, rounds=3, seconds=0.0, chunks=(1, 4, None), compiled=False, matrix_side=1024)


def yardsticks(plan: Plan, device: torch.device) -> dict[str, Work]:
    """A large matrix product in each number format: this machine's own best, timed in turn with what it measures."""
    formats = ["float32", "bfloat16"] if runtime.has_bfloat16(device) else ["float32"]
    return {
        _yardstick(name): operations.matrix_product(getattr(torch, name), device, plan.matrix_side) for name in formats
    }


def _yardstick(number_format: str) -> str:
    return f"matrix product, {number_format}"


def matrix_rates(plan: Plan, device: torch.device, say: Say) -> dict[str, float]:
    """Operations a second of the matrix product, by number format."""
    times = in_turn(yardsticks(plan, device), rounds=2 * plan.rounds, seconds=plan.seconds, device=device)
    rates = {
        name: operations.product_operations(plan.matrix_side) / times[_yardstick(name)].median
        for name in ("float32", "bfloat16")
        if _yardstick(name) in times
    }
    say("matrix product: " + ", ".join(f"{rate / 1e9:,.0f} GFLOP/s in {name}" for name, rate in rates.items()))
    return rates


def drawing(bank: ClassBank, plan: Plan, say: Say) -> dict[str, Any]:
    """How many 5-way episodes of 1 + 15 images are drawn in a second."""
    times = in_turn({"draw": updates.draw(bank, plan.n_tasks)}, rounds=30, device=bank.device)["draw"]
    found = {"spec": str(updates.FIVE_WAY), "tasks_per_second": plan.n_tasks / times.median}
    say(f"drawing, {found['spec']}: {found['tasks_per_second']:,.0f} tasks/s")
    return found


def maml_rows(bank: ClassBank, plan: Plan, pair: Group | None, say: Say) -> Iterator[dict[str, Any]]:
    """A row for each way to compute each form of MAML; the ways of one form are timed in turn."""
    for inner_steps in plan.steps:
        for first_order in (False, True):
            form = Maml(plan.n_tasks, first_order, inner_steps)
            work_of_one = operations.count(dataclasses.replace(form, n_tasks=1).update(bank))
            say(f"{form.problem}, {form.n_tasks} tasks {updates.FIVE_WAY}, {work_of_one / 1e9:.2f} GFLOP each:")
            yield from _rows_of_form(bank, plan, maml_ways(form, plan, bank.device), work_of_one, pair, say)


def maml_ways(form: Maml, plan: Plan, device: torch.device) -> list[Maml]:
    """The ways to compute `form` that are worth comparing on `device`."""
    ways = [dataclasses.replace(form, chunk=chunk) for chunk in plan.chunks if chunk is None or chunk < form.n_tasks]
    if form.inner_steps > 1:
        ways = [way for way in ways if way.chunk in (1, 8, None)]
    # under vmap, bfloat16 fails on a CPU: "expected scalar type BFloat16 but found Float"
    best = dataclasses.replace(form, chunk=1 if device.type == "cpu" else None)
    formats = (False, True) if runtime.has_bfloat16(device) else (False,)
    if True in formats:
        ways.append(dataclasses.replace(best, bfloat16=True))
    if plan.compiled and form.inner_steps == 1:  # five steps are unrolled, and compile for minutes
        ways.append(dataclasses.replace(best, compiled=True))
    if device.type == "cuda":
        ways += [dataclasses.replace(best, recorded=True, bfloat16=bfloat16) for bfloat16 in formats]
    if device.type == "cpu" and form.n_tasks > 1:
        alone = [way for way in ways if way.chunk == 1]
        ways += [as_trained(way) for way in alone if not way.bfloat16]
        ways += [dataclasses.replace(way, processes=2) for way in alone]
    return list(dict.fromkeys(ways))


def as_trained(form: Maml) -> Maml:
    """`form` as `metalib train` computes it on a CPU."""
    cpu = torch.device("cpu")
    count = runtime.task_threads(cpu)
    n_queries = updates.FIVE_WAY.n_way * updates.FIVE_WAY.n_query
    chunk = runtime.tasks_at_once(
        cpu, form.n_tasks // count, n_queries, inner_steps=form.inner_steps, first_order=form.first_order
    )
    return dataclasses.replace(form, threads=count > 1, chunk=1 if form.compiled else chunk)


def _rows_of_form(
    bank: ClassBank, plan: Plan, ways: list[Maml], work_of_one: int, pair: Group | None, say: Say
) -> Iterator[dict[str, Any]]:
    works = yardsticks(plan, bank.device)
    peaks: dict[str, Callable[[], int | None]] = {}
    for way in ways:
        if way.processes == 1:
            works[way.way] = way.update(bank)
            if not way.recorded:  # it holds its memory from update to update
                peaks[way.way] = partial(peak_memory, works[way.way], bank.device)
        elif pair is not None:
            works[way.way] = partial(pair.do, "maml", dataclasses.asdict(way))
            peaks[way.way] = partial(pair.peak_memory, "maml", dataclasses.asdict(way))
    times = in_turn(works, rounds=plan.rounds, seconds=plan.seconds, device=bank.device)
    for way in ways:
        row = {"problem": way.problem, "way": way.way, "n_tasks": way.n_tasks, "processes": way.processes}
        cores = 1.0 if way.processes == 1 else way.processes * threads_of_each(way.processes) / torch.get_num_threads()
        row |= _figures(times, way, Unit("tasks", way.n_tasks, work_of_one), plan, cores)
        row["peak_bytes"] = None if "failed" in row or way.recorded else peaks[way.way]()
        yield row
        say(line(way.way, row, "tasks"))


def threads_of_each(processes: int) -> int:
    """The threads of each of several processes, so that together they have those of this one; at least one."""
    return max(1, torch.get_num_threads() // processes)


def protonet_rows(bank: ClassBank, plan: Plan, shipped: Group | None, say: Say) -> Iterator[dict[str, Any]]:
    """A row for each way to compute an update of a prototypical network, timed in turn.

    shipped  a process whose memory allocator is as it ships: plain PyTorch without metalib has no other
    """
    ways = {way.way: way for way in protonet_ways(plan, bank.device)}
    unit = Unit("images", updates.IMAGES, operations.count(Protonet().update(bank)) // updates.IMAGES)
    say(f"Prototypical network, {updates.TWENTY_WAY}, {unit.operations / 1e6:.0f} MFLOP an image:")
    works = yardsticks(plan, bank.device) | {name: way.update(bank) for name, way in ways.items()}
    if shipped is not None:
        ways = {SHIPPED: Protonet(), **ways}
        works[SHIPPED] = partial(shipped.do, "protonet", dataclasses.asdict(Protonet()))
    times = in_turn(works, rounds=3 * plan.rounds, seconds=plan.seconds, device=bank.device)
    for name, way in ways.items():
        row: dict[str, Any] = {"way": name}
        row |= _figures(times | {way.way: times[name]}, way, unit, plan)
        if "failed" not in row:
            row["times_plain"] = ratio(times[Protonet().way].seconds, times[name].seconds)
        yield row
        say(line(name, row, "images"))


def protonet_ways(plan: Plan, device: torch.device) -> list[Protonet]:
    """The ways to compute an update of a prototypical network that are worth comparing on `device`."""
    ways = [Protonet(), Protonet(channels_last=True)]
    if runtime.has_bfloat16(device):
        ways.append(Protonet(channels_last=True, bfloat16=True))
    return [*ways, Protonet(channels_last=True, compiled=True)] if plan.compiled else ways


class Unit(NamedTuple):
    """What is counted: its name in the plural, how many an update has, and the operations of one."""

    name: str
    amount: int
    operations: int


def _figures(
    times: Mapping[str, Timing], way: Maml | Protonet, unit: Unit, plan: Plan, cores: float = 1.0
) -> dict[str, Any]:
    """What a row says of the timing of `way`: units a second, and the part of the matrix product's rate that they use.

    cores  how many times the cores that the matrix product had
    The fraction is taken within each round, and its median is reported.
    """
    timing = times[way.way]
    if timing.failed:
        return {"failed": timing.failed}
    number_format = "bfloat16" if way.bfloat16 else "float32"
    products = ratio(timing.seconds, times[_yardstick(number_format)].seconds)  # that would fit into the time
    done = unit.amount * unit.operations
    return {
        f"{unit.name}_per_second": unit.amount / timing.median,
        "number_format": number_format,
        "flop_per_second": done / timing.median,
        "fraction": done / (products * operations.product_operations(plan.matrix_side) * cores),
        "seconds": timing.seconds,
        "first_seconds": timing.first,
    }


def line(name: str, row: Mapping[str, Any], units: str) -> str:
    """One row, for the terminal."""
    if "failed" in row:
        return f"  {name:<42} not measured: {row['failed']}"
    speed = row[f"{units}_per_second"]
    text = f"  {name:<42} {speed:7,.{0 if speed >= 10 else 1}f} {units}/s"
    if "fraction" in row:
        text += f"  {100 * row['fraction']:3.0f} % of the {row['number_format']} matrix rate"
    if row.get("peak_bytes") is not None:
        text += f"  {row['peak_bytes'] / 2**20:6,.0f} MiB"
    if "times_plain" in row:
        text += f"  {row['times_plain']:.2f} × plain"
    compiled = "compiled" in name and "first_seconds" in row
    return text + (f"  (compiled in {row['first_seconds']:.0f} s)" if compiled else "")
