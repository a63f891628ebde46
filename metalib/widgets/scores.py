"""The score board of one exam: a table, a picture, and the picture in words."""

from __future__ import annotations

from metalib import board, plots


def show_scores(exam: str, *, bank: str) -> None:
    """Display the board of `exam` ("A" or "B") on the data that `bank` names: as a table and as a picture."""
    from IPython.display import Markdown, display

    rows = board.rows(exam, bank=bank)
    display(Markdown(board.table(exam, bank=bank)))
    figure, ax = plots.canvas(7, 1.3 + 0.42 * len(rows))
    plots.score_board(ax, rows)
    plots.show(figure, caption(rows))


def caption(rows: list[board.Row]) -> str:
    """The board in a sentence, for who cannot see it: every method with its result, best first."""
    results = [f"{row.method} {100 * row.interval.mean:.1f} %" for row in reversed(rows)]
    return f"the results in exam {rows[0].exam} as dots with their 95 % intervals, best first: {', '.join(results)}."
