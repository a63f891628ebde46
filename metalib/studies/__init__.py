"""The heavier experiments that notebooks report, by name: `metalib study NAME` runs one and writes data/studies/NAME.json."""

from __future__ import annotations

from metalib.studies import prototypical
from metalib.studies.base import Study, read

__all__ = ["STUDIES", "Study", "read"]

STUDIES: dict[str, Study] = {
    "prototypical-way": prototypical.WAY,
    "prototypical-shot": prototypical.SHOT,
    "prototypical-distance": prototypical.DISTANCE,
}
