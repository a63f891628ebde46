"""The widgets of notebook 03, and those that all notebooks have."""

from metalib.course.kit.question import Question
from metalib.course.kit.scores import show_scores
from metalib.course.maml_sinusoids.maml_plane import Plane
from metalib.course.maml_sinusoids.sinusoid_laboratory import SinusoidLaboratory, Start

__all__ = ["Plane", "Question", "SinusoidLaboratory", "Start", "show_scores"]
