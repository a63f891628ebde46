"""The widget of notebook 07."""

from metalib.course.fair_play.neighbours import Neighbours

__all__ = ["Neighbours"]
