"""The experiments that notebook 03 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.study import Study, read
from metalib.course.maml_sinusoids import study_sinusoids

__all__ = ["STUDIES", "read"]

STUDIES: dict[str, Study] = {
    "sinusoids": study_sinusoids.STUDY,
}
