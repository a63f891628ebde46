"""A prototypical network for Lake's runs: tasks within one alphabet, candidates by one hand, queries by others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from metalib import runtime
from metalib.banks.augment import jitter
from metalib.banks.hands import draw_by_hands, lake_tasks
from metalib.episodes import ClassBank, Episode, EpisodeSpec, gather
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.models import Conv4
from metalib.training import checkpoints
from metalib.training.loop import Run
from metalib.training.recipes.protonet import ProtonetRecipe

VALIDATION_TASKS = 400  # of the form of the runs


@dataclass(frozen=True)
class HandsRecipe(ProtonetRecipe):
    """The course's recipe, with three changes; for one shot.

    Within an update the drawings of a task are by K + n_query hands, and each hand in turn draws the candidates, with
    the other hands' drawings as queries. It costs no further pass of a picture: an update has n_query + 1 tasks.
    """

    method: ClassVar[str] = "prototypical network, hands in turn"
    within: float = 0.5  # share of updates whose classes are of one alphabet; the others keep alphabets apart
    continues: str = ""  # the checkpoint whose weights the network starts with; "": random ones
    updates: int = 15_000

    def network(self) -> Conv4:
        """The network that this recipe starts with, the same for every call."""
        return checkpoints.load(self.continues)[0] if self.continues else super().network()

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """[T]: −log p(y | x), averaged over the queries and over the hands that draw the candidates."""
        tasks = (episodes.task(t) for t in range(len(episodes.support_y)))
        with runtime.fast_math(episodes.query_x.device):
            return torch.stack([each_hand_in_turn(network, by_hand(task, self.n_way)) for task in tasks])

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Episode]:
        """The function that draws the episode of one update: within one alphabet, or over all."""
        bank = training.rotated() if self.rotations else training
        specs = [EpisodeSpec(self.n_way, self.k_shot, self.n_query, within_group=within) for within in (False, True)]

        def draw(generator: torch.Generator) -> Episode:
            spec = specs[bool(torch.rand((), generator=generator) < self.within)]
            drawn = draw_by_hands(bank, spec, self.meta_batch_size, generator=generator)
            episodes = gather(bank, spec, drawn)
            return jitter(episodes, self.jitter, generator=generator) if self.jitter else episodes

        return draw

    def validate(self, network: nn.Module, bank: ClassBank) -> Interval:
        """Accuracy on tasks of the form of Lake's runs from the classes of `bank`, always the same ones."""
        tasks = lake_tasks(bank, VALIDATION_TASKS, seed=1)
        return mean_interval(evaluate(self.predictor(network), tasks))


def by_hand(task: Episode, n_way: int) -> Tensor:
    """[H, N, 1, height, width]: the pictures of a 1-shot task, those of each hand together; the first drew its support.

    task  without a task axis, rows sorted by label
    """
    pictures = [x.unflatten(0, (n_way, -1)) for x in (task.support_x, task.query_x)]  # [N, 1, …], [N, Q, …]
    return torch.cat(pictures, dim=1).transpose(0, 1)


def each_hand_in_turn(encoder: nn.Module, pictures: Tensor) -> Tensor:
    """The mean loss of H tasks of one batch of pictures: in each, one hand's drawings are the candidates.

    pictures  [H, N, 1, height, width], as `by_hand` has them      returns  a number, differentiable
    A query is every drawing by another hand; its logits are minus the squared distances to the N candidates.
    """
    hands, n_way = pictures.shape[:2]
    z = encoder(pictures.flatten(0, 1)).float()  # [H·N, D]
    with torch.autocast(z.device.type, enabled=False):
        squared = z.square().sum(dim=1)
        distances = squared[:, None] + squared[None] - 2 * z @ z.T  # [H·N, H·N]
        logits = -distances.view(hands, n_way, hands, n_way).transpose(1, 2)  # [query's hand, candidates' hand, N, N]
        others = ~torch.eye(hands, dtype=torch.bool, device=z.device)
        tasks = logits[others].flatten(0, 1)  # [H·(H − 1)·N, N]
        return cross_entropy(tasks, torch.arange(n_way, device=z.device).repeat(hands * (hands - 1)))
