"""The picture of `metalib bench`: what it measured, as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from metalib import files
from metalib.course.kit.colours import QUIET, method_colour

Row = Mapping[str, Any]
PEER = "#999999"  # what is not metalib's


def save(record: Row, path: Path) -> None:
    """Draw `record`, as `metalib.bench.measure` gives it, and write it to `path` as a PNG."""
    figure = draw(record)
    files.write_atomically(path, lambda part: figure.savefig(part, format="png", dpi=110))
    plt.close(figure)


def draw(record: Row) -> Figure:
    """One panel a form of MAML, one for the prototypical network, and one for the peers where they were measured."""
    panels = [
        (problem, method_colour(_method(problem)), "tasks", rows) for problem, rows in _by_problem(record["maml"])
    ]
    protonet = "prototypical network"
    panels.append((protonet.capitalize(), method_colour(protonet), "images", record["protonet"]))
    if record["peers"]:
        title = "MAML, other libraries in grey"
        panels.append((title, method_colour("MAML"), "tasks", record["peers"]["rows"]))
    heights = [2 + len(rows) for *_, rows in panels]
    figure, axes = plt.subplots(
        len(panels),
        figsize=(8.5, 0.27 * sum(heights)),
        layout="constrained",
        facecolor="white",
        gridspec_kw={"height_ratios": heights},
    )
    for ax, (title, colour, units, rows) in zip(axes, panels, strict=True):
        bars(ax, rows, units, colour=colour, title=title)
    rates = " and ".join(f"{rate / 1e9:,.0f} GFLOP/s in {name}" for name, rate in record["matrix_product"].items())
    device = "" if record["device"].startswith("cpu") else f"; {record['device']}"
    figure.suptitle(f"{record['machine']}{device}\nmatrix product {rates}", fontsize=9)
    return figure


def _by_problem(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    problems = dict.fromkeys(row["problem"] for row in rows)
    return [(problem, [row for row in rows if row["problem"] == problem]) for problem in problems]


def _method(problem: str) -> str:
    return "first-order MAML" if "first order" in problem else "MAML"


def bars(ax: Axes, rows: Sequence[Row], units: str, *, colour: str, title: str) -> Axes:
    """A bar a row, the first on top, with its number and the part of the machine's own matrix rate that it uses."""
    names = [row["way" if "way" in row else "who"] for row in rows]
    speeds = [row.get(f"{units}_per_second", 0.0) for row in rows]
    colours = [PEER if row.get("kind", "ours") != "ours" else colour for row in rows]
    ax.barh(range(len(rows)), speeds, color=colours)
    for y, (row, speed) in enumerate(zip(rows, speeds, strict=True)):
        ax.text(speed, y, f" {text(row, speed)}", va="center", fontsize=8, color=QUIET if "failed" in row else "black")
    ax.set_yticks(range(len(rows)), names, fontsize=8)
    room = 1.45  # for the text beside the longest bar
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, room * max(speeds) or 1), xlabel=f"{units} a second, median")
    ax.set_title(f"{title}. Fastest: {names[speeds.index(max(speeds))]}", fontsize=10, loc="left")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def text(row: Row, speed: float) -> str:
    """What stands beside a bar."""
    if "failed" in row:
        return "not measured"
    parts = [f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}"]
    if "fraction" in row:
        parts.append(f"{100 * row['fraction']:.0f} % of {row['number_format']} rate")
    if row.get("peak_bytes") is not None:
        parts.append(f"{row['peak_bytes'] / 2**20:,.0f} MiB")
    return ", ".join(parts)
