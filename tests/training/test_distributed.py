"""Facts about several processes in one run: two do what one does, to rounding, and what stops one stops both."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from distributed_run import DEATH, DIED, EVERY, N_TASKS, UPDATES, go
from hypothesis import given
from hypothesis import strategies as st

from metalib.training import distributed
from metalib.training.distributed import Processes
from metalib.training.run_state import PREVIOUS, RECORDS, STATE, load_state, read_records

PROGRAM = Path(__file__).with_name("distributed_run.py")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def environment():
    return {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE")}


def two_processes(folder, *scenarios):
    """Let torchrun do the scenarios in two processes; returns its exit status and all that they printed."""
    done = subprocess.run(
        [*TORCHRUN, PROGRAM, folder, *scenarios], env=environment(), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The folder of a run by one process, and what it has seen."""
    folder = tmp_path_factory.mktemp("one") / "whole"
    return folder, go(folder)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """The folder in which two processes went through the scenarios."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "read-only").mkdir(mode=0o555)
    scenarios = ("whole", "diverged", "interrupted", "resumed", "read-only", "protonet", "reptile", "classifier")
    (folder / "resumed").symlink_to(folder / "interrupted")
    status, output = two_processes(folder, *scenarios)
    assert status == 0, output
    return folder, output


def seen(folder, scenario):
    """What each of the two processes has seen."""
    return [json.loads((folder / f"{scenario}-{rank}.json").read_text()) for rank in (0, 1)]


def assert_same_parameters(ours, theirs):
    for name, values in theirs["parameters"].items():
        actual, expected = (torch.tensor(given, dtype=torch.float64) for given in (ours["parameters"][name], values))
        torch.testing.assert_close(
            actual, expected, rtol=1e-10, atol=1e-10, msg=lambda text, name=name: f"{name}: {text}"
        )


def test_two_processes_end_with_the_parameters_of_one(one, two):
    _, alone = one
    for together in seen(two[0], "whole"):
        assert together["error"] == ""
        assert together["update"] == UPDATES
        assert_same_parameters(together, alone)
        assert together["generator"] == alone["generator"]


def test_two_computers_meet_by_fixed_ranks(one, tmp_path):
    """Each has a torchrun of its own; here both are this computer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        meeting = ["--master-addr", "127.0.0.1", "--master-port", str(probe.getsockname()[1])]
    line = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "1", "--nnodes", "2", *meeting]
    computers = [
        subprocess.Popen([*line, "--node-rank", str(rank), PROGRAM, tmp_path, "whole"], env=environment())
        for rank in (0, 1)
    ]
    try:
        assert [computer.wait(timeout=300) for computer in computers] == [0, 0]
    finally:
        for computer in computers:
            computer.kill()
    for together in seen(tmp_path, "whole"):
        assert_same_parameters(together, one[1])


def test_both_processes_see_the_records_of_one(one, two):
    first, second = seen(two[0], "whole")
    assert first["records"] == second["records"]
    for ours, theirs in zip(first["records"], one[1]["records"], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-9)


