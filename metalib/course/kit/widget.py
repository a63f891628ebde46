"""What the widgets share in Python: bundles, pictures and numbers as their scripts take them, labels and results."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from PIL import Image
from torch import Tensor

from metalib.course.kit.colours import LETTERS, class_colour, ink_on, method_colour
from metalib.evaluate import Interval


def bundle(module: str, suffix: str = ".js") -> str:
    """The bundle of the widget in the file `module` (its `__file__`): its script, or with ".css" its style sheet.

    It was built from the script beside that file, and from what that imports (`npm run build`). Nothing is fetched
    from a network.
    """
    path = Path(module)
    return (path.parent / "built" / path.with_suffix(suffix).name).read_text(encoding="utf-8")


def data_url(pictures: Tensor) -> str:
    """Pictures side by side as one PNG in a data URL, ink dark on white.

    pictures  [1, H, W] or [n, 1, H, W]: uint8, or float in 0 … 1, ink bright
    """
    pictures = pictures.detach().cpu().reshape(-1, *pictures.shape[-2:])  # [n, H, W]
    ink = (pictures * 255 if pictures.is_floating_point() else pictures).round().byte().numpy()
    png = io.BytesIO()
    Image.fromarray(255 - np.concatenate(list(ink), axis=1)).save(png, format="png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def strip(pictures: Tensor) -> dict[str, Any]:
    """Square pictures [n, 1, S, S] as the scripts' `tile` takes them: side by side in one file, sent once."""
    return {"url": data_url(pictures), "count": len(pictures)}


def packed(values: Tensor) -> dict[str, Any]:
    """Numbers of any shape as the scripts' `unpacked` takes them: 16 bits each, off by at most max |value| / 65,534."""
    values = values.detach().cpu().double()
    scale = float(values.abs().max()) / 32767 or 1.0
    whole = (values / scale).round().numpy().astype("<i2")
    return {"shape": list(values.shape), "scale": scale, "bytes": base64.b64encode(whole.tobytes()).decode()}


def badge(label: int, text: str | None = None) -> dict[str, str]:
    """A label as the scripts show it: its letter, its colour, and black or white, whichever can be read on that."""
    colour = class_colour(label)
    return {"text": LETTERS[label] if text is None else text, "colour": colour, "ink": ink_on(colour)}


def bar(name: str, result: Interval) -> dict[str, Any]:
    """A result as the scripts show it: a dot with its interval in the colour of the method, and the same in text."""
    places = {"mean": result.mean, "low": result.low, "high": result.high}
    return {"name": name, "colour": method_colour(name), "text": str(result), **places}


class Widget(anywidget.AnyWidget):
    """A widget in three parts: `data`, made here once; `state`, what the reader set; and the view of both.

    The view is computed in the widget's own script, so it answers in a frame, with or without a kernel. `state` is kept
    in step: it can be read and set from a notebook, as a whole. A subclass names its bundles:
    `_esm, _css = bundle(__file__), bundle(__file__, ".css")`.
    """

    data = traitlets.Dict().tag(sync=True)
    state = traitlets.Dict().tag(sync=True)
    words = "a widget: run the cell to work with it"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """As any widget's, with words in place of a Python repr for a page that runs no widgets."""
        found = super()._repr_mimebundle_(**options)
        shown = found[0] if isinstance(found, tuple) else found
        if shown is not None:
            shown["text/plain"] = self.words
        return found
