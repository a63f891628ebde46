"""What a method costs beside its training: seconds to adapt, and memory."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import torch

from metalib.course.kit import timing
from metalib.course.showdown.sitting import TOGETHER, Way
from metalib.course.showdown.trainings import Trained
from metalib.episodes import ClassBank, EpisodeSpec, sample_episodes
from metalib.runtime import seeded

ROUNDS = 15
TASK = EpisodeSpec(n_way=5, k_shot=1, n_query=1)  # five new characters, and one question of each


def seconds_to_adapt(ways: dict[str, Way], bank: ClassBank) -> dict[str, float]:
    """For each way: the CPU seconds to learn five characters from a picture each and to answer five queries.

    Medians of ROUNDS, all ways in turn. Ways that need the queries together are left out.
    """
    episode = sample_episodes(bank, TASK, 1, generator=seeded(0))

    def once(way: Way) -> Any:
        with torch.no_grad():
            return way.predict(episode)

    works = {name: partial(once, way) for name, way in ways.items() if way.queries != TOGETHER}
    timed = timing.in_turn(works, rounds=ROUNDS, clock=time.process_time)
    return {name: round(found.median, 5) for name, found in timed.items()}


def memory_of_training(made: Trained, bank: ClassBank) -> int | None:
    """The bytes that one update holds at its peak, over what was held before; None where the system does not say."""
    recipe, network = made.recipe, made.recipe.network()
    run = recipe.start(network, bank)
    draw = recipe.draw_from(bank)

    def update() -> None:
        recipe.losses(network.train(), draw(run.generator), run).mean().backward()
        run.optimizer.step()

    update()
    return timing.peak_memory(update, torch.device("cpu"))
