"""Two numbers beside each other, with the digits that tell them apart."""

from __future__ import annotations

ROUNDED = " They part in a late digit: do you round, or leave float64 on the way?"


def beside(right: float, answer: float, digits: int = 4) -> tuple[str, str, str]:
    """`right` and `answer` with at least `digits` decimals, more where they would look alike; and a word on why.

    The word is empty unless the two are nearly equal.
    """
    shown = digits
    while shown < 12 and right != answer and f"{right:.{shown}f}" == f"{answer:.{shown}f}":
        shown += 1
    near = right != answer and abs(right - answer) < 2e-3 * abs(right)
    return f"{right:.{shown}f}", f"{answer:.{shown}f}", ROUNDED if near else ""
