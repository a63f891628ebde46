"""Projects, as one knows them before anything is tried, and what was measured for each method in such a case."""

from __future__ import annotations

from typing import NamedTuple

from metalib.course.showdown import grid, measured
from metalib.course.showdown.measured import SECONDS
from metalib.evaluate import Interval

CHARACTERS, GLYPHS, DIGITS = "characters", "glyphs", "digits"
METHODS = (
    *("pixels", "untrained", "classifier, centroid", "classifier, SimpleShot", "classifier, linear probe"),
    *("classifier, centred head", "classifier, fine-tuned", "NCA", "prototypical network", "first-order MAML", "MAML"),
    *("MAML, tied rows", "ANIL", "Reptile", "ProtoMAML"),
)
BANKS = {CHARACTERS: "Omniglot", GLYPHS: "glyphs"}  # as the grid has them
IN_STEPS = {  # the names of `showdown-steps`
    **{"prototypes": "prototypical network", "classifier, centroid": "classifier, centroid"},
    **{"linear probe": "classifier, linear probe", "centred head": "classifier, centred head"},
    **{"fine-tuned": "classifier, fine-tuned", "ProtoMAML": "ProtoMAML"},
}

KINDS = (CHARACTERS, GLYPHS, DIGITS)
EXAM_OF = {(CHARACTERS, 5, 1): "A", (CHARACTERS, 20, 1): "B"}
WITHOUT = "take characters, 5 or 20 ways, 1 shot, and 0 or 360 seconds"
TAKE = "take 2, 5, 10 or 20 ways and 1, 2, 5 or 10 shots, for digits 10 ways and 1, 2, 4, 8, 16 or 32"


class Project(NamedTuple):
    """What is known before anything is tried.

    pictures  "characters" by hand; "glyphs" of fonts; "digits" by hand, in other sizes and strokes
    n_way     classes      k_shot  pictures of each
    at_hand   whether networks are there that learned from other characters
    seconds   of CPU for a training on 827 other characters: 0 or 360
    """

    pictures: str
    n_way: int
    k_shot: int
    at_hand: bool
    seconds: int = 0


PROJECTS = {
    "workshop": Project(CHARACTERS, n_way=5, k_shot=1, at_hand=False),
    "school": Project(CHARACTERS, n_way=20, k_shot=1, at_hand=False, seconds=360),
    "printer": Project(GLYPHS, n_way=5, k_shot=10, at_hand=True),
    "post office": Project(DIGITS, n_way=10, k_shot=32, at_hand=True),
}


def study_of(project: Project) -> str:
    """The study that measured such a case."""
    if not project.at_hand:
        return SECONDS
    return "showdown-steps" if project.pictures == DIGITS else grid.STUDY


def measured_in(project: Project) -> dict[str, Interval]:
    """Method -> accuracy: what is possible in the project, and what each came to.

    Without networks at hand: exam A at 5 ways, exam B at 20. Raises ValueError for a case that no study has.
    """
    if project.pictures not in KINDS:
        raise ValueError(f"{project.pictures!r} were not measured: take {', '.join(map(repr, KINDS))}")
    if not project.at_hand:
        exam = EXAM_OF.get((project.pictures, project.n_way, project.k_shot))
        if exam is None or project.seconds not in (0, 360):
            raise ValueError(f"Without a network at hand that was not measured: {WITHOUT}")
        rows = measured.sat(SECONDS, exam)
        possible = {name: Interval(*row["accuracy"]) for name, row in rows.items()}
        return possible if project.seconds else {name: possible[name] for name in ("pixels", "untrained")}
    if project.pictures == DIGITS:
        found = measured.at_chosen_steps(DIGITS, project.k_shot) if project.n_way == 10 else {}
        cell = {IN_STEPS[name]: accuracy for name, accuracy in found.items()}
    else:
        of_bank = grid.measured().of_bank[BANKS[project.pictures]]
        at = project.n_way, project.k_shot
        cell = {name: cells[at] for name, cells in of_bank.accuracy.items() if at in cells}
    if not cell:
        raise ValueError(f"{project.n_way}-way {project.k_shot}-shot of {project.pictures} was not measured: {TAKE}")
    return cell


def best(found: dict[str, Interval]) -> tuple[str, Interval]:
    """The method with the highest accuracy."""
    return max(found.items(), key=lambda item: item[1].mean)


def level(found: dict[str, Interval]) -> list[str]:
    """The methods within the best one's own interval, the best first; a paired interval would rank more of them."""
    _, top = best(found)
    names = [name for name, accuracy in found.items() if accuracy.mean >= top.low]
    return sorted(names, key=lambda name: -found[name].mean)


def behind(found: dict[str, Interval], method: str) -> float:
    """How far `method` is behind the best, as a difference of accuracies, 0 for the best."""
    return best(found)[1].mean - found[method].mean


def with_networks_at_hand() -> list[Project]:
    """All cases with networks at hand: the cells of the grid, and digits by the number of pictures."""
    cells = [Project(pictures, *at, at_hand=True) for pictures in BANKS for at in grid.measured().places]
    shots = sorted(measured.steps(DIGITS, "prototypes"))
    return [*cells, *(Project(DIGITS, 10, k, at_hand=True) for k in shots)]
