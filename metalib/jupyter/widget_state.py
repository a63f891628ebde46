"""The widget models that a notebook's metadata hold, beside the outputs that name them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
RUN_THIS_CELL = "Run this cell to work with the widget."
_REFERENCE = re.compile(r'(?:IPY_MODEL_|anywidget:|"model_id": ")([\w-]+)')  # how one model names another

Models = dict[str, dict[str, Any]]


def models(metadata: Mapping[str, Any]) -> Models:
    """The models that a notebook's metadata hold, by their ids."""
    return metadata.get("widgets", {}).get(STATE, {}).get("state", {})


def hold(metadata: Any, kept: Models) -> None:
    """Have a notebook's metadata hold the models `kept`, and no word of widgets where there are none."""
    metadata.pop("widgets", None)
    if kept:
        metadata["widgets"] = {STATE: {"state": kept, "version_major": 2, "version_minor": 0}}


def views(cells: Iterable[Any]) -> list[dict[str, Any]]:
    """The data of the outputs that show a widget, from top to bottom."""
    outputs = (output for cell in cells for output in cell.get("outputs", []))
    return [output["data"] for output in outputs if VIEW in output.get("data", {})]


def closure(found: Models, ids: Iterable[str]) -> list[str]:
    """`ids`, each followed by the models that it needs, such as its layout; those that are not `found` are left out."""
    waiting, kept = list(ids), []
    while waiting:
        name = waiting.pop(0)
        if name in found and name not in kept:
            kept.append(name)
            waiting = _REFERENCE.findall(json.dumps(found[name]["state"])) + waiting
    return kept


def words(data: Mapping[str, Any]) -> str:
    """What stands for a widget where it cannot be shown: its own words, where it has any, and what to do."""
    own = data.get("text/plain", "")
    own = own if isinstance(own, str) else "".join(own)
    if not own or "(children=" in own:
        return RUN_THIS_CELL
    return own if re.search(r"\brun th(e|is) cell\b", own, re.IGNORECASE) else f"{own}\n\n{RUN_THIS_CELL}"
