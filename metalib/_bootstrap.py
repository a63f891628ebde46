"""Make `.venv`, install the course into it, and run its Python: `python3 -I metalib/_bootstrap.py -m metalib lab`.

What comes after the script's name is handed to `.venv`'s Python. `make lab` and `make test` call this; where there is
no make, call it by hand. It needs nothing but the standard library, and does nothing where nothing has changed: a stamp
in `.venv` says for which pyproject.toml (its content), place and Python the installation was made. A checkout that was
moved is repaired in place, without downloading anything again.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

LOWEST = (3, 10)  # as pyproject.toml says; asked here, before the first line that an older Python cannot run
if sys.version_info < LOWEST:
    sys.exit(
        f"The course needs Python {LOWEST[0]}.{LOWEST[1]} or newer, and {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}: install a newer one, then `make lab PYTHON=python3.12`"
    )

EXTRAS = "lab,test"
NEEDED = (
    "metalib",
    "torch",
    "jupyterlab",
)  # with these an installation that could not be brought up to date still serves
BUILDER = ("setuptools", 77)  # as pyproject.toml says; Python's own venv brings an older one, or none
STAMP = "metalib-stamp.json"
ROOMY = 9e9  # bytes: the default Linux torch unpacked (over 6 GB), and the archives (3 GB) while pip unpacks them


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def say(text: str) -> None:
    """Print `text` where it does not mix with a command's output."""
    print(text, file=sys.stderr, flush=True)


def run(command: list[str], *, quiet: bool = False) -> int:
    """Run `command` without the caller's PYTHONPATH, which could hide what `.venv` has; returns its exit status."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, env=clean_environment(), stdout=sink, stderr=sink, check=False).returncode


def clean_environment() -> dict[str, str]:
    """The environment without what would make `.venv`'s Python find another's packages."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def venv_python(root: Path) -> Path:
    """The Python of the checkout's `.venv`."""
    return root / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint(root: Path) -> dict[str, str]:
    """For what an installation is made: pyproject.toml's content, the place, the extras, the Python behind `.venv`."""
    return {
        "pyproject": hashlib.sha256((root / "pyproject.toml").read_bytes()).hexdigest(),
        "root": str(root),
        "extras": EXTRAS,
        "python": str(venv_python(root).resolve()),
    }


