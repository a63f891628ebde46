"""The widgets of notebook 06, and those that all notebooks have."""

from metalib.course.kit.question import Question
from metalib.course.kit.scores import show_scores
from metalib.course.prototypical_networks.embedding_atlas import EmbeddingAtlas
from metalib.course.prototypical_networks.support_plane import SupportPlane

__all__ = ["EmbeddingAtlas", "Question", "SupportPlane", "show_scores"]
