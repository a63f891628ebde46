"""Facts about the training loop: it resumes to the last bit, keeps the best, and loses nothing."""

import dataclasses
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from training_run import RECIPE, SAVE_EVERY, UPDATES, bank, run

from metalib import train as training
from metalib.evaluate import Interval
from metalib.train import Diverged, Run, load_state, read_records, train

PROGRAM = Path(__file__).with_name("training_run.py")


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def start(folder, *flags):
    return subprocess.Popen([sys.executable, PROGRAM, folder, *flags], stdout=subprocess.PIPE, text=True)


def stop_at(process, update, sig):
    """Send `sig` once the run says that it is past `update`."""
    for line in process.stdout:
        if int(line) >= update:
            process.send_signal(sig)
            break
    process.communicate()


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


def test_a_killed_run_that_is_resumed_ends_with_the_same_bits(tmp_path, whole):
    process = start(tmp_path)
    stop_at(process, SAVE_EVERY + 6, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    saved = load_state(tmp_path)["update"]
    assert SAVE_EVERY <= saved < UPDATES
    resumed = start(tmp_path, "--resume")
    output, _ = resumed.communicate()
    assert resumed.returncode == 0
    assert int(output.split()[0]) > saved
    assert_same_end(tmp_path, whole)


def test_ctrl_c_saves_at_once_and_the_run_goes_on(tmp_path, whole):
    records = run(tmp_path)
    next(records)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match="stopped after update 4, saved in"):
        list(records)
    assert load_state(tmp_path)["update"] == 4
    list(run(tmp_path, resume=True))
    assert_same_end(tmp_path, whole)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_record_file_is_trimmed_to_the_saved_update(tmp_path):
    records = run(tmp_path)
    while next(records)[0].update < SAVE_EVERY + 6:
        pass
    records.close()
    with (tmp_path / training.RECORDS).open("a") as file:
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


def test_a_damaged_state(tmp_path, whole):
    data = (whole / training.STATE).read_bytes()
    (tmp_path / training.STATE).write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=r"state\.pt is damaged"):
        next(run(tmp_path, resume=True))
    assert (tmp_path / training.STATE).read_bytes() == data[: len(data) // 2]


def test_no_half_state_is_left_when_the_disk_fills(tmp_path, monkeypatch):
    records = run(tmp_path)
    next(records)

    def full(state, path):
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(training.torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        list(records)
    assert [p.name for p in tmp_path.iterdir()] == [training.RECORDS]


def toy(updates, loss, **keywords):
    """A run on one weight, with `loss(weight, update)`."""
    weight = nn.Linear(1, 1, bias=False)
    nn.init.ones_(weight.weight)
    optimizer = torch.optim.SGD(weight.parameters(), 0.1)
    state = Run(weight, optimizer, torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, updates), torch.Generator())
    records = train(
        state, lambda model, _: loss(model.weight, state.update).view(1), lambda g: None, updates=updates,
        progress=False, record_every=1, save_every=1, **keywords,
    )  # fmt: skip
    return state, records


def test_a_loss_that_is_no_number_stops_the_run_before_the_step():
    state, records = toy(5, lambda w, update: w.sum() if update < 2 else w.sum() * float("nan"))
    with pytest.raises(Diverged, match=r"the loss is nan at update 3 with learning rate 0\.06"):
        list(records)
    assert state.model.weight.isfinite().all()
    assert issubclass(Diverged, ValueError)


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
