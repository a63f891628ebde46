"""A number that the learner estimates: how near it is, and what an estimate that is too low or too high overlooks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from metalib.course.kit.answering import Asked, refuse_silence
from metalib.course.kit.widget import bundle


class Estimate(Asked):
    """A question whose answer is a number, typed by the learner; one may try again.

    text      the question
    answer    the number, with the digits that are to be shown
    too_low, near, too_high
              what is said of an estimate that is so. "Near", with the answer, or how far it is off, is put before it.
    unit      shown behind the field, such as "%" or "updates"
    within    what counts as near, as a distance in the answer's unit (for "%": in points)
    share     the same as a share of the answer: 0.1 for 10 %
    factor    the same as a factor: 2 for half to twice the answer, where estimates may differ by orders of magnitude.
              Exactly one of these three is given.
    between   the numbers that make sense, such as (0, 100): another one is answered with this range
    mistakes  (number, words) pairs: what is said of an estimate near that number, in place of too low or too high
    `state` is {"estimate": the number, or None, "typed": text, "checked": bool}; `key` has "answer" and the feedback.
    Raises ValueError for what cannot be asked, such as no feedback, or an answer outside of what makes sense.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")

    def __init__(
        self,
        text: str,
        answer: float,
        *,
        too_low: str,
        near: str,
        too_high: str,
        unit: str = "",
        within: float | None = None,
        share: float | None = None,
        factor: float | None = None,
        between: tuple[float, float] | None = None,
        mistakes: Sequence[tuple[float, str]] = (),
    ) -> None:
        refuse_silence([("too low", too_low), ("near", near), ("too high", too_high)])
        refuse_silence([(str(number), words) for number, words in mistakes])
        scale = _scale(answer, {"within": within, "share": share, "factor": factor})
        if between is not None and not between[0] <= answer <= between[1]:
            raise ValueError(f"the answer {answer} is not between {between[0]} and {between[1]}: widen `between`")
        for number, _ in mistakes:
            if distance(number, answer, scale) <= 1:
                raise ValueError(
                    f"the mistake {number} is near the answer {answer}: leave it out, or say that less is near"
                )
        self.words = f"Estimate: {text}\n____ {unit}".rstrip()
        shown = {"text": text, "unit": unit, "scale": scale, "between": between and list(between)}
        said = {"too low": too_low, "near": near, "too high": too_high}
        key = {
            "answer": answer,
            "text": f"{answer:,}".replace("-", "−"),
            "feedback": said,
            "mistakes": [list(pair) for pair in mistakes],
        }
        super().__init__(shown, key, {"estimate": None, "typed": "", "checked": False})

    @property
    def estimate(self) -> float | None:
        """The number that was typed and checked."""
        return self.state["estimate"]


def distance(number: float, answer: float, scale: dict[str, Any]) -> float:
    """How far a number is off, where 1 is the most that counts as near; the widget's script computes the same."""
    if scale["kind"] == "factor":
        return abs(math.log(number / answer)) / math.log(scale["size"]) if number > 0 else math.inf
    return abs(number - answer) / (scale["size"] * (abs(answer) if scale["kind"] == "share" else 1))


def _scale(answer: float, given: dict[str, float | None]) -> dict[str, Any]:
    """What counts as near: {"kind": one of the names in `given`, "size": number}."""
    found = {kind: size for kind, size in given.items() if size is not None}
    if len(found) != 1:
        raise ValueError(f"{len(found)} of within, share and factor are given: give one, for what counts as near")
    [(kind, size)] = found.items()
    least = 1 if kind == "factor" else 0
    if not size > least:
        raise ValueError(f"{kind} is {size}: give a number above {least}")
    if not math.isfinite(answer):
        raise ValueError(f"the answer is {answer}: give a number that can be typed")
    if (kind == "factor" and answer <= 0) or (kind == "share" and answer == 0):
        raise ValueError(f"{kind} is given for the answer {answer}: give `within`, a distance, instead")
    return {"kind": kind, "size": size}
