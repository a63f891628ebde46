"""The module's tests on the oldest versions that pyproject.toml admits: `make test-oldest`.

uv makes an environment with the oldest Python and, of each dependency that is named, the oldest version
(`--resolution lowest-direct`). Where all tests pass, the bounds are written to tests/oldest_versions.json, and
tests/test_packaging.py compares them with pyproject.toml: a bound that was not tried is a failure. Style, types, the
installed wheel and the browser are left to `make test`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where pytest brings the same module under its old name
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT, RECORD = ROOT / ".venv-oldest", ROOT / "tests" / "oldest_versions.json"
LEFT_OUT = (
    "tests/test_style.py",
    "tests/test_packaging.py",
    "tests/test_bootstrap.py",
    "tests/browser",
    "tests/scripts",
)


def bounds() -> dict[str, str]:
    """The oldest Python and the oldest version of each dependency, as pyproject.toml has them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    pairs = (re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement) for requirement in requirements)
    return {"python": project["requires-python"].removeprefix(">="), **{pair[1]: pair[2] for pair in pairs if pair}}


def main(arguments: list[str]) -> int:
    """Make the environment, run pytest in it with `arguments`, write the record where all of it passed."""
    oldest = bounds()
    uv = [sys.executable, "-m", "uv"]
    python = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    install = [
        "pip",
        "install",
        "--python",
        str(python),
        "--resolution",
        "lowest-direct",
        "-e",
        f"{ROOT}[lab,photos,test]",
    ]
    for command in (["venv", "--clear", "--seed", "--python", oldest["python"], str(ENVIRONMENT)], install):
        if subprocess.run([*uv, *command], check=False).returncode:
            print("the oldest versions could not be installed: see above", file=sys.stderr)
            return 1
    ignored = [f"--ignore={ROOT / path}" for path in LEFT_OUT]
    # what an old library says of a newer one below it is no fault of ours
    quiet = ["-W", "ignore::DeprecationWarning", "-W", "ignore::PendingDeprecationWarning"]
    tests = [
        "-m",
        "pytest",
        *quiet,
        "-n",
        "2",
        "--dist",
        "loadfile",
        "-m",
        "not browser",
        *ignored,
        *(arguments or ["tests"]),
    ]
    status = subprocess.run([str(python), *tests], cwd=ROOT, check=False).returncode
    if status == 0 and not arguments:
        record = {"command": "make test-oldest", "date": date.today().isoformat(), "bounds": oldest}
        RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(ENVIRONMENT)  # over 6 GB
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
