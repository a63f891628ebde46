"""A sampler without the label leak: the course's answer to the exercise."""

from __future__ import annotations

import torch
from torch import Tensor


def sample_task(
    images: Tensor, n_way: int, k_shot: int, n_query: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """support_x, support_y, query_x, query_y: one task, label i the i-th class drawn."""
    n_classes, n_drawings = images.shape[:2]
    classes = torch.randperm(n_classes, generator=generator)[:n_way]  # in the order drawn
    keys = torch.rand(n_way, n_drawings, generator=generator)
    drawings = keys.topk(k_shot + n_query, dim=1).indices  # [N, K + Q]
    pictures = images[classes[:, None], drawings].float() / 255  # [N, K + Q, 1, H, W]
    labels = torch.arange(n_way)
    support_y, query_y = labels.repeat_interleave(k_shot), labels.repeat_interleave(n_query)
    return pictures[:, :k_shot].flatten(0, 1), support_y, pictures[:, k_shot:].flatten(0, 1), query_y
