"""What lies behind torch's errors about graphs and leaves, in words for a learner who differentiates through steps."""

from __future__ import annotations

import re

from metalib.course.kit.verdict import Wrong

NO_PATH = (
    "There is no path from θ to that loss. Either φ was cut off from θ, or the model was called with its own "
    "weights: write `functional_call(model, phi, (x,))`."
)
CAUSES = (
    (
        r"leaf Variable that requires grad",
        "You change θ in place. Make new tensors: `phi = {name: phi[name] - alpha * g[name] for name in phi}`, with "
        "`phi = theta` before the first step.",
    ),
    (
        r"modified by an inplace operation",
        "A tensor that the graph still needs was changed in place. Make new tensors: "
        "`phi = {name: phi[name] - alpha * g[name] for name in phi}`.",
    ),
    (
        r"appears to not have been used|does not require grad",
        NO_PATH,
    ),
    (
        r"backward through the graph a second time",
        "Each inner step needs a graph of its own: take the support loss anew in each turn of the loop.",
    ),
)


def with_cause(wrong: Wrong) -> Wrong:
    """The same, with the cause from CAUSES at its end where one fits."""
    lines = str(wrong).splitlines()
    cause = next((cause for pattern, cause in CAUSES if re.search(pattern, lines[0])), None)
    return Wrong("\n".join([*lines[:-1], cause])) if cause else wrong
