"""Execute the course's notebooks and write them back with their outputs: `make notebooks`.

Each runs top to bottom, on Omniglot, in a fresh kernel, with an empty user folder. A digest of the cells' sources goes
into the notebook's metadata, so that a test can say whether the outputs belong to the sources. A notebook in which a
cell fails is left as it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from metalib import files, places
from metalib.banks import omniglot

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
INSTEAD_OF_WIDGET = "Run this cell to work with the widget. The picture beside it says the same without a kernel."
CELL_SECONDS = 600


def digest(notebook: NotebookNode) -> str:
    """A digest of the cells' kinds and sources: outputs belong to the sources they were made from."""
    cells = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def run(notebook: NotebookNode, folder: Path) -> None:
    """Execute all cells in `folder`, in order, in a fresh kernel. Raises CellExecutionError at the first that fails."""
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=False,
        record_timing=False,
        coalesce_streams=True,  # a progress bar is one line that is written over and over: the last state is kept
    )
    client.execute()


def tidy(notebook: NotebookNode) -> None:
    """Take out what differs between two runs and what nobody can see without a kernel; add the sources' digest.

    A widget without its kernel shows as "model not found", and its saved state would double the file.
    """
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if not is_progress_bar(output)]
        for output in cell.outputs:
            if WIDGET_VIEW in output.get("data", {}):
                words = output.data.get("text/plain", "")
                has_words = words and "(children=" not in words  # else the repr of a box of ipywidgets
                output.data = NotebookNode({"text/plain": words if has_words else INSTEAD_OF_WIDGET})
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "metalib": {"sources": digest(notebook)},
        }
    )


def is_progress_bar(output: NotebookNode) -> bool:
    """Whether `output` is all that a cleared progress bar leaves behind: blanks."""
    return output.output_type == "stream" and not output.text.strip()


def main(names: list[str]) -> int:
    """Execute the notebooks `names`, or all of them; returns the exit status."""
    os.environ.pop("METALIB_BANK", None)
    if omniglot.find() is None:
        print(f"The committed notebooks show Omniglot. {places.where_looked('It')}, or run `metalib data fetch`.")
        return 1
    for path in [Path(name) for name in names] or sorted(FOLDER.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as user:
            os.environ["METALIB_USER"] = user
            try:
                run(notebook, path.parent)
            except CellExecutionError as error:
                print(f"{path.name} was left as it was: {error}")
                return 1
        tidy(notebook)
        nbformat.validate(notebook)
        files.write_atomically(path, lambda part, notebook=notebook: nbformat.write(notebook, part))
        print(f"{path.name}: {time.perf_counter() - start:.0f} s, {path.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
