"""The colours of the course: one for each method, in every figure and widget, and one for each class of an episode."""

from __future__ import annotations

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
    "you": "#000000",
}
# Paul Tol's "bright" set, for the classes of one episode: no colour of a method. A letter always goes with it.
CLASS_COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377", "#66CCEE", "#BBBBBB")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WRONG, QUIET = "#B00020", "#595959"
# A start that was trained jointly is what fine-tuning begins with; a random one is an untrained network.
START_COLOURS = {"joint training": METHOD_COLOURS["fine-tuning"], "random start": METHOD_COLOURS["untrained conv4"]}


def method_colour(method: str) -> str:
    """The colour that `method` has in the whole course; grey for one that has none."""
    return METHOD_COLOURS.get(method, METHOD_COLOURS["chance"])


def start_colour(name: str) -> str:
    """The colour of a start: that of the method that found it."""
    return START_COLOURS.get(name, method_colour(name))


def class_colour(label: int) -> str:
    """The colour of label 0, 1, … of an episode; it repeats after seven, so the label is always written too."""
    return CLASS_COLOURS[label % len(CLASS_COLOURS)]


def ink_on(colour: str) -> str:
    """Black or white: what can be read on `colour`, a #RRGGBB, by its relative luminance (WCAG 2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return "#000000" if 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.2 else "#FFFFFF"
