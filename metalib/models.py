"""The networks, as the papers have them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

DOWNSAMPLE = ("max_pool", "stride")


class Conv4(nn.Module):
    """Four blocks of 3×3 convolution, batch norm and ReLU, each halving the picture: few-shot learning's usual network.

    x  [B, in_channels, H, W]  ->  [B, out_features]
    `max_pool` is Vinyals et al.'s (2016) and Snell et al.'s (2017) form: 28 → 14 → 7 → 3 → 1, 64 features.
    `stride` is Finn et al.'s (2017) and Nichol et al.'s (2018): 28 → 14 → 7 → 4 → 2, flattened to 256 features as in
    the latter; the former average the 2×2 places, to 64.
    n_out          outputs of a linear head on the features; None: the features themselves
    running_stats  whether batch norm keeps running statistics for evaluation; without them it always uses the batch's
    Raises ValueError for a picture of another size or number of channels.
    """

    def __init__(
        self,
        *,
        in_channels: int = 1,
        width: int = 64,
        image_size: int = 28,
        downsample: str = "max_pool",
        n_out: int | None = None,
        running_stats: bool = True,
    ) -> None:
        super().__init__()
        if downsample not in DOWNSAMPLE:
            raise ValueError(f"downsample is {downsample!r}: give one of {', '.join(DOWNSAMPLE)}")
        self.settings = {
            "in_channels": in_channels,
            "width": width,
            "image_size": image_size,
            "downsample": downsample,
            "n_out": n_out,
            "running_stats": running_stats,
        }
        channels = [in_channels] + [width] * 4
        self.blocks = nn.Sequential(
            *(_block(c_in, c_out, downsample, running_stats) for c_in, c_out in pairwise(channels))
        )
        side = image_size
        for _ in range(4):
            side = side // 2 if downsample == "max_pool" else (side + 1) // 2
        if side < 1:
            raise ValueError(f"{image_size}×{image_size} pictures vanish in four halvings: give at least 16×16")
        self.out_features = width * side * side
        self.head = None if n_out is None else nn.Linear(self.out_features, n_out)

    def forward(self, x: Tensor) -> Tensor:
        expected = [self.settings["in_channels"], self.settings["image_size"], self.settings["image_size"]]
        if list(x.shape[1:]) != expected:
            raise ValueError(f"this conv4 takes pictures [B, {', '.join(map(str, expected))}] and got {list(x.shape)}")
        features = self.features(x)
        return features if self.head is None else self.head(features)

    def features(self, x: Tensor) -> Tensor:
        """[B, out_features]: what the head gets, or would get."""
        return self.blocks(channels_last(x)).flatten(1)


def channels_last(x: Tensor) -> Tensor:
    """The same pictures in PyTorch's memory format of this name, which convolution and batch norm then keep.

    They are faster so on a CPU: MAML in a loop by a fifth. Under vmap batch norm goes back to the usual format: there
    is no gain there, and no loss. `to(memory_format=...)` is an error under vmap, and `contiguous()` leaves pictures of
    one channel as they are: hence the copy. On an Apple GPU batch norm's gradient is wrong in this format (pytorch
    issue 175189).
    """
    if x.device.type == "mps":
        return x
    return x.movedim(1, -1).clone(memory_format=torch.contiguous_format).movedim(-1, 1)


def _block(c_in: int, c_out: int, downsample: str, running_stats: bool) -> nn.Sequential:
    stride = 2 if downsample == "stride" else 1
    layers: list[nn.Module] = [
        nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False),  # batch norm would subtract a bias again
        BatchNorm2d(c_out, track_running_stats=running_stats),
        nn.ReLU(),
    ]
    return nn.Sequential(*layers, nn.MaxPool2d(2)) if downsample == "max_pool" else nn.Sequential(*layers)


class BatchNorm2d(nn.BatchNorm2d):
    """torch's batch norm, exact under vmap too: normalising, and weight and bias, are two operations there.

    As one operation, the gradient with respect to `weight` takes the batch's mean and variance for constants when vmap
    has batched it (seen up to torch 2.14). Its value is right and its own derivative is not, by which MAML's gradient
    through conv4 was off by 1 %.
    """

    def forward(self, x: Tensor) -> Tensor:
        if self.running_mean is not None and _under_vmap():  # where torch's takes one type only, and autocast makes two
            x = x.to(self.running_mean.dtype)
        if self.running_mean is not None or not _under_vmap():
            return super().forward(x)  # 12 % of MAML's time on a CPU
        normal = batch_norm(x, None, None, training=True, eps=self.eps)
        return normal * self.weight[:, None, None] + self.bias[:, None, None]


def _under_vmap() -> bool:
    """Whether vmap is at work around this call, or may be: a compiler fuses the two operations anyway."""
    if torch.compiler.is_compiling():
        return True
    # private, as torch offers no public question; without it the answer is "yes", which is slower and never wrong
    functorch: Any = getattr(torch._C, "_functorch", None)
    if not hasattr(functorch, "get_interpreter_stack"):
        return True
    return any(level.key() == functorch.TransformType.Vmap for level in functorch.get_interpreter_stack() or ())


def conv4(**settings) -> Conv4:
    """A `Conv4` with torch's initial weights; `settings` are the keyword arguments of `Conv4`."""
    return Conv4(**settings)


def mlp(sizes: Sequence[int] = (1, 40, 40, 1), *, activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Fully connected layers of the given sizes, with `activation` between them; x [B, sizes[0]] -> [B, sizes[-1]].

    The default is Finn et al.'s (2017) network for sinusoids. Take nn.Tanh where a gradient is checked by finite
    differences: they need a smooth function. Raises ValueError for fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"{len(sizes)} sizes given: an mlp needs at least those of its input and output")
    layers = [layer for n_in, n_out in pairwise(sizes) for layer in (nn.Linear(n_in, n_out), activation())]
    return nn.Sequential(*layers[:-1])