def test_the_first_process_alone_validates_and_writes(two):
    folder, output = two
    first, second = seen(folder, "whole")
    assert (first["validations"], second["validations"]) == (UPDATES // EVERY, 0)
    assert [record.update for record in read_records(folder / "whole")] == [2, 4, 6]
    files = sorted(path.name for path in (folder / "whole").iterdir() if path.name[0] != ".")
    assert files == [RECORDS, STATE, PREVIOUS]
    assert load_state(folder / "whole")["processes"] == 2
    assert output.count("update 2 of 6: ") == 3  # a line for each scenario that starts at 0, not for each process


def test_a_loss_that_is_no_number_stops_both_and_is_named_by_its_place_in_the_meta_batch(two):
    folder, _ = two
    first, second = seen(folder, "diverged")
    assert first["error"] == second["error"]
    assert first["error"].startswith(
        f"Diverged: the loss of task {N_TASKS - 1} of 0 … {N_TASKS - 1} is nan at update 4"
    )
    assert first["error"].endswith(f"the state of update 2 is kept in {folder / 'diverged'}")
    assert (first["update"], first["parameters"]) == (3, second["parameters"])
    assert load_state(folder / "diverged")["update"] == 2


def test_ctrl_c_in_one_process_stops_both_at_the_same_update_and_saves(one, two):
    folder, _ = two
    for process in seen(folder, "interrupted"):
        assert process["error"].startswith("KeyboardInterrupt: stopped after update 3, saved in ")
    for process in seen(folder, "resumed"):
        assert (process["error"], process["update"]) == ("", UPDATES)
        assert_same_parameters(process, one[1])


def test_what_stops_the_first_process_stops_the_other(two):
    folder, _ = two
    first, second = seen(folder, "read-only")
    what = f"{folder / 'read-only'} cannot be written to: make it writable, or choose another folder (--out)"
    assert first["error"] == f"PermissionError: {what}"
    assert second["error"] == f"ConnectionError: the first process of this run stopped: {what}"


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        (
            "protonet",
            " for 1 task an update, and a task cannot be split: raise meta_batch_size to 2 or more, or use 1 process",
        ),
        (
            "reptile",
            ", and an inner optimiser whose state goes on from task to task: each task waits for the one before it, "
            "and an update cannot be split. Use one process",
        ),
        (
            "classifier",
            ", and a batch of pictures that share their batch statistics: it cannot be split. Use one process",
        ),
    ],
)
def test_what_cannot_be_split_is_refused(two, recipe, message):
    assert seen(two[0], recipe) == [f"ValueError: 2 processes{message}"] * 2


def test_a_process_that_dies_ends_the_run_with_a_state_that_one_process_can_resume(one, tmp_path):
    status, output = two_processes(tmp_path, "dying")
    assert status != 0
    assert "distributed_run.py FAILED" in output
    assert load_state(tmp_path / "dying")["update"] == (DEATH - 1) // EVERY * EVERY
    assert_same_parameters(go(tmp_path / "dying", resume=True), one[1])


def test_the_process_that_is_left_ends_with_an_error_also_where_no_torchrun_ends_it(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free.getsockname()[1]), "WORLD_SIZE": "2"}
    processes = [
        subprocess.Popen([sys.executable, PROGRAM, tmp_path, "dying"], env={**os.environ, **address, "RANK": rank})
        for rank in "01"
    ]
    assert [process.wait() for process in processes] == [0, DIED]
    first = json.loads((tmp_path / "dying-0.json").read_text())
    assert first["error"].startswith(
        "ConnectionError: another process of this run has ended, and so this one ends too."
    )
    assert (first["update"], load_state(tmp_path / "dying")["update"]) == (DEATH - 1, (DEATH - 1) // EVERY * EVERY)


@given(st.integers(1, 64), st.integers(1, 64))
def test_every_task_belongs_to_one_process(n_tasks, size):
    parts = [range(n_tasks)[Processes(rank, size).slice_of(n_tasks)] for rank in range(size)]
    assert [task for part in parts for task in part] == list(range(n_tasks))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_process_is_alone_unless_its_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    assert distributed.place() == (0, 1)
    assert distributed.join(torch.device("cpu")) is distributed.ALONE
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert distributed.place() == (3, 4)


def test_only_the_first_process_prints(monkeypatch, capsys):
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        with distributed.only_the_first_prints():
            print(f"process {rank}")
            print(f"error {rank}", file=sys.stderr)
    assert capsys.readouterr() == ("process 0\n", "error 0\nerror 1\n")


def test_several_processes_need_a_device_on_which_they_can_talk(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match="2 processes on mps: several can work together on cpu and on cuda only"):
        distributed.join(torch.device("mps"))


def test_each_process_of_a_machine_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert distributed.device() == torch.device("cuda")
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert distributed.device() == distributed.device("cuda") == torch.device("cuda:1")
    assert distributed.device("cuda:0") == torch.device("cuda:0")
    assert distributed.device("cpu") == torch.device("cpu")
    monkeypatch.setenv("LOCAL_RANK", "2")
    with pytest.raises(ValueError, match="cuda:2 asked for, and torch sees 2 CUDA devices"):
        distributed.device()
