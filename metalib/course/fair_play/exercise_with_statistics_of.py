"""What the check of `with_statistics_of` looks at: a small conv4 with and without a head, and whose mean it takes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from metalib.course.fair_play.networks import layers_of
from metalib.course.kit.verdict import Wrong, compare
from metalib.models import conv4
from metalib.runtime import seeded

Layers = Sequence[nn.Module]
Case = tuple[list[nn.Module], Tensor, Tensor]
Norm = Callable[[nn.BatchNorm2d, Tensor, Tensor], tuple[Tensor, Tensor]]  # of the reference and of x
OVER = (0, 2, 3)  # pictures and places: one mean a channel


def with_statistics_of(layers: Layers, reference: Tensor, x: Tensor) -> Tensor:
    """What the layers make of x, where each batch norm takes mean and variance of the reference: the course's answer.

    layers     the network's, in order      reference  [R, 1, H, W]      x  [B, 1, H, W]
    Returns    what the last layer makes of x, [B, D]
    """
    return _through(layers, reference, x, _by_reference)


def _through(layers: Layers, reference: Tensor, x: Tensor, norm: Norm) -> Tensor:
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            reference, x = norm(layer, reference, x)
        else:
            reference, x = layer(reference), layer(x)
    return x


def _by_reference(layer: nn.BatchNorm2d, reference: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    mean, variance = reference.mean(dim=OVER), reference.var(dim=OVER, correction=0)
    return _apply(layer, reference, mean, variance), _apply(layer, x, mean, variance)


def _apply(layer: nn.BatchNorm2d, z: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return batch_norm(z, mean, variance, layer.weight, layer.bias, eps=layer.eps)


def judge(function: Callable) -> None:
    """Compare the learner's outputs with the right ones; raises Wrong with the mistake."""
    cases = [_case(seed, *shape) for seed, shape in enumerate(((5, 3, None), (2, 4, None), (6, 2, 3), (4, 4, 3)))]
    before = [_state(layers) for layers, *_ in cases]

    def read(answer: Any, layers: Layers, reference: Tensor, x: Tensor) -> Tensor:
        if any(_state(layers) != old for (layers, *_), old in zip(cases, before, strict=True)):
            raise Wrong(
                "Your function changes the network: a layer in training mode moves its running statistics, and "
                "`.train()`, `.eval()` and `momentum` stay as you leave them. Only read the layers' numbers: "
                "`layer.weight`, `layer.bias`, `layer.eps`."
            )
        return _read(answer, layers, reference, x)

    try:
        compare(
            function,
            cases,
            reference=with_statistics_of,
            read=read,
            same=lambda a, b: bool(torch.allclose(a, b, rtol=1e-5, atol=1e-7)),
            mistakes=MISTAKES,
            show=_show,
        )
    except Wrong as wrong:
        lines = str(wrong).splitlines()
        if re.search(r"running_(mean|var) should contain \d+ elements not 1\b", lines[0]):
            raise Wrong("\n".join([*lines[:-1], f"{ONE_CHANNEL} {OR_ONE_NUMBER}"])) from None
        raise


