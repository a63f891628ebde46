"""A real JupyterLab, driven by a real browser: what the browser tests say `lab.…` to.

`serving` starts the server through `metalib.app.lab`, as `make lab` does; `Lab` is one browser tab on it. Everything
that a test must notice is collected on the way: console errors, errors in the kernel, requests that leave the machine.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import node
from variants import answered, solutions

from metalib.app import lab as launcher

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
HOW_TO_GET_CHROMIUM = (
    "no Chromium here: `apt-get install chromium`, or `.venv/bin/python -m playwright install chromium`, "
    "or set CHROMIUM to the path of a Chrome or Chromium"
)
VIEWPORT = {"width": 1366, "height": 768}  # a laptop's
ERROR_TYPE = "application/vnd.jupyter.error"
PANEL = "window.jupyterapp.shell.currentWidget"
POLLING = 250  # ms; asked at each frame, the page would be painted 60 times a second while it loads or computes


def find_chromium(playwright) -> str | None:
    """The browser to drive: `$CHROMIUM`, one on the PATH, or Playwright's own."""
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        return chosen
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def copy_notebooks(source: Path, root: Path, *, outputs: bool = True) -> None:
    """The notebooks of `source` in `root`/notebooks, so that no run touches the committed files.

    Without `outputs` they are as before their first run: widgets that are restored while all cells are run anew would
    leave errors in the console, of views that are gone before they were drawn. Their stubs are answered then, trainings
    cut to three updates and exams to a batch: nbval runs them untouched, with all tasks of the exams.
    """
    shutil.copytree(source, root / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for path in [] if outputs else sorted((root / "notebooks").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        if solutions(notebook):
            notebook = answered(notebook, "solutions", updates=3)
        notebook.metadata.pop("widgets", None)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, path)


@contextmanager
def dead_proxy() -> Iterator[tuple[str, list[str]]]:
    """A proxy that answers nothing and notes what it was asked: (its address, the requests' first lines)."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def listen() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:  # closed: the test run is over
                    return
                with connection:
                    asked.append(connection.recv(300).split(b"\r\n")[0].decode(errors="replace"))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield address, asked
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


@contextmanager
def serving(root: Path, state: Path, **variables: str) -> Iterator[str]:
    """JupyterLab on `root`, started by metalib's launcher, without a token and with its state under `state`.

    Yields its address. Raises RuntimeError with the end of its log when it does not answer within a minute.
    """
    port, log = free_port(), state / "jupyterlab.log"
    own = {f"JUPYTER_{kind}_DIR": str(state / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    flags = [f"--port={port}", "--ServerApp.port_retries=0", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    flags += ["--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True"]
    line = launcher.command(root, *flags)
    environment = launcher.environment({**os.environ, **own, **variables})
    with log.open("wb") as sink:
        server = subprocess.Popen(
            line, env=environment, cwd=root, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT
        )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(server, address, log)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_ready(server: subprocess.Popen, address: str, log: Path, seconds: float = 60) -> None:
    """Ask the server for its status until it answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(f"{address}/api/status", timeout=5) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.1)  # nothing tells when a port opens: ask again
    tail = log.read_text(errors="replace")[-3000:]
    raise RuntimeError(f"JupyterLab did not answer within {seconds:.0f} s (exit status {server.poll()}):\n{tail}")


