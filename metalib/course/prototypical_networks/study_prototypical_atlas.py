"""Where the drawings of unseen alphabets lie in the embedding, at several stages of a training like the checkpoint's.

The first thousand updates are made by its recipe, on the training classes; the last stage is the checkpoint, which saw
the validation classes too. All are measured in one way: in evaluation mode, with statistics that fit the weights.
A prototypical network knows distances only, and a rotation keeps them: so each stage is turned to lie as near as
possible to the last, and then all are seen along the same two directions. The t-SNE of the last is stored, as it moves
much when its input moves little.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from metalib.banks import load_bank, split
from metalib.course.kit.exams import EXAM_A
from metalib.course.kit.study import Study, read
from metalib.course.prototypical_networks.study_prototypical import accuracies, embed_bank
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval
from metalib.models import Conv4
from metalib.training import checkpoints
from metalib.training.recipes import ProtonetRecipe


class Spread(NamedTuple):
    """Mean squared distances in the embedding, units squared."""

    within: float  # of a drawing from the mean of its class
    between: float  # of a class's mean from the mean of all

    @property
    def ratio(self) -> float:
        return self.within / self.between


def spread(embedded: Tensor) -> Spread:
    """How far the drawings of a class lie apart, and the classes. embedded [C, D, F]"""
    means = embedded.mean(dim=1)  # [C, F]
    within = (embedded - means[:, None]).square().sum(dim=2).mean()
    between = (means - means.mean(dim=0)).square().sum(dim=1).mean()
    return Spread(within.item(), between.item())


def settled(network: Conv4, pictures: Tensor) -> Conv4:
    """A copy in evaluation mode whose batch norm has the statistics of `pictures` under the weights of now.

    pictures  [B, 1, H, W] uint8. Running statistics lag behind the weights: at update 0 they are mean 0 and variance 1,
    which fit no picture, so that what is measured with them then is another network than the one that is trained.
    """
    copied = copy.deepcopy(network)
    copied.train()
    for module in copied.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean over batches; here there is one
    with torch.no_grad():
        copied(pictures.float() / 255)
    copied.eval()
    return copied


def principal_directions(points: Tensor) -> Tensor:
    """[F, 2]: the two directions in which the points [M, F] vary most; the largest entry of each is positive."""
    _, _, v = torch.linalg.svd((points - points.mean(dim=0)).double(), full_matrices=False)
    directions = v[:2].T
    largest = directions.gather(0, directions.abs().argmax(dim=0, keepdim=True))  # [1, 2]
    return (directions * largest.sign()).to(points.dtype)


def turned(points: Tensor, onto: Tensor) -> Tensor:
    """The centred points [M, F], rotated or mirrored to lie nearest to `onto` (Schönemann, 1966)."""
    points, onto = points - points.mean(dim=0), onto - onto.mean(dim=0)
    u, _, v = torch.linalg.svd((points.T @ onto).double())
    return points @ (u @ v).to(points.dtype)


def tsne(points: Tensor, *, perplexity: float = 15.0, iterations: int = 1000) -> Tensor:
    """[M, 2]: exact t-SNE of the points [M, F], without chance (van der Maaten and Hinton, 2008)."""
    p = _neighbour_probabilities(torch.cdist(points, points).double().square(), perplexity)
    p = ((p + p.T) / (2 * len(p))).clamp_min(1e-12)
    start = points @ principal_directions(points)
    y = (1e-4 * (start - start.mean(dim=0)) / start.std(dim=0)).double()
    velocity, gains = torch.zeros_like(y), torch.ones_like(y)
    rate = max(50.0, len(points) / 48)  # n / early exaggeration / 4 (Belkina et al., 2019)
    for step in range(iterations):
        early = step < 250
        affinity = 1 / (1 + torch.cdist(y, y).square())
        affinity.fill_diagonal_(0.0)
        pull = ((12.0 if early else 1.0) * p - affinity / affinity.sum()) * affinity  # early: exaggerated attraction
        gradient = 4 * (pull.sum(dim=1, keepdim=True) * y - pull @ y)
        same = gradient.sign() == velocity.sign()
        gains = torch.where(same, gains * 0.8, gains + 0.2).clamp_min(0.01)
        velocity = (0.5 if early else 0.8) * velocity - rate * gains * gradient
        y = y + velocity
    return (y - y.mean(dim=0)).float()


def _neighbour_probabilities(squared: Tensor, perplexity: float) -> Tensor:
    """[M, M], rows that sum to 1: a Gaussian about each point, as wide as gives the perplexity; found by bisection."""
    n = len(squared)
    low, high = torch.zeros(n, 1, dtype=squared.dtype), torch.full((n, 1), torch.inf, dtype=squared.dtype)
    precision = torch.ones(n, 1, dtype=squared.dtype) / squared.mean()
    others = squared.masked_fill(torch.eye(n, dtype=torch.bool), torch.inf)
    for _ in range(60):
        p = (-(others * precision)).softmax(dim=1)
        entropy = -(p * p.clamp_min(1e-30).log()).sum(dim=1, keepdim=True)
        wide = entropy > torch.tensor(perplexity).log()
        low, high = torch.where(wide, precision, low), torch.where(wide, high, precision)
        precision = torch.where(high.isinf(), 2 * precision, (low + high) / 2)
    return p


def chosen_classes(bank: ClassBank, groups: list[str], per_group: int) -> list[int]:
    """The first `per_group` classes of each group, as numbers in `bank`."""
    return [[c for c, g in enumerate(bank.groups) if g == group][i] for group in groups for i in range(per_group)]


def stages(settings: dict[str, Any]) -> Iterator[tuple[int, Conv4]]:
    """(updates, network in evaluation mode): the recipe's first updates, then the checkpoint."""
    final, info = checkpoints.load(settings["checkpoint"])
    known = {name: value for name, value in info["recipe"].items() if name in ProtonetRecipe.__dataclass_fields__}
    recipe = ProtonetRecipe(**known)
    training = split(load_bank("omniglot", quiet=True)).training
    pictures = training.images[:, 0]  # one of each class, unrotated
    network = recipe.network()
    yield 0, settled(network, pictures)
    for record in recipe.train(network, training, record_every=10, progress=False):
        if record.update in settings["stages"]:
            yield record.update, settled(network, pictures)
        if record.update >= max(settings["stages"]):
            break
    yield info["updates"], final


