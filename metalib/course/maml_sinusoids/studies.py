"""The experiments that notebook 03 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from __future__ import annotations

from typing import Any

from torch import nn

from metalib.course.kit.study import Study, read
from metalib.course.maml_sinusoids import study_sinusoids
from metalib.course.maml_sinusoids.study_sinusoids import FILES, SAME_DATA
from metalib.training import checkpoints

__all__ = ["FILES", "SAME_DATA", "STUDIES", "apart", "beyond", "edges", "network", "note", "read", "remarks", "row"]

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


def note(study: dict[str, Any]) -> str:
    """What the table of errors shows, and how the starts were trained."""
    s = study["settings"]
    steps = f"{s['inner_steps']} inner step{'s' * (s['inner_steps'] != 1)}"
    return (
        f"mean squared error, 95 % intervals over the {s['test_tasks']} tasks; means of {len(s['seeds'])} networks. In "
        f"training: {steps} of α = {s['inner_lr']:g} on K = {s['k_shot']} points, {s['n_query']} query points, "
        f"{s['meta_batch_size']} tasks an update, Adam from {s['learning_rate']:g} down to zero."
    )


def beyond(study: dict[str, Any]) -> str:
    """Why joint training's step size at the edge of the grid costs it little: fewer, longer steps do the same."""
    none, five, ten = (row(study, "joint training", 5, steps) for steps in (0, 5, 10))
    return (
        f"Still smaller steps would hardly help: ten of {ten['step_size']:g} go as far as five of "
        f"{five['step_size']:g}, a choice inside the grid, and both leave {ten['mse'][0]:.2f}. No step leaves "
        f"{none['mse'][0]:.2f}."
    )


def remarks(study: dict[str, Any]) -> str:
    """What else the table does not say: how far seeds lie apart, and which step sizes were tried."""
    return f"{apart(study, ('MAML', SAME_DATA), 10, 1)}\n\n{edges(study)} {beyond(study)}"
