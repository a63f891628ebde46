"""The inner-step scrubber and its pictures, without a browser: what Python computes, and that the script shows it."""

import itertools
import json
import math

import node
import pytest
import torch
from torch.func import functional_call

from metalib.adapt import adapt
from metalib.course.maml_omniglot import inner_step_scrubber
from metalib.course.maml_omniglot.inner_step_scrubber import (
    MOST_STEPS,
    STEP_SIZES,
    TASKS,
    Adaptation,
    InnerStepScrubber,
    follow,
)
from metalib.models import conv4

SCRIPT = "maml_omniglot/inner_step_scrubber"
FIRST = {"task": 0, "model": 0, "step_size": STEP_SIZES.index(0.4), "step": 0}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return conv4(width=8, downsample="stride", n_out=5, running_stats=False).eval()


@pytest.fixture(scope="module")
def made(network, tiny_bank):
    torch.manual_seed(1)
    other = conv4(width=8, downsample="stride", n_out=5, running_stats=False).eval()
    return InnerStepScrubber({"one": network, "other": other}, tiny_bank, seed=2)


@pytest.fixture
def scrubber(made):
    yield made
    made.state = FIRST


def views(widget, states):
    return [found["view"] for found in node.computed(SCRIPT, widget.data, [{"state": state} for state in states])]


def view(widget, **changes):
    return views(widget, [FIRST | changes])[0]


def test_the_way_ends_where_adapt_ends(network, scrubber):
    task, found = scrubber.task, follow(network, scrubber.task, 0.1, 3)
    theta = {name: value.detach() for name, value in network.named_parameters()}
    phi = adapt(network, theta, task.support_x, task.support_y, inner_lr=0.1, inner_steps=3)
    torch.testing.assert_close(found.probabilities[3], functional_call(network, phi, (task.query_x,)).softmax(dim=1))


def test_all_step_sizes_at_once_go_the_ways_of_each(network, scrubber):
    for number in (0, FIRST["step_size"]):  # larger ones diverge, and the last bits decide where to
        scrubber.set("step_size", number)
        torch.testing.assert_close(
            tuple(scrubber.adaptation()), tuple(follow(network, scrubber.task, STEP_SIZES[number]))
        )


def test_the_support_loss_falls_along_the_way(scrubber):
    losses = scrubber.adaptation().support_loss
    assert losses[0] == pytest.approx(math.log(5), abs=0.5)
    assert losses[MOST_STEPS] < 0.5 * losses[0]


def test_what_diverged_counts_as_an_infinite_loss_and_equal_probabilities(network, scrubber):
    found = follow(network, scrubber.task, 1e30, 3)
    assert found.support_loss[3] == math.inf
    assert found.probabilities[3].sum(dim=1).isfinite().all()


def test_it_begins_at_the_start_with_the_given_step_size(scrubber):
    assert scrubber.state == FIRST
    assert view(scrubber)["shown"]["step_size"] == 0.4


def test_the_script_shows_every_way_as_python_has_it(scrubber):
    tasks, models, sizes, steps = (range(n) for n in (TASKS, 2, len(STEP_SIZES), MOST_STEPS + 1))
    places = list(itertools.product(tasks, models, sizes, steps))
    keys = ("task", "model", "step_size", "step")
    found = views(scrubber, [dict(zip(keys, place, strict=True)) for place in places])
    for (task, model, size, step), seen in zip(places, found, strict=True):
        for key, value in zip(keys[:3], (task, model, size), strict=True):
            scrubber.set(key, value)
        way, shown = scrubber.adaptation(), seen["shown"]
        assert shown["predictions"] == way.predicted[step].tolist()
        assert shown["right"] == int((way.predicted[step] == scrubber.task.query_y).sum())
        assert (shown["model"], shown["step_size"], shown["step"]) == (("one", "other")[model], STEP_SIZES[size], step)
        for name, losses in (("support_loss", way.support_loss), ("query_loss", way.query_loss)):
            assert shown[name] == (None if losses[step].isinf() else pytest.approx(losses[step].item(), rel=1e-4))
        queries = list(itertools.chain(*seen["columns"]))
        shares = torch.tensor([query["shares"] for query in queries], dtype=torch.float32)
        torch.testing.assert_close(shares, way.probabilities[step], atol=1e-4, rtol=0)
        assert [query["wrong"] for query in queries] == (way.predicted[step] != scrubber.task.query_y).tolist()


