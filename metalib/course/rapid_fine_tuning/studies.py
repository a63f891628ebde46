"""The experiments that notebook 02 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.study import Study, read
from metalib.course.rapid_fine_tuning import (
    study_fine_tuning,
    study_fine_tuning_from_scratch,
    study_fine_tuning_shots,
    study_simple_shot,
    study_twenty_ways,
)

__all__ = ["STUDIES", "read"]

STUDIES: dict[str, Study] = {
    "fine-tuning": study_fine_tuning.STUDY,
    "fine-tuning-from-scratch": study_fine_tuning_from_scratch.STUDY,
    "fine-tuning-shots": study_fine_tuning_shots.STUDY,
    "simple-shot": study_simple_shot.STUDY,
    "twenty-ways": study_twenty_ways.STUDY,
}
