"""The check of `choose`: a rule that names a method for a project, judged by what was measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metalib.course.kit.verdict import Wrong, attempt
from metalib.course.showdown.project import DIGITS, METHODS, PROJECTS, Project, behind, level, measured_in, study_of

LOOK = {
    "showdown-seconds": "the tables of equal seconds",
    "showdown-grid": "the heat map",
    "showdown-steps": "the figure of the steps",
}


def choose(case: Project) -> str:
    """The method for a project: the course's rule."""
    if not case.at_hand and not case.seconds:
        return "untrained"
    if case.pictures == DIGITS:
        return "classifier, linear probe"
    return "prototypical network"


def judge(function: Callable) -> None:
    """Ask the learner's rule for each of the four projects; raises Wrong with the first choice that is behind."""
    said = {name: _read(attempt(function, case), name) for name, case in PROJECTS.items()}
    wrong = [(name, method) for name, method in said.items() if _problem(name, method)]
    if wrong:
        others = f" {len(wrong) - 1} more of the four fail, too." if len(wrong) > 1 else ""
        raise Wrong(_problem(*wrong[0]) + others)


def _read(answer: Any, name: str) -> str:
    if not isinstance(answer, str):
        raise Wrong(f"For the {name} you return a {type(answer).__name__}. Return the name of a method, a text.")
    if answer not in METHODS:
        raise Wrong(f"For the {name} you return {answer[:40]!r}. The names are: {'; '.join(METHODS)}.")
    return answer


def _problem(name: str, method: str) -> str:
    """What is wrong with a choice; empty where it is the best, or within the best one's interval."""
    project = PROJECTS[name]
    found = measured_in(project)
    if method not in found:
        return f"For the {name} you choose {method!r}, which is not possible there. {_why_not(project, method)}"
    if method in level(found):
        return ""
    return (
        f"For the {name} you choose {method!r}: {100 * found[method].mean:.1f} % were measured, "
        f"{100 * behind(found, method):.1f} points behind the best. See {LOOK[study_of(project)]}."
    )


def _why_not(project: Project, method: str) -> str:
    if not project.at_hand and not project.seconds:
        return "It has no network, and no time to train one: pixels, or a network that never learned."
    if method in ("first-order MAML", "MAML", "ANIL", "Reptile"):
        return f"Its head has five rows, for five ways at most: here are {project.n_way} classes."
    return f"It was not measured there: {LOOK[study_of(project)]} has others."
