"""The widgets of notebook 03."""

from metalib.course.maml_sinusoids.maml_plane import Plane
from metalib.course.maml_sinusoids.sinusoid_laboratory import SinusoidLaboratory, Start

__all__ = ["Plane", "SinusoidLaboratory", "Start"]
