"""JupyterLab, opened on the course: one launcher for `make lab`, `metalib lab` and the browser tests."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from metalib import places

START = "notebooks/00-start-here.ipynb"
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
    if not (root / START).is_file():
        raise ValueError(f"{root / START} is missing: restore it with `git checkout -- {START}`")
    return root


def command(root: Path, *arguments: str) -> list[str]:
    """The command line that starts JupyterLab on `root`, notebook 00 first; where `arguments` say otherwise they win.

    Raises ValueError when JupyterLab is not installed in this environment.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise ValueError(
            f"{sys.executable} has no JupyterLab: run `make lab`, or `pip install -e .[lab]` in the checkout"
        )
    defaults = {"--ServerApp.root_dir": f"={root}", "--LabApp.default_url": f"=/lab/tree/{START}"}
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        defaults["--allow-root"] = ""
    given = {argument.partition("=")[0] for argument in arguments}  # JupyterLab refuses an option that comes twice
    if "--notebook-dir" in given:
        given.add("--ServerApp.root_dir")
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
    line, variables = command(root, *arguments), environment()
    if POSIX:  # so that signals reach JupyterLab, and torch's memory is given back
        os.chdir(root)
        os.execve(line[0], line, variables)
    return subprocess.run(line, env=variables, cwd=root, check=False).returncode
