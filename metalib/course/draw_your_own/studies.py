"""The experiments that notebook 09 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.draw_your_own import study_borrowed_features, study_honest_estimates
from metalib.course.kit.study import Study, read

__all__ = ["STUDIES", "read"]

STUDIES: dict[str, Study] = {
    "borrowed-features": study_borrowed_features.STUDY,
    "honest-estimates": study_honest_estimates.STUDY,
}
