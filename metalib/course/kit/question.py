"""Predict, then run: a question with a word of feedback on each answer."""

from __future__ import annotations

from collections.abc import Sequence

from metalib.course.kit.answering import Asked, refuse_silence
from metalib.course.kit.widget import bundle


class Question(Asked):
    """A multiple-choice question; nothing is chosen to begin with, and one may try again.

    text     the question; here and in all that follows, `code` and *emphasis* are shown as such
    options  (answer, feedback) pairs: the feedback says why the answer is right, or what it overlooks. "Right." or "Not
             quite." is put before it.
    correct  the number of the right option, from 0
    `state` is {"chosen": the number of the answer, or None}; `key` is {"correct": …, "feedback": [one an option]}.
    Raises ValueError for fewer than two options, an option without feedback, or a `correct` that is none of them.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")

    def __init__(self, text: str, options: Sequence[tuple[str, str]], correct: int) -> None:
        if len(options) < 2 or not 0 <= correct < len(options):
            raise ValueError(
                f"correct is {correct} among {len(options)} options: give at least 2, and a number below it"
            )
        refuse_silence(options)
        answers = [answer for answer, _ in options]
        self.words = "\n".join([f"Predict: {text}", *(f"( ) {answer}" for answer in answers)])
        key = {"correct": correct, "feedback": [feedback for _, feedback in options]}
        super().__init__({"text": text, "options": answers}, key, {"chosen": None})

    @property
    def chosen(self) -> int | None:
        """The number of the answer that is chosen."""
        return self.state["chosen"]
