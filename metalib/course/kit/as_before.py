"""A learner's function may seed, change the default dtype or switch gradients off: afterwards all is as before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def as_before() -> Iterator[None]:
    """Within it anything may be set; what torch, numpy and Python draw from, dtype and grad mode come back after it."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    dtype, gradients = torch.get_default_dtype(), torch.is_grad_enabled()
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  what a learner's `np.random.seed` sets
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002
