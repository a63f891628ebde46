"""A learner's function may loop for ever: stop it after some seconds, in a kernel on any system.

The function runs in the thread that called it. A second thread waits, and when the time is up asks CPython to raise
`TimeUp` in the first, between two of its instructions. So it needs no signal (Windows has no alarm), no second
process (the function sees the notebook's own objects) and costs the function nothing.

What it cannot stop: one long call into C (a matrix product, `time.sleep`), which ends first; and a loop that catches
every exception, `except:` or `except BaseException:`, though it is asked again and again.
"""

from __future__ import annotations

import ctypes
import functools
import threading
import warnings
from collections.abc import Callable
from typing import Any

import torch

AGAIN = 0.5  # seconds until it is asked again


class TimeUp(BaseException):
    """The time is up. No `Exception`, so that a learner's `except Exception` does not swallow it."""


def within(seconds: float, function: Callable[..., Any], *arguments: Any) -> Any:
    """What `function(*arguments)` returns. Raises TimeUp where it takes more than `seconds`."""
    _import_beforehand()
    caller, done, gone = threading.get_ident(), threading.Event(), threading.Event()

    def wait() -> None:
        pause = seconds
        while not done.wait(pause):
            _raise_in(caller, TimeUp)
            pause = AGAIN
        gone.set()

    try:
        threading.Thread(target=wait, name="time limit", daemon=True).start()
        return function(*arguments)
    finally:
        _end(done, gone, caller)


@functools.cache
def _import_beforehand() -> None:
    """Call torch.func once: its first call imports much of torch's compiler, for seconds that are not the learner's.

    Cut short, that import would leave modules half made, and torch.func broken until the kernel is restarted.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of torch's own: a hessian's first call uses torch.jit.script
        torch.func.hessian(torch.sum)(torch.zeros(1))


def _end(done: threading.Event, gone: threading.Event, caller: int) -> None:
    """Nobody asks any more, and what was asked in the last instant is taken back."""
    while True:
        try:
            done.set()
            gone.wait()
            _raise_in(caller, None)
            return
        except TimeUp:  # it came while this ran: the function had ended by then
            continue


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(kind) if kind else None)
