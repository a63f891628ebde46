"""metalib: a small module about learning to learn, and around it all that the course needs.

The small module lies at the top. It can be read in an evening, in this order:

    episodes  sinusoids  quadratics          what a task is
    models                                   conv4 and mlp
    adapt  maml  reptile  protonet           one algorithm each: its equation, its lines
    finetune  baselines                      what they are compared with
    evaluate                                 accuracy of each episode, and intervals
    runtime  places                          the machine; where files are looked for

Beside it, `inputs` and `vetting` hold what it refuses, and `files` how files are read and written.
It imports nothing of the rooms around it:

    banks/      where pictures come from: Omniglot, glyphs; fetched, stored, changed a little
    training/   meta-training: the loop, what resumes it, several processes, CUDA graphs, checkpoints, recipes/
    few_shot/   a classifier for one's own pictures, and how far to trust it
    course/     all that knows that a notebook exists: kit/ is what several notebooks stand on,
                and each notebook has a room of its own: checks, plots, widgets, studies
    bench/      how fast this machine is, and beside whom
    app/        the command line `metalib`
    jupyter/    settings of the JupyterLab that `make lab` starts

tests/ has the same rooms. Importing `metalib` loads neither torch nor matplotlib nor ipywidgets, so that the command
line answers at once.
"""

import ctypes
import os
import platform

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_KEEP_BYTES = 1 << 30


def keep_freed_memory() -> bool:
    """Tell glibc to keep freed blocks instead of giving them back to the system; returns whether it did.

    By default glibc unmaps every block of over 32 MiB when it is freed, so each training step pays for fresh pages.
    Keeping them made a 600-image convolution, forward and backward, 1.6 times faster and took away stalls of seconds.
    Linux with glibc only. `METALIB_MALLOC=0` in the environment leaves the allocator alone.
    """
    if platform.system() != "Linux" or os.environ.get("METALIB_MALLOC") == "0":
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # musl has no mallopt
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _KEEP_BYTES) and mallopt(_M_TRIM_THRESHOLD, _KEEP_BYTES))


MEMORY_KEPT = keep_freed_memory()  # before the first large tensor
__version__ = "0.1.0"
