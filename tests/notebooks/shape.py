"""How long the notebooks are: `python tests/notebooks/shape.py`. With `--write` their heads and the README say it.

A notebook's minutes are its words at 200 a minute, those of its visible code included; the minutes of its exercises
are those that their titles name.
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
HEAD = re.compile(r"^\| time to read \|[^|\n]*\|", re.MULTILINE)
TITLE = re.compile(r"^\*\*Your turn: [^*]+\*\* \((\d+) minutes, (?:easy|medium|hard), [^)]+\)", re.MULTILINE)
README = FOLDER.parent / "README.md"


class Shape(NamedTuple):
    """What the budgets are about."""

    words: int  # in all text cells, folds included
    code: int  # lines of code that are not blank
    longest: int  # lines of the longest code cell
    set_up: int  # lines of the first code cell that are not blank
    curious: int  # words of the section "For the curious"
    minutes: int
    exercises: int  # minutes


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
        exercises=sum(int(n) for cell in text_cells(notebook) for n in TITLE.findall(cell.source)),
    )


def section(notebook: NotebookNode, title: str) -> str:
    """The text under `## title`, up to the next title of that rank; empty where there is none."""
    text = "\n".join(cell.source for cell in text_cells(notebook))
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def head(notebook: NotebookNode) -> str:
    """The line of the notebook's head that says how long it takes."""
    found = shape(notebook)
    return f"| time to read | {found.minutes} minutes, and {found.exercises} for the exercises |"


def row(notebook: NotebookNode) -> str:
    """The same as README's table has it."""
    found = shape(notebook)
    return f"{found.minutes} + {found.exercises} min"


def stated(text: str, name: str) -> str:
    """What README's table says of the notebook `name`; empty where it says nothing."""
    found = re.search(rf"^\|[^\n]*\(notebooks/{name}\.ipynb\) \|[^|\n]*\| ([^|\n]*) \|", text, re.MULTILINE)
    return found[1] if found else ""


def write(path: Path) -> None:
    """Put the minutes into the notebook's head and into README's table, and nothing else."""
    notebook = nbformat.read(path, as_version=4)
    source = HEAD.sub(head(notebook), notebook.cells[0].source)
    if source != notebook.cells[0].source:
        notebook.cells[0].source = source
        nbformat.write(notebook, path)
    text = README.read_text(encoding="utf-8")
    old = stated(text, path.stem)
    line = next((line for line in text.splitlines() if f"(notebooks/{path.name})" in line and line.startswith("|")), "")
    if old and old != row(notebook):
        text = text.replace(line, line.replace(f"| {old} |", f"| {row(notebook)} |"))
        README.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    for path in sorted(FOLDER.glob("*.ipynb")):
        if "--write" in arguments:
            write(path)
        notebook = nbformat.read(path, as_version=4)
        print(f"{path.stem:26}", *(f"{name} {value:5}" for name, value in shape(notebook)._asdict().items()), sep="  ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
