"""Lines that the learner puts in order: which of them stand right, and why one of them stands too early."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from metalib.course.kit.answering import Asked, refuse_silence
from metalib.course.kit.widget import bundle

TRIES = 100  # shuffles among which the one with the fewest lines in their place is taken


class Ordering(Asked):
    """Lines of code, or sentences, in a wrong order, which the learner puts right by buttons, arrow keys or dragging.

    text      the question
    lines     in the right order: (line, words) pairs, where the words say why the line cannot stand earlier, such as
              "It reads `g`."; or the line alone, where that goes without saying. They are shown in an order that is the
              same for everyone, and never a right one.
    feedback  what is said when all lines stand right. "Right." is put before it.
    code      whether the lines are code: a font of one width, with the indentation kept
    also      other orders that are right too, each as the numbers of the lines, from 0: (1, 0, 2) swaps the first two
    `state` is {"order": the numbers of the lines as shown, "moved": the last that was moved, or None, "checked": bool};
    `key["orders"]` are the right values of `order`. Lines that are equal are told apart by nobody.
    Raises ValueError for fewer than three lines, no feedback, or an order in `also` that is none.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")

    def __init__(
        self,
        text: str,
        lines: Sequence[str | tuple[str, str]],
        feedback: str,
        *,
        code: bool = False,
        also: Sequence[Sequence[int]] = (),
    ) -> None:
        pairs = [(line, None) if isinstance(line, str) else line for line in lines]
        n = len(pairs)
        if n < 3:
            raise ValueError(f"{n} lines to put in order: give at least 3")
        refuse_silence([("the right order", feedback), *((line, why) for line, why in pairs if why is not None)])
        for order in also:
            if sorted(order) != list(range(n)):
                raise ValueError(f"{tuple(order)} is no order of {n} lines: name each of 0 to {n - 1} once")
        right = [list(range(n)), *map(list, also)]
        shuffled = _shuffled(text, [line for line, _ in pairs], right)
        shown = [pairs[i][0] for i in shuffled]
        self.words = "\n".join([f"Put in order: {text}", *(f"[ ] {line}" for line in shown)])
        place = {line: at for at, line in enumerate(shuffled)}
        key = {
            "orders": [[place[line] for line in order] for order in right],
            "why": [pairs[i][1] for i in shuffled],
            "feedback": feedback,
        }
        state = {"order": list(range(n)), "moved": None, "checked": False}
        super().__init__({"text": text, "lines": shown, "code": code}, key, state)

    @property
    def order(self) -> list[str]:
        """The lines as they stand now."""
        return [self.data["lines"][i] for i in self.state["order"]]


def _shuffled(text: str, lines: list[str], right: list[list[int]]) -> list[int]:
    """The lines' numbers in an order of which as few as possible stand right: the same for the same text and lines."""

    def drawn(attempt: int) -> list[int]:
        # of digests, since an order that everyone shall see must not hang on a library's generator
        return sorted(range(n), key=lambda i: hashlib.sha256(f"{attempt} {i} {text} {lines[i]}".encode()).hexdigest())

    def in_place(order: list[int]) -> int:
        return max(sum(lines[i] == lines[j] for i, j in zip(order, known, strict=True)) for known in right)

    n = len(lines)
    best = min((drawn(attempt) for attempt in range(TRIES)), key=in_place)
    if in_place(best) == n:
        raise ValueError(f"{min(len(right), math.factorial(n))} orders of {n} lines are right: leave one that is wrong")
    return best
