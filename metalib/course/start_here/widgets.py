"""The widgets of notebook 00, and those that all notebooks have."""

from metalib.course.kit.question import Question
from metalib.course.start_here.five_cards import FiveCards

__all__ = ["FiveCards", "Question"]
