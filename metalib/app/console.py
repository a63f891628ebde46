"""What a command owes to the console that it runs in: text of any alphabet, and an end by Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def write_utf8() -> None:
    """Write Greek letters and strange file names also where the console's own encoding lacks them."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not where a notebook or a test has put another
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def ctrl_c_ends_at_once(status: int) -> Iterator[None]:
    """With this exit status, while libraries are loaded: they turn Ctrl-C into errors of their own, or pass over it."""

    def end(signum: int, frame: object) -> None:
        os.write(2, b"interrupted\n")
        os._exit(status)

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # ignored, or somebody else's
        yield
        return
    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
