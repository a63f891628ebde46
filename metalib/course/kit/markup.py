"""HTML for what a cell shows: light markdown as HTML, tables, and words for where no HTML is shown.

Only elements and style properties that JupyterLab leaves in the outputs of a notebook that it does not trust.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

NUMBER = re.compile(r"[+−-]?\s?[\d.,]*\d")  # what begins so stands on the right of its column
COLUMN, ROW = 'th scope="col"', 'th scope="row"'
EMPTY = ("", "–", "-", "—")


class Html:
    """What `display` shows as HTML on a page, and in `words` elsewhere."""

    def __init__(self, html: str, words: str):
        self.html, self.words = html, words

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.words


def inline(text: str) -> str:
    """One line of light markdown as HTML: `code`, **bold** and *italic*. LaTeX between $ is left to the page."""
    parts = re.split(r"`([^`]+)`", text)  # outside, code, outside, code, …
    return "".join(f"<code>{escape(part)}</code>" if i % 2 else _emphasis(part) for i, part in enumerate(parts))


def _emphasis(text: str) -> str:
    text = re.sub(r"\*\*(?=\S)(.+?)(?<=\S)\*\*", r"<strong>\1</strong>", escape(text, quote=False))
    return re.sub(r"(?<![\w*])\*(?=[^\s*])(.+?)(?<=[^\s*])\*(?![\w*])", r"<em>\1</em>", text)


def blocks(text: str) -> str:
    """Light markdown as HTML: paragraphs, lists of "- " and tables of "|", a blank line between them."""
    return "".join(_block(block.strip().splitlines()) for block in re.split(r"\n\s*\n", text) if block.strip())


def _block(lines: list[str]) -> str:
    if len(lines) > 1 and all(line.startswith("|") for line in lines):
        head, _, *rows = ([cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines)
        return table(head, rows)
    if all(line.startswith("- ") for line in lines):
        return "<ul>" + "".join(f"<li>{inline(line[2:])}</li>" for line in lines) + "</ul>"
    return f"<p>{inline(' '.join(lines))}</p>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], note: str = "") -> str:
    """A table as HTML: the first cell of a row is its head; a column of numbers stands on the right."""
    sides = ["right" if _is_of_numbers([row[i] for row in rows]) else "left" for i in range(len(head))]
    tags = [ROW, *["td"] * (len(head) - 1)]
    body = [[_cell(*parts) for parts in zip(tags, row, sides, strict=True)] for row in rows]
    top = [_cell(COLUMN, cell, side) for cell, side in zip(head, sides, strict=True)]
    lines = "".join(f"<tr>{''.join(cells)}</tr>" for cells in body)
    below = f'<caption style="caption-side:bottom;text-align:left">{inline(note)}</caption>' if note else ""
    return (
        f'<table style="table-layout:auto;margin:8px 0">{below}<thead><tr>{"".join(top)}</tr></thead>'
        f"<tbody>{lines}</tbody></table>"
    )


def _cell(tag: str, text: str, side: str) -> str:
    weight = ";font-weight:normal" if tag == ROW else ""  # bold is for what a row's name says in bold
    return f'<{tag} style="text-align:{side}{weight}">{inline(text)}</{tag.split()[0]}>'


def _is_of_numbers(cells: Sequence[str]) -> bool:
    said = [cell.strip("*` ") for cell in cells if cell not in EMPTY]
    return bool(said) and all(NUMBER.match(cell) for cell in said)
