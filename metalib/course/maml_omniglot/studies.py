"""The experiments that notebook 04 reports, by name: `metalib study NAME` writes data/studies/NAME.json."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from metalib.adapt import Params
from metalib.course.kit.exams import EXAM_A
from metalib.course.kit.results import accuracies
from metalib.course.kit.study import Study, read
from metalib.course.maml_omniglot import (
    study_bfloat16,
    study_first_order,
    study_maml_labels,
    study_maml_omniglot,
    study_maml_step_size,
    study_maml_training,
)
from metalib.course.maml_omniglot.similarity import debiased_cka, layer_outputs, random_change
from metalib.training import checkpoints
from metalib.training.recipes import RECIPES, Recipe, recipe_of

__all__ = ["EXAM_A", "RECIPES", "STUDIES", "accuracies", "load", "random_change", "read", "unlike"]

STUDIES: dict[str, Study] = {
    "maml-training": study_maml_training.STUDY,
    "maml-omniglot": study_maml_omniglot.STUDY,
    "maml-step-size": study_maml_step_size.STUDY,
    "maml-labels": study_maml_labels.STUDY,
    "first-order": study_first_order.STUDY,
    "bfloat16": study_bfloat16.STUDY,
}


def load(name: str, device: torch.device | str) -> tuple[nn.Module, Recipe, dict[str, Any]]:
    """The network of a checkpoint, the recipe that it was trained by, and what else is known of it."""
    network, info = checkpoints.load(name, device=device)
    return network, recipe_of(info), info


def unlike(model: Any, theta: Params, phi: Params, x: Tensor) -> list[float]:
    """1 − debiased CKA of each layer's outputs for the pictures x, with θ and with φ: 0 where nothing changed."""
    before, after = (layer_outputs(model, params, x) for params in (theta, phi))
    return [1 - debiased_cka(before[layer], after[layer]) for layer in before]
