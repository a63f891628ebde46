"""Facts about the training loop: it resumes to the last bit, keeps the best, and loses nothing."""

import dataclasses
import errno
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from training_run import RECIPE, SAVE_EVERY, UPDATES, at_each_event, bank, run

from metalib.evaluate import Interval
from metalib.training.loop import Diverged, Record, Run, train
from metalib.training.run_state import PREVIOUS, RECORDS, STATE, load_state, read_records

PROGRAM = Path(__file__).with_name("training_run.py")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def outcome(folder, *flags):
    """Exit status of a run as a process of its own, and the updates that it told of."""
    command = [sys.executable, PROGRAM, folder, *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, [int(line) for line in done.stdout.split()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The state and records of a run that nobody interrupted."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("whole")
    list(run(folder))
    return folder


def assert_same_end(folder, whole):
    ours, theirs = load_state(folder), load_state(whole)
    assert ours["update"] == theirs["update"] == UPDATES
    for name, tensor in theirs["model"].items():
        assert torch.equal(ours["model"][name], tensor), name
    assert torch.equal(ours["generator"], theirs["generator"])
    strip = (
        [r._replace(seconds=0.0) for r in read_records(folder)],
        [r._replace(seconds=0.0) for r in read_records(whole)],
    )
    assert strip[0] == strip[1]


def test_a_run_killed_at_three_random_moments_loses_no_saved_update_and_ends_with_the_same_bits(tmp_path, whole):
    events = [0]
    records = run(tmp_path / "counted")
    next(records)
    at_each_event(lambda event: events.__setitem__(0, event))
    list(records)
    sys.setprofile(None)
    between_saves = events[0] * SAVE_EVERY // UPDATES
    folder, flags = tmp_path / "killed", ()
    moments = random.Random(0)
    for earliest in (between_saves, 0, 0):  # the first kill comes after a save, so that there is a state to go on from
        moment = earliest + moments.randrange(1, between_saves)
        status, told = outcome(folder, *flags, "--kill-at", str(moment))
        assert status == -signal.SIGKILL
        kept = load_state(folder)["update"]
        assert kept >= max(SAVE_EVERY, (max(told) - 1) // SAVE_EVERY * SAVE_EVERY), f"killed at event {moment}"
        flags = ("--resume",)
    status, told = outcome(folder, "--resume")
    assert (status, told[-1]) == (0, UPDATES)
    assert_same_end(folder, whole)
    assert sorted(path.name for path in folder.iterdir() if path.name[0] != ".") == [RECORDS, STATE, PREVIOUS]
    assert not list(folder.glob(".*.part"))


def test_the_record_file_is_trimmed_to_the_saved_update(tmp_path):
    records = run(tmp_path)
    while next(records)[0].update < SAVE_EVERY + 6:
        pass
    records.close()
    with (tmp_path / RECORDS).open("a") as file:
        file.write('{"update": 17, "lo')
    assert [r.update for r in read_records(tmp_path)] == [4, 8, 12, 16]
    resumed = run(tmp_path, resume=True)
    assert next(resumed)[0].update == 12
    resumed.close()
    assert [r.update for r in read_records(tmp_path)] == [4, 8, 12]


def test_a_second_run_does_not_write_over_the_first(tmp_path, whole):
    with pytest.raises(ValueError, match="holds a run already"):
        list(run(whole))


def test_a_run_with_other_settings_is_not_resumed(whole):
    other = dataclasses.replace(RECIPE, learning_rate=0.5)
    records = other.train(other.network(), bank(), out=whole, resume=True, progress=False)
    with pytest.raises(ValueError, match=r"learning_rate was 0\.001 and is 0\.5"):
        next(records)


def test_a_run_is_not_resumed_on_other_classes(whole):
    fewer = bank().select(range(20))
    records = RECIPE.train(RECIPE.network(), fewer, out=whole, resume=True, progress=False)
    with pytest.raises(ValueError, match=r"classes was '30 with digest .*' and is '20 with digest"):
        next(records)


@pytest.fixture
def copied(tmp_path, whole):
    """A copy of the folder of the whole run, to be damaged."""
    for path in whole.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def cut_in_half(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return data[: len(data) // 2]


def test_a_state_cut_in_half_is_made_good_from_the_one_before_it(copied, whole, capsys):
    cut_in_half(copied / STATE)
    list(run(copied, resume=True))
    assert f"going on from the state before it, of update {UPDATES - SAVE_EVERY}" in capsys.readouterr().out
    assert_same_end(copied, whole)


def test_a_state_cut_in_half_without_another_is_left_alone(copied):
    (copied / PREVIOUS).unlink()
    half = cut_in_half(copied / STATE)
    with pytest.raises(ValueError, match=r"state\.pt is damaged .*: delete it and train anew"):
        next(run(copied, resume=True))
    assert (copied / STATE).read_bytes() == half
    assert [record.update for record in read_records(copied)][-1] == UPDATES


def test_two_states_cut_in_half_are_left_alone(copied):
    halves = [cut_in_half(copied / STATE), cut_in_half(copied / PREVIOUS)]
    with pytest.raises(ValueError, match=r"state\.pt is damaged"):
        next(run(copied, resume=True))
    assert [(copied / name).read_bytes() for name in (STATE, PREVIOUS)] == halves


def test_a_run_started_anew_does_not_keep_the_state_of_another(copied):
    (copied / STATE).unlink()
    next(run(copied))
    assert sorted(path.name for path in copied.iterdir() if path.name[0] != ".") == [RECORDS]


def fill_the_disk(monkeypatch, at):
    """Let the disk be full at the `at`-th file that is made safe on it."""
    fsync, left = os.fsync, iter(range(1, at))

    def until_full(file):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(file)

    monkeypatch.setattr(os, "fsync", until_full)


@pytest.mark.parametrize("at", [2, 3])  # the copy of the state before, the state itself
def test_a_full_disk_leaves_the_state_before_it_intact(tmp_path, whole, monkeypatch, at):
    with monkeypatch.context() as patch:
        fill_the_disk(patch, at)
        with pytest.raises(OSError) as failure:
            list(run(tmp_path))
    assert str(failure.value) == (
        f"the state of update 20 could not be written to {tmp_path} (No space left on device); the state of update 10 "
        f"is kept in {tmp_path}. Make room there, or make it writable, then go on with --resume (in Python: "
        "resume=True)"
    )
    assert not list(tmp_path.glob(".*.part"))
    assert load_state(tmp_path)["update"] == SAVE_EVERY
    list(run(tmp_path, resume=True))
    assert_same_end(tmp_path, whole)


def test_a_disk_that_is_full_from_the_start(tmp_path, monkeypatch):
    fill_the_disk(monkeypatch, 1)
    with pytest.raises(OSError, match=r"update 10 could not be written .*; no state has been saved yet"):
        list(run(tmp_path))
    assert [path.name for path in tmp_path.iterdir() if path.name[0] != "."] == [RECORDS]


def test_a_record_that_does_not_fit_on_the_disk(copied, monkeypatch):
    state = Run(nn.Linear(1, 1), None, None, None)
    (copied / RECORDS).unlink()
    (copied / RECORDS).mkdir()  # cannot be opened for writing
    with pytest.raises(OSError, match=r"the record of update 4 could not be written to .* \(Is a directory\)"):
        state.write_record(Record(4, 0.5, 0.1, 1.0), copied)


def test_a_read_only_folder_is_refused_before_the_first_update(copied):
    before = {path.name: path.read_bytes() for path in copied.iterdir()}
    copied.chmod(0o555)
    try:
        for folder in (copied, copied / "new"):
            for resume in (True, False):
                with pytest.raises(PermissionError, match=r"cannot be written to: make it writable, or choose another"):
                    next(run(folder, resume=resume))
        assert {path.name: path.read_bytes() for path in copied.iterdir()} == before
    finally:
        copied.chmod(0o755)


def test_half_written_files_of_a_killed_run_are_removed(copied):
    (copied / f".{STATE}.0123abcd.part").write_bytes(b"half")
    list(run(copied, resume=True))
    assert not list(copied.glob(".*.part"))


def toy(updates, loss, every=1, **keywords):
    """A run on one weight, with `loss(weight, update)`; recorded and saved at `every` update."""
    weight = nn.Linear(1, 1, bias=False)
    nn.init.ones_(weight.weight)
    optimizer = torch.optim.SGD(weight.parameters(), 0.1)
    state = Run(weight, optimizer, torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, updates), torch.Generator())
    records = train(
        state, lambda model, _: loss(model.weight, state.update).view(-1), lambda g: None, updates=updates,
        record_every=every, save_every=every, **{"progress": False, **keywords},
    )  # fmt: skip
    return state, records


def test_a_loss_that_is_no_number_stops_the_run_before_the_step(tmp_path):
    state, records = toy(5, lambda w, update: w.sum() if update < 2 else w.sum() * float("nan"), out=tmp_path)
    with pytest.raises(Diverged) as failure:
        list(records)
    assert str(failure.value) == (
        "the loss of task 0 of 0 … 0 is nan at update 3 with learning rate 0.06: lower the learning rate, and start "
        f"anew in another folder; the state of update 2 is kept in {tmp_path}"
    )
    assert state.model.weight.isfinite().all()
    assert load_state(tmp_path)["update"] == 2
    assert issubclass(Diverged, ValueError)


def test_a_loss_that_is_no_number_is_named_with_its_task_and_what_to_lower():
    state, records = toy(5, lambda w, _: w.flatten() / torch.tensor([1.0, 0.0, 2.0, 0.0]))
    state.settings = {"learning_rate": 0.1, "inner_lr": 0.4, "updates": 5}
    message = r"the loss of task 1 of 0 … 3, and that of 1 more of the 4 tasks, is inf at update 1 .*lower "
    with pytest.raises(Diverged, match=message + r"learning_rate \(0\.1\) or inner_lr \(0\.4\), .*; no state has"):
        list(records)


def test_parameters_that_are_no_numbers_are_not_saved(tmp_path):
    def nowhere(w, update):
        return w.sum() if update < 2 else (w.sum() - w.sum().detach()).sqrt()  # 0, with an infinite slope

    _, records = toy(5, nowhere, out=tmp_path)
    with pytest.raises(Diverged, match=r"weight not finite after update 3: .*; the state of update 2 is kept"):
        list(records)
    assert load_state(tmp_path)["update"] == 2
    assert load_state(tmp_path)["model"]["weight"].isfinite().all()


def test_where_losses_are_not_looked_at_one_by_one_they_are_before_a_record(monkeypatch, tmp_path):
    monkeypatch.setattr("metalib.training.loop._looks_at_each", lambda run: False)  # as on a GPU
    _, records = toy(9, lambda w, update: w.sum() * (float("nan") if update == 4 else 1), out=tmp_path, every=3)
    first = next(records)
    assert first.loss == pytest.approx(1 - 0.1 * (1 + 2 - 1 / 9) / 3, rel=1e-6)
    with pytest.raises(Diverged, match=r"is nan at update 5 .* the state of update 3 is kept"):
        list(records)
    assert load_state(tmp_path)["update"] == 3


def test_the_state_that_validated_best_is_kept_apart():
    accuracies = iter([0.3, 0.9, 0.5, 0.4])
    seen = []

    def validate(model):
        assert not model.training
        seen.append(model.weight.item())
        mean = next(accuracies)
        return Interval(mean, mean, mean, 1)

    state, records = toy(4, lambda w, _: w.sum(), validate=validate)
    assert [r.validation.mean for r in records] == [0.3, 0.9, 0.5, 0.4]
    assert state.best_update == 2
    assert state.best_state["weight"].item() == seen[1] != state.model.weight.item()


def test_the_schedule_counts_updates():
    _, records = toy(4, lambda w, _: w.sum())
    assert [r.learning_rate for r in records] == pytest.approx([0.075, 0.05, 0.025, 0.0])


def test_a_step_is_taken_on_the_mean_over_tasks():
    state, records = toy(1, lambda w, _: 3 * w.sum())
    list(records)
    assert state.model.weight.item() == pytest.approx(1 - 0.1 * 3)


def test_training_learns_and_validates_without_touching_its_generator(tmp_path):
    data = bank()
    marked = data.images.clone()
    marked[:, :, 0, :14] = marked[:, :1, 0, :14]  # half of each picture is its class's own
    data = dataclasses.replace(data, images=marked)
    ends = []
    for validation in (data, None):
        network = RECIPE.network()
        records = RECIPE.train(network, data, validation=validation, progress=False, record_every=20, save_every=20)
        ends.append((list(records)[-1].validation, network.state_dict()))
    (accuracy, with_validation), (nothing, without) = ends
    assert accuracy.mean > 0.5  # chance is 5 %
    assert nothing is None
    assert all(torch.equal(with_validation[name], tensor) for name, tensor in without.items())


def test_in_a_pipe_there_are_lines_and_no_bar(capsys):
    list(toy(4, lambda w, _: w.sum(), every=2, progress=True)[1])
    printed = capsys.readouterr()
    assert printed.out == "update 4 of 4: loss 0.800\n"
    assert printed.err == ""


def test_in_a_terminal_there_is_a_bar_and_no_lines(capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    list(toy(4, lambda w, _: w.sum(), every=2, progress=True)[1])
    printed = capsys.readouterr().out
    assert "\r" in printed and "loss 0.800" in printed
    assert "of 4" not in printed
