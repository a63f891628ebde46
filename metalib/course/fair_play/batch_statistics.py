"""Whose mean and variance batch norm takes, said for each pass: of all pictures of a task, of some, or running ones.

Bronskill et al. (2020) compare these for meta-learning: what this course calls `QUERIES` is their transductive batch
norm, `SUPPORT` what MetaBN takes, `RUNNING` conventional batch norm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from metalib.models import BatchNorm2d, Conv4

TOGETHER = "support and queries together"
QUERIES = "the queries' own"
SUPPORT = "the support set's"
RUNNING = "running statistics"
STATISTICS = (TOGETHER, QUERIES, SUPPORT, RUNNING)


class RowsNorm(BatchNorm2d):
    """Batch norm that takes its statistics from `rows` of the batch; None: as torch does, by mode.

    In training mode the running averages follow what it takes, by torch's momentum.
    """

    rows: slice | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.rows is None:
            return super().forward(x)
        variance, mean = torch.var_mean(x[self.rows], dim=(0, 2, 3), correction=0)  # [C], [C]
        if self.training and self.running_mean is not None and self.running_var is not None:
            assert self.momentum is not None
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(variance.detach(), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        return x * scale[:, None, None] + (self.bias - mean * scale)[:, None, None]


def with_rows(network: Conv4) -> Conv4:
    """`network`, its batch norms exchanged for `RowsNorm`s with the same weights, averages and mode. In place."""
    for block in network.blocks:
        assert isinstance(block, nn.Sequential)
        norm = block[1]
        assert isinstance(norm, BatchNorm2d)
        rows_norm = RowsNorm(norm.num_features, track_running_stats=norm.running_mean is not None)
        rows_norm.load_state_dict(norm.state_dict())
        block[1] = rows_norm.to(norm.weight.device).train(norm.training)
    return network


@contextmanager
def statistics_of(network: nn.Module, rows: slice | None) -> Iterator[None]:
    """Within, every `RowsNorm` of `network` takes its statistics from these rows of a batch."""
    norms = [module for module in network.modules() if isinstance(module, RowsNorm)]
    for norm in norms:
        norm.rows = rows
    try:
        yield
    finally:
        for norm in norms:
            norm.rows = None


def embed(network: Conv4, support_x: Tensor, query_x: Tensor, statistics: str) -> tuple[Tensor, Tensor]:
    """The embeddings of a task's pictures, [S, D] and [Q, D], by a network that `with_rows` made.

    statistics  one of STATISTICS. With `QUERIES` the support set takes its own, as in MAML's code
    A network in training mode moves its running averages, except with `RUNNING`, which takes evaluation mode.
    """
    n_support = len(support_x)
    if statistics == RUNNING:
        network.eval()
    if statistics == QUERIES:
        with statistics_of(network, None if network.training else slice(None)):
            return network(support_x), network(query_x)
    # torch's own batch norm, which is faster, takes all rows in training mode
    of_all = None if network.training or statistics == RUNNING else slice(None)
    with statistics_of(network, slice(n_support) if statistics == SUPPORT else of_all):
        found = network(torch.cat([support_x, query_x]))
    return found[:n_support], found[n_support:]
