"""What the widgets share: their scripts, their pictures as data URLs, and the road from a click to a method."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import traitlets
from PIL import Image
from torch import Tensor

from metalib.course.kit.colours import class_colour, ink_on, method_colour
from metalib.evaluate import Interval


def script(module: str) -> str:
    """The JavaScript of the widget in the file `module` (its `__file__`), which lies beside it, after what all share.

    Nothing is fetched from a network.
    """
    return beside(__file__, ".js") + beside(module, ".js")


def sheet(module: str) -> str:
    """The style sheet of the widget in the file `module`, after what all widgets share."""
    return beside(__file__, ".css") + beside(module, ".css")


def beside(module: str, suffix: str) -> str:
    """The text of the file that is called as `module`, with another suffix."""
    return Path(module).with_suffix(suffix).read_text(encoding="utf-8")


def data_url(pictures: Tensor) -> str:
    """Pictures side by side as one PNG in a data URL, ink dark on white.

    pictures  [1, H, W] or [n, 1, H, W]: uint8, or float in 0 … 1, ink bright
    """
    pictures = pictures.detach().cpu().reshape(-1, *pictures.shape[-2:])  # [n, H, W]
    ink = (pictures * 255 if pictures.is_floating_point() else pictures).round().byte().numpy()
    png = io.BytesIO()
    Image.fromarray(255 - np.concatenate(list(ink), axis=1)).save(png, format="png")
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()


def badge(label: int, text: str) -> dict[str, str]:
    """A label as the scripts show it: its text, its colour, and black or white, whichever can be read on that."""
    return {"text": text, "colour": class_colour(label), "ink": ink_on(class_colour(label))}


def bar(name: str, result: Interval) -> dict[str, Any]:
    """A result as the scripts show it: a dot with its interval in the colour of the method, and the same in text."""
    places = {"mean": result.mean, "low": result.low, "high": result.high}
    return {"name": name, "colour": method_colour(name), "text": str(result), **places}


class Widget(anywidget.AnyWidget):
    """A widget whose picture is its `view`, a dict made from its state alone, which the script draws.

    Clicks and keys come back as messages {"action": name, ...}, answered by the method in `actions`; each method sets a
    new state and with it a new `view`. The methods can be called from Python as well.
    """

    view = traitlets.Dict().tag(sync=True)
    words = "a widget: run the cell to work with it"

    def __init__(self, actions: dict[str, Callable[..., None]], **traits: Any) -> None:
        super().__init__(**traits)
        self._actions = actions
        self.on_msg(self._act)

    def _act(self, _widget: Widget, content: dict[str, Any], _buffers: list[bytes]) -> None:
        arguments = dict(content)
        self._actions[arguments.pop("action")](**arguments)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """As any widget's, with words in place of a Python repr for a page that runs no widgets."""
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:
            data["text/plain"] = self.words
        return bundle
