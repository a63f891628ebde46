"""`make lab`'s set-up, with a pip that installs nothing: what it runs, when, and what it says when that fails."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from metalib import _bootstrap as bootstrap

SCRIPT = Path(bootstrap.__file__)
# notes each call in pip.log; its exit status is what PIP_EXIT says
PIP = """
import os, pathlib, sys
if sys.argv[1:] != ["--version"]:
    with (pathlib.Path(__file__).parents[1] / "pip.log").open("a") as log:
        print(*sys.argv[1:], file=log)
    sys.exit(int(os.environ.get("PIP_EXIT", "0")))
"""


class Checkout:
    """A checkout with a real, empty `.venv` into which a stub of pip and of what is needed was put."""

    def __init__(self, root):
        self.root = root
        (root / "metalib").mkdir(parents=True)
        shutil.copy(SCRIPT, root / "metalib" / "_bootstrap.py")
        (root / "pyproject.toml").write_text("[project]\nname = 'metalib'\n")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
        self.furnish("pip", "setuptools", "torch", "jupyterlab", "metalib")

    @property
    def packages(self):
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.root / ".venv" / ("Lib" if os.name == "nt" else f"lib/{version}") / "site-packages"

    def furnish(self, *names):
        for name in names:
            (self.packages / name).mkdir()
            (self.packages / name / "__init__.py").touch()
        if "pip" in names:
            (self.packages / "pip" / "__main__.py").write_text(PIP)
        if "setuptools" in names:
            (self.packages / "setuptools" / "__init__.py").write_text(f"__version__ = '{bootstrap.BUILDER[1]}.0.1'\n")

    def call(self, *arguments, script_options=("-I",), **variables):
        return subprocess.run(
            [sys.executable, *script_options, self.root / "metalib" / "_bootstrap.py", *arguments],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def pip_calls(self):
        """The pip calls since the last question."""
        log = self.packages / "pip.log"
        calls = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return calls

    def moved_to(self, root):
        self.root.rename(root)
        self.root = root


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path / "course")


def test_installs_the_project_editable_with_its_extras_and_runs_the_command(checkout):
    done = checkout.call("-c", "import sys; print(sys.prefix)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(checkout.root / ".venv")
    [call] = checkout.pip_calls()
    assert call.startswith("install ")
    assert call.endswith(f"-e {checkout.root}[lab,test]")
    assert "--no-build-isolation" in call


def test_the_second_call_runs_no_pip_and_starts_no_process_but_the_command(checkout):
    checkout.call()
    checkout.pip_calls()
    # without its packages any question that the set-up asked of .venv would fail or be logged
    (checkout.packages / "pip" / "__main__.py").write_text("raise SystemExit('pip was run')")
    (checkout.root / "pyproject.toml").touch()  # a new time stamp is not a new content
    done = checkout.call("-c", "print('ran')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_a_new_content_of_pyproject_installs_again(checkout):
    checkout.call()
    checkout.pip_calls()
    (checkout.root / "pyproject.toml").write_text("[project]\nname = 'metalib'\nversion = '2'\n")
    assert checkout.call().returncode == 0
    assert len(checkout.pip_calls()) == 1
    checkout.call()
    assert checkout.pip_calls() == []


def test_a_failed_update_warns_goes_on_and_is_tried_again(checkout):
    checkout.call()
    (checkout.root / "pyproject.toml").write_text("[project]\nname = 'metalib'\nversion = '2'\n")
    done = checkout.call("-c", "print('ran')", PIP_EXIT="1")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "WARNING" in done.stderr and "going on with what is installed" in done.stderr
    checkout.pip_calls()
    assert "WARNING" not in checkout.call().stderr
    assert len(checkout.pip_calls()) == 1


@pytest.mark.parametrize("missing", ["metalib", "torch", "jupyterlab"])
def test_a_failed_installation_that_does_not_serve_is_an_error(checkout, missing):
    shutil.rmtree(checkout.packages / missing)
    done = checkout.call("-c", "print('ran')", PIP_EXIT="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "ERROR: the installation did not go through" in done.stderr
    assert bootstrap.read_stamp(checkout.root) == {}


def test_an_interrupted_installation_leaves_no_stamp(checkout, monkeypatch):
    checkout.call()
    (checkout.root / "pyproject.toml").write_text("[project]\nname = 'metalib'\nversion = '2'\n")

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "pip_install", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.prepare(checkout.root)
    assert bootstrap.read_stamp(checkout.root) == {}


def test_half_a_stamp_counts_as_none(checkout):
    checkout.call()
    checkout.pip_calls()
    stamp = checkout.root / ".venv" / bootstrap.STAMP
    stamp.write_bytes(stamp.read_bytes()[:20])
    checkout.call()
    assert len(checkout.pip_calls()) == 1


@pytest.mark.skipif(os.name == "nt", reason="scripts have no shebangs there")
def test_a_moved_checkout_is_repaired_and_its_torch_stays(checkout, tmp_path):
    old = checkout.root
    script = checkout.root / ".venv" / "bin" / "jupyter"
    script.write_text(f"#!{old}/.venv/bin/python\nimport sys\nprint(sys.prefix)\n")
    script.chmod(0o755)
    checkout.call()
    checkout.pip_calls()
    checkout.moved_to(tmp_path / "a new place")
    done = checkout.call("-c", "import torch; print(torch.__file__)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(checkout.packages / "torch" / "__init__.py")
    assert f"moved from {old}" in done.stderr
    assert str(old) not in (checkout.root / ".venv" / "bin" / "jupyter").read_text()
    assert str(old) not in (checkout.root / ".venv" / "bin" / "activate").read_text()
    assert str(old) not in (checkout.root / ".venv" / "pyvenv.cfg").read_text()
    first, second = checkout.pip_calls()
    assert "--no-deps" in first  # the editable finder, before anything that may need the network
    assert second.endswith(f"-e {checkout.root}[lab,test]")
    checkout.call()
    assert checkout.pip_calls() == []


@pytest.mark.parametrize("version", [None, "65.5.0"])
def test_setuptools_is_fetched_where_there_is_none_or_an_old_one(checkout, version):
    if version is None:
        shutil.rmtree(checkout.packages / "setuptools")
    else:
        (checkout.packages / "setuptools" / "__init__.py").write_text(f"__version__ = '{version}'\n")
    checkout.call()
    assert checkout.pip_calls()[0].endswith("setuptools>=77")


def test_setuptools_is_the_one_that_pyproject_names():
    text = (SCRIPT.parents[1] / "pyproject.toml").read_text()
    assert text.count('"{}>={}"'.format(*bootstrap.BUILDER)) == 2  # to build, and for later installations offline


def test_an_environment_whose_python_is_gone_is_made_anew(checkout, monkeypatch):
    bootstrap.venv_python(checkout.root).unlink()
    calls = []
    monkeypatch.setattr(bootstrap, "make_venv", lambda root, *options: calls.append(options))
    monkeypatch.setattr(bootstrap, "install", lambda root, stamp: calls.append(stamp))
    bootstrap.prepare(checkout.root)
    assert calls == [("--clear",), {}]


def test_packages_of_another_python_version_do_not_count(checkout):
    settings = checkout.root / ".venv" / "pyvenv.cfg"
    assert bootstrap.is_sound(checkout.root)
    lines = ["version = 3.1.4" if line.startswith("version") else line for line in settings.read_text().splitlines()]
    settings.write_text("\n".join(lines))
    assert not bootstrap.is_sound(checkout.root)


def test_pip_is_added_to_an_environment_without_it(checkout, monkeypatch):
    shutil.rmtree(checkout.packages / "pip")
    monkeypatch.setattr(bootstrap, "make_venv", lambda root: checkout.furnish("pip"))
    bootstrap.prepare(checkout.root)
    assert len(checkout.pip_calls()) == 1


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_its_venv_parts_is_told_what_to_install(tmp_path, monkeypatch, missing):
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(bootstrap.SetupError, match=rf"without {missing}.*apt install python\d\.\d+-venv"):
        bootstrap.make_venv(tmp_path)


def test_a_venv_that_cannot_be_made_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(bootstrap, "run", lambda command: 1)
    with pytest.raises(bootstrap.SetupError, match=r"\.venv could not be made"):
        bootstrap.make_venv(tmp_path)


def test_too_old_a_python_is_told_so_before_it_meets_newer_syntax(tmp_path):
    script = (
        "import sys; sys.version_info = (3, 8, 0); sys.argv = ['x']; "
        f"exec(compile(open({str(SCRIPT)!r}).read(), 'b', 'exec'), {{'__name__': 'old', '__file__': 'b'}})"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "needs Python 3.10 or newer" in done.stderr and "make lab PYTHON=" in done.stderr


def test_the_lowest_python_is_the_one_that_pyproject_names():
    text = (SCRIPT.parents[1] / "pyproject.toml").read_text()
    assert 'requires-python = ">={}.{}"'.format(*bootstrap.LOWEST) in text


def test_the_callers_pythonpath_does_not_reach_the_environment(checkout, tmp_path):
    checkout.call()
    done = checkout.call("-c", "import sys; print(sys.path)", PYTHONPATH=str(tmp_path / "foreign"))
    assert "foreign" not in done.stdout


def test_the_command_runs_in_the_checkout_and_its_exit_status_comes_back(checkout, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = checkout.call("-c", "import os, sys; print(os.getcwd()); sys.exit(7)")
    assert done.returncode == 7
    assert done.stdout.strip() == str(checkout.root)


def test_a_full_disk_is_one_line(checkout, monkeypatch, capsys):
    def full(root):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bootstrap, "prepare", full)
    assert bootstrap.main([]) == 1
    assert "No space left on device" in capsys.readouterr().err


def test_the_stamp_names_all_that_an_installation_depends_on(checkout):
    checkout.call()
    stamp = json.loads((checkout.root / ".venv" / bootstrap.STAMP).read_text())
    assert stamp == bootstrap.fingerprint(checkout.root)
    assert stamp["root"] == str(checkout.root)
