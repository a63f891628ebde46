"""Lines to put in order: how they are shown, moved and judged."""

import json

import node
import pytest

from metalib.course.kit.ordering import Ordering

LINES = [
    ("def f(x):", "It opens the function."),
    ("    g = grad(x)", "It belongs into the function."),
    ("    y = x - g", "It reads `g`."),
    ("    return y", "Nothing after it is run."),
]


def asked(lines=LINES, **options):
    return Ordering("Which order?", lines, "Each line reads what stands above.", **options)


def judged(ordering, *orders):
    """The view of each order of the lines, by their numbers in the right one, when it is checked."""
    right = ordering.key["orders"][0]
    states = [{"order": [right[i] for i in order], "moved": None, "checked": True} for order in orders]
    return [found["view"] for found in node.computed("kit/ordering", ordering.data, [{"state": s} for s in states])]


def test_lines_are_shown_in_one_wrong_order_always():
    ordering = asked()
    assert ordering.data == asked().data
    assert sorted(ordering.order) == sorted(line for line, _ in LINES)
    assert all(line != right for line, (right, _) in zip(ordering.order, LINES, strict=True))
    [found] = node.computed("kit/ordering", ordering.data, [{"state": ordering.state}])
    assert found["view"]["verdict"] == found["view"]["feedback"] == found["view"]["heard"] == ""


def test_a_line_goes_up_and_down_and_stops_at_the_ends():
    ordering = asked()
    moves = [(0, 1), (0, -1), (0, -1), (3, -1), (3, 5)]
    steps = [{"state": ordering.state}]
    steps += [{"action": {"name": "nudge", "handle": str(line), "dx": 0, "dy": dy}} for line, dy in moves]
    steps += [{"action": {"name": "place", "line": 2, "to": 0}}]
    found = node.computed("kit/ordering", ordering.data, steps)[1:]
    orders = [[0, 1, 2, 3], [1, 0, 2, 3], [1, 2, 0, 3], [1, 2, 0, 3], [3, 1, 2, 0], [2, 3, 1, 0]]
    assert [step["state"]["order"] for step in found] == orders
    assert [step["state"]["moved"] for step in found] == [0, 0, 0, 3, 3, 2]
    assert found[2]["view"]["heard"] == f"Line 3 of 4: {ordering.data['lines'][0].strip()}"


def test_a_move_takes_the_verdict_back():
    ordering = asked()
    steps = [{"state": ordering.state}, {"action": {"name": "check"}}]
    steps += [{"action": {"name": "nudge", "handle": 0, "dy": -1}}]
    found = node.computed("kit/ordering", ordering.data, steps)
    assert [step["view"]["verdict"] for step in found] == ["", "wrong", ""]


def test_it_is_said_how_many_lines_stand_right_and_which_comes_too_early():
    right, swapped, none, first = judged(asked(), [0, 1, 2, 3], [0, 2, 1, 3], [3, 0, 1, 2], [1, 0, 2, 3])
    assert right["verdict"] == "right" and right["feedback"] == "Each line reads what stands above."
    assert swapped["feedback"] == "2 of 4 lines are in their place. Line 2 comes too early. It reads `g`."
    assert [row["mark"] for row in swapped["rows"]] == ["right", "wrong", "", ""]
    assert none["feedback"] == "No line is in its place yet. Line 1 comes too early. Nothing after it is run."
    assert first["feedback"].startswith("2 of 4 lines are in their place. Line 1 comes too early.")


def test_other_orders_may_be_right_too():
    ordering = asked([("a", "A."), ("b", "B."), "c", "d"], also=[(1, 0, 2, 3)])
    swapped, wrong = judged(ordering, [1, 0, 2, 3], [1, 0, 3, 2])
    assert swapped["verdict"] == "right"
    assert wrong["feedback"] == "2 of 4 lines are in their place. Line 3 comes too early."


def test_equal_lines_may_change_places():
    ordering = asked(["step()", "draw()", "step()", "save()"])
    changed, wrong = judged(ordering, [2, 1, 0, 3], [0, 2, 1, 3])
    assert changed["verdict"] == "right" and wrong["right"] == 1


def test_the_order_is_in_clear_for_tests_and_not_in_what_a_notebook_keeps():
    ordering = asked()
    assert [ordering.data["lines"][i] for i in ordering.key["orders"][0]] == [line for line, _ in LINES]
    kept = json.dumps([ordering.get_state(["data", "state"]), ordering.words])
    assert "orders" not in kept and "It reads" not in kept and "what stands above" not in kept
    assert [kept.index(json.dumps(line)[1:-1]) for line, _ in LINES] != sorted(kept.index(line) for line, _ in LINES)


@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        (LINES[:2], {}, "2 lines to put in order: give at least 3"),
        ([*LINES, ("more", " ")], {}, r"no feedback for \['more'\]"),
        (LINES, {"also": [(0, 1, 1, 2)]}, r"\(0, 1, 1, 2\) is no order of 4 lines"),
        (["x", "x", "x"], {}, "leave one that is wrong"),
    ],
)
def test_what_cannot_be_asked_is_refused(lines, options, words):
    with pytest.raises(ValueError, match=words):
        asked(lines, **options)


def test_a_page_without_widgets_shows_the_lines_in_their_wrong_order():
    ordering = asked()
    assert ordering.words.splitlines() == ["Put in order: Which order?", *(f"[ ] {line}" for line in ordering.order)]
