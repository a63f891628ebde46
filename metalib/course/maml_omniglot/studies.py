"""The experiments that notebook 04 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.study import Study, read
from metalib.course.maml_omniglot import (
    study_bfloat16,
    study_maml_labels,
    study_maml_omniglot,
    study_maml_step_size,
    study_maml_training,
)

__all__ = ["STUDIES", "read"]

STUDIES: dict[str, Study] = {
    "maml-training": study_maml_training.STUDY,
    "maml-omniglot": study_maml_omniglot.STUDY,
    "maml-step-size": study_maml_step_size.STUDY,
    "maml-labels": study_maml_labels.STUDY,
    "bfloat16": study_bfloat16.STUDY,
}
