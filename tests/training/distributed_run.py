"""A small MAML run for one process or several: torchrun ... distributed_run.py FOLDER SCENARIO ...

Each scenario trains in FOLDER/SCENARIO; each process writes there what it has seen, as process-RANK.json.
"""

import dataclasses
import functools
import json
import os
import signal
import sys
from pathlib import Path

import torch

from metalib.episodes import ClassBank, Episode
from metalib.evaluate import Interval
from metalib.training import distributed
from metalib.training.loop import train
from metalib.training.recipes import RECIPES
from metalib.training.recipes.maml import MamlRecipe

UPDATES, EVERY, N_TASKS = 6, 2, 5
DEATH, DIED = 5, 9  # the update in which a process dies, and its exit status then


class InDouble(MamlRecipe):
    """MAML in float64, so that what remains of a difference is rounding and nothing else."""

    def network(self):
        return super().network().double()

    def draw_from(self, training):
        draw = super().draw_from(training)
        return lambda generator: Episode(*(f.double() if f.is_floating_point() else f for f in draw(generator)))


RECIPE = InDouble(n_way=2, n_query=1, meta_batch_size=N_TASKS, rotations=False, updates=UPDATES)


def bank():
    images = torch.randint(0, 256, (6, 4, 1, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return ClassBank(images, tuple("abcdef"), ("a",) * 6, "random pixels")


def go(folder, *, resume=False, change=lambda losses, update: losses, before=lambda update: None):
    """Train in `folder`, and return what was seen; `before` an update something may happen, its losses may change."""
    network, seen = RECIPE.network(), {"records": [], "validations": 0, "error": ""}
    run = RECIPE.start(network, bank())

    def losses(network, episodes):
        before(run.update + 1)
        return change(RECIPE.losses(network, episodes, run), run.update + 1)

    def validate(network):
        seen["validations"] += 1
        return Interval(0.5, 0.4, 0.6, 10)

    try:
        for record in train(
            run, losses, RECIPE.draw_from(bank()), updates=UPDATES, validate=validate, record_every=EVERY,
            save_every=EVERY, out=folder, resume=resume, progress=True,
        ):  # fmt: skip
            seen["records"].append([record.update, record.loss, record.validation and record.validation.mean])
    except (Exception, KeyboardInterrupt) as error:
        seen["error"] = f"{type(error).__name__}: {error}"
    seen["update"], seen["generator"] = run.update, run.generator.get_state().sum().item()
    seen["parameters"] = {name: parameter.flatten().tolist() for name, parameter in network.named_parameters()}
    return seen


def refused(name, folder, **changes):
    """What a recipe says that cannot be split."""
    recipe = dataclasses.replace(RECIPES[name], **{"n_way": 2, "rotations": False, **changes})
    try:
        next(recipe.train(recipe.network(), bank(), out=folder, progress=False))
    except (ValueError, OSError) as error:
        return f"{type(error).__name__}: {error}"


def main(folder, *scenarios):
    rank = distributed.place().rank
    spoil = torch.tensor([1.0, float("nan")]) if rank == 1 else 1.0  # the 2nd process has the tasks 2, 3 and 4
    do = {
        "whole": go,
        "resumed": functools.partial(go, resume=True),
        "diverged": functools.partial(
            go, change=lambda losses, update: torch.cat([losses[:-2], losses[-2:] * spoil]) if update == 4 else losses
        ),
        "interrupted": functools.partial(
            go, before=lambda update: update == 3 and rank == 1 and signal.raise_signal(signal.SIGINT)
        ),
        "dying": functools.partial(go, before=lambda update: update == DEATH and rank == 1 and os._exit(DIED)),
        "read-only": go,
        "protonet": functools.partial(refused, "protonet", n_query=1),
        "reptile": functools.partial(refused, "reptile", k_shot=2, inner_batch=2),
        "classifier": functools.partial(refused, "classifier"),
    }
    for scenario in scenarios:
        seen = do[scenario](folder / scenario)
        (folder / f"{scenario}-{rank}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
