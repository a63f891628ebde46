"""What the algorithms refuse, with the numbers and the remedy: one call each, so that their own files hold the method.

Values are looked at where that costs nothing: on a CPU, and not inside vmap or a compiler. Whoever batches from outside
has looked at the whole batch before.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import torch
from torch import Tensor, nn

Params = dict[str, Tensor]
HALVES = (torch.float16, torch.bfloat16)


def bank_fields(images: Any, names: Any, groups: Any, counts: Any) -> dict[str, Any]:
    """The fields of a `ClassBank` as it holds them: tensors, and tuples of text."""
    images = _one_tensor(images)
    if images.ndim != 5 or images.dtype != torch.uint8:
        raise ValueError(f"a bank's images are [C, D, channels, H, W] in uint8, and these are {_described(images)}")
    if images.shape[2] not in (1, 3):
        last = ": write images.movedim(-1, 2)" if images.shape[-1] in (1, 3) else ""
        raise ValueError(f"pictures have 1 channel or 3, on the third axis, and these are {_described(images)}{last}")
    names, groups = (tuple(str(name) for name in given) for given in (names, groups))
    if not len(images) == len(names) == len(groups):
        raise ValueError(
            f"{len(images)} classes of images, {len(names)} names and {len(groups)} groups: "
            "give one name and one group for each class"
        )
    if counts is not None:
        counts = torch.as_tensor(counts)
        if counts.is_floating_point():
            raise ValueError(f"counts are {_kind(counts)}: give whole numbers")
        counts = counts.long().cpu()
        if counts.shape != images.shape[:1] or not all(1 <= n <= images.shape[1] for n in counts.tolist()):
            raise ValueError(
                f"counts are {counts.tolist()}: give each of the {len(images)} classes its number of drawings, 1 to "
                f"{images.shape[1]}"
            )
    return {"images": images, "names": names, "groups": groups, "counts": counts}


def _one_tensor(images: Any) -> Tensor:
    try:
        if isinstance(images, list | tuple):  # of tensors or arrays, one a class
            return torch.stack([torch.as_tensor(of_class) for of_class in images])
        return torch.as_tensor(images)
    except (RuntimeError, ValueError, TypeError) as error:
        raise ValueError(
            f"the classes do not make one array ({error}): where they differ in number, take ClassBank.of_unequal"
        ) from error


def class_pictures(pictures: Sequence[Any]) -> list[Tensor]:
    """The pictures of each class as a tensor [D_c, channels, H, W], of one type and size."""
    tensors = [torch.as_tensor(of_class) for of_class in pictures]
    kinds = {(x.dtype, *x.shape[1:]) for x in tensors}
    if len(kinds) != 1 or min(map(len, tensors)) < 1:
        said = ", ".join(_described(x) for x in tensors[:3]) or "none"
        raise ValueError(f"classes of {said}: give each at least one picture, all of one size, channels and type")
    return tensors


def class_numbers(classes: Sequence[Any], n_classes: int) -> list[int]:
    """Whole numbers from 0 to C−1, as they are given."""
    numbers = torch.as_tensor(classes).tolist() if not isinstance(classes, range) else list(classes)
    for c in numbers:
        if isinstance(c, bool) or not isinstance(c, int):
            raise ValueError(f"a class is chosen by {c!r}: give numbers from 0 to {n_classes - 1}")
        if not 0 <= c < n_classes:
            raise ValueError(f"no class {c}: the bank's {n_classes} classes are 0 … {n_classes - 1}")
    return numbers


def check_labels(labels: Tensor, what: str, n_way: int | None = None) -> None:
    """Class labels are long, and 0 … N−1: cross-entropy passes over −100 without a word."""
    if labels.dtype != torch.long:
        raise ValueError(f"{what} are {_kind(labels)}: class numbers are whole numbers, make them with .long()")
    lowest, highest = _extremes(labels)
    if lowest < 0 or (n_way is not None and highest >= n_way):
        allowed = "labels are 0, 1, 2, …" if n_way is None else f"{n_way}-way labels are 0 … {n_way - 1}"
        raise ValueError(
            f"{what} run from {lowest} to {highest}, and {allowed}: number the classes anew in each episode"
        )


def check_targets(y: Tensor, what: str, *, classes: bool, axes: int = 1) -> None:
    """Class labels, whatever the loss: nobody can see whether it is a cross-entropy in disguise.

    classes  whether the loss is known to be of classes: then y is class labels, or shares of the classes on one more
             than `axes` axes
    """
    if classes and not (y.is_floating_point() and y.ndim > axes):
        check_labels(y, what)
    elif not y.is_floating_point() and (lowest := _extremes(y)[0]) < 0:
        raise ValueError(
            f"{what} go down to {lowest}, and whole numbers are class labels, 0, 1, 2, …: cross-entropy passes "
            "over -100 without a word. Number the classes anew in each episode, or make what is no class .float()"
        )


def check_pictures(x: Tensor, weights: Tensor | None, what: str) -> None:
    """There are some, and where they and the weights are of the two usual types, these are one.

    What else there is, is the network's business: whole numbers for an embedding, bytes that it scales, half precision.
    """
    if not len(x):
        raise ValueError(f"{what} is empty: give each class at least one example")
    usual = (torch.float32, torch.float64)
    if weights is not None and x.dtype in usual and weights.dtype in usual and x.dtype != weights.dtype:
        remedy = ".double()" if weights.dtype == torch.float64 else ".float()"
        raise ValueError(f"{what} is {_kind(x)} and the network's weights are {_kind(weights)}: write {remedy} first")


def check_support_set(support_x: Tensor, support_y: Tensor, theta: Params, *, classes: bool) -> None:
    """One task's support set fits the parameters; `classes` says whether its labels are of classes."""
    check_pictures(support_x, next(iter(theta.values())), "support_x")
    check_targets(support_y, "support labels", classes=classes)


