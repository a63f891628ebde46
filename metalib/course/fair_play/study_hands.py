"""Notebook 07: why is exam B so much harder than exam C, for one and the same network?

Both have 20 characters of one alphabet and a query of each. It goes from one to the other in steps: the hands (each
picture by anybody, or one hand for the candidates and another for the queries), the ten alphabets of Lake's runs, their
pairs of hands with any characters, their characters by any hands, and last the twenty runs themselves.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib import places
from metalib.banks import load_bank, split, twenty_runs
from metalib.banks.hands import LAKE, draw_by_hands
from metalib.course.fair_play.named_hands import hands_are_named
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.one_to_one import sinkhorn
from metalib.course.kit.results import looks
from metalib.course.kit.study import Study
from metalib.episodes import ClassBank, Draw, draw_indices
from metalib.evaluate import Interval, Z, mean_interval, paired_interval
from metalib.protonet import Encoder
from metalib.runtime import seeded
from metalib.training import checkpoints

ANYBODY, TWO_HANDS, ALPHABETS, PAIRS, CHARACTERS, ITEMS = (
    *("each picture by anybody", "one hand and another", "in the runs' ten alphabets"),
    *("by the runs' pairs of hands", "the runs' characters, other hands", "the twenty runs"),
)
SETTINGS: dict[str, Any] = {"tasks": 2000, "seed": 0, "checkpoint": "protonet", "sets": 20_000}


class Runs(NamedTuple):
    """Lake's runs as numbers in the evaluation bank: classes [20, 20], and a pair of hands each, [20] and [20]."""

    classes: Tensor
    support: Tensor
    query: Tensor


