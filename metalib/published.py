"""What the papers report on Omniglot, and our networks on the same kind of split, test and batch norm beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from metalib import checkpoints
from metalib.banks import split
from metalib.banks.store import bank_digest
from metalib.episodes import ClassBank, EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.recipes import recipe_of
from metalib.recipes.base import ALONE, TRANSDUCTIVE, Predict

EPISODES, SEED = 1000, 20_173
RUNNING = "running statistics"


class Cell(NamedTuple):
    """One published accuracy in per cent, with its half-width where the paper gives one, and how it was tested."""

    method: str
    spec: EpisodeSpec
    percent: float
    half_width: float | None
    batch_norm: str
    source: str


# queries a class at test: MAML K, Reptile 1, prototypical networks 15 (each paper's own code)
CELLS = (
    Cell("prototypical network", EpisodeSpec(5, 1, 15), 98.8, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("prototypical network", EpisodeSpec(5, 5, 15), 99.7, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("prototypical network", EpisodeSpec(20, 1, 15), 96.0, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("prototypical network", EpisodeSpec(20, 5, 15), 98.9, None, RUNNING, "Snell et al. (2017), table 1"),
    Cell("MAML", EpisodeSpec(5, 1, 1), 98.7, 0.4, TRANSDUCTIVE, "Finn et al. (2017), table 1"),
    Cell("MAML", EpisodeSpec(20, 1, 1), 95.8, 0.3, TRANSDUCTIVE, "Finn et al. (2017), table 1"),
    Cell("first-order MAML", EpisodeSpec(5, 1, 1), 98.3, 0.5, TRANSDUCTIVE, "Nichol et al. (2018), table 2"),
    Cell("Reptile", EpisodeSpec(5, 1, 1), 97.68, 0.04, TRANSDUCTIVE, "Nichol et al. (2018), table 2"),
    Cell("Reptile", EpisodeSpec(5, 1, 1), 95.39, 0.09, ALONE, "Nichol et al. (2018), table 2"),
    Cell("Reptile", EpisodeSpec(5, 5, 1), 99.48, 0.06, TRANSDUCTIVE, "Nichol et al. (2018), table 2"),
    Cell("Reptile", EpisodeSpec(5, 5, 1), 98.90, 0.10, ALONE, "Nichol et al. (2018), table 2"),
)


def beside(names: list[str], bank: ClassBank) -> Iterator[tuple[dict[str, Any], Callable[[], Interval]]]:
    """Each published cell that one of the checkpoints `names` can sit on the *paper* split, and what measures ours.

    bank  the whole Omniglot; each turn of an evaluation character is a class of its own
    """
    evaluation = split(bank, "paper").evaluation
    pictures = bank_digest(evaluation)[:12]
    for name in names:
        network, info = checkpoints.load(name, device=bank.device)
        recipe = recipe_of(info)
        known = {"checkpoint": name, "network": checkpoints.digest(network, info), "pictures": pictures}
        modes = {batch_norm: predict for _, batch_norm, predict in recipe.modes(network)}
        for cell in CELLS:
            if cell.method != recipe.method or recipe.fixed_way not in (None, cell.spec.n_way):
                continue
            asked = {**known, **_asked(cell, evaluation, info)}
            yield asked, partial(_ours, modes[cell.batch_norm], evaluation, cell)


def _ours(predict: Predict, evaluation: ClassBank, cell: Cell) -> Interval:
    return mean_interval(evaluate(predict, stream_episodes(evaluation, cell.spec, EPISODES, seed=SEED)))


def key(row: dict[str, Any]) -> str:
    """What tells the rows of the table apart."""
    return f"{row['checkpoint']}/{row['task']}/{row['batch_norm']}"


def _asked(cell: Cell, evaluation: ClassBank, info: dict[str, Any]) -> dict[str, Any]:
    """What is known of a row before ours is measured."""
    return {
        "classes": info.get("classes", "none"),
        "method": cell.method,
        "task": str(cell.spec),
        "batch_norm": cell.batch_norm,
        "published": [cell.percent, cell.half_width],
        "source": cell.source,
        "data": evaluation.source,
        "seed": SEED,
        "updates": info["updates"],
        "seconds": info["seconds"],
        "trained_on": info.get("device", "cpu"),
    }


def learned_from(classes: str) -> str:
    """Which part of a split a network's `classes` are, in the words of a table."""
    both = classes == "background" or " and " in classes
    return "–" if classes == "none" else "training and validation" if both else "training"


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown, ours beside the published."""
    lines = [
        "| method | recipe | learned from | task | batch norm at test | ours | published | trained in |",
        "| --- " * 8 + "|",
    ]
    for row in rows:
        percent, half = row["published"]
        published = f"{percent} %" if half is None else f"{percent} ± {half} %"
        said = f"{published}, {row['source']}"
        recipe = f"{row['checkpoint'].removesuffix('-paper')}, {row['updates']:,} updates"
        cost = f"{row['seconds'] / 60:.0f} minutes, {row['trained_on']}"
        conditions = (learned_from(row.get("classes", "none")), row["task"], row["batch_norm"])
        columns = (row["method"], recipe, *conditions, str(Interval(*row["ours"])), said, cost)
        lines.append(f"| {' | '.join(columns)} |")
    return "\n".join(lines)
