"""Tables of results: HTML with heads that a screen reader reads out, and markdown where no HTML is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metalib.course.kit import markup


def table(head: Sequence[str], *rows: Sequence[Any], note: str = "") -> None:
    """Display a table: `head`, then one sequence a row, its first cell the row's name.

    Text may have `code`, **bold** and *italic*. Ints get thousands' commas, floats four digits; for any other form give
    text. A column whose cells all begin with a digit stands on the right.
    note  what was measured: the data, how many episodes, what an interval is

    Raises ValueError for a row that is not as long as the head.
    """
    from IPython.display import display

    for row in rows:
        if len(row) != len(head):
            raise ValueError(f"{len(row)} cells under {len(head)} heads: {tuple(map(cell, row))}")
    said = [[cell(value) for value in row] for row in rows]
    display(markup.Html(markup.table(head, said, note), as_markdown(head, said, note)))


def cell(value: Any) -> str:
    """What stands in a table for `value`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 10_000 else f"{value:,.0f}"
    return str(value)


def as_markdown(head: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    """The table as Markdown, its note below."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join([*lines, *(["", note] if note else [])])
