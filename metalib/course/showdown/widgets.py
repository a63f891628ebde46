"""The widget of notebook 08."""

from metalib.course.showdown.heat_map import HeatMap

__all__ = ["HeatMap"]
