"""`metalib bench`: how fast this machine draws episodes and trains. Medians over repeated runs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from metalib import protonet, runtime
from metalib.episodes import ClassBank, EpisodeSpec, sample_episodes
from metalib.recipes import ProtonetRecipe


def lines(bank: ClassBank) -> list[str]:
    """One line a measurement, on the bank's device."""
    return [
        f"machine: {runtime.describe(bank.device)}, bfloat16 units: {runtime.has_bfloat16(bank.device)}",
        f"5-way episodes of 1 + 15 images drawn: {1 / draw_seconds(bank):,.0f} tasks/s",
        *(
            f"20-way 1-shot 5-query update, {name}: {1e3 * seconds:.0f} ms, {120 / seconds:,.0f} images/s"
            for name, seconds in update_seconds(bank).items()
        ),
    ]


def draw_seconds(bank: ClassBank, n_tasks: int = 32) -> float:
    """Seconds a task to draw 5-way episodes of 1 + 15 images, 32 tasks at a time."""
    generator = runtime.seeded(0)
    return _median(lambda: sample_episodes(bank, EpisodeSpec(), n_tasks, generator=generator), 30) / n_tasks


def update_seconds(bank: ClassBank) -> dict[str, float]:
    """Seconds of one update of a prototypical network: in float32, and in bfloat16 where there are units for it."""
    seconds = {}
    recipe = ProtonetRecipe()
    for name, fast in (("float32", False), ("bfloat16 convolutions", True)):
        if fast and not runtime.has_bfloat16(bank.device):
            continue
        run = recipe.start(recipe.network(), bank)
        spec = EpisodeSpec(recipe.n_way, recipe.k_shot, recipe.n_query)

        def update(run=run, spec=spec, fast=fast) -> None:
            episodes = sample_episodes(bank, spec, 1, generator=run.generator)
            with runtime.fast_math(bank.device, fast):
                loss = protonet.losses(run.model, episodes).mean()
            run.optimizer.zero_grad()
            loss.backward()
            run.optimizer.step()

        seconds[name] = _median(update, 15)
    return seconds


def _median(work: Callable[[], object], repeats: int) -> float:
    """The median seconds of `work`, after two runs that do not count."""
    taken = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken[2:])
