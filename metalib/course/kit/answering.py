"""What the kit's questions share: what is right, and what is said of an answer, travel encoded.

A notebook file keeps its widgets' `data`, and so does a page that is made of it: nobody shall read the answer there by
chance. Who decodes it on purpose may have it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from metalib.course.kit.widget import Widget


class Asked(Widget):
    """A question: `data` is what is shown from the beginning, with `data["key"]`, what is said afterwards, encoded."""

    def __init__(self, shown: dict[str, Any], key: dict[str, Any], state: dict[str, Any]) -> None:
        text = json.dumps(key, ensure_ascii=False)
        super().__init__(data={**shown, "key": base64.b64encode(text.encode()).decode()}, state=state)

    @property
    def key(self) -> dict[str, Any]:
        """What is right, and the feedback, in clear: for tests."""
        return json.loads(base64.b64decode(self.data["key"]))


def refuse_silence(words: Iterable[tuple[str, str]]) -> None:
    """Raises ValueError where there is an answer without feedback. `words`: pairs of an answer and its feedback."""
    silent = [answer for answer, feedback in words if not feedback.strip()]
    if silent:
        raise ValueError(f"no feedback for {silent}: say for each answer why it is right or wrong")
