"""JupyterLab, opened on the learner's copies: one launcher for `make lab`, `metalib lab` and the browser tests."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from metalib import files, places
from metalib.app import copies

FIRST = "00-start-here.ipynb"
START = f"{copies.FOLDER}/{FIRST}"
COMMITTED = f"{copies.SOURCE}/{FIRST}"
PACKAGE = Path(__file__).resolve().parents[1]
POSIX = os.name == "posix"
# holds labconfig/page_config.json, which switches the announcements off: no option on the command line does
_CONFIG = PACKAGE / "jupyter"


def course_root() -> Path:
    """The folder that holds `notebooks/`. Raises ValueError when metalib does not run from a checkout of the course."""
    root = places.checkout()
    if root is None:
        raise ValueError(
            f"the notebooks are not part of the installed package, and {PACKAGE} lies in no "
            "checkout of the course: get the repository and run `make lab` there, or `pip install -e .[lab]` in it"
        )
    if not (root / COMMITTED).is_file():
        raise ValueError(f"{root / COMMITTED} is missing: restore it with `git checkout -- {COMMITTED}`")
    return root


def own_copies(root: Path) -> tuple[Path, str]:
    """JupyterLab's root and what it opens first there: the learner's copy, made where it is missing, and that is said.

    Where no copy can be made, the committed notebooks open.
    """
    try:
        home, lines = copies.prepare(root)
    except (OSError, files.BadFile) as error:
        home, lines = copies.home_of(root), [f"WARNING: your copies of the notebooks are not up to date: {error}"]
        if not (home / START).is_file():
            lines.append(f"{copies.SOURCE}/ opens instead. METALIB_USER can name a folder that you may write")
            home = root
    print(*lines, sep="\n", end="\n" * bool(lines), flush=True)  # JupyterLab takes this process's place
    return home, START if (home / START).is_file() else COMMITTED


def command(root: Path, *arguments: str, start: str = START) -> list[str]:
    """The command line that starts JupyterLab on `root`, `start` first; where `arguments` say otherwise they win.

    Raises ValueError when JupyterLab is not installed in this environment.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ValueError(
            f"{sys.executable} has no JupyterLab: run `make lab`, or `pip install -e .[lab]` in the checkout"
        )
    defaults = {"--ServerApp.root_dir": f"={root}", "--LabApp.default_url": f"=/lab/tree/{start}"}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        defaults["--allow-root"] = ""
    given = {argument.partition("=")[0] for argument in arguments}  # JupyterLab refuses an option that comes twice
    if "--notebook-dir" in given:
        given.add("--ServerApp.root_dir")
    if "--ServerApp.root_dir" in given:  # nobody knows whether the copy lies in that folder
        given.add("--LabApp.default_url")
    chosen = [f"{name}{value}" for name, value in defaults.items() if name not in given]
    return [sys.executable, "-m", "jupyterlab", *chosen, *arguments]


def environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base` with what JupyterLab needs: no announcements, this Python's kernel and commands before any other's."""
    configuration = [str(_CONFIG), *filter(None, [base.get("JUPYTER_CONFIG_PATH")])]
    programs = [str(Path(sys.executable).parent), *filter(None, [base.get("PATH")])]
    return {
        **base,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(configuration),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PATH": os.pathsep.join(programs),  # so that `metalib data fetch` works in JupyterLab's terminal
    }


def launch(arguments: list[str]) -> int:
    """Run JupyterLab until it is stopped; returns its exit status. On POSIX it takes this process's place.

    Raises ValueError outside a checkout, and where JupyterLab is not installed.
    """
    root = course_root()
    home, start = own_copies(root)
    line, variables = command(home, *arguments, start=start), environment()
    if POSIX:  # so that signals reach JupyterLab, and torch's memory is given back
        os.chdir(root)
        os.execve(line[0], line, variables)
    return subprocess.run(line, env=variables, cwd=root, check=False).returncode
