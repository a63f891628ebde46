"""The colours of the course: one for each method, in every figure and widget, and one for each class of an episode."""

from __future__ import annotations

import re

# Okabe and Ito's (2008) colours and two between them: told apart with any common form of colour blindness.
METHOD_COLOURS = {
    "chance": "#5F5F5F",
    "pixel neighbours": "#E69F00",
    "untrained conv4": "#56B4E9",
    "prototypical network": "#0072B2",
    "MAML": "#D55E00",
    "first-order MAML": "#CC79A7",
    "ANIL": "#5B2A86",
    "Reptile": "#009E73",
    "fine-tuning": "#7A5C1E",
    "joint training": "#A626F0",
    "you": "#000000",
}
# Paul Tol's "bright" set, for the classes of one episode: no colour of a method. A letter always goes with it.
CLASS_COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377", "#66CCEE", "#BBBBBB")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WRONG, QUIET = "#B00020", "#595959"
# Names that do not begin with their family's. A classifier that was trained beforehand is what fine-tuning begins with.
FAMILIES = {
    "pre-trained classifier": "fine-tuning",
    "fine-tuned classifier": "fine-tuning",
    "linear probe": "fine-tuning",
    "centred head": "fine-tuning",
    "fine-tuned": "fine-tuning",
    "SimpleShot": "fine-tuning",
    "classifier": "fine-tuning",
    "NCA": "prototypical network",
    "ProtoMAML": "MAML",
    "random start": "untrained conv4",
    "untrained": "untrained conv4",
    "pixels": "pixel neighbours",
    "prototypes": "prototypical network",
}


def family(method: str) -> str | None:
    """The method of METHOD_COLOURS that `method` is a variant of: "ANIL, each query alone" is ANIL; None: of no one."""
    begins = [name for name in (*METHOD_COLOURS, *FAMILIES) if re.match(rf"{re.escape(name)}(?!\w)", method)]
    return FAMILIES.get(begins[0], begins[0]) if begins else None


def method_colour(method: str) -> str:
    """The colour that `method` and its variants have in the whole course; grey for one that has none."""
    return METHOD_COLOURS[family(method) or "chance"]


def start_colour(name: str) -> str:
    """The colour of a start: that of the method that found it."""
    return method_colour(name)


def class_colour(label: int) -> str:
    """The colour of label 0, 1, … of an episode; it repeats after seven, so the label is always written too."""
    return CLASS_COLOURS[label % len(CLASS_COLOURS)]


def ink_on(colour: str) -> str:
    """Black or white: what can be read on `colour`, a #RRGGBB, by its relative luminance (WCAG 2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return "#000000" if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.2 else "#FFFFFF"
