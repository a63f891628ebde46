"""Signals that end a run: Ctrl-C and SIGTERM finish the update and save, a second one later breaks in."""

import signal

import pytest
import torch
from test_loop import assert_same_end
from training_run import SAVE_EVERY, run

from metalib.training import loop
from metalib.training.loop import Terminated
from metalib.training.run_state import STATE, load_state


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def usual_handlers():
    """A shell starts programs in the background (`nohup … &`) with Ctrl-C ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {signum: signal.signal(signum, handler) for signum, handler in usual.items()}
    yield
    assert {signum: signal.signal(signum, before[signum]) for signum in usual} == usual


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The state and records of a run that nobody interrupted."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("whole")
    list(run(folder))
    return folder


@pytest.mark.parametrize(
    ("signals", "error"),
    [
        ([signal.SIGINT], KeyboardInterrupt),
        ([signal.SIGINT, signal.SIGINT], KeyboardInterrupt),  # one key press, passed on once more by make or a launcher
        ([signal.SIGTERM], Terminated),
        ([signal.SIGTERM, signal.SIGINT], Terminated),
    ],
)
def test_the_update_is_finished_and_saved_and_the_run_goes_on(tmp_path, whole, signals, error):
    records = run(tmp_path)
    next(records)
    for signum in signals:
        signal.raise_signal(signum)
    with pytest.raises(KeyboardInterrupt, match="stopped after update 4, saved in") as stop:
        list(records)
    assert type(stop.value) is error
    assert load_state(tmp_path)["update"] == 4
    list(run(tmp_path, resume=True))
    assert_same_end(tmp_path, whole)


@pytest.mark.parametrize(
    ("past", "kept"), [(1, "no state has been saved yet"), (4, f"the state of update {SAVE_EVERY} is kept in")]
)
def test_a_second_ctrl_c_later_breaks_in_and_says_what_is_kept(tmp_path, monkeypatch, past, kept):
    monkeypatch.setattr(loop, "AGAIN", 0.0)
    records = run(tmp_path)
    for _ in range(past):
        next(records)
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt, match=rf"stopped within update {4 * past + 1}; {kept}"):
        signal.raise_signal(signal.SIGINT)
    records.close()
    assert (tmp_path / STATE).exists() == (past > 1)


def test_a_run_that_keeps_nothing_leaves_sigterm_alone():
    records = run(None)
    next(records)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    records.close()