def check_some(episodes: Any) -> None:
    """There is a task."""
    if not len(episodes.support_y):
        raise ValueError("0 tasks: give episodes with a leading task axis of at least 1")


def check_tasks(episodes: Any, theta: Params | None = None, *, classes: bool = True) -> None:
    """There is a task, with a support and a query set that fit the parameters θ, and class labels where such are."""
    check_some(episodes)
    weights = next(iter(theta.values()), None) if theta else None
    for name in ("support", "query"):
        x, y = getattr(episodes, f"{name}_x"), getattr(episodes, f"{name}_y")
        check_pictures(x[0], weights, f"{name}_x")
        check_targets(y, f"{name} labels", classes=classes, axes=2)


def ways(episodes: Any) -> int:
    """N, by the labels of the support sets: one more than the highest."""
    if not episodes.support_y.numel():
        raise ValueError(f"support labels of shape {list(episodes.support_y.shape)}: give tasks with support pictures")
    check_labels(episodes.support_y, "support labels")
    return int(episodes.support_y.max()) + 1


def check_support(embeddings: Tensor, labels: Tensor, n_way: int) -> None:
    """[S, D] numbers and [S] labels, with at least one of each class."""
    if embeddings.ndim != 2 or labels.shape != embeddings.shape[:1]:
        raise ValueError(
            f"embeddings are {list(embeddings.shape)} and labels {list(labels.shape)}: give [S, D] and [S], "
            "feature maps by .flatten(1)"
        )
    check_labels(labels, "labels", n_way)
    if (seen := _values(labels)) and (missing := set(range(n_way)) - set(seen)):
        raise ValueError(f"classes {sorted(missing)} of {n_way} have no support picture: give each class at least one")


def check_encoding(encoder: Any, episodes: Any, n_way: int) -> None:
    """The pictures fit the encoder's weights, where it has any, and every query's label is one of the N classes."""
    weights = next((value for network in _networks(encoder) for value in network.parameters()), None)
    check_labels(episodes.query_y, "query labels", n_way)
    check_tasks(episodes, None if weights is None else {"": weights})


