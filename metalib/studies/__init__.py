"""The heavier experiments that notebooks report, by name: `metalib study NAME` writes data/studies/NAME.json."""

from __future__ import annotations

from metalib.studies import from_scratch, prototypical, prototypical_atlas, prototypical_steps, sinusoids
from metalib.studies.base import Study, read

__all__ = ["STUDIES", "Study", "read"]

STUDIES: dict[str, Study] = {
    "from-scratch": from_scratch.STUDY,
    "sinusoids": sinusoids.STUDY,
    "prototypical-way": prototypical.WAY,
    "prototypical-shot": prototypical.SHOT,
    "prototypical-distance": prototypical.DISTANCE,
    "prototypical-steps": prototypical_steps.STEPS,
    "prototypical-atlas": prototypical_atlas.ATLAS,
}
