"""The widget of notebook 02."""

from metalib.course.rapid_fine_tuning.adaptation_curves import AdaptationCurves

__all__ = ["AdaptationCurves"]
