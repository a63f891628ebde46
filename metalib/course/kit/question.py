"""Predict, then run: a question with a word of feedback on each answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metalib.course.kit.widget import Widget, script, sheet


class Question(Widget):
    """A multiple-choice question; nothing is chosen to begin with, and one may try again.

    text     the question
    options  (answer, feedback) pairs: the feedback says why the answer is right, or what it overlooks
    correct  the number of the right option, from 0
    Raises ValueError for fewer than two options, an option without feedback, or a `correct` that is none of them.
    """

    _esm, _css = script(__file__), sheet(__file__)

    def __init__(self, text: str, options: Sequence[tuple[str, str]], correct: int) -> None:
        if len(options) < 2 or not 0 <= correct < len(options):
            raise ValueError(
                f"correct is {correct} among {len(options)} options: give at least 2, and a number below it"
            )
        silent = [answer for answer, feedback in options if not feedback.strip()]
        if silent:
            raise ValueError(f"no feedback for {silent}: say for each answer why it is right or wrong")
        self.text, self.options, self.correct = text, list(options), correct
        self.words = "\n".join([f"Predict: {text}", *(f"( ) {answer}" for answer, _ in options)])
        super().__init__({"choose": self.choose})
        self.chosen: int | None = None
        self.view = self._view()

    def choose(self, option: int) -> None:
        """Choose an option, by its number from 0."""
        self.chosen = option
        self.view = self._view()

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of what is chosen."""
        view = {
            "state": {"chosen": self.chosen},
            "text": self.text,
            "options": [answer for answer, _ in self.options],
            "chosen": self.chosen,
            "verdict": "",
            "feedback": "",
        }
        if self.chosen is not None:
            view["verdict"] = "right" if self.chosen == self.correct else "wrong"
            view["feedback"] = self.options[self.chosen][1]
        return view
