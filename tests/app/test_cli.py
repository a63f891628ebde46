"""The command line's frame: who gets which options, and how wrong input, Ctrl-C and faults end."""

import os
import subprocess
import sys

import pytest

from metalib.app import cli, doctor, lab
from metalib.banks import fetch, inspect_data
from metalib.training.loop import Terminated


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_explains_itself(name, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    assert end.value.code == 0
    assert f"metalib {name}" in capsys.readouterr().out


def test_lab_hands_jupyterlabs_options_on(monkeypatch):
    given = []
    monkeypatch.setattr(lab, "launch", lambda arguments: given.append(arguments) or 3)
    assert cli.main(["lab", "--no-browser", "--port", "8889", "--LabApp.x=y"]) == 3
    assert given == [["--no-browser", "--port", "8889", "--LabApp.x=y"]]


def test_other_commands_refuse_options_that_they_do_not_know(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["doctor", "--port", "1"])
    assert end.value.code == 2
    assert "doctor does not know --port 1" in capsys.readouterr().err


def test_no_command_is_an_error_that_lists_them(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([])
    assert end.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_the_doctors_verdict_is_the_exit_status(monkeypatch):
    monkeypatch.setattr(doctor, "examine", lambda: 1)
    assert cli.main(["doctor"]) == 1


@pytest.mark.parametrize("right", [True, False])
def test_data_verify_prints_each_line_and_fails_where_something_is_wrong(monkeypatch, capsys, right):
    monkeypatch.setattr(inspect_data, "verify", lambda: (right, ["one", "two"]))
    assert cli.main(["data", "verify"]) == (0 if right else 1)
    assert capsys.readouterr().out == "one\ntwo\n"


def test_data_where_prints_each_line(monkeypatch, capsys):
    monkeypatch.setattr(inspect_data, "where", lambda: ["here", "there"])
    assert cli.main(["data", "where"]) == 0
    assert capsys.readouterr().out == "here\nthere\n"


def test_data_fetch_says_where_the_data_are(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(fetch, "fetch", lambda: tmp_path)
    assert cli.main(["data", "fetch"]) == 0
    assert str(tmp_path) in capsys.readouterr().out


@pytest.mark.parametrize("error", [ValueError("20-way needs 20 classes"), OSError("no network")])
def test_wrong_input_ends_in_one_line_and_status_2(monkeypatch, capsys, error):
    def fail():
        raise error

    monkeypatch.setattr(inspect_data, "where", fail)
    assert cli.main(["data", "where"]) == 2
    assert capsys.readouterr().err == f"metalib data: {error}\n"


def test_a_fault_of_ours_keeps_its_traceback(monkeypatch):
    def fail():
        raise TypeError("a fault")

    monkeypatch.setattr(inspect_data, "where", fail)
    with pytest.raises(TypeError, match="a fault"):
        cli.main(["data", "where"])


def test_ctrl_c_ends_with_130_and_no_traceback(monkeypatch, capsys):
    def interrupt():
        raise KeyboardInterrupt

    monkeypatch.setattr(inspect_data, "where", interrupt)
    assert cli.main(["data", "where"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize(("module", "said"), [("metalib", ""), ("metalib.cli", "is `python -m metalib` now")])
def test_runs_as_a_module_and_the_old_form_names_the_new(module, said):
    done = subprocess.run([sys.executable, "-m", module, "data", "where"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "New files go to" in done.stdout
    assert said in done.stderr and (said or not done.stderr)


TORCH = """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        pass
except KeyboardInterrupt:
    raise {error}
"""
# a shell's `&` starts programs with Ctrl-C ignored
WITH_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "


@pytest.mark.parametrize("error", ["", "ImportError('numpy was not loaded') from None"], ids=["as it is", "disguised"])
def test_ctrl_c_while_torch_is_loaded_is_no_traceback(tmp_path, error):
    (tmp_path / "torch.py").write_text(TORCH.format(error=error))
    code = f"{WITH_CTRL_C}import sys; from metalib.app.cli import main; sys.exit(main(['train', 'protonet']))"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_what_a_console_cannot_encode_is_written_all_the_same():
    code = (
        "from metalib.app import cli; from metalib.banks import inspect_data; "
        "inspect_data.where = lambda: ['α ≤ β', 'a name \\udcff']; raise SystemExit(cli.main(['data', 'where']))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, env=environment)
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "α ≤ β\na name \\udcff\n", b"")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train protonet --updates 0", "--updates: 0 is too small: give a whole number of 1 or more"),
        ("train protonet --updates -3", "--updates: -3 is too small: give a whole number of 1 or more"),
        ("train protonet --updates many", "--updates: 'many' is no whole number"),
        ("train protonet --seed 99999999999999999999999", "9999 is too large: give at most 9,223,372,036,854,775,807"),
        ("train protonet --seed -1", "--seed: -1 is too small: give a whole number of 0 or more"),
        ("train protonet --out=", "--out: an empty name is no path"),
        ("bench --out=", "--out: an empty name is no path"),
        ("evaluate protonet --episodes -5", "--episodes: -5 is too small: give a whole number of 2 or more"),
        ("evaluate protonet --episodes 1", "--episodes: 1 is too small: give a whole number of 2 or more"),
    ],
)
def test_numbers_and_names_that_cannot_be_are_refused_before_anything_is_loaded(line, said, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "metalib.app.commands", None)  # importing it would be an ImportError
    with pytest.raises(SystemExit) as end:
        cli.main(line.split())
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_a_run_that_was_terminated_has_its_own_status(monkeypatch, capsys):
    def terminate():
        raise Terminated("stopped after update 4, saved in x")

    monkeypatch.setattr(inspect_data, "where", terminate)
    assert cli.main(["data", "where"]) == 143
    assert capsys.readouterr().err == "stopped after update 4, saved in x\n"
