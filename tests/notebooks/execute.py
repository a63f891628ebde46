"""Execute the course's notebooks and write them back with their outputs: `make notebooks`.

Each runs top to bottom, on Omniglot, in a fresh kernel, with an empty user folder. The widgets' state is stored, so
that they live in a notebook that is opened and not run. A digest of the cells' sources goes into the notebook's
metadata, so that a test can say whether the outputs belong to the sources. A notebook in which a cell fails is left as
it was.

`make notebooks NOTEBOOKS=--scripts` executes nothing: it puts the widgets' scripts and sheets as they are now into the
states that the notebooks carry.

The notebooks that were written are listed in metalib/jupyter/notebooks.sha256, which says what `make lab` may trust.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from metalib import files, jupyter, places
from metalib.banks import omniglot
from metalib.jupyter import widget_state

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
CELL_SECONDS = 600
# what a model has where it was not set; of a layout, all that is None
EMPTY: dict[str, object] = {"_dom_classes": [], "_view_count": None, "tabbable": None, "tooltip": None}


def digest(notebook: NotebookNode) -> str:
    """A digest of the cells' kinds and sources: outputs belong to the sources they were made from."""
    cells = [[cell.cell_type, cell.source] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def run(notebook: NotebookNode, folder: Path) -> None:
    """Execute all cells in `folder`, in order, in a fresh kernel. Raises CellExecutionError at the first that fails."""
    notebook.metadata.pop("widgets", None)  # of an earlier run
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=True,
        record_timing=False,
        coalesce_streams=True,  # a progress bar is one line that is written over and over: the last state is kept
    )
    client.execute()


def tidy(notebook: NotebookNode) -> None:
    """Take out what differs between two runs and what nobody can see; add the sources' digest."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_progress_bar(output)]
    kept = tidy_widgets(notebook)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            "metalib": {"sources": digest(notebook)},
        }
    )
    widget_state.hold(notebook.metadata, kept)


def tidy_widgets(notebook: NotebookNode) -> widget_state.Models:
    """The models that outputs name and what these need, called after their cells: "five-cards-1", "five-cards-2", …

    A kernel calls them at random. The outputs and the models are changed to the new names.
    """
    found = widget_state.models(notebook.metadata)
    calls: dict[str, str] = {}
    for cell in notebook.cells:
        shown = [data[widget_state.VIEW]["model_id"] for data in widget_state.views([cell])]
        fresh = [name for name in widget_state.closure(found, shown) if name not in calls]
        calls |= {name: f"{cell.id}-{number}" for number, name in enumerate(fresh, 1)}
    for data in widget_state.views(notebook.cells):
        data["text/plain"] = widget_state.words(data)
        data[widget_state.VIEW]["model_id"] = calls[data[widget_state.VIEW]["model_id"]]
    return {calls[name]: renamed(found[name], calls) for name in calls}


def renamed(model: dict, calls: dict[str, str]) -> dict:
    """A model without the values that are empty in any model, and with the models it needs by their new names."""
    state = {key: value for key, value in model["state"].items() if key not in EMPTY or value != EMPTY[key]}
    if model["model_name"] == "LayoutModel":
        state = {key: value for key, value in state.items() if value is not None and not key.startswith("_")}
    text = json.dumps({**model, "state": state})
    return json.loads(
        re.sub(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", lambda match: calls.get(match[0], match[0]), text)
    )


def is_progress_bar(output: NotebookNode) -> bool:
    """Whether `output` is all that a cleared progress bar leaves behind: blanks."""
    return output.output_type == "stream" and not output.text.strip()


def list_committed(path: Path, committed: Path = jupyter.COMMITTED) -> None:
    """Write down the digest of a notebook as it is now: `make lab` trusts the notebooks listed, and no other."""
    name = f"{path.parent.name}/{path.name}"
    listed = committed.read_text(encoding="utf-8").splitlines() if committed.exists() else []
    lines = {line.split()[1]: line for line in listed} | {name: f"{jupyter.digest(path)}  {name}"}
    committed.write_text("".join(f"{lines[key]}\n" for key in sorted(lines)), encoding="utf-8")


def put_scripts(notebook: NotebookNode) -> list[str]:
    """Give each widget's stored state the script and sheet of its class; returns the names of those that had others."""
    changed = []
    for name, model in widget_state.models(notebook.metadata).items():
        if kind := model["state"].get("_anywidget_id"):
            module, _, widget = kind.rpartition(".")
            of_class = getattr(importlib.import_module(module), widget)
            now = {"_esm": str(of_class._esm), "_css": str(of_class._css)}
            if {key: model["state"][key] for key in now} != now:
                changed.append(name)
                model["state"] |= now
    return changed


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook, whole or not at all, and list it where it is one of the course's."""
    nbformat.validate(notebook)
    files.write_atomically(path, lambda part: nbformat.write(notebook, part))
    if path.resolve().parent == FOLDER:
        list_committed(path)


def main(names: list[str]) -> int:
    """Execute the notebooks `names`, or all of them; returns the exit status."""
    if names == ["--scripts"]:
        for path in sorted(FOLDER.glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            if changed := put_scripts(notebook):
                write(notebook, path)
                print(f"{path.name}: {', '.join(changed)}")
        return 0
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
        write(notebook, path)
        print(f"{path.name}: {time.perf_counter() - start:.0f} s, {path.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
