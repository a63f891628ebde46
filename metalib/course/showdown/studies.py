"""The experiments that notebook 08 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.exams import EXAM_A, EXAM_B, EXAM_C, EXAM_D
from metalib.course.kit.study import Study, read
from metalib.course.showdown import study_trials

__all__ = ["EXAM_A", "EXAM_B", "EXAM_C", "EXAM_D", "STUDIES", "read"]

STUDIES: dict[str, Study] = {
    study_trials.NAME: study_trials.STUDY,
}
