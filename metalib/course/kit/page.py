"""What every notebook shows its figures, tables and answers with: each room's `plots` hands these on.

In a room: `from metalib.course.kit.page import *`, so that its notebook needs one `plots`.
"""

import matplotlib.pyplot as plt

from metalib.course.kit.colours import QUIET, class_colour, method_colour, start_colour
from metalib.course.kit.figures import canvas, show
from metalib.course.kit.plots import drawings, embedding, episode, intervals, training_curve
from metalib.course.kit.reveal import reveal, say
from metalib.course.kit.scores import show_scores
from metalib.course.kit.start import start
from metalib.course.kit.tables import table

__all__ = [
    "QUIET",
    "canvas",
    "class_colour",
    "drawings",
    "embedding",
    "episode",
    "intervals",
    "method_colour",
    "plt",
    "reveal",
    "say",
    "show",
    "show_scores",
    "start",
    "start_colour",
    "table",
    "training_curve",
]
