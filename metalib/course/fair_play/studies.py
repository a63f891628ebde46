"""The experiments that notebook 07 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.fair_play import (
    study_batch_norm,
    study_class_leaks,
    study_exam_c,
    study_exam_c_anew,
    study_hands,
    study_selection,
    study_soft_k_means,
    study_transductive_figure,
    study_views,
)
from metalib.course.kit.exams import EXAM_A, EXAM_B
from metalib.course.kit.study import Study, read

__all__ = ["EXAM_A", "EXAM_B", "STUDIES", "read"]

STUDIES: dict[str, Study] = {
    "batch-norm": study_batch_norm.STUDY,
    "transductive-figure": study_transductive_figure.STUDY,
    "soft-k-means": study_soft_k_means.STUDY,
    "class-leaks": study_class_leaks.STUDY,
    "hands": study_hands.STUDY,
    "views": study_views.STUDY,
    "exam-c": study_exam_c.STUDY,
    "exam-c-anew": study_exam_c_anew.STUDY,
    "selection": study_selection.STUDY,
}
