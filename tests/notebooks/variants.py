"""The course's notebooks as four learners leave them: `python tests/notebooks/variants.py NOTEBOOK … --answers slow`.

untouched  the stubs as they come
solutions  the solutions of the folds in the stubs' place
slow       the same, and every one of them over its budget
wrong      functions that return 0

A live training says how long it is in a line of its own, `updates = 300`; `--updates 3` cuts them all, and exams to
their first batch. A copy with its outputs goes to artefacts/variants/, and the seconds of each cell are printed.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from unittest.mock import patch

import nbformat
from execute import CELL_SECONDS, FOLDER
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ANSWERS = ("untouched", "solutions", "slow", "wrong")
SOLUTION = re.compile(r"<summary>A solution</summary>\s*```python\n(.*?)```", re.DOTALL)
UPDATES = re.compile(r"^(\s*\w*updates = )([\d_]+)", re.MULTILINE)
PACE = "from metalib.course.kit import exercise\n\nexercise.PACE = {}  # what every budget is multiplied by"
PACES = {"slow": 0, "solutions": 1000}  # no budget is long enough; every one is, on a machine that does much else, too
FEW_TASKS = """
from itertools import islice
from metalib import episodes
from metalib.course.kit import exams

def first_batch_of(stream):
    return lambda *arguments, **settings: islice(stream(*arguments, **settings), 1)

def sit(exam, predict, bank):
    values = exams.evaluate(predict, exam.episodes(bank))
    return values.repeat(exam.n_episodes)[: exam.n_episodes]  # as many as are stored of other methods

episodes.stream_episodes = exams.stream_episodes = first_batch_of(episodes.stream_episodes)
exams.Exam.sit = sit
"""


def solutions(notebook: NotebookNode) -> dict[str, str]:
    """The functions that the folds named "A solution" define: name -> source, in the notebook's order."""
    found = {}
    for cell in notebook.cells:
        for source in SOLUTION.findall(cell.source) if cell.cell_type == "markdown" else []:
            names = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
            if len(names) != 1:
                raise ValueError(
                    f"a solution defines {len(names)} functions at its top: give it one, with its helpers inside"
                )
            found[names[0]] = source.strip()
    return found


def stubs(source: str) -> list[ast.FunctionDef]:
    """The functions of a cell whose body is `...`, after their docstring."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return [node for node in functions if _is_dots(node.body[-1]) and len(node.body) <= 2]


def _is_dots(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def answered(notebook: NotebookNode, answers: str, updates: int | None = None) -> NotebookNode:
    """A copy with the stubs answered in one of the ways ANSWERS; with `updates`, trainings are cut to so many, exams to
    a batch."""
    copy = nbformat.from_dict(notebook)
    right = solutions(copy)
    for cell in copy.cells:
        if cell.cell_type == "code":
            if answers != "untouched":
                cell.source = _answered(cell.source, right, wrong=answers == "wrong")
            if updates is not None:
                cell.source = UPDATES.sub(rf"\g<1>{updates}", cell.source)
    settings = [FEW_TASKS] if updates is not None else []
    settings += [PACE.format(PACES[answers])] if answers in PACES else []
    if settings:
        copy.cells.insert(0, nbformat.v4.new_code_cell("\n\n".join(settings)))
    return copy


def with_a_tenth_of_the_updates(source: str) -> str:
    """The source of a cell as the tests of the whole notebooks run it: its live training is a tenth as long."""
    return UPDATES.sub(lambda found: f"{found[1]}{max(1, int(found[2]) // 10)}", source)


def at_first_wrong(notebook: NotebookNode) -> NotebookNode:
    """A copy in which each stub comes twice, with its check: answered wrong, and as it is."""
    copy = nbformat.from_dict(notebook)
    cells: list[NotebookNode] = []
    for cell in copy.cells:
        for node in stubs(cell.source) if cell.cell_type == "code" and "..." in cell.source else []:
            check = next(later.source for later in copy.cells if f"{node.name} = checks.mine(" in later.source)
            cells += map(nbformat.v4.new_code_cell, [_answered(cell.source, {}, wrong=True), check])
        cells.append(cell)
    copy.cells = cells
    return copy


def _answered(source: str, right: dict[str, str], *, wrong: bool) -> str:
    lines = source.splitlines()
    for node in reversed(stubs(source) if "..." in source else []):
        answer = f"def {node.name}(*arguments, **settings):\n    return 0" if wrong else right[node.name]
        lines[node.lineno - 1 : node.end_lineno] = answer.splitlines()
    return "\n".join(lines)


def execute(*notebooks: NotebookNode, folder: Path = FOLDER) -> list[float]:
    """Run all cells of one after the other in one fresh kernel with an empty user folder; the seconds of each cell.

    Raises CellExecutionError at the first cell that fails.
    """
    seconds = []
    first = notebooks[0]
    with tempfile.TemporaryDirectory() as user, patch.dict("os.environ", {"METALIB_USER": user}):
        resources = {"metadata": {"path": str(folder)}}
        client = NotebookClient(
            first, timeout=CELL_SECONDS, kernel_name="python3", resources=resources, coalesce_streams=True
        )
        with client.setup_kernel():
            for notebook in notebooks:
                client.nb = notebook
                client.reset_execution_trackers()
                for index, cell in enumerate(notebook.cells):
                    start = time.perf_counter()
                    client.execute_cell(cell, index)
                    seconds.append(time.perf_counter() - start)
    return seconds


def printed(notebook: NotebookNode) -> str:
    """All that the cells' outputs say in plain text."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs)


def assert_learners_functions_ran(names: Iterable[str], said: str) -> None:
    """That the notebook which printed `said` ran the learner's functions, all of them and nothing else."""
    names = list(names)
    assert names
    assert [name for name in names if f"The cells below run your {name}." not in said] == []
    assert "run the course's" not in said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(FOLDER.glob("*.ipynb")))
    parser.add_argument("--answers", choices=ANSWERS, default="untouched")
    parser.add_argument("--updates", type=int)
    arguments = parser.parse_args()
    folder = FOLDER.parent / "artefacts" / "variants"
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in arguments.notebooks:
        notebook = answered(nbformat.read(path, as_version=4), arguments.answers, arguments.updates)
        seconds: list[float] = []
        try:
            seconds = execute(notebook)
        except CellExecutionError as error:
            failed += 1
            print(f"{path.name}: {error}")
        for cell, took in zip(notebook.cells, seconds, strict=False):
            if took > 0.5:
                print(f"  {took:5.1f} s  {cell.source.strip().splitlines()[0][:80]}")
        print(f"{path.name}, {arguments.answers}: {sum(seconds):.0f} s")
        nbformat.write(notebook, folder / f"{path.stem}-{arguments.answers}.ipynb")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
