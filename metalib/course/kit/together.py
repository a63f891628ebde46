"""Several prototypical networks that answer as one: a query's distances are added, each network's at one scale."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from metalib import inputs, protonet
from metalib.episodes import Episode
from metalib.protonet import Encoder


def predict(encoders: Sequence[Encoder], episodes: Episode) -> Tensor:
    """[T, Q]: as `protonet.predict`, by all `encoders` together.

    A query's squared distances to the N prototypes are divided by their mean, network by network: networks whose
    embeddings are large count no more than others, and a query stands alone.
    """
    n_way = inputs.ways(episodes)
    for encoder in encoders:
        inputs.check_encoding(encoder, episodes, n_way)
        inputs.check_statistics(encoder)
    tasks = (episodes.task(t) for t in range(len(episodes.support_y)))
    answers = torch.stack([_logits(encoders, task, n_way) for task in tasks])
    return inputs.finite(answers).argmax(dim=2)


def _logits(encoders: Sequence[Encoder], task: Episode, n_way: int) -> Tensor:
    """[Q, N]: what the encoders say together of one task's queries."""
    each = [_at_one_scale(protonet.task_logits(encoder, task, n_way)) for encoder in encoders]
    return torch.stack(each).sum(dim=0)


def _at_one_scale(logits: Tensor) -> Tensor:
    """[Q, N]: the logits, minus squared distances, with a mean of −1 in each query. One on all prototypes keeps 0."""
    return logits / -logits.mean(dim=1, keepdim=True).clamp(max=-torch.finfo(logits.dtype).tiny)
