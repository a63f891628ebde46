"""Node and what the scripts' tests need of npm, installed once: where there is none, CI fails and others skip."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "metalib" / "course"
HOW_TO_GET_NODE = "no node and npm (20 or newer) here: `apt-get install nodejs npm`, or from nodejs.org"
HOOK = ("--import", "./tests/scripts/no_styles.js")


def missing(words: str) -> None:
    """Under CI a failure, since CI installs it; elsewhere a skip that says how to get it."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(words)


def run(*command: str, given: str = "") -> subprocess.CompletedProcess:
    """A command in the checkout, with `given` as its input."""
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, encoding="utf-8", check=False)


def installed() -> None:
    """Make sure that node_modules is what package-lock.json says; two workers do not do it at once."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        missing(HOW_TO_GET_NODE)
    wanted = (ROOT / "package-lock.json").read_bytes()
    stamp = ROOT / "node_modules" / "metalib-stamp.json"
    with FileLock(ROOT / ".node_modules.lock"):
        if stamp.exists() and stamp.read_bytes() == wanted:
            return
        found = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        if found.returncode:
            missing(f"`npm ci` failed, offline? {found.stderr[-1000:]}")
        stamp.write_bytes(wanted)


def axe() -> str:
    """The script of axe-core, which finds what keeps people out of a page. Whoever asks first has it installed."""
    installed()
    return (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def computed(script: str, data: Any, steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a widget's script makes of `data`: for each step, {"state": …} or {"action": …}, its state and view.

    script  such as "start_here/five_cards"
    """
    if shutil.which("node") is None:
        missing(HOW_TO_GET_NODE)
    given = json.dumps({"data": data, "steps": list(steps)})
    found = run("node", *HOOK, "tests/scripts/computed.js", str(COURSE / f"{script}.js"), given=given)
    assert found.returncode == 0, found.stderr[-3000:]
    return json.loads(found.stdout)
