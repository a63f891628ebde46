"""Facts about the networks: their shapes, sizes and what they refuse."""

import pytest
import torch
from torch.testing import assert_close

from metalib.models import conv4


@pytest.mark.parametrize(
    ("downsample", "features", "sides"), [("max_pool", 64, [14, 7, 3, 1]), ("stride", 256, [14, 7, 4, 2])]
)
def test_the_papers_sizes(downsample, features, sides):
    network = conv4(downsample=downsample)
    x = torch.rand(3, 1, 28, 28)
    assert network(x).shape == (3, features)
    assert network.out_features == features
    for block, side in zip(network.blocks, sides, strict=True):
        x = block(x)
        assert x.shape[2:] == (side, side)


def test_number_of_parameters():
    """1·64·9 + 3·64·64·9 weights and 4 · 2 · 64 of batch norm; a head of 5 adds 64·5 + 5."""
    count = sum(p.numel() for p in conv4().parameters())
    assert count == 9 * 64 + 3 * 9 * 64 * 64 + 8 * 64
    assert sum(p.numel() for p in conv4(n_out=5).parameters()) == count + 64 * 5 + 5


def test_without_running_statistics_the_mode_does_not_matter():
    network, x = conv4(running_stats=False, width=4), torch.rand(6, 1, 28, 28)
    assert_close(network.train()(x), network.eval()(x))
    assert not list(network.buffers())


def test_a_bias_before_batch_norm_would_change_nothing():
    torch.manual_seed(0)
    network, x = conv4(width=4).train(), torch.rand(6, 1, 28, 28)
    plain = network(x)
    network.blocks[0][0].bias = torch.nn.Parameter(torch.randn(4))
    assert_close(network(x), plain, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [(2, 1, 28, 27), (2, 3, 28, 28), (1, 28, 28)])
def test_pictures_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"takes pictures \[B, 1, 28, 28\]"):
        conv4(width=4)(torch.zeros(shape))


def test_impossible_settings():
    with pytest.raises(ValueError, match="max_pool, stride"):
        conv4(downsample="average")
    with pytest.raises(ValueError, match="15×15 pictures vanish"):
        conv4(image_size=15)
