"""A small notebook with two widgets, in the tab that `lab` is: what tests of a widget's states say and ask of it."""

import execute
import harness
import nbformat

OPTIONS = '[("One", "Yes: each widget lives."), ("Two", "No: look again.")], 0'
CELLS = {
    "set-up": "from metalib.course.kit.question import Question",
    "first": f'first = Question("The first: which?", {OPTIONS})\nfirst',
    "second": f'Question("The second: which?", {OPTIONS})',
    "state": "first.state",
}
ERRORS = ("model not found", "Error displaying widget", "Loading widget")
SESSION = f"{harness.PANEL}.sessionContext"


def executed() -> nbformat.NotebookNode:
    """A small notebook with two widgets, executed as the course's are."""
    cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in CELLS.items()]
    notebook = nbformat.v4.new_notebook(cells=cells)
    execute.run(notebook, harness.ROOT)
    execute.tidy(notebook)
    return notebook


def panel(lab, script: str):
    """What an expression of JupyterLab's API gives, awaited; `panel` in it is the notebook in front."""
    return lab.page.evaluate(f"(async () => {{ const panel = {harness.PANEL}; return {script}; }})()")


def opened(lab, notebook: str, *, folder: str = "notebooks"):
    """Open `notebook` and wait until JupyterLab has put something in the place of each widget that is in sight.

    On a machine with several times as much to do as it has cores, ipywidgets' manager (8.1.9) now and then restores no
    model of a notebook, though the file has them, and says "model not found" for good: two of 40 openings. A learner
    opens the notebook again, and so does this, once. Where the fault lies was not found.
    """
    lab.open(notebook, folder=folder)
    if not restored(lab):
        lab.open(notebook, folder=folder)
        restored(lab)


def opened_beside(lab, notebook: str) -> bool:
    """Open `notebook` in the same tab of the browser, in front of what is open there; whether it was `restored`."""
    command = f"window.jupyterapp.commands.execute('docmanager:open', {{ path: 'notebooks/{notebook}' }})"
    panel(lab, f"{command}.then(() => null)")
    in_front = f"{harness.PANEL}?.context?.path.endsWith('{notebook}')"
    lab.page.wait_for_function(f"{in_front} && {SESSION}.session?.kernel?.status === 'idle'", timeout=120_000)
    return restored(lab)


def close(lab):
    """Close the notebook in front, and end its kernel."""
    end_kernel(lab)
    panel(lab, "window.jupyterapp.commands.execute('application:close').then(() => null)")


def restored(lab) -> bool:
    """Wait until JupyterLab has an answer for each widget in sight; whether it found their models."""
    outputs = "document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook').innerText"
    lab.page.wait_for_function(f"!{outputs}.includes('Loading widget')", timeout=120_000)
    return "model not found" not in lab.page.evaluate(outputs)


def save(lab):
    panel(lab, "panel.context.save().then(() => null)")


def run_cells(lab, *names: str):
    """Run some cells of the small notebook, as Shift+Enter does, and wait for the end."""
    for name in names:
        panel(lab, f"panel.content.activeCellIndex = {list(CELLS).index(name)}")
        lab.page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell').then(() => null)")
    lab.wait_idle()


def output_of(lab, name: str):
    """What a cell of the notebook in front shows, one output."""
    cell = lab.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell").nth(list(CELLS).index(name))
    return cell.locator(".jp-OutputArea-output")


def widgets(lab) -> dict[str, str]:
    """What each cell shows in place of its widget: "live", "busy" or "gone", as the widget knows of Python; or words.

    Waits until JupyterLab has put something there.
    """
    found = {}
    for name in ("first", "second"):
        output = output_of(lab, name)
        output.locator(".metalib, pre").wait_for()
        root = output.locator(".metalib")
        found[name] = root.get_attribute("data-kernel") if root.count() else output.inner_text()
    return found


def until(lab, first: str, second: str):
    """Wait until the two widgets say this of Python."""
    says = f"{{ first: {first!r}, second: {second!r} }}"
    lab.page.wait_for_function(
        f"""() => {{
            const roots = [...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .metalib')];
            return JSON.stringify(roots.map(root => root.dataset.kernel)) === JSON.stringify(Object.values({says}));
        }}""",
        timeout=30_000,
    )


def choose(lab, name: str, option: int = 0):
    """Answer a question on the page; its script says something about that."""
    root = output_of(lab, name).locator(".metalib")
    root.locator("input[type=radio]").nth(option).check()
    root.get_by_text(("Yes: each widget lives.", "No: look again.")[option]).wait_for()


def look(lab, name: str):
    """Nothing on the page is an error; its picture is in the artefacts."""
    with lab.whole():
        lab.screenshot(f"state-{name}")
    text = lab.page.locator("body").inner_text()
    assert [error for error in ERRORS if error in text] == []


def end_kernel(lab):
    panel(lab, "panel.sessionContext.shutdown().then(() => null)")
