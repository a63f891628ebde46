"""The figure of the study of hands: from exam B to exam C in steps."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from metalib.course.kit.colours import METHOD_COLOURS, QUIET

METHOD = "prototypical network"
NAMES = {  # of the study's rows: who wrote what
    "each picture by anybody": "each picture by any writer (exam B)",
    "one hand and another": "one writer for all support pictures,\nanother for the query",
    "in the runs' ten alphabets": "the same, in the runs' ten alphabets",
    "by the runs' pairs of hands": "the same, by the runs' pairs of writers",
    "the runs' characters, other hands": "the runs' characters, other writers",
    "the twenty runs": "the twenty runs (exam C)",
}


def from_b_to_c(ax: Axes, results: dict[str, Any]) -> Axes:
    """A row for each kind of task, with its error and 95 % interval; `results` are those of the study *hands*."""
    colour = METHOD_COLOURS[METHOD]
    for y, row in enumerate(results["rows"]):
        mean, low, high = (100 * value for value in row["errors"][:3])
        ax.plot([low, high], [y, y], color=colour, linewidth=3, alpha=0.5, solid_capstyle="butt")
        ax.plot(mean, y, "o", color=colour)
        ax.annotate(f"{mean:.1f}", (mean, y), (0, 7), textcoords="offset points", ha="center", fontsize=9, color=QUIET)
    ax.set_yticks(range(len(results["rows"])), [NAMES[row["tasks"]] for row in results["rows"]])
    ax.set_ylim(len(results["rows"]) - 0.5, -0.7)
    ax.set_xlim(0, None)
    ax.xaxis.set_major_formatter(PercentFormatter(decimals=0))
    ax.set_xlabel("wrong answers, 20 characters of one alphabet (bar: 95 % interval)")
    ax.set_title("From exam B's tasks to exam C's: the errors of one network")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def reading(results: dict[str, Any]) -> str:
    """What the figure shows, with its numbers: its caption too."""
    found = {row["tasks"]: 100 * row["errors"][0] for row in results["rows"]}
    anybody, hands, alphabets, pairs, characters, runs = found.values()
    rare = 100 * results["pairs"]["share_as_easy"]
    return (
        f"With one writer for all support pictures, and in the runs' alphabets, the errors fall from {anybody:.1f} to "
        f"{hands:.1f} and {alphabets:.1f} %: little. The runs' pairs of writers alone bring {pairs:.1f} %, their "
        f"characters alone {characters:.1f} %, both together {runs:.1f} %. Of other choices of twenty pairs of "
        f"writers, {rare:.1f} % are as easy. So exam C asks the same kind of question as exam B, about easier hands "
        "and easier characters."
    )
