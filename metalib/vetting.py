"""Whether torch's vmap is right about a model: where it is wrong, it is so without a word."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from metalib.models import BatchNorm2d, Conv4

Params = dict[str, Tensor]
# these call no norm but `models.BatchNorm2d`; what any other kind of model calls is looked at, once
_VETTED = (Conv4, BatchNorm2d, nn.Sequential, nn.Linear, nn.Conv2d, nn.MaxPool2d, nn.ReLU, nn.Tanh, nn.Identity)
# the functions whose weight has a wrong second derivative under vmap: where the weight stands, and what says that the
# statistics are the batch's (None: they always are). Seen up to torch 2.15; the meta-gradient is off by up to 9 %
_INEXACT: dict[Callable, tuple[int, int | None]] = {
    functional.layer_norm: (2, None),
    torch.layer_norm: (2, None),
    torch.native_layer_norm: (2, None),
    functional.batch_norm: (3, 5),
    torch.batch_norm: (1, 5),
    torch.native_batch_norm: (1, 5),
    functional.instance_norm: (3, 5),
    torch.instance_norm: (1, 5),
}
_seen: weakref.WeakKeyDictionary[nn.Module, list[str]] = weakref.WeakKeyDictionary()


class _Norms(TorchFunctionMode):
    """Notes the weights that are handed to the functions in _INEXACT while it is on."""

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[Tensor] = []

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        kwargs = kwargs or {}
        if func in _INEXACT:
            at, own = _INEXACT[func]
            weight = kwargs.get("weight", args[at] if len(args) > at else None)
            named = kwargs.get("training", kwargs.get("use_input_stats", func is not functional.batch_norm))
            if weight is not None and (own is None or (args[own] if len(args) > own else named)):
                self.weights.append(weight)
        return func(*args, **kwargs)


def inexact_under_vmap(model: nn.Module, theta: Params, x: Tensor) -> list[str]:
    """The parameters whose second derivative vmap gets wrong, by name: what a norm takes as its weight, however it is
    called. "a norm's weight" where that is computed. One forward pass of x [B, ...] shows it.
    """
    if all(type(layer) in _VETTED for layer in model.modules()):
        return []
    if model not in _seen:
        with _Norms() as norms, torch.no_grad():
            vmap(lambda picture: functional_call(model, theta, (picture,)), randomness="same")(x[None])
        names = {id(value): name for name, value in theta.items()}
        _seen[model] = [names.get(id(weight), "a norm's weight") for weight in norms.weights]
    return _seen[model]


def check_vmap(model: nn.Module, theta: Params, x: Tensor, *, only: str | tuple[str, ...] = "") -> None:
    """Raise ValueError where vmap and a loop have another meta-gradient of the parameters that adapt."""
    try:
        names = inexact_under_vmap(model, theta, x)
    except RuntimeError:  # vmap cannot take this model at all: whoever calls it hears so
        return
    if wrong := [name for name in names if name.startswith(only) or name not in theta]:
        raise ValueError(
            f"torch's vmap takes wrong second derivatives of {', '.join(wrong)}: give chunk_size=1, first_order=True, "
            "or metalib.models.BatchNorm2d for torch's"
        )


def in_words(error: RuntimeError) -> ValueError:
    """What to do where vmap cannot batch a model: torch's own words name flags that nobody can reach from here."""
    words = str(error).splitlines()[0]
    return ValueError(f"torch's vmap cannot take several tasks of this model at once ({words}): give chunk_size=1")
