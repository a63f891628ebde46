"""A small training run as a program of its own, so that a test can kill it: training_run.py FOLDER [--resume]."""

import sys
from pathlib import Path

import torch

from metalib.episodes import ClassBank
from metalib.recipes import ProtonetRecipe

UPDATES, SAVE_EVERY, RECORD_EVERY = 40, 10, 4
RECIPE = ProtonetRecipe(n_way=5, n_query=2, updates=UPDATES, rotations=False, seed=3)


def bank():
    images = torch.randint(0, 256, (30, 20, 1, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return ClassBank(images, tuple(map(str, range(30))), ("a",) * 30, "random pixels")


def run(folder, *, resume=False, validation=None):
    """Yields (record, network): the records of the run and the network that it trains."""
    network = RECIPE.network()
    records = RECIPE.train(
        network, bank(), validation=validation, out=folder, resume=resume, record_every=RECORD_EVERY,
        save_every=SAVE_EVERY, progress=False,
    )  # fmt: skip
    for record in records:
        yield record, network


if __name__ == "__main__":
    torch.set_num_threads(1)
    for record, _ in run(Path(sys.argv[1]), resume="--resume" in sys.argv):
        print(record.update, flush=True)
