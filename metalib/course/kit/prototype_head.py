"""A network whose linear head starts as the prototypes of a support set: W = 2c and b = −‖c‖²."""

from __future__ import annotations

from metalib import protonet
from metalib.adapt import Params
from metalib.episodes import Episode
from metalib.models import Conv4, conv4


def with_head(body: Conv4, n_way: int) -> Conv4:
    """The blocks of `body`, shared and not copied, under a linear head of `n_way` outputs; in evaluation mode."""
    model = conv4(**{**body.settings, "n_out": n_way})
    model.blocks = body.blocks
    return model.to(next(body.parameters()).device).eval()


def start(model: Conv4, task: Episode) -> Params:
    """The parameters of `model` with the head that the support set's prototypes make; differentiable."""
    n_way = int(task.support_y.max()) + 1
    prototypes = protonet.prototypes(model.features(task.support_x), task.support_y, n_way)
    weight, bias = protonet.linear_head(prototypes)
    return {**dict(model.named_parameters()), "head.weight": weight, "head.bias": bias}
