"""The widget of notebook 09."""

from metalib.course.draw_your_own.draw_your_own import DrawYourOwn

__all__ = ["DrawYourOwn"]
