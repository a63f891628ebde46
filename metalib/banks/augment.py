"""Small random changes of the pictures of an episode: as if other hands had drawn them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from metalib.episodes import Episode


def jitter(episodes: Episode, scale: float, *, generator: torch.Generator, paper: float = 0.0) -> Episode:
    """The episodes with each picture put through a random affine map of its own, near the identity.

    scale  standard deviation of the four entries of the map's matrix; shifts have half of it, in half picture widths.
           At 0.1 a picture is slanted, turned or stretched by about a tenth
    paper  what lies beyond a picture's edge: 0 is dark, as in Omniglot, 1 is white
    """
    support_x = jitter_pictures(episodes.support_x, scale, generator=generator, paper=paper)
    query_x = jitter_pictures(episodes.query_x, scale, generator=generator, paper=paper)
    return episodes._replace(support_x=support_x, query_x=query_x)


def jitter_pictures(pictures: Tensor, scale: float, *, generator: torch.Generator, paper: float = 0.0) -> Tensor:
    """[..., channels, H, W] to the same, each picture with a map of its own: bilinear, with paper beyond the edge."""
    flat = pictures.flatten(0, -4)  # [B, channels, H, W]
    noise = torch.randn(len(flat), 2, 3, generator=generator) * torch.tensor([1.0, 1.0, 0.5])
    maps = (torch.eye(2, 3) + scale * noise).to(pictures.device)  # [T·B, 2, 3]
    grid = affine_grid(maps, list(flat.shape), align_corners=False)
    if not paper:
        return grid_sample(flat, grid, align_corners=False).view_as(pictures)
    return (grid_sample(flat - paper, grid, align_corners=False) + paper).view_as(pictures)  # torch's edge is 0