def check_statistics(model: Any) -> None:
    """No layer would move its running statistics. `model` may be a network, or a function that `_networks` sees."""
    for name, layer in (named for network in _networks(model) for named in network.named_modules()):
        if layer.training and getattr(layer, "running_mean", None) is not None:
            raise ValueError(
                f"{name or 'the model'} is in training mode and would move its running statistics with every task: "
                "call model.eval(), or build the network with running_stats=False"
            )


def _networks(model: Any) -> list[nn.Module]:
    """The networks in a function: itself, the one whose method it is, those in a functools.partial, bound or handed on.

    What a lambda, or another function of Python, calls cannot be seen.
    """
    if isinstance(model, nn.Module):
        return [model]
    if isinstance(model, functools.partial):
        return [network for part in (model.func, *model.args, *model.keywords.values()) for network in _networks(part)]
    return _networks(model.__self__) if inspect.ismethod(model) else []


def check_adapting(
    model: nn.Module, theta: Params, adapted: Params, *, only: Any, inner_lr: Any, inner_steps: int, batches: Any
) -> None:
    """The settings of `adapt.path` fit the model and one another."""
    if wrong := theta.keys() ^ dict(model.named_parameters()).keys():
        raise ValueError(
            f"theta has {len(theta)} tensors and differs from the model's parameters in {', '.join(sorted(wrong))}: "
            "take dict(model.named_parameters())"
        )
    if not adapted:
        there = [name for name in theta if name.startswith(only)]
        raise ValueError(
            f"all of {', '.join(there)} have requires_grad=False and stay: free some, or name others in `only`"
            if there
            else f"no parameter starts with {only!r}: the model has {', '.join(theta)}"
        )
    if isinstance(inner_lr, dict) and (missing := adapted.keys() - inner_lr.keys()):
        raise ValueError(
            f"{len(adapted)} parameters adapt and {len(missing)} of them have no rate ({', '.join(sorted(missing))}): "
            "give one each in inner_lr, or name in `only` those that adapt"
        )
    if isinstance(inner_lr, dict) and (unknown := inner_lr.keys() - theta.keys()):
        raise ValueError(f"inner_lr has rates for {', '.join(sorted(unknown))}, which the model does not have")
    for rate in inner_lr.values() if isinstance(inner_lr, dict) else (inner_lr,):
        if not isinstance(rate, Tensor | Real):
            raise ValueError(f"inner_lr is {rate!r}: give a number, a tensor, or a dict of one for each parameter")
        if not all(map(math.isfinite, _values(rate) if isinstance(rate, Tensor) else (rate,))):
            raise ValueError(f"inner_lr is {rate}: give finite rates")
    if isinstance(inner_steps, bool) or not isinstance(inner_steps, Integral) or inner_steps < 0:
        raise ValueError(f"inner_steps is {inner_steps!r}: give a whole number of at least 0")
    if batches is not None and len(batches) != inner_steps:
        raise ValueError(f"{inner_steps} inner steps and {len(batches)} batches: give one batch a step")
    check_statistics(model)


def finite(answers: Tensor) -> Tensor:
    """The answers, of which each has to be a number: the largest of several NaN would pass for class 0."""
    try:
        wrong = int((~answers.isfinite()).sum())
    except RuntimeError:  # inside vmap, where nothing can be looked at
        return answers
    if wrong:
        raise ValueError(
            f"{wrong:,} of {answers.numel():,} answers are not finite: the network diverged, or its pictures are not "
            "numbers. Look at its weights, and train with a lower rate"
        )
    return answers


def _values(values: Tensor) -> list:
    """The numbers; none where looking at them would be an error, or would make a GPU wait."""
    if values.device.type != "cpu" or torch.compiler.is_compiling():
        return []
    try:
        return values.flatten().tolist()
    except RuntimeError:  # inside vmap
        return []


def _extremes(values: Tensor) -> tuple[float, float]:
    """The lowest and the highest of them; zeros where they cannot be looked at, or there are none."""
    seen = _values(values)
    return (min(seen), max(seen)) if seen else (0, 0)


def _described(tensor: Tensor) -> str:
    return f"{list(tensor.shape)} in {_kind(tensor)}"


def _kind(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
