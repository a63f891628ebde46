"""Five cards: swap one support drawing for another of the same class, and see which answers flip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from metalib import protonet
from metalib.course.kit import plots
from metalib.course.kit.widget import Widget, badge, data_url, script, sheet
from metalib.course.start_here.plots import cards
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.runtime import seeded


@dataclass(frozen=True)
class CardsState:
    """Which pictures lie on the table.

    classes  N class numbers of the bank; class i has label i and letter A, B, …
    support  N drawing numbers, one a class
    queries  (label, drawing number) of each query, in the order shown
    """

    classes: tuple[int, ...]
    support: tuple[int, ...]
    queries: tuple[tuple[int, int], ...]

    @property
    def truth(self) -> Tensor:
        """[Q]: the label of each query."""
        return torch.tensor([label for label, _ in self.queries])


def deal(bank: ClassBank, n_way: int, n_query: int, *, generator: torch.Generator) -> CardsState:
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
    return CardsState(tuple(draw.classes[0].tolist()), tuple(support.tolist()), tuple(pairs[i] for i in order))


def swap(state: CardsState, card: int, step: int, n_drawings: int) -> CardsState:
    """The state with `card` showing the next (step 1) or the previous (step −1) drawing of its class, never a query."""
    taken = {drawing for label, drawing in state.queries if label == card}
    drawing = (state.support[card] + step) % n_drawings
    while drawing in taken:
        drawing = (drawing + step) % n_drawings
    return replace(state, support=(*state.support[:card], drawing, *state.support[card + 1 :]))


def read(state: CardsState, features: Tensor) -> Tensor:
    """[Q]: the label of the nearest prototype of each query.

    features  [N, D, F], the embedding of every drawing of the state's classes
    """
    n_way = len(state.classes)
    labels = torch.arange(n_way)
    prototypes = protonet.prototypes(features[labels, list(state.support)], labels, n_way)  # [N, F]
    queries = features[state.truth, [drawing for _, drawing in state.queries]]  # [Q, F]
    return protonet.logits(queries, prototypes).argmax(dim=1)


class FiveCards(Widget):
    """N support cards and their queries. Click a card, or use its arrow keys: its drawing changes, and answers flip.

    bank   where the drawings come from: classes that `embed` was not trained on
    embed  [B, 1, H, W] float in 0 … 1 -> [B, F]: a trained network in evaluation mode
    """

    _esm, _css = script(__file__), sheet(__file__)
    words = "Five cards, a widget: run the cell to work with it. The picture beside it shows one deal."

    def __init__(
        self, bank: ClassBank, embed: Callable[[Tensor], Tensor], *, n_way: int = 5, n_query: int = 3, seed: int = 0
    ) -> None:
        self.bank, self.embed, self.n_way, self.n_query = bank, embed, n_way, n_query
        self._generator = seeded(seed)
        super().__init__({"swap": self.swap, "deal": self.deal})
        self.deal()

    def deal(self) -> None:
        """New characters on the table."""
        self.state = deal(self.bank, self.n_way, self.n_query, generator=self._generator)
        with torch.no_grad():
            pixels = self.bank.images[list(self.state.classes)]  # [N, D, 1, H, W]
            features = self.embed(pixels.flatten(0, 1).float() / 255)
        self._features = features.float().cpu().unflatten(0, pixels.shape[:2])  # [N, D, F]
        self.previous: CardsState | None = None
        self.view = self._view()

    def swap(self, card: int, step: int = 1) -> None:
        """Another drawing of the class on `card`."""
        self.previous, self.state = self.state, swap(self.state, card, step, self.bank.n_drawings)
        self.view = self._view()

    def predictions(self) -> Tensor:
        """[Q]: the labels that the queries are given now."""
        return read(self.state, self._features)

    def flipped(self) -> Tensor:
        """[Q] bool: whose answer changed with the last swap."""
        before = self.state if self.previous is None else self.previous
        return self.predictions() != read(before, self._features)

    def twin(self) -> plots.Figure:
        """The table as a figure, which says the same without a kernel."""
        figure, ax = plots.canvas(8, 3.4)
        cards(ax, self._pictures(), self._query_pictures(), self.predictions(), self.state.truth)
        return figure

    def _pictures(self) -> Tensor:
        return self.bank.images[list(self.state.classes), list(self.state.support)]  # [N, 1, H, W]

    def _query_pictures(self) -> Tensor:
        classes = [self.state.classes[label] for label, _ in self.state.queries]
        return self.bank.images[classes, [drawing for _, drawing in self.state.queries]]  # [Q, 1, H, W]

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state and of the one before it."""
        predicted, truth, flipped = self.predictions(), self.state.truth, self.flipped()
        cards = [
            {
                "badge": badge(label, plots.LETTERS[label]),
                "picture": data_url(picture),
                "name": self.bank.names[self.state.classes[label]],
                "note": f"drawing {self.state.support[label] + 1} of {self.bank.n_drawings}",
            }
            for label, picture in enumerate(self._pictures())
        ]
        queries = [
            {
                "badge": badge(given, plots.LETTERS[given]),
                "picture": data_url(picture),
                "truth": plots.LETTERS[right],
                "wrong": given != right,
                "flipped": bool(flip),
            }
            for picture, given, right, flip in zip(
                self._query_pictures(), predicted.tolist(), truth.tolist(), flipped.tolist(), strict=True
            )
        ]
        right = f"{int((predicted == truth).sum())} of {len(truth)} right"
        moved = f"{int(flipped.sum())} of {len(truth)} answers flipped; " if self.previous else ""
        state = {"classes": self.state.classes, "support": self.state.support, "predictions": predicted.tolist()}
        return {"state": state, "cards": cards, "queries": queries, "status": moved + right}
