"""Episodes with the flaws that published few-shot code often has, each to be switched on, and who profits from them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from metalib.episodes import ClassBank, Draw, EpisodeSpec, draw_indices


@dataclass(frozen=True)
class Leaks:
    """What is wrong with the sampler.

    support_in_query   the first query of each class is its first support picture
    repeated_class     the last label stands for the class of label 0 once more
    ascending_labels   label 0 is the class with the lowest number in the bank, label 1 the next, …
    """

    support_in_query: bool = False
    repeated_class: bool = False
    ascending_labels: bool = False


def leaky_draw(bank: ClassBank, spec: EpisodeSpec, leaks: Leaks, n_tasks: int, *, generator: torch.Generator) -> Draw:
    """What `draw_indices` draws with the same generator, with `leaks` put in. Raises its errors."""
    classes, drawings = draw_indices(bank, spec, n_tasks, generator=generator)  # [T, N], [T, N, K + Q]
    if leaks.repeated_class:
        classes = torch.cat([classes[:, :-1], classes[:, :1]], dim=1)
        others = _other_drawings(drawings[:, 0], bank.n_drawings, generator)
        drawings = torch.cat([drawings[:, :-1], others[:, None]], dim=1)
    if leaks.ascending_labels:
        order = classes.argsort(dim=1)  # [T, N]
        classes, drawings = classes.gather(1, order), drawings.gather(1, order[..., None].expand_as(drawings))
    if leaks.support_in_query:
        first, k = drawings[..., :1], spec.k_shot  # [T, N, 1]
        drawings = torch.cat([drawings[..., :k], first, drawings[..., k + 1 :]], dim=2)
    return Draw(classes, drawings)


def _other_drawings(drawings: Tensor, n_drawings: int, generator: torch.Generator) -> Tensor:
    """[T, n]: as many drawings of the same class, none of them twice, those that are not in `drawings` [T, n] first."""
    keys = torch.rand(len(drawings), n_drawings, generator=generator)
    keys = keys.scatter_add(1, drawings, torch.full(drawings.shape, -1.0))
    return keys.topk(drawings.shape[1], dim=1).indices


def memoriser_accuracy(bank: ClassBank, spec: EpisodeSpec, draw: Draw) -> Tensor:
    """[T]: the accuracy of who knows each query's class number and looks at no support picture.

    It answers ⌊N · c / C⌋ for class c of C: right for 1/N of the queries while labels are in random order, and for
    `expected_share` of them when labels ascend. Within one alphabet it counts c from the alphabet's first class.
    """
    classes = draw.classes  # [T, N]
    number, total = classes, torch.tensor(bank.n_classes)
    if spec.within_group:
        group = bank.group_ids  # [C]
        rank = torch.zeros_like(group)
        for g in group.unique():
            rank[group == g] = torch.arange(int((group == g).sum()))
        number, total = rank[classes], group.bincount()[group[classes]]
    guess = spec.n_way * number // total  # [T, N]
    return (guess == torch.arange(spec.n_way)).double().mean(dim=1)


def expected_share(n_way: int, n_classes: int) -> float:
    """What a memoriser of ascending labels reaches on average: 50.3 % at 5-way with 659 classes, 26.8 % at 20-way.

    Class c has the label r if r of the N − 1 others are among the c classes below it, and the rest among the C − 1 − c
    above: C(c, r) · C(C − 1 − c, N − 1 − r) / C(C − 1, N − 1). With endless classes: 50.2 % and 26.5 %.
    """
    c = torch.arange(n_classes)
    r = n_way * c // n_classes  # what the memoriser answers
    log_ways = _log_choose(c, r) + _log_choose(n_classes - 1 - c, n_way - 1 - r)
    total = _log_choose(torch.tensor(n_classes - 1), torch.tensor(n_way - 1))
    return float((log_ways - total).exp().mean())


def _log_choose(n: Tensor, k: Tensor) -> Tensor:
    n, k = n.double(), k.double()
    possible = (n + 1).lgamma() - (k + 1).lgamma() - ((n - k).clamp(min=0) + 1).lgamma()
    return possible.where(k <= n, -torch.inf)
