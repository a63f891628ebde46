"""A widget whose script asks Python for what it cannot compute: what needs a whole bank, or a large network."""

from __future__ import annotations

from typing import Any

import traitlets

from metalib.course.kit.widget import Widget


class AskingWidget(Widget):
    """A `Widget` whose script may ask (kit/asking.js). A subclass says in `reply` what the answer to a question is.

    A question is a text that names one thing for good. The script sends {"ask": questions, "number": …}, and finds
    {"number": the same, "found": {question: answer}} in `answer`. An answer that cannot be had is {"error": words}.
    """

    answer = traitlets.Dict().tag(sync=True)

    def __init__(self, *, data: dict[str, Any], state: dict[str, Any]) -> None:
        super().__init__(data=data, state=state)
        self.on_msg(lambda _widget, content, _buffers: self.hear(content))

    def reply(self, question: str) -> Any:
        """The answer, as JSON has it."""
        raise NotImplementedError

    def hear(self, content: dict[str, Any]) -> None:
        """Answer what the script asks."""
        found = {question: self._reply(question) for question in content.get("ask", [])}
        self.answer = {"number": content.get("number"), "found": found}

    def _reply(self, question: str) -> Any:
        try:
            return self.reply(question)
        except Exception as error:  # the page shows it: nobody reads what a message's handler raises
            return {"error": f"{type(error).__name__}: {error}"}
