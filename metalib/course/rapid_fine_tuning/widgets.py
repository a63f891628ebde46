"""The widgets of notebook 02, and those that all notebooks have."""

from metalib.course.kit.question import Question
from metalib.course.kit.scores import show_scores
from metalib.course.rapid_fine_tuning.adaptation_curves import AdaptationCurves

__all__ = ["AdaptationCurves", "Question", "show_scores"]
