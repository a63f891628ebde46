"""Neighbours: one query stays, the pictures beside it in its batch change, and its answer with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from metalib.course.fair_play.moving_query import (
    ITS_CLASS,
    MOST,
    N_WAY,
    ONE_OF_EACH,
    SUBSETS,
    Logits,
    at_random,
    choose,
    first_of_each_batch,
)
from metalib.course.fair_play.plots_neighbours import Row, one_query
from metalib.course.kit import plots
from metalib.course.kit.colours import LETTERS
from metalib.course.kit.widget import Widget, badge, bundle, packed, strip
from metalib.episodes import ClassBank
from metalib.runtime import seeded

PRESETS = {"One of each class": ONE_OF_EACH, "Four of its class": ITS_CLASS, "Nobody": ()}
DRAWS = 24  # batches at random that the button goes through; none of them had a part in the choice of the query
PLACE = {places: i for i, places in enumerate(SUBSETS)}


class Neighbours(Widget):
    """One query that stays, and up to four neighbours in its batch. A click puts a picture in, or takes it out.

    together  one task -> logits [Q, N] of its queries, which pass as one batch: those whose answers may move
    alone     the same for each query without the others, with the support set's statistics: these never move
    bank      classes that the network was not trained on; of a few tasks, the query is taken that moves most
    For MAML: `partial(maml.logits, model, theta, inner_lr=…, inner_steps=…)`, and with `transductive=False`. For a
    prototypical network: `lambda task: protonet.task_logits(encoder, task, 5)`. `together` is called under vmap.
    `state`: {"neighbours": places in the pool, in the order in which they came, "draw": how often at random}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Neighbours, a widget: run the cell to work with it. The picture beside it shows five batches."

    def __init__(self, together: Logits, alone: Logits, bank: ClassBank, *, seed: int = 0) -> None:
        generator = seeded(seed)
        self.found = choose(together, alone, bank, generator=generator)
        self.query = self.found.query
        self.draws = at_random(DRAWS, generator)
        batches = [self.query.batch(places) for places in SUBSETS]
        self.probabilities = first_of_each_batch(together, self.query.task, batches)  # [M, N], as SUBSETS
        super().__init__(data=self._data(), state={"neighbours": list(ONE_OF_EACH), "draw": 0})

    def shares(self, neighbours: Sequence[int] | None = None) -> Tensor:
        """[N]: the query's class probabilities among these neighbours, places of the pool; None: the present ones.

        Raises ValueError for a place twice, or too many.
        """
        places = tuple(sorted(self.state["neighbours"] if neighbours is None else neighbours))
        if places not in PLACE:
            raise ValueError(
                f"neighbours are {list(places)}: give at most {MOST} different places below {len(self.query.pool)}"
            )
        return self.probabilities[PLACE[places]]

    @property
    def wrong(self) -> tuple[int, int]:
        """In how many of the batches with four neighbours the query is answered wrongly; and of how many."""
        full = self.probabilities[[len(places) == MOST for places in SUBSETS]]
        return int((full.argmax(dim=1) != self.query.label).sum()), len(full)

    @property
    def flips(self) -> bool:
        """Whether any batch gives another answer than the support set's statistics."""
        return bool((self.probabilities.argmax(dim=1) != self.found.alone.argmax()).any())

    def chosen(self) -> str:
        """How the query was chosen, and how the others that were tried are answered, in words."""
        tried, wrong = self.found.tried, self.found.wrong
        here = "in {} of the {} batches with four neighbours its answer is wrong".format(*self.wrong)
        if not self.flips:
            low, high = (f"{100 * share:.0f}" for share in self.probabilities[:, self.query.label].aminmax())
            here = f"no batch of up to {MOST} neighbours flips its answer; its class has {low} to {high} %"
        return (
            f"Of {tried} queries that were tried, this one moves most: {here}. "
            f"Wrong of the {tried}: {wrong['alone']} with the support set, {wrong['one of each']} with one of each "
            f"class, {wrong['its class']} among four of their own class."
        )

    def twin(self) -> plots.Figure:
        """The query in five batches as a figure, which says the same without a kernel."""
        query = self.query
        rows = [
            Row(name, query.batch(places), [query.label, *(query.pool_y[i] for i in places)], self.shares(places))
            for name, places in self._rows().items()
        ]
        with_support = torch.cat([query.x[None], query.task.support_x])
        labels = [query.label, *query.task.support_y.tolist()]
        rows.append(Row("With the support set", with_support, labels, self.found.alone))
        figure, ax = plots.canvas(7.6, 0.85 * len(rows) + 0.6)
        one_query(ax, rows, self.query.label)
        return figure

    def caption(self) -> str:
        """What the twin shows, in words."""
        rows = {name: self.shares(places) for name, places in self._rows().items()}
        label = self.query.label
        said = [
            f"{name}: answered {LETTERS[int(shares.argmax())]}, class {LETTERS[label]} has {100 * shares[label]:.0f} %."
            for name, shares in {**rows, "With the support set": self.found.alone}.items()
        ]
        return f"one query of class {LETTERS[label]} in five batches. Its own picture is the same in each. " + " ".join(
            [*said, self.chosen()]
        )

    def _rows(self) -> dict[str, tuple[int, ...]]:
        return {**PRESETS, "At random": self.draws[0]}

    def _data(self) -> dict[str, Any]:
        """What the script needs beside the state.

        The answers go beside the probabilities: rounded ones could be equal where these are not.
        """
        query, alone = self.query, self.found.alone
        pictures = torch.cat([query.task.support_x, query.x[None], query.pool])
        return {
            "labels": [badge(label) for label in range(N_WAY)],
            "pictures": strip(pictures),
            "truth": query.label,
            "pool": query.pool_y,
            "most": MOST,
            "probabilities": packed(self.probabilities),
            "answers": packed(self.probabilities.argmax(dim=1)),
            "alone": {"shares": alone.tolist(), "answer": int(alone.argmax())},
            "presets": [{"name": name, "neighbours": list(places)} for name, places in PRESETS.items()],
            "draws": [list(places) for places in self.draws],
            "chosen": self.chosen(),
        }
