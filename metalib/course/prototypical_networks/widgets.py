"""The widgets of notebook 06."""

from metalib.course.prototypical_networks.embedding_atlas import EmbeddingAtlas
from metalib.course.prototypical_networks.support_plane import SupportPlane

__all__ = ["EmbeddingAtlas", "SupportPlane"]
