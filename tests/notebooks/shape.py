"""How long the notebooks are: `python tests/notebooks/shape.py`. With `--write` their heads and the README say it.

A notebook's minutes are its words at 200 a minute, those of its visible code included.
"""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
from execute import FOLDER
from nbformat import NotebookNode

WORDS_A_MINUTE = 200
HEAD = re.compile(r"^(\| time to read \| )[^|\n]*?(\d+) minutes", re.MULTILINE)
ROW = r"^(\|[^\n]*\(notebooks/{name}\)[^\n]*\| )(\d+)( min[^|\n]*\|)"


class Shape(NamedTuple):
    """What the budgets are about."""

    words: int  # in all text cells, folds included
    code: int  # lines of code that are not blank
    longest: int  # lines of the longest code cell
    set_up: int  # lines of the first code cell that are not blank
    curious: int  # words of the section "For the curious"
    minutes: int


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def text_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def lines(cell: NotebookNode) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def shape(notebook: NotebookNode) -> Shape:
    """Count a notebook."""
    words = [len(cell.source.split()) for cell in text_cells(notebook)]
    code = code_cells(notebook)
    of_code = sum(len(re.findall(r"\w+", cell.source)) for cell in code)
    return Shape(
        words=sum(words),
        code=sum(lines(cell) for cell in code),
        longest=max(len(cell.source.strip().splitlines()) for cell in code),
        set_up=lines(code[0]),
        curious=len(section(notebook, "For the curious").split()),
        minutes=math.ceil((sum(words) + of_code) / WORDS_A_MINUTE),
    )


def section(notebook: NotebookNode, title: str) -> str:
    """The text under `## title`, up to the next title of that rank; empty where there is none."""
    text = "\n".join(cell.source for cell in text_cells(notebook))
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def stated(notebook: NotebookNode) -> int | None:
    """The minutes that the notebook's head names."""
    found = HEAD.search(notebook.cells[0].source)
    return int(found[2]) if found else None


def write(path: Path) -> None:
    """Put the minutes into the notebook's head, and nothing else."""
    notebook = nbformat.read(path, as_version=4)
    head = HEAD.sub(rf"\g<1>{shape(notebook).minutes} minutes", notebook.cells[0].source)
    if head != notebook.cells[0].source:
        notebook.cells[0].source = head
        nbformat.write(notebook, path)


def main(arguments: list[str]) -> int:
    for path in sorted(FOLDER.glob("*.ipynb")):
        if "--write" in arguments:
            write(path)
        notebook = nbformat.read(path, as_version=4)
        print(f"{path.stem:26}", *(f"{name} {value:5}" for name, value in shape(notebook)._asdict().items()), sep="  ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
