"""The widget of notebook 05."""

from metalib.course.reptile.reptile_plane import ReptilePlane, SlideState

__all__ = ["ReptilePlane", "SlideState"]