class Lab:
    """One tab on JupyterLab. `page` is Playwright's, for all that is not here."""

    def __init__(self, page, address: str, asked: list[str]):
        self.page, self.address, self.asked = page, address, asked
        self.console_errors: list[str] = []
        self.kernel_errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        page.on("websocket", lambda socket: self._judge(socket.url))
        page.context.route(re.compile(r"^(?!data:|blob:)"), self._route)
        page.context.expose_function("metalibKernelError", lambda text: self.kernel_errors.append(text))

    def _console(self, message) -> None:
        if message.type == "error":
            self.console_errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _judge(self, url: str) -> bool:
        inside = re.match(r"^\w+://(127\.0\.0\.1|localhost)[:/]", url) is not None
        if not inside:
            self.outside.append(url)
        return inside

    def _route(self, route) -> None:
        if self._judge(route.request.url):
            route.continue_()
        else:
            route.abort()

    def open(self, notebook: str, seconds: float = 240, *, folder: str = "notebooks") -> Lab:
        """Open `<folder>/<notebook>` in a fresh workspace and wait for its kernel."""
        self.notebook = notebook
        self.page.goto(f"{self.address}/lab/tree/{folder}/{notebook}?reset", timeout=seconds * 1000)
        ready = f"""window.jupyterapp && {PANEL}?.context?.isReady && {PANEL}.content?.model
                    && {PANEL}.sessionContext?.session?.kernel?.status === 'idle'"""
        self.page.wait_for_function(ready, timeout=seconds * 1000, polling=POLLING)
        self.page.evaluate(
            f"""{PANEL}.sessionContext.iopubMessage.connect((_, message) => {{
                const content = message.content;
                if (message.header.msg_type === 'error')
                    window.metalibKernelError(content.ename + ': ' + content.evalue);
                if (message.header.msg_type === 'stream' && content.name === 'stderr'
                        && content.text.includes('Traceback'))
                    window.metalibKernelError(content.text);
            }})"""
        )
        self.theme("light")  # an earlier tab on the same server may have left the dark one
        return self

    def command(self, name: str, **arguments) -> None:
        """Start one of JupyterLab's commands, as its menus do."""
        self.page.evaluate(f"void window.jupyterapp.commands.execute({json.dumps(name)}, {json.dumps(arguments)})")

    def run_all(self, seconds: float = 600) -> Lab:
        """Run all cells from a cleared notebook and wait until the last has ended and the kernel is idle."""
        self.command("notebook:clear-all-cell-outputs")
        self.page.wait_for_function(f"[...{PANEL}.content.model.cells].every(cell => !cell.executionCount)")
        self.page.evaluate(
            """() => {
                window.metalibRan = false;
                const done = () => { window.metalibRan = true; };
                window.jupyterapp.commands.execute('notebook:run-all-cells').then(done, done);
            }"""
        )
        self.page.wait_for_function("window.metalibRan", timeout=seconds * 1000, polling=POLLING)
        self.wait_idle(seconds)
        return self

    def wait_idle(self, seconds: float = 30) -> None:
        """Wait until the kernel has nothing left to do."""
        idle = f"{PANEL}.sessionContext.session.kernel.status === 'idle'"
        self.page.wait_for_function(idle, timeout=seconds * 1000, polling=POLLING)

    def cells(self) -> list[dict]:
        """The notebook's cells as JSON: cell_type, source, execution_count, outputs."""
        return self.page.evaluate(f"{PANEL}.content.model.toJSON().cells")

    def cell(self, text: str):
        """The locator of the cell whose source holds `text`, scrolled into view."""
        found = [i for i, cell in enumerate(self.cells()) if text in "".join(cell["source"])]
        assert len(found) == 1, f"{len(found)} cells hold {text!r}"
        locator = self.page.locator(".jp-Notebook .jp-Cell").nth(found[0])
        locator.scroll_into_view_if_needed()
        return locator

    def errors(self) -> list[str]:
        """What went wrong in cells: error outputs, cells that did not run, errors shown inside widgets."""
        wrong = []
        for number, cell in enumerate(self.cells()):
            if cell["cell_type"] != "code" or not "".join(cell["source"]).strip():
                continue
            for output in cell["outputs"]:
                if output["output_type"] == "error":
                    wrong.append(f"cell {number}: {output['ename']}: {output['evalue']}")
            if cell["execution_count"] is None:
                wrong.append(f"cell {number} did not run")
        shown = self.page.locator(f'[data-mime-type="{ERROR_TYPE}"]').all_inner_texts()
        return wrong + [f"shown: {text[-500:]}" for text in shown] + self.kernel_errors

    def assert_clean(self) -> None:
        """No error in a cell, in the kernel or in the console, and nothing was asked of another machine."""
        found = {"errors": self.errors(), "console": self.console_errors, "outside": self.outside, "asked": self.asked}
        wrong = {where: what for where, what in found.items() if what}
        assert not wrong, wrong

    def printed(self) -> str:
        """What the cells wrote to their standard output and error."""
        outputs = [output for cell in self.cells() for output in cell.get("outputs", [])]
        return "".join("".join(output.get("text", "")) for output in outputs)

    def theme(self, name: str) -> None:
        """Switch to the "light" or the "dark" theme."""
        self.command("apputils:change-theme", theme=f"JupyterLab {name.capitalize()}")
        light = "true" if name == "light" else "false"
        settled = f"document.body.dataset.jpThemeLight === '{light}' && !document.getElementById('jupyterlab-splash')"
        self.page.wait_for_function(settled)

    def screenshot(self, name: str) -> Path:
        """A picture of the tab in `artefacts/`."""
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path

    @contextmanager
    def whole(self) -> Iterator[None]:
        """The window as tall as the notebook, with all its cells drawn."""
        self._grow()
        yield
        self.page.set_viewport_size(VIEWPORT)

    def _grow(self) -> None:
        """Make the window as tall as the notebook; a cell's height is a guess until it is drawn, hence the repeats."""
        for _ in range(3):
            tall = self.page.evaluate(
                f"""async () => {{
                    const outer = {PANEL}.content.node.querySelector('.jp-WindowedPanel-outer');
                    outer.scrollTop = 0;
                    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
                    return Math.max(...[...outer.querySelectorAll('.jp-Cell')].map(
                        cell => cell.getBoundingClientRect().bottom));
                }}"""
            )
            self.page.set_viewport_size({**VIEWPORT, "height": min(max(int(tall) + 60, 768), 15000)})

    def violations(self) -> list[str]:
        """What axe-core finds serious or critical in the cells' outputs, as far as they are drawn."""
        self.page.evaluate(node.axe())
        return self.page.evaluate(
            """async () => {
                const { violations } = await window.axe.run(
                    { include: [[".jp-Notebook .jp-Cell-outputArea"]] },
                    { resultTypes: ["violations"] },
                );
                const said = (id, node) => `${id}: ${node.html.slice(0, 200)} ${node.any[0]?.message}`;
                return violations
                    .filter(({ impact }) => ["serious", "critical"].includes(impact))
                    .flatMap(({ id, nodes }) => nodes.map((node) => said(id, node)));
            }"""
        )

    def close(self) -> None:
        """Shut the kernels down, so that none is left to use memory while other tests run."""
        self.page.evaluate("window.jupyterapp?.serviceManager.sessions.shutdownAll()")
