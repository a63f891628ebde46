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
# notes each call in pip.log or uv.log; EXIT is its exit status, and so is 1 where REFUSED is among the arguments
TOOL = """
import os, pathlib, sys
here = pathlib.Path(__file__).parent
if sys.argv[1:] != ["--version"]:
    with (here.parent / (here.name + ".log")).open("a") as log:
        print(*sys.argv[1:], file=log)
    print("a line of the installer's")
    if os.environ.get("REFUSED") in sys.argv:
        sys.exit(1)
    if here.name == "pip" and sys.argv[-1] == "uv":
        (here.parent / "uv").mkdir()
        for name in ("__init__.py", "__main__.py"):
            (here.parent / "uv" / name).write_text((here / name).read_text())
    if os.environ.get("FINISH"):  # as long as somebody holds the other end of this pipe
        print("at work", file=sys.stderr, flush=True)
        open(os.environ["FINISH"]).read()
    sys.exit(int(os.environ.get("EXIT", "0")))
"""


class Checkout:
    """A checkout with a real, empty `.venv` into which a stub of pip and of what is needed was put."""

    def __init__(self, root):
        self.root = root
        (root / "metalib").mkdir(parents=True)
        shutil.copy(SCRIPT, root / "metalib" / "_bootstrap.py")
        (root / "pyproject.toml").write_text("[project]\nname = 'metalib'\n")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root / ".venv"], check=True)
        self.furnish("pip", "uv", "setuptools", "torch", "jupyterlab", "metalib")

    @property
    def packages(self):
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.root / ".venv" / ("Lib" if os.name == "nt" else f"lib/{version}") / "site-packages"

    def furnish(self, *names):
        for name in names:
            (self.packages / name).mkdir()
            (self.packages / name / "__init__.py").touch()
        for tool in {"pip", "uv"} & set(names):
            (self.packages / tool / "__main__.py").write_text(TOOL)
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

    def calls(self, tool="uv"):
        """The calls of uv, or of pip, since the last question."""
        log = self.packages / f"{tool}.log"
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
    [call] = checkout.calls()
    assert call.startswith(f"pip install --python {bootstrap.venv_python(checkout.root)} ")
    assert call.endswith(f"-e {checkout.root}[lab,photos,test]")
    assert "--no-build-isolation" in call
    assert checkout.calls("pip") == []
    assert "a line of the installer's" in done.stderr


def test_the_second_call_installs_nothing_and_starts_no_process_but_the_command(checkout):
    checkout.call()
    checkout.calls()
    # without its packages any question that the set-up asked of .venv would fail or be logged
    for tool in ("pip", "uv"):
        (checkout.packages / tool / "__main__.py").write_text("raise SystemExit('it was run')")
    (checkout.root / "pyproject.toml").touch()  # a new time stamp is not a new content
    done = checkout.call("-c", "print('ran')")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_a_new_content_of_pyproject_installs_again(checkout):
    checkout.call()
    checkout.calls()
    (checkout.root / "pyproject.toml").write_text("[project]\nname = 'metalib'\nversion = '2'\n")
    assert checkout.call().returncode == 0
    assert len(checkout.calls()) == 1
    checkout.call()
    assert checkout.calls() == []


def test_a_failed_update_warns_goes_on_and_is_tried_again(checkout):
    checkout.call()
    (checkout.root / "pyproject.toml").write_text("[project]\nname = 'metalib'\nversion = '2'\n")
    done = checkout.call("-c", "print('ran')", EXIT="1")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "WARNING" in done.stderr and "going on with what is installed" in done.stderr
    checkout.calls()
    assert "WARNING" not in checkout.call().stderr
    assert len(checkout.calls()) == 1


