"""The widget of notebook 04."""

from metalib.course.maml_omniglot.inner_step_scrubber import STEP_SIZES, InnerStepScrubber, follow

__all__ = ["STEP_SIZES", "InnerStepScrubber", "follow"]
