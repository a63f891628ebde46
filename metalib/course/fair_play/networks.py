"""The networks that notebook 07 takes apart: their layers, their adapted copies, and classes that are new to them."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from metalib.adapt import adapt
from metalib.banks import split
from metalib.episodes import ClassBank, Episode
from metalib.models import Conv4
from metalib.training import checkpoints
from metalib.training.recipes import recipe_of
from metalib.training.recipes.maml import MamlRecipe


def load(name: str, device: torch.device | str) -> tuple[Conv4, Any]:
    """The network of a checkpoint and the recipe that it was trained by."""
    network, info = checkpoints.load(name, device=device)
    return network, recipe_of(info)


def layers_of(network: Conv4) -> list[nn.Module]:
    """The layers of a conv4 in order; pictures go through one after the other, and end as [B, D]."""
    blocks: Any = network.blocks
    head = [] if network.head is None else [network.head]
    return [*(layer for block in blocks for layer in block), nn.Flatten(), *head]


def adapted(network: Conv4, recipe: MamlRecipe, task: Episode) -> Conv4:
    """A copy of `network` after the recipe's inner steps on one task's support set: with φ in place of θ."""
    theta: Any = dict(network.named_parameters())
    with torch.no_grad():
        settings: dict[str, Any] = {"inner_lr": recipe.inner_lr, "inner_steps": recipe.test_steps}
        phi = adapt(network, theta, task.support_x, task.support_y, only=recipe.only, **settings)
    moved = copy.deepcopy(network)
    moved.load_state_dict(phi, strict=False)
    return moved.requires_grad_(False)


def unseen(bank: ClassBank, evaluation: ClassBank) -> ClassBank:
    """Classes that a network of the papers' split has not seen: their test characters, each turn a class of its own.

    On other pictures than Omniglot's, which no such network has seen: `evaluation`.
    """
    if not bank.source.startswith("Omniglot"):
        return evaluation
    return split(bank, "paper").evaluation.to(evaluation.device)