def read_stamp(root: Path) -> dict[str, str]:
    """What the last whole installation was made for; empty where none was finished."""
    try:
        stamp = json.loads((root / ".venv" / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(root: Path) -> None:
    """Note that the installation is whole; a reader sees all of the note or none."""
    part = root / ".venv" / (STAMP + ".part")
    part.write_text(json.dumps(fingerprint(root), indent=2), encoding="utf-8")
    part.replace(root / ".venv" / STAMP)


def make_venv(root: Path, *options: str) -> None:
    """Make `.venv`, with pip, or complete one. Raises SetupError where Python came without its venv parts."""
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise SetupError(
            f"{sys.executable} came without {' and '.join(missing)}. On Debian or Ubuntu: "
            f"`sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv`; elsewhere install Python from "
            "python.org; or use uv or conda as the README says"
        )
    if run([sys.executable, "-I", "-m", "venv", *options, str(root / ".venv")]):
        raise SetupError(f"{root / '.venv'} could not be made: see above; is the disk full, or the folder read-only?")


def is_sound(root: Path) -> bool:
    """Whether `.venv`'s Python runs, and is still of the version whose packages `.venv` holds."""
    try:
        settings = (root / ".venv" / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    made_for = re.search(r"^version(?:_info)? *= *(\d+)\.(\d+)", settings, re.MULTILINE)
    if made_for is None or not venv_python(root).exists():
        return False
    question = f"import sys; sys.exit(sys.version_info[:2] != ({made_for[1]}, {made_for[2]}))"
    return run([str(venv_python(root)), "-I", "-c", question], quiet=True) == 0


def repair(root: Path, old_root: str) -> None:
    """Write the new place into what `.venv` holds of the old: pyvenv.cfg, the scripts, the activation files."""
    old, new = (str(Path(place) / ".venv").encode() for place in (old_root, root))
    folder = venv_python(root).parent
    for path in [root / ".venv" / "pyvenv.cfg", *folder.iterdir()]:
        if path.is_symlink() or not path.is_file() or path.suffix == ".exe":
            continue
        content = path.read_bytes()
        if old in content and b"\0" not in content:
            path.write_bytes(content.replace(old, new))


def pip_install(root: Path, *arguments: str) -> bool:
    """`pip install` in `.venv`; returns whether it went through."""
    options = ["--disable-pip-version-check", "--no-input"]
    return run([str(venv_python(root)), "-m", "pip", "install", *options, *arguments]) == 0


def serves(root: Path) -> bool:
    """Whether `.venv` can run the course as it is."""
    return run([str(venv_python(root)), "-I", "-c", f"import {', '.join(NEEDED)}"], quiet=True) == 0


def install(root: Path, stamp: dict[str, str]) -> None:
    """Bring `.venv` up to date with pyproject.toml; what is installed and new enough stays (a CPU-only torch, say).

    Raises SetupError where that fails and what is installed does not serve.
    """
    python, moved = str(venv_python(root)), stamp.get("root") not in (None, str(root))
    if moved:
        say(f"The checkout was moved from {stamp['root']}: repairing .venv")
        repair(root, stamp["root"])
    (root / ".venv" / STAMP).unlink(missing_ok=True)  # from here to the end the installation is not whole
    if run([python, "-m", "pip", "--version"], quiet=True):
        make_venv(root)  # an interrupted start, or an environment that uv made
    name, lowest = BUILDER
    question = f"import {name}, sys; sys.exit(int({name}.__version__.split('.')[0]) < {lowest})"
    if run([python, "-I", "-c", question], quiet=True):
        pip_install(root, f"{name}>={lowest}")
    if moved:  # without dependencies first: that needs no network
        pip_install(root, "--no-build-isolation", "--no-deps", "--quiet", "-e", str(root))
    # without build isolation, so that a later installation without network can still build the project
    updating = serves(root)
    patience = ["--retries", "1"] if updating else []
    if pip_install(root, "--no-build-isolation", *patience, "-e", f"{root}[{EXTRAS}]"):
        write_stamp(root)
    elif updating or serves(root):
        say("WARNING: .venv could not be brought up to date (see above): going on with what is installed")
    else:
        raise SetupError(
            "the installation did not go through: see above. It needs the network and room on the disk; what was "
            "installed so far stays, so call the same command again"
        )


def announce(root: Path) -> None:
    """Say what the first installation takes, before it takes it."""
    free = shutil.disk_usage(root).free
    say(f"Making {root / '.venv'} with {sys.executable}. This happens once and needs the network.")
    say("On Linux the default torch carries CUDA: 3 GB to download, over 6 GB on the disk; the README says how to")
    say("take the CPU build instead.")
    if free < ROOMY:
        say(f"WARNING: {free / 1e9:.1f} GB are free here; the default torch on Linux needs about {ROOMY / 1e9:.0f} GB")


def prepare(root: Path) -> Path:
    """`.venv`'s Python, with the course installed. Returns at once where nothing has changed since the last call.

    Raises SetupError where the environment cannot be made.
    """
    stamp = read_stamp(root)
    if stamp == fingerprint(root) and venv_python(root).exists():
        return venv_python(root)
    if not is_sound(root):
        if (root / ".venv").exists():
            say(f"{root / '.venv'} is broken, or the Python that it was made with is gone: making it anew")
        announce(root)
        make_venv(root, "--clear")
        stamp = {}
    install(root, stamp)
    return venv_python(root)


def main(arguments: list[str]) -> int:
    """Prepare `.venv`, then run its Python with `arguments`; returns the exit status."""
    root = Path(__file__).resolve().parent.parent
    try:
        python = prepare(root)
        if not arguments:
            say(f"{python} is ready")
            return 0
        command = [str(python), *arguments]
        os.chdir(root)
        if os.name == "posix":  # signals and the exit status are then the command's own
            os.execve(command[0], command, clean_environment())
        return run(command)
    except SetupError as error:
        say(f"ERROR: {error}")
        return 1
    except OSError as error:
        say(f"ERROR: {error}. Is the disk full, or the folder read-only?")
        return 1
    except KeyboardInterrupt:
        say("Interrupted: call the same command again to go on")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
