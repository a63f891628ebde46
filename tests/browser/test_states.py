"""A notebook's widgets in each state that a learner meets: they live, or words stand there that say what to do.

JupyterLab's own answer to half of these is "Error displaying widget: model not found".
"""

import shutil

import execute
import harness
import nbformat
import pytest
from nbformat.sign import NotebookNotary
from small_notebook import (
    CELLS,
    ERRORS,
    choose,
    close,
    end_kernel,
    executed,
    look,
    opened,
    opened_beside,
    output_of,
    panel,
    run_cells,
    save,
    until,
    widgets,
)

from metalib import jupyter
from metalib.jupyter import widget_state

pytestmark = pytest.mark.browser

STATES, COPY, FOREIGN = "states.ipynb", "states-copy.ipynb", "from-elsewhere.ipynb"
COMMITTED = sorted((harness.ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The notebooks' folder in the server's root: the small one, a copy, one from elsewhere, and the course's."""
    root = tmp_path_factory.mktemp("root")
    harness.copy_notebooks(harness.ROOT / "notebooks", root)
    notebook = executed()
    nbformat.write(notebook, root / "notebooks" / STATES)
    notebook.cells[0].source += "  # by who knows whom"
    nbformat.write(notebook, root / "notebooks" / FOREIGN)
    return root / "notebooks"


@pytest.fixture(scope="module")
def jupyterlab(browser, served, tmp_path_factory):
    """JupyterLab's address, where the small notebook is trusted as the course's are."""
    state = tmp_path_factory.mktemp("state")
    (state / "data").mkdir()
    execute.list_committed(served / STATES, state / "listed")
    jupyter.sign(NotebookNotary(data_dir=str(state / "data")), served.parent, state / "listed")
    with harness.serving(served.parent, state, METALIB_USER=str(state / "user")) as address:
        yield address, []


@pytest.fixture(autouse=True)
def fresh(served, tmp_path_factory):
    """Each test begins with the small notebook as it was executed."""
    original = served.parent / STATES
    if not original.exists():
        shutil.copy(served / STATES, original)
    shutil.copy(original, served / STATES)
    shutil.copy(original, served / COPY)


def test_opened_and_not_run_they_live_and_nothing_on_the_disk_changes(lab, served):
    before = (served / STATES).read_bytes()
    for time in ("once", "twice"):
        opened(lab, STATES)
        assert widgets(lab) == {"first": "gone", "second": "gone"}
        save(lab)
        assert (served / STATES).read_bytes() == before
        choose(lab, "first")
        look(lab, f"opened-{time}-not-run")
        save(lab)
        save(lab)
        assert (served / STATES).read_bytes() == before


def test_escape_leads_out_of_a_widget_to_the_cells(lab):
    opened(lab, STATES)
    output_of(lab, "first").locator("input").first.focus()
    lab.page.keyboard.press("Escape")
    lab.page.keyboard.press("ArrowDown")
    names = list(CELLS)
    assert names[panel(lab, "panel.content.activeCellIndex")] == names[names.index("first") + 1]


def test_the_courses_notebooks_are_trusted_and_opening_them_changes_nothing(lab, served):
    lab.open(STATES)
    for path in COMMITTED:
        if not opened_beside(lab, path.name):
            opened(lab, path.name)
        save(lab)
        assert (served / path.name).read_bytes() == path.read_bytes()
        assert panel(lab, "[...panel.content.model.cells].every(cell => cell.type !== 'code' || cell.trusted)"), (
            path.name
        )
        text = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook").inner_text()
        assert [error for error in ERRORS if error in text] == []
        close(lab)


def test_after_run_all_then_a_cell_twice_then_the_next_morning(lab, served):
    lab.open(STATES).run_all()
    until(lab, "live", "live")
    choose(lab, "first", 1)
    choose(lab, "first", 0)
    look(lab, "run-all")
    run_cells(lab, "first", "first")
    until(lab, "live", "live")
    look(lab, "cell-run-twice")
    choose(lab, "second", 1)
    save(lab)
    models = widget_state.models(nbformat.read(served / STATES, 4).metadata)
    assert len(models) == 4  # two widgets and their layouts: none of the runs before
    end_kernel(lab)
    opened(lab, STATES)
    assert widgets(lab) == {"first": "gone", "second": "gone"}
    assert lab.page.locator(".metalib input:checked").count() == 1  # the answer of the day before
    choose(lab, "first")
    look(lab, "saved-kernel-ended-reopened")
    saved = (served / STATES).read_bytes()
    save(lab)
    assert (served / STATES).read_bytes() == saved


def test_run_all_then_the_kernel_restarts_and_only_then_is_saved(lab, served):
    lab.open(STATES).run_all()
    panel(lab, "panel.sessionContext.session.kernel.restart()")
    until(lab, "gone", "gone")
    choose(lab, "first")
    look(lab, "restarted")
    save(lab)
    opened(lab, STATES)
    assert all("Run this cell" in text for text in widgets(lab).values())
    look(lab, "run-all-restarted-saved-reopened")
    run_cells(lab, "set-up", "first")
    assert widgets(lab)["first"] == "live"
    assert "Run this cell" in widgets(lab)["second"]


def test_one_cell_of_several_run_then_the_kernel_shut_down_with_the_page_open(lab):
    opened(lab, STATES)
    run_cells(lab, "set-up", "first")
    until(lab, "live", "gone")
    choose(lab, "second")
    look(lab, "one-cell-run")
    save(lab)
    busy = "void panel.sessionContext.session.kernel.requestExecute({ code: 'import time; time.sleep(3)' })"
    panel(lab, busy)
    until(lab, "busy", "gone")
    choose(lab, "first", 1)
    look(lab, "kernel-busy")
    until(lab, "live", "gone")
    end_kernel(lab)
    until(lab, "gone", "gone")
    choose(lab, "first", 0)
    look(lab, "kernel-shut-down")
    opened(lab, STATES)
    assert widgets(lab) == {"first": "gone", "second": "gone"}
    look(lab, "kernel-shut-down-reopened")


def test_two_copies_open_beside_each_other(lab, served):
    for _ in range(3):  # as often as JupyterLab restores no model, see `opened`
        opened(lab, STATES)
        choose(lab, "first")
        if opened_beside(lab, COPY):
            break
    until(lab, "gone", "gone")
    look(lab, "two-copies")
    save(lab)
    assert (served / COPY).read_bytes() == (served.parent / STATES).read_bytes()


def test_a_notebook_from_elsewhere_shows_words_until_it_is_trusted_or_run(lab, served):
    before = (served / FOREIGN).read_bytes()
    opened(lab, FOREIGN)
    assert all("Predict: The" in text and "Run this cell" in text for text in widgets(lab).values())
    look(lab, "from-elsewhere")
    save(lab)
    assert (served / FOREIGN).read_bytes() == before
