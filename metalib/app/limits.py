"""What numbers and names a command takes: asked by the command line, and by the functions behind it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any


def read(**given: Any) -> list[Any]:
    """Each value as its name in LIMITS has it; None stays. Raises ValueError, with its name, for one that cannot be."""
    values = []
    for name, value in given.items():
        try:
            values.append(None if value is None else LIMITS[name](value))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return values


def whole(value: Any, low: int, high: int = 2**63 - 1) -> int:
    """A whole number of `low` … `high`, or the text of one. Raises ValueError for any other."""
    try:
        number = int(value) if isinstance(value, str) else operator.index(value)
    except (ValueError, TypeError):
        raise ValueError(f"{value!r} is no whole number") from None
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")
    if number < low:
        raise ValueError(f"{value} is too small: give a whole number of {low} or more")
    if number > high:
        raise ValueError(f"{value} is too large: give at most {high:,}")
    return number


def path(value: str | Path) -> Path:
    """A path. Raises ValueError for an empty text: that would be the folder in which the command happens to run."""
    if not str(value).strip():
        raise ValueError("an empty name is no path: leave the option out, or give one")
    return Path(value)


def share(value: float | str) -> float:
    """A number between 0 and 1, or the text of one. Raises ValueError for any other."""
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is no number") from None
    if not 0 < number < 1:
        raise ValueError(f"{value} is no share: give a number between 0 and 1, such as 0.05")
    return number


LIMITS: dict[str, Callable[[Any], Any]] = {
    "updates": partial(whole, low=1),
    "seconds": partial(whole, low=1),
    "seed": partial(whole, low=0),
    "share": share,
    "episodes": partial(whole, low=2),  # fewer have no interval
    "out": path,
}
