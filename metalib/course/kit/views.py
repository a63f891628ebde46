"""Prediction by views: a picture is embedded many times, slightly turned and stretched; the mean is its embedding.

Each picture is looked at by itself, so a query still stands alone: this is no use of the other queries.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from metalib.protonet import Encoder
from metalib.runtime import seeded

N_VIEWS = 25
# standard deviations at strength 1: radians; shares of width and height; shear; shift in half picture widths. Their
# relation is that of the trial before exam C, their size was chosen on the validation alphabets (study *views*)
ROTATION, SCALE, SHEAR, SHIFT = 0.18, 0.12, 0.15, 0.045


def maps(n_views: int = N_VIEWS, *, strength: float = 1.0, seed: int = 0) -> Tensor:
    """[V, 2, 3]: random affine maps near the identity, turn · shear · scales and shift; at strength 0 the identity."""
    noise = strength * torch.randn(n_views, 6, generator=seeded(seed))
    turn, shear = ROTATION * noise[:, 0], SHEAR * noise[:, 1]
    across, along = (1 + SCALE * noise[:, 2:4]).unbind(dim=1)
    cos, sin = turn.cos(), turn.sin()
    rows = [
        torch.stack([cos * across, (cos * shear - sin) * along, SHIFT * noise[:, 4]], dim=1),
        torch.stack([sin * across, (sin * shear + cos) * along, SHIFT * noise[:, 5]], dim=1),
    ]
    return torch.stack(rows, dim=1)


def mean_embedding(encoder: Encoder, views: Tensor, pictures: Tensor) -> Tensor:
    """[B, D]: the mean of each picture's embeddings over all views, float32.

    views  [V, 2, 3], `maps`      pictures  [B, channels, H, W]
    """
    found = []
    for view in views.to(pictures.device):
        grid = affine_grid(view.expand(len(pictures), 2, 3), list(pictures.shape), align_corners=False)
        found.append(encoder(grid_sample(pictures, grid, align_corners=False)).float())
    return torch.stack(found).mean(dim=0)


def by_views(encoder: Encoder, views: Tensor) -> Encoder:
    """The encoder that `mean_embedding` makes of `encoder`, for `protonet.predict`: the same views for each picture."""
    return partial(mean_embedding, encoder, views)
