"""The experiments that notebook 06 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.exams import EXAM_A, EXAM_B
from metalib.course.kit.prototype_head import start, with_head
from metalib.course.kit.study import Study, read
from metalib.course.prototypical_networks import (
    study_from_scratch,
    study_prototypical,
    study_prototypical_atlas,
    study_prototypical_steps,
)
from metalib.course.prototypical_networks.study_prototypical import (
    accuracies,
    accuracies_by_all_others,
    embed_bank,
    new_network,
)
from metalib.course.prototypical_networks.study_prototypical_atlas import read_atlas, settled, spread

__all__ = [
    "EXAM_A",
    "EXAM_B",
    "STUDIES",
    "accuracies",
    "accuracies_by_all_others",
    "embed_bank",
    "new_network",
    "read",
    "read_atlas",
    "settled",
    "spread",
    "start",
    "with_head",
]

STUDIES: dict[str, Study] = {
    "from-scratch": study_from_scratch.STUDY,
    "prototypical-way": study_prototypical.WAY,
    "prototypical-shot": study_prototypical.SHOT,
    "prototypical-distance": study_prototypical.DISTANCE,
    "prototypical-steps": study_prototypical_steps.STEPS,
    "prototypical-atlas": study_prototypical_atlas.ATLAS,
}
