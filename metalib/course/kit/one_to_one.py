"""Prediction with knowledge that people did not have: the queries of a task are one of each class."""

from __future__ import annotations

import torch
from torch import Tensor

from metalib import inputs, protonet
from metalib.episodes import Episode
from metalib.protonet import Encoder

ROUNDS = 200


def sinkhorn(logits: Tensor, rounds: int = ROUNDS) -> Tensor:
    """[..., N, N]: the log-probabilities that N queries belong to N classes, if each class has one of them.

    logits  [..., N, N], queries × classes: those of each query by itself
    Rows and columns are divided by their sums, in turn, until both are 1 (Sinkhorn and Knopp, 1967): the soft form of
    an assignment. A class may still be the most likely one of two queries.
    Raises ValueError where there are not as many queries as classes.
    """
    n_query, n_way = logits.shape[-2:]
    if n_query != n_way:
        raise ValueError(f"{n_query} queries and {n_way} classes do not match one to one: give one query a class")
    for _ in range(rounds):
        logits = logits - logits.logsumexp(dim=-2, keepdim=True)
        logits = logits - logits.logsumexp(dim=-1, keepdim=True)
    return logits


def predict(encoder: Encoder, episodes: Episode) -> Tensor:
    """[T, Q]: as `protonet.predict`, for tasks that are known to have one query of each class. Transductive.

    Each query gets the class that is most likely for it by `sinkhorn`: two may get one class, as in 134 of 8,000
    answers of `protonet` in exam B.
    """
    n_way = inputs.ways(episodes)
    inputs.check_encoding(encoder, episodes, n_way)
    inputs.check_statistics(encoder)
    tasks = (episodes.task(t) for t in range(len(episodes.support_y)))
    answers = torch.stack([protonet.task_logits(encoder, task, n_way) for task in tasks])
    return sinkhorn(inputs.finite(answers)).argmax(dim=2)
