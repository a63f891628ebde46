"""Backbones: networks that turn pictures into features, each with the pictures that it wants.

"omniglot" and "emoji" are the course's prototypical networks. "photos" comes with the extra `photos`. Others are
fetched by name, and only where that is asked for.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

import torch
from PIL import Image
from torch import Tensor, nn

from metalib.few_shot import borrowed
from metalib.few_shot.preparing import line_drawing, on_square
from metalib.training import checkpoints

AT_ONCE = 8  # pictures in one batch: a network for photographs takes 20 MB for each
BY_NAME = ("torchvision", "timm")


@dataclass(frozen=True)
class Backbone:
    """A network in evaluation mode, and how it wants its pictures.

    name      as `load` takes it
    size, channels  of a picture for the network, size × size
    network   [B, channels, size, size] -> features [B, D]
    prepare   an RGB image -> [channels, size, size], of values as the network has learned from
    head      the name of the head that suits it, as `heads` has them
    """

    name: str
    size: int
    channels: int
    network: nn.Module
    prepare: Callable[[Image.Image], Tensor]
    head: str

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @functools.cached_property
    def digest(self) -> str:
        """Twelve hexadecimal digits: a fingerprint of the weights."""
        found = hashlib.sha256(self.name.encode())
        for name, tensor in sorted(self.network.state_dict().items()):
            found.update(name.encode())
            found.update(tensor.cpu().contiguous().numpy().data)
        return found.hexdigest()[:12]

    def pictures(self, images: Iterable[Image.Image]) -> Tensor:
        """[B, channels, size, size] on the CPU: the images as the network wants them, opened one at a time."""
        prepared = [self.prepare(image) for image in images]
        return torch.stack(prepared) if prepared else torch.empty(0, self.channels, self.size, self.size)

    def embed(self, images: Iterable[Image.Image]) -> Tensor:
        """[B, D] float32 on the CPU: the features of the images, of which a few at a time are in memory."""
        waiting, features = iter(images), []
        while (batch := self.pictures(islice(waiting, AT_ONCE))).numel():
            features.append(self.features(batch))
        return torch.cat(features) if features else torch.empty(0, 0)

    def features(self, pictures: Tensor) -> Tensor:
        """[B, D] float32 on the CPU, of pictures [B, channels, size, size] as `pictures` prepares them."""
        with torch.no_grad():
            batches = [self.network(batch.to(self.device)).float().cpu() for batch in pictures.split(AT_ONCE)]
        return torch.cat(batches)


@functools.lru_cache(maxsize=4)
def load(name: str, *, download: bool = False, device: torch.device | str = "cpu") -> Backbone:
    """The backbone called `name`, on `device`; a second call gives the same one.

    name      "omniglot", for line drawings; "emoji", for small pictures in colour; "photos", for photographs;
              "torchvision:NAME" or "timm:NAME" for any model with its best weights there, such as
              "timm:vit_small_patch14_dinov2.lvd142m"
    download  whether those last ones may be fetched from the network
    Raises ValueError for an unknown name, a model that may not be fetched, or a package that is not installed; OSError
    where a model could not be fetched; CheckpointError where a network of the course is missing.
    """
    source, _, model = name.partition(":")
    if source in BY_NAME and model:
        return _settled(_borrowed(name, borrowed.by_name(source, model, download=download)), device)
    if name not in BACKBONES:
        raise ValueError(
            f"there is no backbone {name!r}: give {', '.join(BACKBONES)}, torchvision:NAME or timm:NAME, such as "
            "torchvision:resnet50"
        )
    return _settled(BACKBONES[name](), device)


def _settled(backbone: Backbone, device: torch.device | str) -> Backbone:
    backbone.network.to(device).eval().requires_grad_(False)
    return backbone


def _omniglot() -> Backbone:
    network, _ = checkpoints.load("protonet")
    return Backbone("omniglot", 28, 1, network, line_drawing, "plain centroid")


def _emoji() -> Backbone:
    network, _ = checkpoints.load("protonet-emoji")
    return Backbone("emoji", 32, 3, network, functools.partial(on_square, side=32), "plain centroid")


def _photos() -> Backbone:
    return _borrowed("photos", borrowed.photos())


def _borrowed(name: str, found: borrowed.Borrowed) -> Backbone:
    # "photos" on the validation emoji, five-way, 400 tasks: one shot 91.8 ± 1.3 % with length 1, plain features
    # −1.0 ± 0.8 points; three shots 96.3 ± 1.0, −0.2 ± 0.4. The course's network: −0.1 ± 0.6 and +0.1 ± 0.4
    return Backbone(name, found.size, 3, found.network, found.prepare, "centroid")


BACKBONES: dict[str, Callable[[], Backbone]] = {"omniglot": _omniglot, "emoji": _emoji, "photos": _photos}
