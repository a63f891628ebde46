"""The five cards of notebook 00: their state, and their callbacks run without a browser."""

import json
from dataclasses import replace

import pytest
import torch
from widget_messages import press

from metalib.course.start_here import five_cards
from metalib.course.start_here.five_cards import CardsState, FiveCards
from metalib.runtime import seeded


def flat(pictures):
    return pictures.flatten(1)


LINE = torch.tensor([[[0.0], [1.0], [2.0]], [[10.0], [4.0], [3.0]]])  # [N, D, F]: two classes on a line
TABLE = CardsState(classes=(7, 9), support=(0, 0), queries=((0, 2), (1, 2)))


def test_read_gives_each_query_the_label_of_the_nearest_support_picture():
    assert five_cards.read(TABLE, LINE).tolist() == [0, 0]  # 2 and 3 are nearer to 0 than to 10
    assert five_cards.read(replace(TABLE, support=(0, 1)), LINE).tolist() == [0, 1]


def test_a_swap_never_shows_a_query_and_comes_round():
    state = CardsState((0,), (0,), ((0, 1), (0, 4)))
    seen = []
    for _ in range(4):
        state = five_cards.swap(state, 0, 1, 6)
        seen.append(state.support[0])
    assert seen == [2, 3, 5, 0]


def test_a_step_back_undoes_a_step_forth():
    state = CardsState((0, 1), (3, 0), ((1, 1), (0, 4)))
    for card in (0, 1):
        assert five_cards.swap(five_cards.swap(state, card, 1, 6), card, -1, 6) == state


def test_a_deal_has_new_drawings_of_each_class_in_mixed_order(tiny_bank):
    state = five_cards.deal(tiny_bank, 5, 3, generator=seeded(0))
    assert len(set(state.classes)) == 5
    assert sorted(state.truth.tolist()) == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert state.truth.tolist() != sorted(state.truth.tolist())
    used = [(label, state.support[label]) for label in range(5)] + list(state.queries)
    assert len(set(used)) == len(used)


def test_a_deal_without_a_drawing_to_swap_for_is_refused(tiny_bank):
    with pytest.raises(ValueError, match=r"need 21 drawings .* has 20: lower n_query"):
        five_cards.deal(tiny_bank, 5, 19, generator=seeded(0))


def test_five_cards_counts_flips_and_right_answers(tiny_bank):
    widget = FiveCards(tiny_bank, flat)
    truth = widget.state.truth
    assert widget.view["status"] == f"{int((widget.predictions() == truth).sum())} of 15 right"
    flips = []
    for card in range(5):
        before = widget.predictions()
        press(widget, action="swap", card=card, step=1)
        after = widget.predictions()
        flips.append(int((before != after).sum()))
        right = int((after == truth).sum())
        assert widget.view["status"] == f"{flips[-1]} of 15 answers flipped; {right} of 15 right"
        assert [query["flipped"] for query in widget.view["queries"]] == (before != after).tolist()
        assert [query["wrong"] for query in widget.view["queries"]] == (after != truth).tolist()
    assert sum(flips) > 0


def test_five_cards_shows_another_picture_after_a_swap_and_only_there(tiny_bank):
    widget = FiveCards(tiny_bank, flat)
    before = [card["picture"] for card in widget.view["cards"]]
    press(widget, action="swap", card=2, step=1)
    after = [card["picture"] for card in widget.view["cards"]]
    assert [a != b for a, b in zip(before, after, strict=True)] == [False, False, True, False, False]
    press(widget, action="swap", card=2, step=-1)
    assert [card["picture"] for card in widget.view["cards"]] == before


def test_five_cards_deals_other_characters(tiny_bank):
    widget = FiveCards(tiny_bank, flat)
    before = widget.state
    press(widget, action="deal")
    assert widget.state != before and "flipped" not in widget.view["status"]


def test_equal_seeds_deal_equal_cards(tiny_bank):
    assert FiveCards(tiny_bank, flat, seed=3).state == FiveCards(tiny_bank, flat, seed=3).state
    assert FiveCards(tiny_bank, flat, seed=3).state != FiveCards(tiny_bank, flat, seed=4).state


def test_the_twin_is_a_figure_with_pictures(tiny_bank):
    assert FiveCards(tiny_bank, flat).twin().axes[0].images


def test_the_view_is_json(tiny_bank):
    assert json.dumps(FiveCards(tiny_bank, flat).view)
