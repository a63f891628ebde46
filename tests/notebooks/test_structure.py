"""The committed notebooks: executed in order, without an error, from the sources they show, readable by all."""

import json
import re

import nbformat
import pytest
from execute import FOLDER, digest, list_committed, put_scripts, tidy

from metalib import jupyter
from metalib.jupyter import widget_state

PATHS = sorted(FOLDER.glob("*.ipynb"))
FILE, WIDGETS, WIDGET = 4_000_000, 1_000_000, 300_000  # bytes: a notebook, its widgets' state, one widget's
WITH_A_NETWORK = {"metalib.course.draw_your_own.draw_your_own.DrawYourOwn": 500_000}  # one that carries its weights
ROOT = str(FOLDER.parent)
LOCAL_PATH = re.compile(rf"(?<![\w/.:])(/home/|/root/|/Users/|/tmp/|/mnt/|{re.escape(ROOT)}|[A-Z]:\\)")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def text_of(output):
    """All that an output says in words."""
    data = output.get("data", {})
    texts = [output.get("text", ""), *(data.get(kind, "") for kind in ("text/plain", "text/markdown", "text/html"))]
    return [re.sub(r"<[^>]+>", "", text).strip() for text in texts]


def html_of(cell):
    return "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)


def pictures_without_words(cell):
    """How many of the cell's pictures have no alternative text: HTML ones without, and PNGs, which can have none."""
    bare = sum("image/png" in output.get("data", {}) for output in cell.outputs)
    return bare + sum(not re.search(r'\balt="[^"]*\w', tag) for tag in re.findall(r"<img\b[^>]*>", html_of(cell)))


def test_there_are_notebooks():
    assert [path.name for path in PATHS][:2] == ["00-start-here.ipynb", "01-learning-to-learn.ipynb"]


def test_is_a_valid_notebook_with_unique_cell_ids(notebook):
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


def test_cells_ran_in_order(notebook):
    counts = [cell.execution_count for cell in code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"


def test_outputs_belong_to_the_sources(notebook):
    stored = notebook.metadata.get("metalib", {}).get("sources")
    assert stored == digest(notebook), "the sources were changed since the outputs were made: run `make notebooks`"


def test_no_cell_ended_in_an_error_or_a_warning(notebook):
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error"] == []
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_every_figure_has_an_alternative_text(notebook):
    assert any("<img" in html_of(cell) for cell in code_cells(notebook))
    assert [cell.source for cell in code_cells(notebook) if pictures_without_words(cell)] == []


def test_what_is_folded_in_an_output_is_closed(notebook):
    assert [cell.source for cell in code_cells(notebook) if re.search(r"<details[^>]*\bopen\b", html_of(cell))] == []


def test_every_picture_in_a_text_cell_has_an_alternative_text(notebook):
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert [text for text in texts if "![](" in text or re.search(r"<img(?![^>]*\balt=)", text)] == []


def bytes_of(models):
    return len(json.dumps(models, ensure_ascii=False).encode())


def test_is_small(path, notebook):
    models = widget_state.models(notebook.metadata)
    assert path.stat().st_size < FILE
    assert bytes_of(models) < WIDGETS
    limits = {name: WITH_A_NETWORK.get(model["state"].get("_anywidget_id"), WIDGET) for name, model in models.items()}
    assert {name: bytes_of(model) for name, model in models.items() if bytes_of(model) >= limits[name]} == {}


def test_every_widget_has_its_model_and_every_model_is_needed(notebook):
    models = widget_state.models(notebook.metadata)
    named = [data[widget_state.VIEW]["model_id"] for data in widget_state.views(notebook.cells)]
    assert set(named) <= set(models)
    assert sorted(widget_state.closure(models, named)) == sorted(models)


def test_widgets_carry_the_scripts_of_today(notebook):
    assert put_scripts(notebook) == [], "`make notebooks NOTEBOOKS=--scripts` puts them in, and executes nothing"


def test_where_a_widgets_words_stand_its_view_stands_too(notebook):
    shown = [output.get("data", {}) for cell in code_cells(notebook) for output in cell.outputs]
    words = [data for data in shown if re.match(r"Predict: |[^\n]*, a widget: run", data.get("text/plain", ""))]
    assert words and [data for data in words if widget_state.VIEW not in data] == []


def test_every_widget_has_words_for_a_page_without_widgets(notebook):
    assert [data for data in widget_state.views(notebook.cells) if len(data["text/plain"]) < 20] == []


def test_models_are_called_after_their_cells(notebook):
    """So that executing again without a change is an empty diff."""
    cells = {cell.id for cell in notebook.cells}
    assert {name.rpartition("-")[0] for name in widget_state.models(notebook.metadata)} <= cells


def test_is_listed_as_committed(path):
    """Else `make lab` does not trust it, and its widgets show as text."""
    listed = dict(reversed(line.split()) for line in jupyter.COMMITTED.read_text(encoding="utf-8").splitlines())
    assert listed[f"notebooks/{path.name}"] == jupyter.digest(path), "run `make notebooks`"


def test_speaks_of_no_place_on_the_authors_machine(notebook):
    for cell in notebook.cells:
        for text in [cell.source, *(text for output in cell.get("outputs", []) for text in text_of(output))]:
            assert not LOCAL_PATH.search(text), text[:500]


def cell_with(*outputs):
    return nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output(**output) for output in outputs])


