"""The score board of one exam: a table, a picture, and the picture in words."""

from __future__ import annotations

from metalib.course.kit import board, markup, plots


def show_scores(exam: str, *, bank: str, notebook: int | None = None) -> None:
    """Display the board of `exam` ("A", "B", "C") on the data that `bank` names: as a table and as a picture.

    notebook  leave out the methods that a later one teaches
    """
    from IPython.display import display

    rows = board.rows(exam, bank=bank, notebook=notebook)
    table = board.table(exam, bank=bank, notebook=notebook)
    display(markup.Html(markup.blocks(table), table))
    figure, ax = plots.canvas(7.5, 1.3 + 0.34 * len(rows))
    plots.score_board(ax, rows)
    plots.show(figure, caption(rows))


def caption(rows: list[board.Row]) -> str:
    """The board in words, for who cannot see it: every method with its result, best first, and what the marks mean."""
    results = [f"{row.name} {100 * row.interval.mean:.1f} %" for row in reversed(rows)]
    shaded = " Shaded rows are yours." if any(row.mine for row in rows) else ""
    published = [row.name for row in rows if row.remark]
    as_printed = f" Without an interval, as published: {', '.join(published)}." if published else ""
    return (
        f"the results in exam {rows[0].exam} as dots with their 95 % intervals, best first: {', '.join(results)}. "
        "The axis is stretched where errors are few: equal steps halve them. Variants of a method have its colour and "
        f"hollow dots. Intervals may be narrower than the dots; the dashed line is chance.{as_printed}{shaded}"
    )
