"""A function that never ends is stopped, and one that ends is not disturbed."""

import contextlib
import subprocess
import sys
import threading
import time

import pytest
import torch

from metalib.course.kit.time_limit import TimeUp, within
from metalib.course.kit.verdict import check


def for_ever():
    while True:
        pass


def for_ever_in_torch():
    x = torch.zeros(3)
    while True:
        x = x + 1


def for_ever_in_spite_of_errors():
    while True:
        with contextlib.suppress(Exception):
            torch.zeros(3).sum()


@pytest.mark.parametrize("function", [for_ever, for_ever_in_torch, for_ever_in_spite_of_errors])
def test_a_loop_without_end_is_stopped(function):
    with pytest.raises(TimeUp):
        within(0.1, function)


def test_it_is_stopped_in_another_thread_too():
    caught = []

    def run():
        try:
            within(0.1, for_ever)
        except TimeUp:
            caught.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert caught == [True]


def test_what_ends_in_time_is_handed_on():
    assert within(60, lambda a, b: a + b, 2, 3) == 5
    with pytest.raises(KeyError, match="own"):
        within(60, {}.__getitem__, "own")


def test_no_request_comes_after_the_end():
    """Functions that end in about the time they have: each is stopped or ends, and nothing is raised later."""
    ended = 0
    for _ in range(300):
        try:
            within(0.001, lambda: [time.sleep(0.0002) for _ in range(4)])
            ended += 1
        except TimeUp:
            pass
        sum(range(1000))  # would meet a late one
    assert ended <= 300


def test_a_check_stops_an_endless_answer(monkeypatch):
    monkeypatch.setattr("metalib.course.kit.verdict.SECONDS_OF_A_CHECK", 0.2)

    @check
    def check_number(function):
        return f"Right. {function()}"

    verdict = check_number(for_ever)
    assert verdict.passed is False
    assert "a loop that never ends" in verdict.message


def test_an_import_is_not_on_the_learners_time_and_is_not_cut_short():
    """In a fresh Python, whose first torch.func.grad takes longer than the limit here."""
    code = (
        "import sys, torch\n"
        "from metalib.course.kit.time_limit import TimeUp, within\n"
        "assert 'sympy' not in sys.modules\n"
        "def imports(then):\n"
        "    assert torch.func.grad(torch.sin)(torch.zeros(())) == 1\n"
        "    while then == 'for ever':\n"
        "        pass\n"
        "within(0.2, imports, 'ends')\n"
        "assert 'sympy' in sys.modules\n"
        "try:\n"
        "    within(0.2, imports, 'for ever')\n"
        "except TimeUp:\n"
        "    print('stopped')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "stopped\n"


@pytest.mark.parametrize("seconds", [60, 0.1])
def test_nothing_of_it_is_left_in_the_interpreter(seconds):
    """CPython 3.11 hung in a profiler that was started after a request had been taken back: `%prun`, in a notebook."""
    code = (
        "import sys, time\n"
        "from metalib.course.kit.time_limit import TimeUp, within\n"
        "def count():\n"
        "    end = time.monotonic() + 1\n"
        "    yield from iter(lambda: time.monotonic() < end, False)\n"
        "try:\n"
        f"    within({seconds}, lambda: list(count()))\n"
        "except TimeUp:\n"
        "    print('stopped')\n"
        "profiled = (i for i in range(3))\n"
        "next(profiled)\n"
        "sys.setprofile(lambda *event: None)\n"
        "list(profiled)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, timeout=120, capture_output=True, text=True)
    assert done.stdout == ("stopped\n" if seconds < 1 else "")
