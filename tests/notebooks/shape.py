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
LAB = {  # of 90 minutes: the sections that it takes, each with its exercises
    "00-start-here": ("One task", "The nearest prototype", "Play: five cards"),
    "01-learning-to-learn": ("A task, and many of them", "Draw a task", "Three flaws of a sampler"),
    "02-rapid-fine-tuning": ("A network that knows other characters", "Fine-tuning, step by step"),
    "06-prototypical-networks": ("The whole method", "Which distance?", "Train one from nothing"),
}
LAB_TEXT = re.compile(r"(<!-- SECTIONS OF THE 90-MINUTE LAB[^\n]*-->\n).*?(\n<!-- end -->)", re.DOTALL)


class Shape(NamedTuple):
    """What the budgets are about."""

    words: int  # in all text cells, folds included
    code: int  # lines of code, blank ones included
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
    return len(cell.source.strip().splitlines())


def shape(notebook: NotebookNode) -> Shape:
    """Count a notebook."""
    code = code_cells(notebook)
    read, exercises = minutes(notebook.cells)
    return Shape(
        words=sum(len(cell.source.split()) for cell in text_cells(notebook)),
        code=sum(lines(cell) for cell in code),
        longest=max(map(lines, code)),
        set_up=sum(bool(line.strip()) for line in code[0].source.splitlines()),
        curious=len(section(notebook, "For the curious").split()),
        minutes=read,
        exercises=exercises,
    )


def section(notebook: NotebookNode, title: str) -> str:
    """The text under `## title`, up to the next title of that rank; empty where there is none."""
    return "\n".join(cell.source for cell in sections(notebook).get(title, []) if cell.cell_type == "markdown")


def sections(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    """The cells under each `## title`; a text cell is cut where a title stands in it. The head's title is empty."""
    found: dict[str, list[NotebookNode]] = {"": []}
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            list(found.values())[-1].append(cell)
            continue
        for part in re.split(r"^(?=## )", cell.source, flags=re.MULTILINE):
            title, _, text = part.removeprefix("## ").partition("\n") if part.startswith("## ") else ("", "", part)
            cells = found.setdefault(title.strip(), []) if title else list(found.values())[-1]
            cells.append(nbformat.v4.new_markdown_cell(text))
    return found


def minutes(cells: list[NotebookNode]) -> tuple[int, int]:
    """To read these cells, and for their exercises."""
    words = sum(len(c.source.split() if c.cell_type == "markdown" else re.findall(r"\w+", c.source)) for c in cells)
    exercises = sum(int(n) for c in cells if c.cell_type == "markdown" for n in TITLE.findall(c.source))
    return math.ceil(words / WORDS_A_MINUTE), exercises


def lab(folder: Path = FOLDER) -> tuple[str, int]:
    """What README says of the lab of 90 minutes, and how many it takes."""
    lines, total, whole = [], 0, 0
    for name, titles in LAB.items():
        notebook = nbformat.read(folder / f"{name}.ipynb", as_version=4)
        found = sections(notebook)
        taken = [minutes(found[title]) for title in titles]
        whole += sum(minutes(notebook.cells))
        total += sum(map(sum, taken))
        listed = ", ".join(f"*{title}*" for title in titles)
        lines.append(f"- {name[:2]}: {listed} ({sum(map(sum, taken))} minutes)")
    head = (
        f"These sections make a lab of 90 minutes: {total} by the count above, exercises included, and the rest for "
        f"cells that run and for questions. The four notebooks whole take {whole}."
    )
    return "\n".join([head, "", *lines]), total


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


def write_lab() -> None:
    """Put the lab's sections into README."""
    text = README.read_text(encoding="utf-8")
    README.write_text(LAB_TEXT.sub(lambda found: found[1] + lab()[0] + found[2], text), encoding="utf-8")


def main(arguments: list[str]) -> int:
    for path in sorted(FOLDER.glob("*.ipynb")):
        if "--write" in arguments:
            write(path)
        notebook = nbformat.read(path, as_version=4)
        print(f"{path.stem:26}", *(f"{name} {value:5}" for name, value in shape(notebook)._asdict().items()), sep="  ")
    if "--write" in arguments:
        write_lab()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
