"""What the rooms hold, found by walking them: a new room needs no entry anywhere."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil

from metalib import course
from metalib.course.kit.study import Study

KIT = "kit"


def rooms() -> list[str]:
    """The names of the rooms, one a notebook."""
    return [module.name for module in pkgutil.iter_modules(course.__path__) if module.ispkg and module.name != KIT]


def studies() -> dict[str, Study]:
    """The experiments of all rooms, by name. Raises ValueError where two have one name."""
    found: dict[str, Study] = {}
    for room in rooms():
        name = f"{course.__name__}.{room}.studies"
        if importlib.util.find_spec(name) is None:
            continue
        held = importlib.import_module(name).STUDIES
        if twice := sorted(held.keys() & found.keys()):
            raise ValueError(f"{room} and another room both have a study called {', '.join(twice)}: rename one")
        found |= held
    return found
