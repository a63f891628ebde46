"""Five cards: swap one support drawing for another of the same class, and see which answers flip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from metalib import protonet
from metalib.course.kit import plots
from metalib.course.kit.widget import Widget, badge, bundle, packed, strip
from metalib.course.start_here.plots import cards
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.runtime import seeded

DEALS = 4  # tables that the button goes through; each takes some 45 kB


@dataclass(frozen=True)
class Deal:
    """What lies on the table.

    classes  N class numbers of the bank; class i has label i and letter A, B, …
    support  N drawing numbers, one a class, to begin with
    queries  (label, drawing number) of each query, in the order shown
    """

    classes: tuple[int, ...]
    support: tuple[int, ...]
    queries: tuple[tuple[int, int], ...]

    @property
    def truth(self) -> Tensor:
        """[Q]: the label of each query."""
        return torch.tensor([label for label, _ in self.queries])


def deal(bank: ClassBank, n_way: int, n_query: int, *, generator: torch.Generator) -> Deal:
    """N classes, one support drawing and `n_query` queries of each, the queries shuffled.

    Raises ValueError when the bank has too few classes, or no further drawing to swap for.
    """
    if n_query + 2 > bank.n_drawings:
        raise ValueError(
            f"{n_query} queries, a support drawing and one to swap it for need {n_query + 2} drawings of a class and "
            f"this bank has {bank.n_drawings}: lower n_query"
        )
    draw = draw_indices(bank, EpisodeSpec(n_way, 1, n_query), 1, generator=generator)
    support, queries = draw.drawings[0, :, 0], draw.drawings[0, :, 1:]  # [N], [N, Q]
    pairs = [(label, drawing) for label in range(n_way) for drawing in queries[label].tolist()]
    order = torch.randperm(len(pairs), generator=generator).tolist()
    return Deal(tuple(draw.classes[0].tolist()), tuple(support.tolist()), tuple(pairs[i] for i in order))


def read(table: Deal, features: Tensor) -> Tensor:
    """[Q]: the label of the nearest prototype of each query. The widget's script does the same.

    features  [N, D, F], the embedding of every drawing of the table's classes
    """
    n_way = len(table.classes)
    labels = torch.arange(n_way)
    prototypes = protonet.prototypes(features[labels, list(table.support)], labels, n_way)  # [N, F]
    queries = features[table.truth, [drawing for _, drawing in table.queries]]  # [Q, F]
    return protonet.logits(queries, prototypes).argmax(dim=1)


class FiveCards(Widget):
    """N support cards and their queries. Click a card, or use its arrow keys: its drawing changes, and answers flip.

    bank   where the drawings come from: classes that `embed` was not trained on
    embed  [B, 1, H, W] float in 0 … 1 -> [B, F]: a trained network in evaluation mode
    `state`: {"deal": number of the table, "support": N drawing numbers, "before": those before the last swap, or None}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Five cards, a widget: run the cell to work with it. The picture beside it shows one deal."

    def __init__(
        self, bank: ClassBank, embed: Callable[[Tensor], Tensor], *, n_way: int = 5, n_query: int = 3, seed: int = 0
    ) -> None:
        generator = seeded(seed)
        self.bank = bank
        self.deals = [deal(bank, n_way, n_query, generator=generator) for _ in range(DEALS)]
        self.features = [features_of(bank, table, embed) for table in self.deals]
        tables = [self._table(*pair) for pair in zip(self.deals, self.features, strict=True)]
        super().__init__(
            data={"labels": [badge(label) for label in range(n_way)], "tables": tables},
            state={"deal": 0, "support": list(self.deals[0].support), "before": None},
        )

    def twin(self) -> plots.Figure:
        """The first table as a figure, which says the same without a kernel."""
        table = self.deals[0]
        support = self.bank.images[list(table.classes), list(table.support)]  # [N, 1, H, W]
        classes = [table.classes[label] for label, _ in table.queries]
        queries = self.bank.images[classes, [drawing for _, drawing in table.queries]]  # [Q, 1, H, W]
        figure, ax = plots.canvas(8, 3.4)
        cards(ax, support, queries, read(table, self.features[0]), table.truth)
        return figure

    def _table(self, table: Deal, features: Tensor) -> dict[str, Any]:
        """A table as the script takes it: all drawings of its classes, class by class, and their embeddings."""
        return {
            "drawings": strip(self.bank.images[list(table.classes)].flatten(0, 1)),
            "features": packed(features),
            "names": [self.bank.names[c] for c in table.classes],
            "support": table.support,
            "queries": table.queries,
        }


def features_of(bank: ClassBank, table: Deal, embed: Callable[[Tensor], Tensor]) -> Tensor:
    """[N, D, F]: the embedding of every drawing of the table's classes."""
    pixels = bank.images[list(table.classes)]  # [N, D, 1, H, W]
    with torch.no_grad():
        return embed(pixels.flatten(0, 1).float() / 255).float().cpu().unflatten(0, pixels.shape[:2])
