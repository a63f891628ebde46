"""The widgets of notebook 04, and those that all notebooks have."""

from metalib.course.kit.question import Question
from metalib.course.kit.scores import show_scores
from metalib.course.maml_omniglot.inner_step_scrubber import STEP_SIZES, InnerStepScrubber, follow

__all__ = ["STEP_SIZES", "InnerStepScrubber", "Question", "follow", "show_scores"]
