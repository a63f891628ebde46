"""Make `.venv`, install the course into it, and run its Python: `python3 -I metalib/_bootstrap.py -m metalib lab`.

What comes after the script's name is handed to `.venv`'s Python. `make lab` and `make test` call this; where there is
no make, call it by hand. It needs nothing but the standard library, and does nothing where nothing has changed: a stamp
in `.venv` says for which pyproject.toml (its content), place and Python the installation was made. A checkout that was
moved is repaired in place, without downloading anything again. Two calls at once: the second waits for the first.

pip fetches uv, which installs the rest in a fraction of pip's time; where uv cannot be had or fails, pip does it all.

Long because it runs before anything is installed: it has nothing to import from.
"""

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

LOWEST = (3, 10)  # as pyproject.toml says; asked here, before the first line that an older Python cannot run
if sys.version_info < LOWEST:
    sys.exit(
        f"The course needs Python {LOWEST[0]}.{LOWEST[1]} or newer, and {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}: install a newer one, then `make lab PYTHON=python3.12`"
    )

EXTRAS = "lab,photos,test"
NEEDED = (
    "metalib",
    "torch",
    "jupyterlab",
)  # with these an installation that could not be brought up to date still serves
BUILDER = ("setuptools", 77)  # as pyproject.toml says; Python's own venv brings an older one, or none
STAMP, LOCK = "metalib-stamp.json", ".venv.lock"  # the lock lies beside .venv, which may be made anew while it is held
ROOMY = 9e9  # bytes: the default Linux torch unpacked (over 6 GB), and the archives (3 GB) while pip unpacks them


class SetupError(Exception):
    """The environment cannot be made; the message says what to do."""


def say(text: str) -> None:
    """Print `text` where it does not mix with a command's output."""
    print(text, file=sys.stderr, flush=True)


def run(command: list[str], *, quiet: bool = False) -> int:
    """Run `command` without the caller's PYTHONPATH, which could hide what `.venv` has; returns its exit status.

    What it prints goes to stderr: stdout belongs to the command that the set-up is for.
    """
    to = subprocess.DEVNULL if quiet else sys.stderr
    return subprocess.run(command, env=clean_environment(), stdout=to, stderr=to, check=False).returncode


def python_says(root: Path, question: str) -> bool:
    """Whether `.venv`'s Python ends `question`, a few statements, with status 0."""
    return run([str(venv_python(root)), "-I", "-c", question], quiet=True) == 0


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
    return python_says(root, question)


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


def uv_install(root: Path, *arguments: str) -> bool:
    """`uv pip install` in `.venv`; returns whether it went through."""
    python = str(venv_python(root))
    return run([python, "-m", "uv", "pip", "install", "--python", python, *arguments]) == 0


def has(root: Path, module: str) -> bool:
    """Whether `.venv` has `module`, without importing it."""
    return python_says(root, f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)")


def nvidia_gpu() -> bool:
    """Whether this machine has the driver of an NVIDIA GPU."""
    return shutil.which("nvidia-smi") is not None or Path("/proc/driver/nvidia/version").exists()


def fetch(root: Path, *arguments: str, patient: bool) -> bool:
    """Install by uv, else by pip; returns whether one of them went through.

    A torch that is there stays. Where there is none and no NVIDIA GPU either, uv is asked for the CPU build; its server
    is another than the packages', and where that cannot be reached the default build is taken.
    patient  whether pip should try again for long where the network fails
    """
    if has(root, "uv") or pip_install(root, "--quiet", *([] if patient else ["--retries", "1"]), "uv"):
        if not has(root, "torch") and not nvidia_gpu():
            say("No NVIDIA GPU here: asking for torch's build for the CPU, which is small")
            if uv_install(root, "--torch-backend=auto", *arguments):
                say("torch: the build for this machine's processor was taken")
                return True
            say("That could not be had (see above): taking torch's default build")
        if uv_install(root, *arguments):
            return True
        say("uv could not do it (see above): trying pip")
    else:
        say("uv cannot be had: pip installs the rest, which takes minutes")
    return pip_install(root, *([] if patient else ["--retries", "1"]), *arguments)


def serves(root: Path) -> bool:
    """Whether `.venv` can run the course as it is."""
    return python_says(root, f"import {', '.join(NEEDED)}")


def install(root: Path, stamp: dict[str, str]) -> None:
    """Bring `.venv` up to date with pyproject.toml; what is installed and new enough stays (a CPU-only torch, say).

    Raises SetupError where that fails and what is installed does not serve.
    """
    moved = stamp.get("root") not in (None, str(root))
    if moved:
        say(f"The checkout was moved from {stamp['root']}: repairing .venv")
        repair(root, stamp["root"])
    (root / ".venv" / STAMP).unlink(missing_ok=True)  # from here to the end the installation is not whole
    if not has(root, "pip"):
        make_venv(root)  # an interrupted start, or an environment that uv made
    updating = serves(root)
    name, lowest = BUILDER
    if not python_says(root, f"import {name}, sys; sys.exit(int({name}.__version__.split('.')[0]) < {lowest})"):
        pip_install(root, "--quiet", f"{name}>={lowest}")
    if moved:  # without dependencies first: that needs no network
        pip_install(root, "--no-build-isolation", "--no-deps", "--quiet", "-e", str(root))
    # without build isolation, so that a later installation without network can still build the project
    if fetch(root, "--no-build-isolation", "-e", f"{root}[{EXTRAS}]", patient=not updating):
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
    if free < ROOMY:
        say(
            f"WARNING: {free / 1e9:.1f} GB are free here; torch's default build on Linux carries CUDA and needs about "
            f"{ROOMY / 1e9:.0f} GB. The build for CPUs takes far less"
        )


def prepare(root: Path) -> Path:
    """`.venv`'s Python, with the course installed. Returns at once where nothing has changed since the last call.

    Raises SetupError where the environment cannot be made.
    """
    if is_ready(root):
        return venv_python(root)
    with alone(root):
        if not is_ready(root):  # another call may have made it in the meantime
            make(root)
    return venv_python(root)


def is_ready(root: Path) -> bool:
    """Whether the last whole installation was made for what is here now."""
    return read_stamp(root) == fingerprint(root) and venv_python(root).exists()


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Held by one process at a time in this checkout; the others say that they wait. The system frees it at exit."""
    with (root / LOCK).open("a+") as file:
        if not take(file, wait=False):
            say("Another set-up is at work in this folder: waiting until it has finished")
            take(file, wait=True)
        yield


def take(file: IO[str], *, wait: bool) -> bool:
    """Lock the open file; returns False where another process has it and this one does not wait."""
    if sys.platform == "win32":
        import msvcrt

        while True:
            try:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
                return True
            except OSError:  # LK_LOCK gives up after ten seconds
                if not wait:
                    return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: as before there were any
        pass
    return True


def make(root: Path) -> None:
    """Make `.venv` where there is no sound one, and install the course into it. Raises SetupError."""
    stamp = read_stamp(root)
    if not is_sound(root):
        if (root / ".venv").exists():
            say(f"{root / '.venv'} is broken, or the Python that it was made with is gone: making it anew")
        announce(root)
        make_venv(root, "--clear")
        stamp = {}
    install(root, stamp)


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
