"""What needs no meta-training and no step: the nearest pixels, an untrained network, and SimpleShot's features."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import normalize

from metalib import inputs, protonet
from metalib.episodes import ClassBank, Episode
from metalib.models import Conv4, conv4


def pixel_neighbour(episodes: Episode) -> Tensor:
    """[T, Q]: each query gets the label of the support picture that is nearest in squared Euclidean pixel distance."""
    inputs.check_tasks(episodes._replace(query_y=episodes.support_y))  # answers need no labels
    support, query = episodes.support_x.flatten(2), episodes.query_x.flatten(2)  # [T, S, P], [T, Q, P]
    nearest = torch.cdist(query, support).argmin(dim=2)  # [T, Q]
    return episodes.support_y.gather(1, nearest)


def untrained_network(seed: int = 0, **settings) -> Conv4:
    """A conv4 as it is initialised, in evaluation mode: with running mean 0 and variance 1, batch norm does nothing.

    In training mode it would use each episode's own statistics, and do worse in exam A: 56.6 ± 0.9 %, not 60.9 ± 0.9.
    settings  `conv4`'s, for other pictures than Omniglot's
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return conv4(**settings).eval()


def untrained_centroid(episodes: Episode, *, seed: int = 0) -> Tensor:
    """[T, Q]: nearest centroid on the features of an untrained conv4, made for the pictures' channels and size."""
    channels, size = episodes.query_x.shape[-3], episodes.query_x.shape[-1]
    network = untrained_network(seed, in_channels=channels, image_size=size)
    return protonet.predict(network.to(episodes.query_x.device), episodes)


def mean_feature(network: Conv4, bank: ClassBank) -> Tensor:
    """[D]: the mean of the features of all pictures of `bank`. Raises ValueError for a network in training mode."""
    inputs.check_statistics(network)
    present = torch.arange(bank.n_drawings) < bank.sizes[:, None]  # [classes, drawings]: some classes have fewer
    with torch.no_grad():
        features = [network.features(x.float() / 255) for x in bank.images[present].split(500)]
    return torch.cat(features).mean(dim=0)


def simple_shot_features(network: Conv4, centre: Tensor, x: Tensor) -> Tensor:
    """[B, D]: (z − centre) / ‖z − centre‖ for the features z of each picture: "CL2N" of Wang et al. (2019)."""
    return normalize(network.features(x) - centre, dim=1)


def simple_shot(network: Conv4, centre: Tensor, episodes: Episode) -> Tensor:
    """[T, Q]: SimpleShot, the nearest centroid of features that are centred and have length 1 (Wang et al., 2019).

    centre  [D], the mean feature of other classes, `mean_feature`. The paper takes those that the network was trained
            on; this course takes the validation classes: to the network, they are as new as the classes of the task
    """
    return protonet.predict(partial(simple_shot_features, network, centre), episodes)
