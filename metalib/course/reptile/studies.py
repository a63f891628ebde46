"""The experiments that notebook 05 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.results.files import accuracies
from metalib.course.kit.study import Study, read
from metalib.course.reptile import (
    study_reptile_adam,
    study_reptile_alignment,
    study_reptile_cost,
    study_reptile_sensitivity,
)
from metalib.course.reptile.study_reptile_alignment import alignment_at
from metalib.course.reptile.study_reptile_sensitivity import tensor_of

__all__ = ["STUDIES", "accuracies", "alignment_at", "read", "tensor_of"]

STUDIES: dict[str, Study] = {
    "reptile-sensitivity": study_reptile_sensitivity.STUDY,
    "reptile-alignment": study_reptile_alignment.STUDY,
    "reptile-cost": study_reptile_cost.STUDY,
    "reptile-adam": study_reptile_adam.STUDY,
}