def test_each_class_has_a_column_of_its_own_queries(scrubber):
    seen = view(scrubber)
    assert [[query["truth"] for query in column] for column in seen["columns"]] == [[label] * 3 for label in range(5)]
    indices = [query["index"] for column in seen["columns"] for query in column]
    assert sorted([*indices, *(card["index"] for card in seen["support"])]) == list(range(seen["pictures"]["count"]))


def test_the_status_counts_the_right_answers(scrubber):
    found, losses = view(scrubber, step=1), scrubber.adaptation()
    right = int((losses.predicted[1] == scrubber.task.query_y).sum())
    assert found["status"] == (
        f"After 1 step: {right} of 15 queries right, support loss {losses.support_loss[1]:.3f}, "
        f"query loss {losses.query_loss[1]:.3f}."
    )


def test_a_way_that_diverged_is_said_so_and_fits_in_json(network, tiny_bank, monkeypatch):
    infinite = torch.full((len(STEP_SIZES), MOST_STEPS + 1), math.inf)
    equal = torch.full((len(STEP_SIZES), MOST_STEPS + 1, 15, 5), 0.2)
    way = Adaptation(equal, infinite, torch.full_like(infinite, 41614436347150336.0))
    monkeypatch.setattr(inner_step_scrubber, "_all_ways", lambda model, task: way)
    widget = InnerStepScrubber({"one": network}, tiny_bank)
    json.dumps([widget.data, widget.state], allow_nan=False)
    seen = view(widget, step=10)
    assert (seen["shown"]["support_loss"], seen["shown"]["query_loss"]) == (None, pytest.approx(4.1614e16))
    assert seen["status"].replace("\u00a0", " ").endswith("support loss diverged, query loss 4 · 10¹⁶.")


def test_the_payload_is_small(scrubber):
    assert len(json.dumps([scrubber.data, scrubber.state], allow_nan=False)) < 300_000  # of two networks, as in 04


def test_the_button_goes_through_the_tasks_and_keeps_the_rest(scrubber):
    first = FIRST | {"model": 1, "step": 2}
    deals = [{"action": {"name": "deal"}}] * TASKS
    found = node.computed(SCRIPT, scrubber.data, [{"state": first}, *deals])
    assert [one["state"] for one in found] == [first | {"task": task} for task in (*range(TASKS), 0)]
    assert [one["view"]["count"] for one in found[:2]] == [f"task 1 of {TASKS}", f"task 2 of {TASKS}"]
    assert len({one["view"]["pictures"]["url"] for one in found}) == TASKS


def test_what_is_set_in_python_is_what_it_tells(scrubber):
    scrubber.set("task", 1)
    scrubber.set("step_size", 0)
    scrubber.refresh()  # as notebook 04 does
    assert scrubber.state == FIRST | {"task": 1, "step_size": 0}
    assert scrubber.task is scrubber.tasks[1]
    assert torch.equal(scrubber.adaptation().support_loss, scrubber.ways[1][0].support_loss[0])


def test_a_step_size_that_the_slider_lacks_is_refused(network, tiny_bank):
    with pytest.raises(ValueError, match=r"inner_lr is 0.3: give one of 0.001, "):
        InnerStepScrubber({"one": network}, tiny_bank, inner_lr=0.3)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_film_strip_has_a_row_for_each_step(scrubber):
    words = texts(scrubber.twin(steps=(0, 1, 10)).axes[0])
    rows = [text for text in words if text.startswith("step ")]
    assert [row.split(":")[0] for row in rows] == ["step 0", "step 1", "step 10"]
    wrong = int((scrubber.adaptation().predicted[[0, 1, 10]] != scrubber.task.query_y).sum())
    assert sum(text.startswith("✗") for text in words) == wrong
