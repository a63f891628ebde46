"""Facts about the networks: their shapes, sizes and what they refuse."""

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.testing import assert_close

from metalib.models import BatchNorm2d, conv4, mlp


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


@pytest.mark.parametrize("in_channels", [1, 3])
@pytest.mark.parametrize("downsample", ["max_pool", "stride"])
def test_the_memory_format_changes_no_result(in_channels, downsample):
    torch.manual_seed(0)
    network = conv4(width=8, in_channels=in_channels, downsample=downsample, n_out=5, running_stats=False)
    network.double()
    layers = nn.Sequential(network.blocks, nn.Flatten(), network.head)
    x = torch.randn(4, in_channels, 28, 28, dtype=torch.float64)
    seen = []
    network.blocks[0].register_forward_hook(lambda layer, inputs, output: seen.append(output))
    found = [torch.autograd.grad(of(x).square().sum(), list(network.parameters())) for of in (network, layers)]
    assert_close(*found, rtol=1e-10, atol=1e-10)
    by_network, by_layers = seen
    assert by_network.is_contiguous(memory_format=torch.channels_last) and by_layers.is_contiguous()
    assert_close(vmap(network)(x[:, None]), torch.stack([network(picture[None]) for picture in x]))


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


def test_the_head_reads_the_features():
    network, x = conv4(width=4, n_out=5).eval(), torch.rand(3, 1, 28, 28)
    assert network.features(x).shape == (3, network.out_features)
    assert_close(network.head(network.features(x)), network(x))


@pytest.mark.parametrize(("training", "running_stats"), [(True, True), (False, True), (True, False), (False, False)])
def test_batch_norm_is_torchs(training, running_stats):
    ours, theirs = (kind(4, track_running_stats=running_stats) for kind in (BatchNorm2d, nn.BatchNorm2d))
    with torch.no_grad():
        ours.weight.copy_(torch.linspace(-1, 2, 4)), ours.bias.copy_(torch.linspace(1, 3, 4))
    theirs.load_state_dict(ours.state_dict())
    x = torch.rand(6, 4, 5, 5)
    ours.train(training), theirs.train(training)
    assert_close(ours(x), theirs(x), rtol=0, atol=0)
    assert_close(dict(ours.state_dict()), dict(theirs.state_dict()), rtol=0, atol=0)


@pytest.mark.parametrize("parameter", ["weight", "bias"])
def test_batch_norm_under_vmap_is_a_loop_to_the_second_derivative(parameter):
    """torch's own misses it by a third for `weight`."""
    torch.manual_seed(0)
    norm = BatchNorm2d(4, track_running_stats=False).double()
    theta = {name: value.detach() for name, value in norm.named_parameters()}
    x = torch.randn(3, 6, 4, 5, 5, dtype=torch.float64, requires_grad=True)

    def size_of_gradient(x):
        at = grad(lambda p: functional_call(norm, {**theta, parameter: p}, (x,)).sin().square().sum())
        return at(theta[parameter]).square().sum()

    loop = torch.autograd.grad(sum(size_of_gradient(task) for task in x), x)
    assert_close(torch.autograd.grad(vmap(size_of_gradient)(x).sum(), x), loop, rtol=1e-10, atol=1e-12)


def test_finns_network_for_sinusoids():
    network = mlp()
    assert [tuple(p.shape) for p in network.parameters()] == [(40, 1), (40,), (40, 40), (40,), (1, 40), (1,)]
    assert [type(layer) for layer in network] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]
    assert network(torch.rand(7, 1)).shape == (7, 1)
    assert isinstance(mlp((2, 3, 4), activation=nn.Tanh)[1], nn.Tanh)


def test_an_mlp_of_one_size():
    with pytest.raises(ValueError, match="1 sizes given: an mlp needs at least those of its input and output"):
        mlp((3,))
