"""Untrained networks for sinusoids, one a seed, side by side: where every start of notebooks 03 and 05 begins."""

from __future__ import annotations

import torch

from metalib.adapt import Params
from metalib.models import mlp


def initial(seeds: list[int]) -> Params:
    """The untrained mlp of each seed; every tensor has a leading axis of seeds."""
    with torch.random.fork_rng(devices=[]):
        thetas = []
        for seed in seeds:
            torch.manual_seed(seed)
            thetas.append({name: value.detach() for name, value in mlp().named_parameters()})
    return {name: torch.stack([theta[name] for theta in thetas]) for name in thetas[0]}
