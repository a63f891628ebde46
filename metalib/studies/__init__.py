"""The heavier experiments that notebooks report, by name: `metalib study NAME` writes data/studies/NAME.json."""

from __future__ import annotations

from metalib.studies import (
    bfloat16,
    fine_tuning,
    fine_tuning_shots,
    from_scratch,
    maml_labels,
    maml_omniglot,
    maml_step_size,
    maml_training,
    prototypical,
    prototypical_atlas,
    prototypical_steps,
    reptile,
    reptile_sensitivity,
    sinusoids,
)
from metalib.studies.base import Study, read

__all__ = ["STUDIES", "Study", "read"]

STUDIES: dict[str, Study] = {
    "reptile-sensitivity": reptile_sensitivity.STUDY,
    "reptile-alignment": reptile.ALIGNMENT,
    "reptile-cost": reptile.COST,
    "reptile-adam": reptile.ADAM,
    "maml-training": maml_training.STUDY,
    "maml-omniglot": maml_omniglot.STUDY,
    "maml-step-size": maml_step_size.STUDY,
    "maml-labels": maml_labels.STUDY,
    "bfloat16": bfloat16.STUDY,
    "from-scratch": from_scratch.STUDY,
    "fine-tuning": fine_tuning.STUDY,
    "fine-tuning-shots": fine_tuning_shots.STUDY,
    "sinusoids": sinusoids.STUDY,
    "prototypical-way": prototypical.WAY,
    "prototypical-shot": prototypical.SHOT,
    "prototypical-distance": prototypical.DISTANCE,
    "prototypical-steps": prototypical_steps.STEPS,
    "prototypical-atlas": prototypical_atlas.ATLAS,
}