def find_runs(bank: ClassBank, runs: twenty_runs.TwentyRuns) -> Runs:
    """Which characters the runs have, and who drew their candidates and their queries.

    bank  the evaluation alphabets      Raises ValueError where a run is not by one hand and another.
    """
    flat = bank.images.flatten(0, 1)
    where = {picture.numpy().tobytes(): number for number, picture in enumerate(flat)}
    found = [
        torch.tensor([[where[picture.numpy().tobytes()] for picture in run] for run in pictures])  # [20, 20]
        for pictures in (runs.support, runs.query)
    ]
    support, query = (numbers % bank.n_drawings for numbers in found)
    if not ((support == support[:, :1]).all() and (query == query[:, :1]).all()):
        raise ValueError("a run's candidates, or its queries, are by several hands: these are not Lake's runs")
    return Runs(found[0] // bank.n_drawings, support[:, 0], query[:, 0])


def tasks_of(bank: ClassBank, runs: Runs, n: int, seed: int) -> dict[str, Draw]:
    """`n` tasks of each kind, classes [n, 20] and drawings [n, 20, 2]: those of candidate and query.

    The first two kinds have the same characters, so that they can be compared pairwise. By the runs' pairs, and of the
    runs' characters, there are n / 20 tasks a run, the runs in turn.
    """
    generator = seeded(seed)
    anybody = draw_indices(bank, LAKE, n, generator=generator)
    hands = draw_by_hands(bank, LAKE, n, generator=generator).drawings
    groups = [bank.groups[c] for c in runs.classes[:, 0].tolist()]
    ten = torch.tensor([number for number, group in enumerate(bank.groups) if group in groups])
    of_ten = draw_by_hands(bank.select(ten.tolist()), LAKE, n, generator=generator)
    turn = torch.arange(n) % len(groups)
    alphabets = [bank.select([c for c, g in enumerate(bank.groups) if g == group]) for group in groups]
    firsts = [bank.groups.index(group) for group in groups]  # an alphabet's characters follow one another
    characters = torch.stack(
        [draw_indices(alphabets[r], LAKE, 1, generator=generator).classes[0] + firsts[r] for r in turn.tolist()]
    )
    pairs = torch.stack([runs.support, runs.query], dim=1)[:, None].expand(-1, LAKE.n_way, -1)  # [20, 20, 2]
    return {
        ANYBODY: anybody,
        TWO_HANDS: Draw(anybody.classes, hands),
        ALPHABETS: Draw(ten[of_ten.classes], of_ten.drawings),
        PAIRS: Draw(characters, pairs[turn]),
        CHARACTERS: Draw(runs.classes[turn], draw_by_hands(bank, LAKE, n, generator=generator).drawings),
        ITEMS: Draw(runs.classes, pairs),
    }


def features_of(encoder: Encoder, bank: ClassBank) -> Tensor:
    """[C, D, F]: what the encoder makes of each drawing."""
    with torch.no_grad():
        found = [encoder(pictures.float() / 255) for pictures in bank.images.flatten(0, 1).split(500)]
    return torch.cat(found).view(bank.n_classes, bank.n_drawings, -1)


def errors(features: Tensor, tasks: Draw, *, assigned: bool = False) -> Tensor:
    """[n] in 0 … 1: the share of each task's queries whose nearest candidate is of another class.

    assigned  with the knowledge that each class has one query (`one_to_one`)
    """
    found = []
    for classes, drawings in zip(tasks.classes.split(100), tasks.drawings.split(100), strict=True):
        support, query = (features[classes, drawings[..., i]] for i in range(2))  # [B, N, F]
        logits = -torch.cdist(query, support).square()
        answers = (sinkhorn(logits) if assigned else logits).argmax(dim=2)
        found.append((answers != torch.arange(classes.shape[1])).double().mean(dim=1))
    return torch.cat(found)


def unpaired_interval(a: Tensor, b: Tensor, unit: str = "tasks") -> Interval:
    """The difference of the means of two samples, a − b, with its 95 % interval (normal approximation)."""
    mean = (a.mean() - b.mean()).item()
    half = Z * math.sqrt(a.var().item() / len(a) + b.var().item() / len(b))
    return Interval(mean, mean - half, mean + half, min(len(a), len(b)), unit)


def share_as_easy(by_run: Tensor, official: Tensor, n_sets: int, generator: torch.Generator) -> float:
    """How often twenty tasks, one a run, have in the mean no more errors than the official twenty.

    by_run  [n / 20, 20], other tasks of each run      official  [20]
    """
    chosen = torch.randint(len(by_run), (n_sets, by_run.shape[1]), generator=generator)
    sets = by_run.gather(0, chosen).mean(dim=1)
    return (sets <= official.mean() + 1e-9).double().mean().item()


def pairs_as_easy(features: Tensor, bank: ClassBank, runs: Runs, settings: dict[str, Any]) -> dict[str, Any]:
    """The mean error of twenty other pairs of hands, two an alphabet as in the runs: its middle 95 %, and the share of
    such choices that are as easy as the runs' pairs. All characters of an alphabet are candidates here.
    """
    generator, table, official = seeded(settings["seed"] + 1), [], []
    n_hands = bank.n_drawings
    for classes, a, b in zip(runs.classes, runs.support.tolist(), runs.query.tolist(), strict=True):
        group = bank.groups[int(classes[0])]
        z = features[[c for c, g in enumerate(bank.groups) if g == group]]  # [characters, hands, F]
        distances = torch.cdist(z.transpose(0, 1)[:, None], z.transpose(0, 1)[None])  # [query's, support's, C, C]
        wrong = (distances.argmin(dim=3) != torch.arange(len(z))).double().mean(dim=2)
        official.append(wrong[b, a])
        table.append(wrong[~torch.eye(n_hands, dtype=torch.bool)])
    others = torch.stack(table, dim=1)  # [380, 20]
    chosen = torch.randint(len(others), (settings["sets"], others.shape[1]), generator=generator)
    means = others.gather(0, chosen).mean(dim=1)
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    mean = torch.stack(official).mean()
    return {
        "of_the_runs": mean.item(),
        "of_others": [means.mean().item(), low, high],
        "share_as_easy": (means <= mean + 1e-9).double().mean().item(),
    }


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """The errors of each kind of task, the differences from one to the next, and how rare the runs' luck is."""
    whole = load_bank("omniglot", quiet=True)
    bank = split(whole).evaluation
    network, info = checkpoints.load(settings["checkpoint"])
    runs, features = find_runs(bank, twenty_runs.load()), features_of(network, bank)
    found = {
        name: errors(features, tasks)
        for name, tasks in tasks_of(bank, runs, settings["tasks"], settings["seed"]).items()
    }
    root = places.checkout()
    if root is not None:
        told = {"seed": info["seed"], "batch_norm": "running statistics", "purpose": "study hands"}
        looks.write(1 - found[ITEMS], what=f"{settings['checkpoint']}, as in exam C", folder=root / "data", **told)
    rows = [
        {"tasks": name, "errors": list(EXAM_C.interval(x) if name == ITEMS else mean_interval(x, "tasks"))}
        for name, x in found.items()
    ]
    steps = {
        f"{TWO_HANDS} − {ANYBODY}": paired_interval(found[TWO_HANDS], found[ANYBODY], "tasks"),
        f"{ALPHABETS} − {TWO_HANDS}": unpaired_interval(found[ALPHABETS], found[TWO_HANDS]),
        f"{PAIRS} − {ALPHABETS}": unpaired_interval(found[PAIRS], found[ALPHABETS]),
        f"{CHARACTERS} − {ALPHABETS}": unpaired_interval(found[CHARACTERS], found[ALPHABETS]),
    }
    lucky = {
        name: share_as_easy(
            found[name].view(-1, len(runs.support)), found[ITEMS], settings["sets"], seeded(settings["seed"] + 2)
        )
        for name in (PAIRS, CHARACTERS)
    }
    return {
        "rows": rows,
        "steps": [{"step": name, "difference": list(interval)} for name, interval in steps.items()],
        "sets_as_easy_as_the_runs": lucky,
        "pairs": pairs_as_easy(features, bank, runs, settings),
        "hands": hands_are_named(whole, settings["seed"]),
    }


STUDY = Study(
    question="Exams B and C ask the same kind of question: why does one network err three times as often in B?",
    run=run,
    settings=SETTINGS,
)
