"""The launcher: its command line, its environment, and what it says outside a checkout."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from metalib import places
from metalib.app import lab


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder that passes for a checkout."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / lab.COMMITTED).write_text('{"cells": [], "metadata": {}}')
    monkeypatch.setattr(places, "checkout", lambda: tmp_path)
    return tmp_path


def test_opens_notebook_00_with_this_python_and_the_callers_options_last(course):
    line = lab.command(course, "--no-browser", "--port", "8889")
    assert line[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={course}" in line
    assert "--LabApp.default_url=/lab/tree/mine/00-start-here.ipynb" in line
    assert line[-3:] == ["--no-browser", "--port", "8889"]


@pytest.mark.parametrize(
    ("option", "ours"),
    [
        ("--ServerApp.root_dir=/mine", "--ServerApp.root_dir="),
        ("--notebook-dir=/mine", "--ServerApp.root_dir="),
        ("--LabApp.default_url=/lab", "--LabApp.default_url="),
        ("--ServerApp.root_dir=/mine", "--LabApp.default_url="),  # where nobody knows what there is to open
        ("--allow-root", "--allow-root"),
    ],
)
def test_no_option_comes_twice_since_jupyterlab_refuses_that(course, option, ours):
    ours_left = [part for part in lab.command(course, option)[:-1] if part.startswith(ours)]
    assert ours_left == []


def test_the_token_stays_on():
    assert not any("token" in part.lower() for part in lab.command(Path("x")))


@pytest.mark.parametrize(("user", "expected"), [(0, True), (1000, False)])
def test_root_gets_what_root_needs(course, monkeypatch, user, expected):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    assert ("--allow-root" in lab.command(course)) is expected


def test_the_announcements_are_off_in_the_configuration_that_jupyterlab_reads():
    script = (
        "from jupyterlab_server.config import get_page_config; "
        "import json; print(json.dumps(get_page_config([])['disabledExtensions']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=lab.environment(), capture_output=True, text=True, check=True
    )
    assert "@jupyterlab/apputils-extension:announcements" in json.loads(done.stdout)


def test_a_configuration_path_of_the_users_stays_behind_ours():
    path = lab.environment({"JUPYTER_CONFIG_PATH": "mine"})["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert path[-1] == "mine" and len(path) == 2


def test_this_environments_commands_come_first_in_jupyterlabs_terminal():
    assert lab.environment({"PATH": "others"})["PATH"].split(os.pathsep) == [str(Path(sys.executable).parent), "others"]


def test_outside_a_checkout_it_says_so_and_what_to_do(monkeypatch):
    monkeypatch.setattr(places, "checkout", lambda: None)
    with pytest.raises(ValueError, match=r"not part of the installed package.*make lab"):
        lab.launch([])


def test_a_missing_first_notebook_is_named_with_its_remedy(course):
    (course / lab.COMMITTED).unlink()
    with pytest.raises(ValueError, match=r"00-start-here\.ipynb is missing: restore it with `git checkout"):
        lab.launch([])


def test_without_jupyterlab_it_says_how_to_install_it(course, monkeypatch):
    monkeypatch.setattr(lab.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"has no JupyterLab: run `make lab`"):
        lab.command(course)


def test_on_windows_it_waits_for_jupyterlab_and_returns_its_exit_status(course, monkeypatch):
    calls = []

    def run(line, **settings):
        calls.append((line, settings["cwd"]))
        return subprocess.CompletedProcess(line, 7)

    monkeypatch.setattr(lab, "POSIX", False)
    monkeypatch.setattr(subprocess, "run", run)
    assert lab.launch(["--no-browser"]) == 7
    assert calls == [(lab.command(course, "--no-browser"), course)]


def test_elsewhere_jupyterlab_takes_this_process(course, monkeypatch):
    calls = []
    monkeypatch.setattr(os, "execve", lambda path, line, variables: calls.append((path, line, os.getcwd())))
    monkeypatch.setattr(lab, "POSIX", True)
    monkeypatch.setattr(subprocess, "run", lambda line, **_: subprocess.CompletedProcess(line, 0))
    monkeypatch.chdir(course.parent)
    lab.launch([])
    assert calls == [(sys.executable, lab.command(course), str(course))]
