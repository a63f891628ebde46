"""The experiments that notebook 03 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from __future__ import annotations

from typing import Any

from torch import nn

from metalib.course.kit.study import Study, read
from metalib.course.maml_sinusoids import study_sinusoids
from metalib.course.maml_sinusoids.study_sinusoids import FILES, SAME_DATA
from metalib.training import checkpoints

__all__ = ["FILES", "SAME_DATA", "STUDIES", "apart", "edges", "network", "read", "row"]

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


def apart(study: dict[str, Any], starts: tuple[str, ...], k_shot: int, steps: int) -> str:
    """The error of each network behind a mean, so that one sees how far seeds lie apart."""
    words = []
    for start in starts:
        errors = row(study, start, k_shot, steps)["mse_of_seeds"]
        words.append(f"{start} {', '.join(f'{error:.2f}' for error in errors)}")
    when = f"K = {k_shot} after {steps} step{'s' * (steps != 1)}"
    return f"The networks of each row, one a seed, with {when}: {'; '.join(words)}."


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
