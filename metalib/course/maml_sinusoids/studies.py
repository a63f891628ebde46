"""The experiments that notebook 03 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from __future__ import annotations

from typing import Any

from torch import nn

from metalib.course.kit.study import Study, read
from metalib.course.maml_sinusoids import study_sinusoids
from metalib.course.maml_sinusoids.study_sinusoids import FILES, SAME_DATA
from metalib.training import checkpoints

__all__ = ["FILES", "SAME_DATA", "STUDIES", "edges", "network", "read", "row"]

STUDIES: dict[str, Study] = {
    "sinusoids": study_sinusoids.STUDY,
}


def network(file: str) -> nn.Module:
    """A trained network of the study, of its first seed."""
    return checkpoints.load(file)[0]


def row(study: dict[str, Any], start: str, k_shot: int, steps: int) -> dict[str, Any]:
    """What the study has on one start with so many points and steps. Raises KeyError where it has nothing."""
    for found in study["results"]["rows"]:
        if (found["start"], found["k_shot"], found["steps"]) == (start, k_shot, steps):
            return found
    raise KeyError(f"no row for {start}, K = {k_shot}, {steps} steps")


def edges(study: dict[str, Any]) -> str:
    """The step sizes that were tried, and the choices at the edge of the grid, beyond which another might do better."""
    grid = study["settings"]["step_sizes_at_test"]
    on_edge = [
        f"{r['start']}, K = {r['k_shot']}, {r['steps']} steps ({r['step_size']:g})"
        for r in study["results"]["rows"]
        if r["step_size"] in (grid[0], grid[-1])
    ]
    sizes = ", ".join(f"{size:g}" for size in grid)
    return f"Step sizes that were tried at test: {sizes}. Chosen at the edge: {'; '.join(on_edge) or 'none'}."
