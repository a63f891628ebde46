"""What needs no meta-training: chance, the nearest pixels, and an untrained network."""

from __future__ import annotations

import torch
from torch import Tensor

from metalib import inputs, protonet
from metalib.episodes import Episode
from metalib.models import Conv4, conv4


def pixel_neighbour(episodes: Episode) -> Tensor:
    """[T, Q]: each query gets the label of the support picture that is nearest in squared Euclidean pixel distance."""
    inputs.check_tasks(episodes._replace(query_y=episodes.support_y))  # answers need no labels
    support, query = episodes.support_x.flatten(2), episodes.query_x.flatten(2)  # [T, S, P], [T, Q, P]
    nearest = torch.cdist(query, support).argmin(dim=2)  # [T, Q]
    return episodes.support_y.gather(1, nearest)


def untrained_network(seed: int = 0) -> Conv4:
    """A conv4 as it is initialised, in evaluation mode: with running mean 0 and variance 1, batch norm does nothing.

    In training mode it would use each episode's own statistics, and do worse in exam A: 56.6 ± 0.9 %, not 60.9 ± 0.9.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return conv4().eval()


def untrained_centroid(episodes: Episode, *, seed: int = 0) -> Tensor:
    """[T, Q]: nearest centroid on the features of an untrained conv4."""
    return protonet.predict(untrained_network(seed).to(episodes.query_x.device), episodes)
