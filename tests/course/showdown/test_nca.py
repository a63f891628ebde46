"""Facts about neighbourhood components analysis over a batch."""

import math

import pytest
import torch
from torch.testing import assert_close

from metalib.course.showdown import nca
from metalib.runtime import seeded


def test_the_loss_is_the_papers_sum_over_neighbours():
    z, y = torch.randn(6, 3, generator=seeded(0), dtype=torch.float64), torch.tensor([0, 1, 0, 2, 1, 2])
    for i, loss in enumerate(nca.losses(z, y)):
        others = [j for j in range(6) if j != i]
        near = {
            j: math.exp(-sum((a - b) ** 2 for a, b in zip(z[i].tolist(), z[j].tolist(), strict=True))) for j in others
        }
        own = sum(near[j] for j in others if y[j] == y[i])
        assert_close(loss.item(), -math.log(own / sum(near.values())))


def test_the_order_of_a_batch_changes_nothing_and_far_points_are_finite():
    z, y = 100 * torch.randn(8, 2, generator=seeded(1)), torch.arange(4).repeat(2)
    order = torch.randperm(8, generator=seeded(2))
    assert_close(nca.losses(z[order], y[order]), nca.losses(z, y)[order])
    z.requires_grad_(True)
    nca.losses(z, y).mean().backward()
    assert z.grad.isfinite().all()


def test_a_lonely_picture_is_refused():
    with pytest.raises(ValueError, match="draw at least two of each"):
        nca.losses(torch.zeros(3, 2), torch.tensor([0, 0, 1]))
