"""Neighbourhood components analysis over a batch: what a prototypical network's loss is without episodes.

    L = mean over i of  −log  Σ_{j ≠ i, y_j = y_i} exp(−‖z_i − z_j‖²)  /  Σ_{j ≠ i} exp(−‖z_i − z_j‖²)

Every picture asks all others of the batch, where an episode lets the queries ask the support set only. The loss of
Goldberger et al. (2005) on an embedding, as Laenen and Bertinetto (2021) set it beside episodes.
"""

from __future__ import annotations

import torch
from torch import Tensor


def losses(embeddings: Tensor, labels: Tensor) -> Tensor:
    """−log of the share that a picture's own class has among its neighbours: [B], differentiable.

    embeddings  [B, D]      labels  [B] long, in any order
    Raises ValueError for a class with one picture: it has no neighbour of its own class.
    """
    if (labels.unique(return_counts=True)[1] < 2).any():
        raise ValueError("a class of the batch has one picture: draw at least two of each")
    squares = embeddings.square().sum(dim=1)
    distances = squares[:, None] + squares[None, :] - 2 * embeddings @ embeddings.T  # [B, B]
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    logits = (-distances).masked_fill(itself, -torch.inf)
    of_own_class = logits.masked_fill(labels[:, None] != labels[None, :], -torch.inf)
    return logits.logsumexp(dim=1) - of_own_class.logsumexp(dim=1)
