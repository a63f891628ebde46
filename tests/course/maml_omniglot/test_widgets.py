"""The inner-step scrubber and its pictures, without a browser."""

import math

import pytest
import torch
from matplotlib import pyplot as plt
from torch.func import functional_call
from widget_messages import press

from metalib.adapt import adapt
from metalib.course.maml_omniglot import plots as plots_adaptation
from metalib.course.maml_omniglot.inner_step_scrubber import MOST_STEPS, STEP_SIZES, InnerStepScrubber, follow
from metalib.evaluate import Interval
from metalib.models import conv4


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return conv4(width=8, downsample="stride", n_out=5, running_stats=False).eval()


@pytest.fixture
def scrubber(network, tiny_bank):
    return InnerStepScrubber({"one": network, "other": network}, tiny_bank, seed=2)


def test_the_way_ends_where_adapt_ends(network, scrubber):
    task, found = scrubber.task, follow(network, scrubber.task, 0.1, 3)
    theta = {name: value.detach() for name, value in network.named_parameters()}
    phi = adapt(network, theta, task.support_x, task.support_y, inner_lr=0.1, inner_steps=3)
    torch.testing.assert_close(found.probabilities[3], functional_call(network, phi, (task.query_x,)).softmax(dim=1))


def test_the_support_loss_falls_along_the_way(scrubber):
    losses = scrubber.adaptation().support_loss
    assert losses[0] == pytest.approx(math.log(5), abs=0.5)
    assert losses[MOST_STEPS] < 0.5 * losses[0]


def test_what_diverged_counts_as_an_infinite_loss_and_equal_probabilities(network, scrubber):
    found = follow(network, scrubber.task, 1e30, 3)
    assert found.support_loss[3] == math.inf
    assert found.probabilities[3].sum(dim=1).isfinite().all()


def test_the_step_slider_shows_another_step(scrubber):
    press(scrubber, action="set", name="step", value=4)
    assert scrubber.view["state"]["step"] == 4
    assert scrubber.view["state"]["predictions"] == scrubber.adaptation().predicted[4].tolist()
    assert scrubber.view["chart"]["step"] == 4


def test_each_step_size_is_adapted_to_once(scrubber):
    first = scrubber.adaptation()
    press(scrubber, action="set", name="step_size", value=0)
    assert scrubber.view["state"]["step_size"] == STEP_SIZES[0]
    assert scrubber.adaptation() is not first
    press(scrubber, action="set", name="step_size", value=STEP_SIZES.index(0.4))
    assert scrubber.adaptation() is first


def test_another_task_keeps_the_step_and_forgets_the_way(scrubber):
    press(scrubber, action="set", name="step", value=2)
    before, pictures = scrubber.adaptation(), [query["picture"] for query in scrubber.view["queries"]]
    press(scrubber, action="press", name="deal")
    assert scrubber.adaptation() is not before
    assert scrubber.view["state"]["step"] == 2
    assert pictures != [query["picture"] for query in scrubber.view["queries"]]


def test_another_network_can_be_chosen(scrubber):
    press(scrubber, action="set", name="model", value=1)
    assert scrubber.view["state"]["model"] == "other"
    assert scrubber.view["chosen"] == 1


def test_bars_are_the_probabilities_and_the_words_say_them(scrubber):
    press(scrubber, action="set", name="step", value=1)
    query = scrubber.view["queries"][0]
    assert sum(bar["share"] for bar in query["bars"]) == pytest.approx(1, abs=0.01)
    assert query["words"].startswith(f"A {100 * query['bars'][0]['share']:.0f} %")
    assert query["wrong"] == (query["badge"]["text"] != query["truth"])


def test_the_status_counts_the_right_answers(scrubber):
    right = sum(not query["wrong"] for query in scrubber.view["queries"])
    assert scrubber.view["status"].startswith(f"After 0 steps: {right} of 15 queries right, support loss")


def test_the_chart_keeps_losses_inside(scrubber):
    press(scrubber, action="set", name="step_size", value=len(STEP_SIZES) - 1)
    low, high = scrubber.view["chart"]["range"]
    assert all(low <= value <= high for name in ("support", "query") for value in scrubber.view["chart"][name])


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


CURVES = {
    "MAML": {"curve": [[500, 0.9, 0.88, 0.92], [1000, 0.95, 0.94, 0.96]], "seconds_per_update": 0.5},
    "first-order MAML": {"curve": [[500, 0.8, 0.78, 0.82]], "seconds_per_update": 0.25},
}


@pytest.mark.parametrize(("by", "ends"), [("updates", [1000, 500]), ("seconds", [500, 125])])
def test_curves_go_by_updates_or_by_seconds(by, ends):
    ax = plots_adaptation.validation_curves(plt.subplots()[1], CURVES, by=by)
    assert [line.get_xdata()[-1] for line in ax.lines] == ends


def test_curves_by_anything_else_are_refused():
    with pytest.raises(ValueError, match="by is 'epochs': give updates or seconds"):
        plots_adaptation.validation_curves(plt.subplots()[1], CURVES, by="epochs")


def test_accuracy_curves_have_a_legend_where_there_are_several():
    some = [Interval(0.2, 0.1, 0.3, 9), Interval(0.9, 0.8, 1.0, 9)]
    one = plots_adaptation.accuracy_over(plt.subplots()[1], [0, 1], {"MAML": some}, chance=0.2)
    two = plots_adaptation.accuracy_over(plt.subplots()[1], [0, 1], {"MAML": some, "ANIL": some}, chance=0.2)
    assert one.get_legend() is None
    assert [text.get_text() for text in two.get_legend().get_texts()] == ["MAML", "ANIL"]


def test_dissimilarity_has_a_mark_for_each_layer_and_change():
    rows = {"adaptation": [Interval(1e-3, -1e-4, 2e-3, 9)] * 2, "random": [Interval(1e-5, 1e-6, 2e-5, 9)] * 2}
    ax = plots_adaptation.dissimilarity(plt.subplots()[1], ["block 1", "head"], rows)
    marked = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    assert [list(line.get_xdata()) for line in marked] == [[1e-3] * 2, [1e-5] * 2]
    assert ax.get_xscale() == "log"
