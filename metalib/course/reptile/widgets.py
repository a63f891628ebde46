"""The widgets of notebook 05, and those that all notebooks have."""

from metalib.course.kit.question import Question
from metalib.course.kit.scores import show_scores
from metalib.course.reptile.reptile_plane import ReptilePlane, SlideState

__all__ = ["Question", "ReptilePlane", "SlideState", "show_scores"]