PRINTED = {"output_type": "stream", "name": "stdout", "text": "Figure: a line that rises."}
BARE = {"output_type": "display_data", "data": {"image/png": "", "text/plain": "<Figure size 640x480>"}}


def page(html):
    return {"output_type": "display_data", "data": {"text/html": html, "text/plain": "Figure: a line that rises."}}


SAID, SILENT = '<img alt="a line &gt; 0" src="data:,">', '<img src="data:,">'


@pytest.mark.parametrize(
    ("outputs", "missing"),
    [
        ([page(SAID)], 0),
        ([page(f"<details>{SAID}{SILENT}</details>")], 1),
        ([page('<img alt=" " src="data:,">')], 1),
        ([BARE, PRINTED], 1),
        ([PRINTED], 0),
    ],
)
def test_pictures_without_words_are_seen(outputs, missing):
    assert pictures_without_words(cell_with(*outputs)) == missing


def test_tidying_takes_out_progress_bars_and_times_and_adds_the_digest():
    bar = {"output_type": "stream", "name": "stderr", "text": "\r" + " " * 40 + "\r"}
    notebook = nbformat.v4.new_notebook(cells=[cell_with(bar, PRINTED)])
    notebook.cells[0].metadata.execution = {"iopub.status.idle": "now"}
    tidy(notebook)
    assert [text_of(output)[0] for output in notebook.cells[0].outputs] == [PRINTED["text"]]
    assert notebook.cells[0].metadata == {}
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.metalib.sources == digest(notebook)
    notebook.cells[0].source = "y"
    assert notebook.metadata.metalib.sources != digest(notebook)


BOX, CARD, LAYOUT, BAR = ("0123456789abcdef" * 2, "a" * 32, "b" * 32, "c" * 32)  # as a kernel calls its models


def widgets_of_a_kernel():
    """A notebook as a run leaves it: a box with a card in it, and the model of a progress bar that is gone."""
    view = {widget_state.VIEW: {"model_id": BOX, "version_major": 2}, "text/plain": "VBox(children=(Card(),))"}
    cell = cell_with({"output_type": "display_data", "data": view})
    cell.id = "table"
    empty = {"_view_count": None, "tabbable": None, "tooltip": None, "_dom_classes": []}
    kinds = {BOX: "VBoxModel", CARD: "AnyModel", LAYOUT: "LayoutModel", BAR: "FloatProgressModel"}
    states = {
        BOX: {**empty, "children": [f"IPY_MODEL_{CARD}"], "layout": f"IPY_MODEL_{LAYOUT}"},
        CARD: {**empty, "layout": f"IPY_MODEL_{LAYOUT}", "data": {"n": None, "tooltip": None}},
        LAYOUT: {"_model_name": "LayoutModel", "width": None, "height": "3px"},
        BAR: {"value": 1.0},
    }
    notebook = nbformat.v4.new_notebook(cells=[cell])
    found = {name: {"model_name": kinds[name], "state": state} for name, state in states.items()}
    widget_state.hold(notebook.metadata, nbformat.from_dict(found))
    return notebook


def test_tidying_keeps_the_models_that_are_seen_and_names_them_after_the_cell():
    notebook = widgets_of_a_kernel()
    tidy(notebook)
    (data,) = widget_state.views(notebook.cells)
    assert data["text/plain"] == widget_state.RUN_THIS_CELL
    assert data[widget_state.VIEW]["model_id"] == "table-1"
    assert {name: model["state"] for name, model in widget_state.models(notebook.metadata).items()} == {
        "table-1": {"children": ["IPY_MODEL_table-2"], "layout": "IPY_MODEL_table-3"},
        "table-2": {"layout": "IPY_MODEL_table-3", "data": {"n": None, "tooltip": None}},
        "table-3": {"height": "3px"},
    }


def test_a_notebook_is_listed_once(tmp_path):
    notebook, committed = tmp_path / "notebooks" / "x.ipynb", tmp_path / "list"
    notebook.parent.mkdir()
    for text in ("one", "two"):
        notebook.write_text(text, encoding="utf-8")
        list_committed(notebook, committed)
    assert committed.read_text(encoding="utf-8") == f"{jupyter.digest(notebook)}  notebooks/x.ipynb\n"


@pytest.mark.parametrize("text", ["/home/me/x", "in (/root/.local)", "C:\\Users\\me", f"{ROOT}/data"])
def test_local_paths_are_seen(text):
    assert LOCAL_PATH.search(text)


def test_addresses_are_no_local_paths():
    assert not LOCAL_PATH.search("https://example.org/home/me and data/tmp/x and a/b")
