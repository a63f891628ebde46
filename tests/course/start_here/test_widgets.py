"""The five cards of notebook 00: what Python deals, and that the script reads the table as Python does."""

import node
import pytest
import torch

from metalib.course.start_here import five_cards
from metalib.course.start_here.five_cards import Deal, FiveCards
from metalib.runtime import seeded

SCRIPT = "start_here/five_cards"


def flat(pictures):
    return pictures.flatten(1)


LINE = torch.tensor([[[0.0], [1.0], [2.0]], [[10.0], [4.0], [3.0]]])  # [N, D, F]: two classes on a line


@pytest.mark.parametrize(("support", "labels"), [((0, 0), [0, 0]), ((0, 1), [0, 1])])
def test_read_gives_each_query_the_label_of_the_nearest_support_picture(support, labels):
    table = Deal(classes=(7, 9), support=support, queries=((0, 2), (1, 2)))
    assert five_cards.read(table, LINE).tolist() == labels  # 2 and 3 are nearer to 0 than to 10


def test_a_deal_has_new_drawings_of_each_class_in_mixed_order(tiny_bank):
    table = five_cards.deal(tiny_bank, 5, 3, generator=seeded(0))
    assert len(set(table.classes)) == 5
    assert sorted(table.truth.tolist()) == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert table.truth.tolist() != sorted(table.truth.tolist())
    used = [(label, table.support[label]) for label in range(5)] + list(table.queries)
    assert len(set(used)) == len(used)


def test_a_deal_without_a_drawing_to_swap_for_is_refused(tiny_bank):
    with pytest.raises(ValueError, match=r"need 21 drawings .* has 20: lower n_query"):
        five_cards.deal(tiny_bank, 5, 19, generator=seeded(0))


def test_the_script_reads_every_table_as_python_does(tiny_bank):
    widget = FiveCards(tiny_bank, flat)
    swaps = [{"action": {"name": "swap", "card": card, "step": step}} for card in range(5) for step in (1, 1, -1)]
    steps = [{"state": widget.state}, *swaps]
    for number in range(1, five_cards.DEALS):
        steps += [{"action": {"name": "deal"}}, *swaps]
        assert number < len(widget.deals)
    for found in node.computed(SCRIPT, widget.data, steps):
        table = widget.deals[found["state"]["deal"]]
        shown = Deal(table.classes, tuple(found["state"]["support"]), table.queries)
        predicted = five_cards.read(shown, widget.features[found["state"]["deal"]])
        assert found["view"]["predicted"] == predicted.tolist()
        right = f"{int((predicted == table.truth).sum())} of 15 right"
        assert found["view"]["status"].endswith(right)


def test_equal_seeds_deal_equal_cards(tiny_bank):
    assert FiveCards(tiny_bank, flat, seed=3).state == FiveCards(tiny_bank, flat, seed=3).state
    assert FiveCards(tiny_bank, flat, seed=3).state != FiveCards(tiny_bank, flat, seed=4).state


def test_the_twin_is_a_figure_with_pictures(tiny_bank):
    assert FiveCards(tiny_bank, flat).twin().axes[0].images