def text(numbers: Tensor) -> str:
    """Coordinates as one line of text, x y x y …, three digits after the point; a list would take a line for each."""
    return " ".join(f"{number:.3f}" for number in numbers.flatten().tolist())


def coordinates(line: str) -> Tensor:
    """[M, 2]: what `text` wrote."""
    return torch.tensor([float(number) for number in line.split()]).view(-1, 2)


def atlas(settings: dict[str, Any]) -> dict[str, Any]:
    """For each bank and stage: points in the plane, over the radius; spread in the whole space; exam A; one t-SNE."""
    banks = {name: load_bank(name, quiet=True) for name in settings["groups"]}
    parts = {name: split(bank).evaluation for name, bank in banks.items()}
    seen: dict[str, list[tuple[int, Tensor]]] = {name: [] for name in banks}
    for update, network in stages(settings):
        for name, bank in parts.items():
            seen[name].append((update, embed_bank(network, bank)))
    return {banks[name].source: _of_bank(parts[name], seen[name], settings, name) for name in banks}


def _of_bank(bank: ClassBank, seen: list[tuple[int, Tensor]], settings: dict[str, Any], name: str) -> dict[str, Any]:
    classes = chosen_classes(bank, settings["groups"][name], settings["per_group"])
    shown = [(update, z[classes, : settings["drawings"]], z) for update, z in seen]
    last = shown[-1][1].flatten(0, 1)
    directions = principal_directions(last)
    found = []
    for update, z, everything in shown:
        points = turned(z.flatten(0, 1), last)
        plane = points @ directions
        radius = points.square().sum(dim=1).mean().sqrt()  # root mean square, in the whole space
        accuracy = accuracies(everything, bank, EXAM_A.spec, EXAM_A.n_episodes, seed=EXAM_A.seed)
        found.append(
            {
                "update": update,
                "points": text(plane / radius),
                "radius": round(radius.item(), 4),
                "share_of_variance": round((plane.square().sum() / points.square().sum()).item(), 4),
                "within": round(spread(z).within, 6),
                "between": round(spread(z).between, 6),
                "exam_a": list(mean_interval(accuracy)),
            }
        )
    return {"classes": classes, "drawings": settings["drawings"], "stages": found, "tsne": text(_unit(tsne(last)))}


def _unit(points: Tensor) -> Tensor:
    return points / points.square().sum(dim=1).mean().sqrt()


def read_atlas(bank: ClassBank) -> dict[str, Any]:
    """The stored result for `bank`, a whole bank. Raises ValueError for a bank that the study did not see."""
    results = read("prototypical-atlas")["results"]
    if bank.source not in results:
        raise ValueError(f"the atlas has no coordinates for {bank.source!r}: it has {' and '.join(results)}")
    return results[bank.source]


ATLAS = Study(
    "Where do the drawings of unseen alphabets lie in the embedding while it is trained?",
    atlas,
    {
        "data": "evaluation parts, unrotated; trained on the Omniglot training part with rotations",
        "batch_norm": "of one drawing of each training class, anew at each stage; the checkpoint has its own",
        "checkpoint": "protonet",
        "stages": [10, 30, 100, 300, 1000],
        "groups": {
            "omniglot": ["Tengwar", "Angelic", "Mongolian", "Atlantean", "Kannada"],
            "glyphs": ["Lao", "Ogham", "APL", "Old Italic", "Arrows"],
        },
        "per_group": 6,
        "drawings": 10,
        "seed": "the recipe's; t-SNE: none",
    },
)
