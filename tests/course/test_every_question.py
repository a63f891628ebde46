"""The questions of the rooms that have many: each can be asked, all kinds are there, the right option moves."""

import importlib

import pytest

from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question

ROOMS = ("maml_sinusoids", "maml_omniglot", "prototypical_networks", "fair_play", "showdown", "draw_your_own")
MODULES = {room: importlib.import_module(f"metalib.course.{room}.questions") for room in ROOMS}
ASK = {
    room: {name: ask for name, ask in vars(module).items() if getattr(ask, "__module__", "") == module.__name__}
    for room, module in MODULES.items()
}


@pytest.mark.parametrize(("room", "name"), [(room, name) for room, asks in ASK.items() for name in asks])
def test_it_can_be_asked(room, name):
    ask = ASK[room][name]
    assert isinstance(ask(), (Question, Estimate, Ordering))
    assert ask.__doc__


@pytest.mark.parametrize("room", ROOMS)
def test_there_is_one_of_each_kind_and_the_right_option_moves(room):
    asked = [ask() for ask in ASK[room].values()]
    assert all(any(isinstance(one, kind) for one in asked) for kind in (Question, Estimate, Ordering))
    choices = [one for one in asked if isinstance(one, Question)]
    assert len({one.key["correct"] for one in choices}) > 1
    longest = [max(range(len(o)), key=lambda i, o=o: len(o[i])) for o in (one.data["options"] for one in choices)]
    assert [one.key["correct"] for one in choices] != longest
