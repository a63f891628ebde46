"""Notebook 04: why labels are shuffled. The same network, trained with three ways to number the classes of a task.

`shuffled`   label i is the i-th class drawn, in random order
`ascending`  label 0 is the class with the lowest number in the bank, label 1 the next
`fixed`      class c of the bank has label c mod N in every task: nothing in the support set is needed to answer.
             Yin et al. (2020) call such tasks not mutually exclusive
A hundred classes without turns, so that a short run can learn them by heart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from metalib.banks import load_bank, split
from metalib.course.kit.study import Study
from metalib.course.maml_omniglot.study_maml_omniglot import trained
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, draw_indices, gather
from metalib.evaluate import evaluate, mean_interval, paired_interval
from metalib.runtime import seeded
from metalib.training.recipes.maml import MamlRecipe

ORDERS = ("shuffled", "ascending", "fixed")
SETTINGS: dict[str, Any] = {
    "seeds": [0, 1],
    "classes": 100,
    "class_seed": 0,
    "updates": 300,
    "meta_batch_size": 8,
    "episodes": 400,
    "episode_seed": 1,
}


def draw_ordered(bank: ClassBank, spec: EpisodeSpec, order: str, n_tasks: int, *, generator: torch.Generator) -> Draw:
    """As `draw_indices`, with the labels of a task in one of ORDERS. Raises ValueError for another."""
    if order not in ORDERS:
        raise ValueError(f"order is {order!r}: give one of {', '.join(ORDERS)}")
    classes, drawings = draw_indices(bank, spec, n_tasks, generator=generator)  # [T, N], [T, N, K + Q]
    if order == "ascending":
        classes = classes.sort(dim=1).values  # the drawings of a class are random anyway, and may stay where they are
    if order == "fixed":
        a_class_of = torch.randint(bank.n_classes // spec.n_way, (n_tasks, spec.n_way), generator=generator)
        classes = a_class_of * spec.n_way + torch.arange(spec.n_way)  # column n: the classes c with c mod N = n
    return Draw(classes, drawings)


def stream_ordered(
    bank: ClassBank, spec: EpisodeSpec, order: str, n_episodes: int, *, seed: int, batch: int = 20
) -> Iterator[Episode]:
    """As `stream_episodes`, with the labels of a task in one of ORDERS."""
    generator = seeded(seed)
    for start in range(0, n_episodes, batch):
        n_tasks = min(batch, n_episodes - start)
        yield gather(bank, spec, draw_ordered(bank, spec, order, n_tasks, generator=generator))


@dataclass(frozen=True)
class OrderedMamlRecipe(MamlRecipe):
    """MAML on tasks whose labels follow `order`."""

    rotations: bool = False
    order: str = "shuffled"

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Episode]:
        """The function that draws the episodes of one update."""
        spec = EpisodeSpec(self.n_way, self.k_shot, self.n_query)

        def draw(generator: torch.Generator) -> Episode:
            return gather(
                training, spec, draw_ordered(training, spec, self.order, self.meta_batch_size, generator=generator)
            )

        return draw


def measure(
    recipe: OrderedMamlRecipe, learned: ClassBank, new: ClassBank, settings: dict[str, Any]
) -> dict[str, Tensor]:
    """[E] accuracies, means over the seeds, by what they are measured on: learned or new classes, and which labels."""
    spec, found = EpisodeSpec(recipe.n_way, 1, 15), []
    for seed in settings["seeds"]:
        network, _ = trained(dataclasses.replace(recipe, seed=seed), learned)

        def accuracies(bank: ClassBank, order: str, steps: int | None = None, network: Any = network) -> Tensor:
            episodes = stream_ordered(bank, spec, order, settings["episodes"], seed=settings["episode_seed"])
            return evaluate(recipe.predictor(network, steps=steps), episodes)

        found.append(
            {
                "learned classes, training's labels, no step": accuracies(learned, recipe.order, steps=0),
                "learned classes, training's labels": accuracies(learned, recipe.order),
                "learned classes, shuffled labels": accuracies(learned, "shuffled"),
                "new classes, shuffled labels": accuracies(new, "shuffled"),
            }
        )
    return {name: torch.stack([one[name] for one in found]).mean(dim=0) for name in found[0]}


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """Train and measure each order; the differences are to the shuffled one, on the same episodes."""
    training, validation, _ = split(load_bank(quiet=True))
    chosen = torch.randperm(training.n_classes, generator=seeded(settings["class_seed"]))[: settings["classes"]]
    learned = training.select(chosen.sort().values.tolist())
    recipe = {name: settings[name] for name in ("updates", "meta_batch_size")}
    recipes = {order: OrderedMamlRecipe(order=order, **recipe) for order in ORDERS}
    found = {order: measure(one, learned, validation, settings) for order, one in recipes.items()}
    rows = [
        {
            "order": order,
            "measured on": where,
            "accuracy": list(mean_interval(values)),
            "minus_shuffled": list(paired_interval(values, found["shuffled"][where])),
        }
        for order in ORDERS
        for where, values in found[order].items()
    ]
    return {"rows": rows}


STUDY = Study(
    question="MAML on Omniglot: what does it learn when the labels of a task are not in random order?",
    run=run,
    settings=SETTINGS,
)
