"""Whether torch's vmap is right about a model: where it is wrong, it is so without a word."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from metalib.episodes import Episode
from metalib.models import BatchNorm2d, Conv4

# torch's vmap was seen to be right about these; any other kind of model is compared with a loop, once
_VETTED = (Conv4, BatchNorm2d, nn.Sequential, nn.Linear, nn.Conv2d, nn.MaxPool2d, nn.ReLU, nn.Tanh, nn.Identity)
_INEXACT = (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm, nn.LayerNorm)
_TOLERANCE = 1e-6  # of the meta-gradient, in float64: a right one differs by 1e-15, a wrong one by 1e-3 and more
_compared: weakref.WeakKeyDictionary[nn.Module, set] = weakref.WeakKeyDictionary()  # model -> each `only` seen


def inexact_under_vmap(model: nn.Module) -> list[str]:
    """The layers whose weight has a wrong second derivative under torch's vmap, by name: see `models.BatchNorm2d`."""
    return [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, _INEXACT) and not isinstance(layer, BatchNorm2d)
        if layer.weight is not None and getattr(layer, "running_mean", None) is None
    ]


def check_vmap(model: nn.Module, episodes: Episode, losses: Callable[..., Tensor], *, only: Any = "") -> None:
    """vmap and a loop have the same meta-gradient: known of some kinds of layers, and tried with any other model, once.

    losses  (model, θ, episodes, chunk_size) -> [T], differentiable in θ
    A model may call `torch.nn.functional.layer_norm` in its `forward`, which no list of layers shows.
    """
    if layers := [name for name in inexact_under_vmap(model) if f"{name}.weight".startswith(only)]:
        raise ValueError(
            f"torch's vmap takes wrong second derivatives of {', '.join(layers)}: give chunk_size=1, first_order=True, "
            "or metalib.models.BatchNorm2d for torch's"
        )
    if only in _compared.get(model, ()) or all(type(layer) in _VETTED for layer in model.modules()):
        return
    twin = copy.deepcopy(model).double()
    theta = {name: value.detach().clone() for name, value in twin.named_parameters()}
    task = Episode(*(field[:1].double() if field.is_floating_point() else field[:1] for field in episodes))
    by_vmap, by_loop = (
        torch.cat([g.flatten() for g in torch.func.grad(lambda t, n=n: losses(twin, t, task, n).sum())(theta).values()])
        for n in (None, 1)
    )
    apart = float((by_vmap - by_loop).norm() / by_loop.norm().clamp(min=1e-30))
    if apart > _TOLERANCE:
        raise ValueError(
            f"torch's vmap takes a meta-gradient of this {type(model).__name__} that is {100 * apart:.2g} % off a "
            "loop's: give chunk_size=1 or first_order=True. Norms that are called as functions are a known cause"
        )
    _compared.setdefault(model, set()).add(only)


def in_words(error: RuntimeError) -> ValueError:
    """What to do where vmap cannot batch a model: torch's own words name flags that nobody can reach from here."""
    words = str(error).splitlines()[0]
    return ValueError(f"torch's vmap cannot take several tasks of this model at once ({words}): give chunk_size=1")