def _case(seed: int, n_reference: int, n: int, n_out: int | None) -> Case:
    """A small conv4 in double precision whose batch norms have weights, biases and running statistics of their own."""
    generator = seeded(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = conv4(width=4, image_size=16, n_out=n_out, downsample="stride" if n_out else "max_pool").double()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.eps = 0.03  # large enough to be missed
            for value in (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var):
                assert value is not None
                value.add_(torch.rand(value.shape, generator=generator, dtype=torch.float64))
    light, dark = (torch.rand(rows, 1, 16, 16, generator=generator, dtype=torch.float64) for rows in (n_reference, n))
    layers = layers_of(network.requires_grad_(False).eval())
    return layers, light + torch.linspace(0, 1, 16, dtype=torch.float64), dark.square()


def _state(layers: Layers) -> list[Any]:
    """All that a function could change in the layers."""
    numbers = [tensor.flatten().tolist() for layer in layers for tensor in layer.state_dict().values()]
    return [*numbers, [(layer.training, getattr(layer, "momentum", None)) for layer in layers]]


def _read(answer: Any, layers: Layers, reference: Tensor, x: Tensor) -> Tensor:
    right = with_statistics_of(layers, reference, x).shape
    if isinstance(answer, (tuple, list)):
        raise Wrong(f"You return a {type(answer).__name__} of {len(answer)}. Return what the layers make of `x` alone.")
    if not isinstance(answer, Tensor):
        raise Wrong(f"You return a {type(answer).__name__}. Return the last layer's output for `x`, a tensor.")
    if answer.shape == with_statistics_of(layers, reference, reference).shape != right:
        raise Wrong("You return what the layers make of `reference`. It only gives mean and variance: return `x`.")
    if answer.shape != right:
        raise Wrong(
            f"You return a tensor of shape {list(answer.shape)}. {len(x)} pictures make {list(right)} here: each of "
            "the layers is called once, in order, and the last one's output for `x` comes back."
        )
    return answer.double()


def _show(case: Case, answer: Tensor, right: Tensor) -> str:
    layers, reference, x = case
    if not answer.isfinite().all():
        return "Your outputs are not all numbers. Is `layer.eps` added to the variance before the root?"
    alone = torch.cat([with_statistics_of(layers, reference, one[None]) for one in x])
    assert alone.allclose(right)
    return (
        f"With {len(reference)} reference pictures and {len(x)} in `x`, your outputs are off by up to "
        f"{(answer - right).abs().max():.3g}. Print the shapes of mean and variance: each batch norm takes one of "
        "each a channel, from `reference` as it is *before that layer*, and applies them to both."
    )


# --- typical mistakes: (message, a function that makes it)


def _mistake(norm: Norm) -> Callable[..., Tensor]:
    return lambda layers, reference, x: _through(layers, reference, x, norm)


def _each_by(mean: Callable[[Tensor], Tensor], variance: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    """Statistics of the reference, in another way; they may have any shape that fits beside [B, C, H, W]."""

    def norm(layer: nn.BatchNorm2d, reference: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        m, v = mean(reference), variance(reference)
        return _each(layer, reference, m, v), _each(layer, x, m, v)

    return _mistake(norm)


def _each(layer: nn.BatchNorm2d, z: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    return (z - mean) / (variance + layer.eps).sqrt() * layer.weight[:, None, None] + layer.bias[:, None, None]


def _own(layer: nn.BatchNorm2d, z: Tensor) -> Tensor:
    return _apply(layer, z, z.mean(dim=OVER), z.var(dim=OVER, correction=0))


def _of_both(layer: nn.BatchNorm2d, reference: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    both = _own(layer, torch.cat([reference, x]))
    return both[: len(reference)], both[len(reference) :]


def _by_channel(take: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return lambda z: take(z)[:, None, None]


_MEAN = _by_channel(lambda z: z.mean(dim=OVER))
_VARIANCE = _by_channel(lambda z: z.var(dim=OVER, correction=0))


def _reference_left_behind(layer: nn.BatchNorm2d, reference: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return reference, _by_reference(layer, reference, x)[1]


def _reference_running(layer: nn.BatchNorm2d, reference: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    return layer(reference), _by_reference(layer, reference, x)[1]


def _after_the_layer(layer: nn.BatchNorm2d, reference: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    done = _own(layer, reference)
    return done, _by_reference(layer, done, x)[1]


def _reference_at_the_start(layers: Layers, reference: Tensor, x: Tensor) -> Tensor:
    """Only x passes the layers; each batch norm takes the one mean and variance of the pictures."""
    for layer in layers:
        x = _each(layer, x, _MEAN(reference), _VARIANCE(reference)) if isinstance(layer, nn.BatchNorm2d) else layer(x)
    return x


def _lacking(weight: bool, bias: bool, eps: float | None, correction: int) -> Callable[..., Tensor]:
    """Batch norm without the layer's weight, or bias, or with another ε; `correction` as in `var`."""

    def norm(layer: nn.BatchNorm2d, reference: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, variance = reference.mean(dim=OVER), reference.var(dim=OVER, correction=correction)
        parts = layer.weight if weight else None, layer.bias if bias else None
        added = layer.eps if eps is None else eps
        return tuple(batch_norm(z, mean, variance, *parts, eps=added) for z in (reference, x))  # type: ignore[return-value]

    return _mistake(norm)


def _parts_missing() -> list[tuple[str, Callable[..., Tensor]]]:
    """Each choice of weight, bias and ε that may be missing, with the right variance and with the other."""
    found = []
    for correction, weight, bias, eps in itertools.product((0, 1), (True, False), (True, False), (None, 1e-5, 0.0)):
        lacks = {"`layer.weight`": not weight, "`layer.bias`": not bias, "`layer.eps`": eps is not None}
        missing = [name for name, there in lacks.items() if there]
        if not missing:
            continue
        *most, last = missing
        names = f"{', '.join(most)} and {last}" if most else last
        message = f"Missing here: {names}. Weight and bias are one a channel, ε stands under the root."
        found.append((f"{message} {UNBIASED}" if correction else message, _lacking(weight, bias, eps, correction)))
    return found


ONE_CHANNEL = "Your reference is still a picture of one channel: take it through the layers too."
OR_ONE_NUMBER = "Or your mean is a single number, over all channels: `dim=(0, 2, 3)` leaves one a channel."
NOT_ITS_ROOT = (
    "You give the standard deviation where the variance belongs. `batch_norm` wants the variance, not its root. Take "
    "`.var(dim=(0, 2, 3), correction=0)`."
)
UNBIASED = (
    "Your variance divides by the count minus 1, as `.var()` does by default. Batch norm divides by the count: "
    "`correction=0`. With few pictures that is a difference."
)
MISTAKES: tuple[tuple[str, Callable[..., Tensor]], ...] = (
    (
        "You normalise `x` by its own mean and variance. Then each answer depends on the others that are asked. Take "
        "those of `reference`.",
        _mistake(lambda layer, reference, x: (_own(layer, reference), _own(layer, x))),
    ),
    (
        "You take mean and variance of `reference` and `x` together. Then each answer still depends on the others "
        "that are asked. Take those of `reference` alone.",
        _mistake(_of_both),
    ),
    (
        "You call the batch norm layers as they are: in evaluation mode they take their running statistics, of "
        "training. Here mean and variance come from `reference`. If you test with `type(layer) ==`: it is a subclass; "
        "use `isinstance`.",
        _mistake(lambda layer, reference, x: (layer(reference), layer(x))),
    ),
    (
        "`reference` passes the batch norms by their running statistics, so that the next layer sees another "
        "reference. Normalise both by the reference's own mean and variance.",
        _mistake(_reference_running),
    ),
    (
        "`x` is normalised, and `reference` is not. The next layers then compare the two on different scales: "
        "normalise both by the same mean and variance.",
        _mistake(_reference_left_behind),
    ),
    (
        "You take mean and variance of `reference` *after* it was normalised: they are about 0 and 1, or the layer's "
        "bias and weight. Take them before, then normalise both.",
        _mistake(_after_the_layer),
    ),
    (ONE_CHANNEL, _reference_at_the_start),
    *_parts_missing(),
    (UNBIASED, _each_by(_MEAN, _by_channel(lambda z: z.var(dim=OVER)))),
    (
        "You divide by the variance. Divide by its root, the standard deviation: `(variance + layer.eps).sqrt()`.",
        _each_by(_MEAN, lambda z: (_VARIANCE(z) + 0.03).square() - 0.03),
    ),
    (NOT_ITS_ROOT, _each_by(_MEAN, lambda z: _VARIANCE(z).sqrt())),
    (NOT_ITS_ROOT, _each_by(_MEAN, _by_channel(lambda z: z.std(dim=OVER)))),
    (
        "You add `layer.eps` to the standard deviation. It is added to the variance, before the root.",
        _each_by(_MEAN, lambda z: (_VARIANCE(z).sqrt() + 0.03).square() - 0.03),
    ),
    (
        "Your mean and variance are one for each place of the picture. Batch norm has one a channel, over all "
        "pictures and places: `dim=(0, 2, 3)`.",
        _each_by(lambda z: z.mean(dim=0), lambda z: z.var(dim=0, correction=0)),
    ),
    (
        "Your mean and variance are single numbers, over all channels. Batch norm has one of each a channel: "
        "`dim=(0, 2, 3)`.",
        _each_by(lambda z: z.mean(), lambda z: z.var(correction=0)),
    ),
)
