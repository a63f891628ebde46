"""The experiments that notebook 08 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.exams import EXAM_A, EXAM_B, EXAM_C, EXAM_D
from metalib.course.kit.study import Study, read
from metalib.course.showdown import (
    study_showdown,
    study_showdown_classes,
    study_showdown_grid,
    study_showdown_intervals,
    study_showdown_published,
    study_showdown_steps,
    study_showdown_trials,
)

__all__ = ["EXAM_A", "EXAM_B", "EXAM_C", "EXAM_D", "STUDIES", "read"]

STUDIES: dict[str, Study] = {
    "showdown-trials": study_showdown_trials.STUDY,
    "showdown-seconds": study_showdown.SECONDS,
    "showdown-updates": study_showdown.UPDATES,
    "showdown-grid": study_showdown_grid.STUDY,
    "showdown-intervals": study_showdown_intervals.STUDY,
    "showdown-published": study_showdown_published.STUDY,
    "showdown-classes": study_showdown_classes.STUDY,
    "showdown-steps": study_showdown_steps.STUDY,
}
