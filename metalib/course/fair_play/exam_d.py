"""Exam D in words, from the course's results: emoji, the support pictures by one vendor and the queries by another."""

from __future__ import annotations

import math

from metalib.course.kit import board
from metalib.evaluate import Interval


def results() -> dict[str, Interval]:
    """Method -> the course's own result in exam D."""
    return {row.method: row.interval for row in board.rows("D", bank="emoji") if not row.mine}


def standing(one: Interval, other: Interval) -> str:
    """ "ahead of", "behind", or "level with" where the two intervals do not tell them apart."""
    lead = one.mean - other.mean
    if abs(lead) <= math.hypot(one.half_width, other.half_width):
        return "level with"
    return "ahead of" if lead > 0 else "behind"


def reading() -> str:
    """What the board of exam D shows, with its numbers."""
    found = results()
    percent = {name: f"{100 * i.mean:.1f} ± {100 * i.half_width:.1f} %" for name, i in found.items()}
    maml, alone = "MAML, emoji", "MAML, emoji, each query alone"
    proto, classifier = "prototypical network, emoji", "pre-trained classifier, emoji"
    grey, outlines = (f"prototypical network of handwriting, {view}" for view in ("grey", "outlines"))
    pixels = {view: f"pixel neighbours, {view}" for view in ("grey", "outlines", "colour")}
    less = 100 * (found[maml].mean - found[alone].mean)
    return f"""
**Trained on emoji.** With all queries together, one of each class, MAML ({percent[maml]}) is
{standing(found[maml], found[proto])} the prototypical network ({percent[proto]}). Each query alone it has {less:.1f}
points less ({percent[alone]}), and is {standing(found[alone], found[classifier])} the classifier
({percent[classifier]}).

**Handwriting carries little.** *Grey* keeps a picture's brightness only; *outlines* are bright lines where that
changes, much like strokes. In grey the network of handwriting ({percent[grey]}) is
{standing(found[grey], found[pixels["grey"]])} a comparison of grey pixels ({percent[pixels["grey"]]}). By outlines
({percent[outlines]}) it is {standing(found[outlines], found[pixels["outlines"]])} the outlines' pixels
({percent[pixels["outlines"]]}), and {standing(found[outlines], found[pixels["colour"]])} pixels in colour
({percent[pixels["colour"]]}).

One network each. *Level* means that the rows' intervals do not tell the two apart.
"""
