"""The committed notebooks: executed in order, without an error, from the sources they show, readable by all."""

import re

import nbformat
import pytest
from execute import FOLDER, INSTEAD_OF_WIDGET, WIDGET_VIEW, digest, tidy

PATHS = sorted(FOLDER.glob("*.ipynb"))
LARGEST = 2_000_000  # bytes
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


def uncaptioned(cell):
    """How many of the cell's pictures have no caption: a text output that begins with "Figure"."""
    pictures = sum("image/png" in output.get("data", {}) for output in cell.outputs)
    captions = sum(any(text.startswith("Figure") for text in text_of(output)) for output in cell.outputs)
    return max(0, pictures - captions)


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


def test_every_figure_has_a_caption(notebook):
    assert [cell.source for cell in code_cells(notebook) if uncaptioned(cell)] == []


def test_every_picture_in_a_text_cell_has_an_alternative_text(notebook):
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    assert [text for text in texts if "![](" in text or re.search(r"<img(?![^>]*\balt=)", text)] == []


def test_is_small(path):
    assert path.stat().st_size < LARGEST


def test_speaks_of_no_place_on_the_authors_machine(notebook):
    for cell in notebook.cells:
        for text in [cell.source, *(text for output in cell.get("outputs", []) for text in text_of(output))]:
            assert not LOCAL_PATH.search(text), text[:500]


def test_holds_no_widget_that_needs_a_kernel_to_show(notebook):
    assert "widgets" not in notebook.metadata
    assert not any(WIDGET_VIEW in output.get("data", {}) for cell in code_cells(notebook) for output in cell.outputs)


def cell_with(*outputs):
    return nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output(**output) for output in outputs])


PICTURE = {"output_type": "display_data", "data": {"image/png": "", "text/plain": "<Figure size 640x480>"}}
CAPTION = {"output_type": "display_data", "data": {"text/markdown": "Figure: a line that rises."}}
PRINTED = {"output_type": "stream", "name": "stdout", "text": "Figure: a line that rises."}


@pytest.mark.parametrize(
    ("outputs", "missing"),
    [([PICTURE], 1), ([PICTURE, CAPTION], 0), ([PICTURE, PRINTED], 0), ([PICTURE, CAPTION, PICTURE], 1), ([], 0)],
)
def test_a_caption_counts_once(outputs, missing):
    assert uncaptioned(cell_with(*outputs)) == missing


def test_tidying_takes_out_progress_bars_widgets_and_times_and_adds_the_digest():
    bar = {"output_type": "stream", "name": "stderr", "text": "\r" + " " * 40 + "\r"}
    widget = {
        "output_type": "execute_result",
        "data": {WIDGET_VIEW: {"model_id": "1"}, "text/plain": "Box(children=())"},
    }
    notebook = nbformat.v4.new_notebook(cells=[cell_with(bar, widget, PRINTED)])
    notebook.cells[0].metadata.execution = {"iopub.status.idle": "now"}
    tidy(notebook)
    assert [text_of(output)[:2] for output in notebook.cells[0].outputs] == [
        ["", INSTEAD_OF_WIDGET],
        ["Figure: a line that rises.", ""],
    ]
    assert notebook.cells[0].metadata == {}
    assert notebook.metadata.metalib.sources == digest(notebook)
    notebook.cells[0].source = "y"
    assert notebook.metadata.metalib.sources != digest(notebook)


@pytest.mark.parametrize("text", ["/home/me/x", "in (/root/.local)", "C:\\Users\\me", f"{ROOT}/data"])
def test_local_paths_are_seen(text):
    assert LOCAL_PATH.search(text)


def test_addresses_are_no_local_paths():
    assert not LOCAL_PATH.search("https://example.org/home/me and data/tmp/x and a/b")
