"""A small training run as a program of its own, so that it can be killed: training_run.py FOLDER [options].

--resume     go on where the run in FOLDER stopped
--updates N  how long the run is
--wait       after the first record, go on when a line comes
--kill-at N  from the first record on, be killed at the N-th call or return of any function
"""

import argparse
import dataclasses
import itertools
import os
import signal
import sys
from pathlib import Path

import torch

from metalib.episodes import ClassBank
from metalib.training.recipes import ProtonetRecipe

UPDATES, SAVE_EVERY, RECORD_EVERY = 40, 10, 4
RECIPE = ProtonetRecipe(n_way=5, n_query=2, updates=UPDATES, rotations=False, seed=3)


def bank():
    images = torch.randint(0, 256, (30, 20, 1, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return ClassBank(images, tuple(map(str, range(30))), ("a",) * 30, "random pixels")


def run(folder, *, resume=False, validation=None, updates=UPDATES):
    """Yields (record, network): the records of the run and the network that it trains."""
    recipe = dataclasses.replace(RECIPE, updates=updates)
    network = recipe.network()
    records = recipe.train(
        network, bank(), validation=validation, out=folder, resume=resume, record_every=RECORD_EVERY,
        save_every=SAVE_EVERY, progress=False,
    )  # fmt: skip
    for record in records:
        yield record, network


def at_each_event(do):
    """Have do(n) called at the n-th call or return of any function from here on, be it Python's or C's."""
    numbers = itertools.count(1)
    sys.setprofile(lambda frame, event, argument: do(next(numbers)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--updates", type=int, default=UPDATES)
    parser.add_argument("--wait", action="store_true")
    parser.add_argument("--kill-at", type=int)
    options = parser.parse_args()
    torch.set_num_threads(1)
    records = run(options.folder, resume=options.resume, updates=options.updates)
    for number, (record, _) in enumerate(records):
        print(record.update, flush=True)
        if number == 0 and options.wait:
            sys.stdin.readline()
        if number == 0 and options.kill_at:
            at_each_event(lambda event: event == options.kill_at and os.kill(os.getpid(), signal.SIGKILL))


if __name__ == "__main__":
    main()