@pytest.mark.parametrize("missing", ["metalib", "torch", "jupyterlab"])
def test_a_failed_installation_that_does_not_serve_is_an_error(checkout, missing):
    shutil.rmtree(checkout.packages / missing)
    done = checkout.call("-c", "print('ran')", EXIT="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert "ERROR: the installation did not go through" in done.stderr
    assert bootstrap.read_stamp(checkout.root) == {}


def test_uv_is_fetched_by_pip_where_there_is_none(checkout):
    shutil.rmtree(checkout.packages / "uv")
    assert checkout.call().returncode == 0
    assert [call.split()[-1] for call in checkout.calls("pip")] == ["uv"]
    assert len(checkout.calls()) == 1


def test_without_uv_pip_does_it_and_says_so(checkout):
    shutil.rmtree(checkout.packages / "uv")
    done = checkout.call("-c", "print('ran')", REFUSED="uv")
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "uv cannot be had: pip installs the rest" in done.stderr
    assert checkout.calls("pip")[-1].endswith(f"-e {checkout.root}[lab,photos,test]")


def test_where_uv_fails_pip_tries(checkout):
    """uv knows nothing of an index in pip's own configuration, for one."""
    done = checkout.call("-c", "print('ran')", REFUSED="pip")  # uv's first word; pip's is `install`
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "uv could not do it" in done.stderr
    assert len(checkout.calls()) == len(checkout.calls("pip")) == 1


@pytest.mark.parametrize(
    ("torch", "gpu", "refused", "backends", "said"),
    [
        (False, False, None, [True], "the build for this machine's processor was taken"),
        (False, False, "--torch-backend=auto", [True, False], "taking torch's default build"),
        (False, True, None, [False], ""),
        (True, False, None, [False], ""),
    ],
    ids=["CPU", "CPU, no such server", "GPU", "torch is there"],
)
def test_the_small_torch_is_asked_for_where_it_serves(
    checkout, monkeypatch, capfd, torch, gpu, refused, backends, said
):
    if not torch:
        shutil.rmtree(checkout.packages / "torch")
    monkeypatch.setattr(bootstrap, "nvidia_gpu", lambda: gpu)
    monkeypatch.setenv("REFUSED", str(refused))
    bootstrap.prepare(checkout.root)
    assert ["--torch-backend=auto" in call for call in checkout.calls()] == backends
    assert said in capfd.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="no named pipes there")
def test_of_two_set_ups_at_once_the_second_waits_and_installs_nothing(checkout, tmp_path):
    pipe = tmp_path / "finish"
    os.mkfifo(pipe)
    command = [sys.executable, "-I", checkout.root / "metalib" / "_bootstrap.py", "-c", "print('ran')"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env={**os.environ, "FINISH": str(pipe)}, **streams) as first:
        said = iter(first.stderr.readline, "")
        assert any(line == "at work\n" for line in said)
        with subprocess.Popen(command, **streams) as second:
            assert "Another set-up is at work" in second.stderr.readline()
            assert checkout.calls() != []
            pipe.write_text("now")
            outputs = [process.communicate()[0] for process in (first, second)]
    assert outputs == ["ran\n", "ran\n"]
    assert checkout.calls() == checkout.calls("pip") == []


def test_an_interrupted_installation_leaves_no_stamp(checkout, monkeypatch):
    checkout.call()
    (checkout.root / "pyproject.toml").write_text("[project]\nname = 'metalib'\nversion = '2'\n")

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "uv_install", interrupt)
    with pytest.raises(KeyboardInterrupt):
        bootstrap.prepare(checkout.root)
    assert bootstrap.read_stamp(checkout.root) == {}


def test_half_a_stamp_counts_as_none(checkout):
    checkout.call()
    checkout.calls()
    stamp = checkout.root / ".venv" / bootstrap.STAMP
    stamp.write_bytes(stamp.read_bytes()[:20])
    checkout.call()
    assert len(checkout.calls()) == 1


@pytest.mark.skipif(os.name == "nt", reason="scripts have no shebangs there")
def test_a_moved_checkout_is_repaired_and_its_torch_stays(checkout, tmp_path):
    old = checkout.root
    script = checkout.root / ".venv" / "bin" / "jupyter"
    script.write_text(f"#!{old}/.venv/bin/python\nimport sys\nprint(sys.prefix)\n")
    script.chmod(0o755)
    checkout.call()
    checkout.calls()
    checkout.moved_to(tmp_path / "a new place")
    done = checkout.call("-c", "import torch; print(torch.__file__)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(checkout.packages / "torch" / "__init__.py")
    assert f"moved from {old}" in done.stderr
    assert str(old) not in (checkout.root / ".venv" / "bin" / "jupyter").read_text()
    assert str(old) not in (checkout.root / ".venv" / "bin" / "activate").read_text()
    assert str(old) not in (checkout.root / ".venv" / "pyvenv.cfg").read_text()
    [first], [second] = checkout.calls("pip"), checkout.calls()
    assert "--no-deps" in first  # the editable finder, before anything that may need the network
    assert second.endswith(f"-e {checkout.root}[lab,photos,test]")
    checkout.call()
    assert checkout.calls() == []


@pytest.mark.parametrize("version", [None, "65.5.0"])
def test_setuptools_is_fetched_where_there_is_none_or_an_old_one(checkout, version):
    if version is None:
        shutil.rmtree(checkout.packages / "setuptools")
    else:
        (checkout.packages / "setuptools" / "__init__.py").write_text(f"__version__ = '{version}'\n")
    checkout.call()
    assert checkout.calls("pip")[0].endswith("setuptools>=77")


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
    assert len(checkout.calls()) == 1


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
