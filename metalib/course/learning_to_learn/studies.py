"""The experiments that notebook 01 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from metalib.course.kit.study import Study, read
from metalib.course.learning_to_learn import study_one_hand

__all__ = ["STUDIES", "read"]

STUDIES: dict[str, Study] = {"one-hand": study_one_hand.STUDY}
