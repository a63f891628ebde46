"""A learner's function may loop for ever: stop it after some seconds, in a kernel on any system.

The function runs in the thread that called it. A second thread waits, and when the time is up asks CPython to raise
`TimeUp` in the first, between two of its instructions. So it needs no signal (Windows has no alarm), no second
process (the function sees the notebook's own objects) and costs the function nothing.

What it cannot stop: one long call into C (a matrix product, `time.sleep`), which ends first; and a loop that catches
every exception, `except:` or `except BaseException:`, though it is asked again and again.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Callable
from typing import Any

TICK = 0.1  # seconds, as which time is counted
AGAIN = 0.5  # seconds until it is asked again


class TimeUp(BaseException):
    """The time is up. No `Exception`, so that a learner's `except Exception` does not swallow it."""


def within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function(*arguments)` returns. Raises TimeUp where it takes more than `seconds`, imports not counted."""
    caller, done, asked, gone = threading.get_ident(), threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        left = seconds
        while left > 0:
            tick = min(left, TICK)
            if done.wait(tick):
                return gone.set()
            left -= 0 if _imports(caller) else tick
        while not done.is_set():
            if not _imports(caller):
                asked.set()
                _raise_in(caller)
            done.wait(AGAIN)
        gone.set()

    try:
        threading.Thread(target=wait, name="time limit", daemon=True).start()
        return function(*arguments)
    finally:
        _end(done, asked, gone, caller)


def _imports(thread: int) -> bool:
    """Whether a thread imports something in the function that `within` called.

    The first call of `torch.func.grad` imports much of torch's compiler, for seconds that are not the learner's. Cut
    short, it would leave modules half made, and torch.func broken until the kernel is restarted.
    """
    frame = sys._current_frames().get(thread)
    while frame and frame.f_code is not within.__code__:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _end(done: threading.Event, asked: threading.Event, gone: threading.Event, caller: int) -> None:
    """Nobody asks any more, and what was asked in the last instant comes here.

    Whether it has come already nobody can tell. So one more is asked for, which takes the place of one that waits, and
    is waited for. (To take one back, with None in its place, leaves CPython 3.11 looking for it at every jump, and a
    profiler that is started later hangs.)
    """
    while True:
        try:
            done.set()
            gone.wait()
            if not asked.is_set():
                return
            _raise_in(caller)
            while True:
                pass
        except TimeUp:
            if gone.is_set():
                return


def _raise_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(TimeUp))
