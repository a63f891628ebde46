"""`metalib bench --peers`: the same updates of MAML through metalib and other libraries, in turn, in one run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch

from metalib.bench import peers
from metalib.bench.tables import Plan, Say, as_trained, line
from metalib.bench.updates import FIVE_WAY, Maml
from metalib.bench.worker import Group
from metalib.course.kit.timing import Work, in_turn, ratio
from metalib.episodes import ClassBank


class Groups(NamedTuple):
    """Processes with metalib's setting of the allocator, two that share an update, and one as a machine ships.

    shipped  None where metalib cannot set the allocator: then it is always as it ships
    """

    kept: Group
    pair: Group
    shipped: Group | None


class Contestant(NamedTuple):
    """Who computes the updates, how, and in which processes."""

    who: str
    kind: str  # "ours", "ready" (a peer that is handed tensors) or "pipeline" (a peer that draws its own tasks)
    memory: str  # "as it ships", or "metalib's": its setting of the allocator, and conv4's memory format
    work: Work


def check(device: torch.device) -> None:
    """Raise ValueError where there is nothing to compare with."""
    if not peers.installed():
        raise ValueError(
            f"{' and '.join(peers.LIBRARIES)} are not installed: the README says how, or leave --peers out"
        )
    if device.type != "cpu":
        raise ValueError(f"--peers compares on a CPU, and the device is {device}: add --device cpu, or leave it out")


def rows(bank: ClassBank, plan: Plan, folder: Path, groups: Groups, libraries: list[str], say: Say) -> dict[str, Any]:
    """Tasks a second of each contestant, and how many times faster metalib is, by medians of ratios within a round."""
    say(f"The same updates through other libraries: {FIVE_WAY}, second order, 1 inner step, {plan.n_tasks} tasks:")
    pictures = "PNG files, one by one" if peers.lay_out(folder) else "pictures of the bank, one by one"
    contestants = [*_ours(plan, groups), *_theirs(plan, groups, libraries)]
    works = {contestant.who: contestant.work for contestant in contestants}
    times = in_turn(works, rounds=2 * plan.rounds, seconds=4 * plan.seconds)
    found = []
    for contestant in contestants:
        timing = times[contestant.who]
        row: dict[str, Any] = {"who": contestant.who, "kind": contestant.kind, "memory": contestant.memory}
        if timing.failed:
            row["failed"] = timing.failed
        else:
            row |= {"tasks_per_second": plan.n_tasks / timing.median, "seconds": timing.seconds}
        found.append(row)
        say(line(contestant.who, row, "tasks"))
    times_faster = ratios(found)
    for name, value in times_faster.items():
        say(f"  {name}: {value:.2f} times")
    return {"n_tasks": plan.n_tasks, "pipeline_pictures": pictures, "rows": found, "ratios": times_faster}


def _ours(plan: Plan, groups: Groups) -> list[Contestant]:
    """What metalib does by default, with --compile, in two processes, and both."""
    shared = Maml(plan.n_tasks, processes=2)
    contestants = [
        ("metalib", as_trained(Maml(plan.n_tasks)), groups.kept),
        ("metalib, compiled", as_trained(Maml(plan.n_tasks, compiled=True)), groups.kept),
        ("metalib, 2 processes", shared, groups.pair),
        ("metalib, 2 processes, compiled", dataclasses.replace(shared, compiled=True), groups.pair),
    ]
    return [
        Contestant(who, "ours", "metalib's", partial(group.do, "maml", dataclasses.asdict(setting)))
        for who, setting, group in contestants
    ]


def _theirs(plan: Plan, groups: Groups, libraries: list[str]) -> list[Contestant]:
    """Each library on ready tensors, learn2learn with its pipeline too: as it ships, and with metalib's memory."""
    forms = [(library, False) for library in libraries] + [("learn2learn", True)] * ("learn2learn" in libraries)
    found = []
    for library, pipeline in forms:
        name = f"{library}, own pipeline" if pipeline else library
        kind = "pipeline" if pipeline else "ready"
        for as_it_ships, words, memory in ((True, "as it ships", "as it ships"), (False, "our memory", "metalib's")):
            group = groups.shipped if as_it_ships and groups.shipped else groups.kept
            settings = {"library": library, "n_tasks": plan.n_tasks, "pipeline": pipeline, "as_it_ships": as_it_ships}
            found.append(Contestant(f"{name}, {words}", kind, memory, partial(group.do, "peer", settings)))
    return found


def ratios(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """How many times as fast as the fastest peer of each kind each of ours is, with either memory."""
    timed = [row for row in found if "failed" not in row]
    found_ratios: dict[str, float] = {}
    for kind, words in (("ready", "the fastest peer on ready tensors"), ("pipeline", "learn2learn's own pipeline")):
        for memory in ("as it ships", "metalib's"):
            rivals = [row for row in timed if (row["kind"], row["memory"]) == (kind, memory)]
            if not rivals:
                continue
            fastest = max(rivals, key=lambda row: row["tasks_per_second"])
            for row in timed:
                if row["kind"] == "ours":
                    name = f"{row['who']} against {words}, memory {memory}"
                    found_ratios[name] = ratio(fastest["seconds"], row["seconds"])
    return found_ratios
