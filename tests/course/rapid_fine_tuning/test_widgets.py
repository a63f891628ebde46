"""The widget of notebook 02: what Python hands its script, and that the script shows the curves of the record."""

import itertools
import json

import node
import pytest
import torch
from matplotlib.colors import same_color

from metalib import runtime
from metalib.course.kit import plots
from metalib.course.kit.colours import WRONG
from metalib.course.rapid_fine_tuning import plots as plots_finetune
from metalib.course.rapid_fine_tuning import studies
from metalib.course.rapid_fine_tuning.adaptation_curves import TOPS, AdaptationCurves
from metalib.episodes import EpisodeSpec, sample_episodes

SCRIPT = "rapid_fine_tuning/adaptation_curves"

STEPS, STEP_SIZES = [0, 1, 5], [0.01, 0.1]
STARTS, LAYERS = ("random", "pre-trained"), ("head", "all layers")


def curve(*means):
    return {"mean": list(means), "low": [m - 0.1 for m in means], "high": [m + 0.1 for m in means]}


@pytest.fixture
def study():
    """A study in which each curve has a height of its own."""
    grid, chosen = [], []
    for s, start in enumerate(STARTS):
        for n, layers in enumerate(LAYERS):
            for a, step_size in enumerate(STEP_SIZES):
                height = 0.4 + 0.2 * s + 0.05 * n + 0.02 * a
                row = {"start": start, "layers": layers, "step_size": step_size}
                row |= {"support_accuracy": curve(0.2, 0.9, 1.0), "query_accuracy": curve(0.2, height, height - 0.1)}
                row |= {"support_loss": curve(1.6, 0.5, 0.1), "query_loss": curve(1.6, 2.0, 30.0)}
                grid.append(row)
            chosen.append({"start": start, "layers": layers, "step_size": 0.1, "steps": 1, "accuracy": 0.5})
    settings = {"steps": STEPS, "step_sizes": STEP_SIZES, "n_way": 5, "tasks": 7}
    return {"settings": settings, "results": {"grid": grid, "chosen": chosen}}


@pytest.fixture
def widget(study):
    return AdaptationCurves(study)


def computed(widget, *steps):
    """The view of the last of `steps`: actions, or keywords of what is chosen, from the first state on."""
    return node.computed(SCRIPT, widget.data, [{"state": widget.state}, *steps])[-1]["view"]


def chosen(widget, **changes):
    return computed(widget, *({"action": {"name": "set", "key": k, "value": v}} for k, v in changes.items()))


def test_it_begins_with_the_step_size_and_steps_that_validated_best(widget):
    assert widget.state == {"start": 0, "layers": 0, "step_size": 1, "steps": 1, "measure": 0}
    view = computed(widget)
    assert view["shown"] == {
        "start": "random",
        "layers": "head",
        "step_size": 0.1,
        "steps": 1,
        "measure": "accuracy",
        "support": 0.9,
        "query": pytest.approx(0.42),
    }
    assert view["status"] == "After 1 step: support 90.0 %, query 42.0 %"


@pytest.mark.parametrize(
    ("key", "value", "query"), [("start", 1, 0.62), ("layers", 1, 0.47), ("step_size", 0, 0.40), ("steps", 2, 0.32)]
)
def test_each_control_shows_the_curve_that_it_names(widget, key, value, query):
    assert chosen(widget, **{key: value})["shown"]["query"] == pytest.approx(query)


def test_every_state_shows_the_numbers_of_the_record():
    widget = AdaptationCurves(studies.read("fine-tuning"))
    sizes = [len(widget.data[name]) for name in ("starts", "layers", "step_sizes", "steps")]
    numbers = list(itertools.product(*map(range, sizes), range(2)))
    keys = ("start", "layers", "step_size", "steps", "measure")
    views = node.computed(SCRIPT, widget.data, [{"state": dict(zip(keys, one, strict=True))} for one in numbers])
    assert len(views) == 3 * 3 * 5 * 7 * 2
    for (start, layers, step_size, steps, measure), found in zip(numbers, views, strict=True):
        shown, name = found["view"]["shown"], list(TOPS)[measure]
        row = widget.rows[widget.starts[start], widget.layers[layers], widget.step_sizes[step_size]]
        assert (shown["start"], shown["layers"]) == (widget.starts[start], widget.layers[layers])
        assert (shown["step_size"], shown["steps"]) == (widget.step_sizes[step_size], widget.marks[steps])
        for part, curve in zip(("support", "query"), found["view"]["curves"], strict=True):
            record = row[f"{part}_{name}"]
            assert {edge: curve[edge] for edge in record} == record  # none of them is cut
            assert shown[part] == record["mean"][steps]


def test_the_payload_of_the_record_is_small_and_plain():
    widget = AdaptationCurves(studies.read("fine-tuning"))
    assert len(json.dumps([widget.data, widget.state], allow_nan=False)) < 60_000


def test_the_loss_is_cut_off_and_said_to_be_above(widget):
    view = chosen(widget, measure=1, steps=2)
    assert view["status"] == f"After 5 steps: support 0.100, query above {TOPS['loss']:g}"
    assert max(view["curves"][1]["mean"]) == view["top"] == TOPS["loss"]
    assert view["chance"] is None
    assert computed(widget)["chance"] == 0.2


@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_what_diverged_is_cut_too(study, value):
    for row in study["results"]["grid"]:
        row["query_loss"]["mean"][2] = value
    widget = AdaptationCurves(study)
    json.dumps(widget.data, allow_nan=False)
    assert chosen(widget, measure=1, steps=2)["shown"]["query"] == TOPS["loss"]


def test_a_start_is_called_by_what_its_batch_norm_takes(study):
    name = "pre-trained, batch norm from the five pictures"  # as the record has it
    for row in (*study["results"]["grid"], *study["results"]["chosen"]):
        row["start"] = row["start"].replace("pre-trained", name)
    widget = AdaptationCurves(study)
    assert widget.starts == widget.data["starts"] == ["random", "pre-trained, batch norm of the batch"]
    assert ("pre-trained, batch norm of the batch", "head") in widget.best


def test_the_button_goes_to_what_validated_best_for_these_layers(study):
    study["results"]["chosen"][3] |= {"step_size": 0.01, "steps": 5}
    widget = AdaptationCurves(study)
    moves = [{"action": {"name": "set", "key": k, "value": v}} for k, v in (("start", 1), ("layers", 1), ("steps", 0))]
    shown = computed(widget, *moves, {"action": {"name": "best"}})["shown"]
    assert (shown["start"], shown["layers"], shown["step_size"], shown["steps"]) == (
        "pre-trained",
        "all layers",
        0.01,
        5,
    )


def test_sliders_and_choices_say_what_they_stand_at(widget):
    view = computed(widget)
    assert [(s["key"], s["text"], s["min"], s["max"]) for s in view["sliders"]] == [
        ("step_size", "0.1", 0, 1),
        ("steps", "1", 0, 2),
    ]
    assert [(c["key"], c["options"][c["chosen"]]) for c in view["groups"]] == [
        ("start", "random"),
        ("layers", "head"),
        ("measure", "accuracy"),
    ]


def test_the_twin_has_the_two_starts_that_differ(widget):
    figure = widget.twin()
    assert [ax.get_title() for ax in figure.axes] == [f"{start}, all layers, α = 0.1" for start in STARTS]
    drawn = [list(line.get_ydata()) for line in figure.axes[1].get_lines()]
    assert [0.2, 0.9, 1.0] in drawn
    assert any(values == pytest.approx([0.2, 0.67, 0.57]) for values in drawn)


def test_the_first_panel_of_the_twin_has_the_curves_that_the_script_shows():
    widget = AdaptationCurves(studies.read("fine-tuning"))
    drawn = [list(line.get_ydata()) for line in widget.twin().axes[0].get_lines()[1:]]  # the first is chance
    assert drawn == [curve["mean"] for curve in chosen(widget, layers=len(LAYERS))["curves"]]


def test_without_a_kernel_it_says_what_to_do(widget):
    assert widget._repr_mimebundle_()[0]["text/plain"].startswith("Adaptation curves, a widget: run the cell")


# --- the figures


def test_curves_stand_at_equal_distances_with_their_steps_below_and_their_names_beside_them():
    _, ax = plots.canvas()
    plots_finetune.adaptation_curves(ax, [0, 1, 20], curve(0.2, 1, 1), curve(0.2, 0.5, 0.6), chance=0.2)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "20"]
    assert [list(line.get_xdata()) for line in ax.get_lines()[1:]] == [[0, 1, 2]] * 2
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("support set", (2, 1)), ("query set", (2, 0.6))]
    band = ax.collections[1].get_datalim(ax.transData)
    assert (band.ymin, band.ymax) == pytest.approx((0.1, 0.7))


def test_wrong_answers_have_red_frames(tiny_bank):
    task = sample_episodes(tiny_bank, EpisodeSpec(3, 1, 2), 1, generator=runtime.seeded(0)).task(0)
    half = torch.where(task.query_y == 0, 1, task.query_y)
    figure = plots_finetune.answered(task, {"right": task.query_y, "half": half})
    red = [sum(same_color(patch.get_edgecolor(), WRONG) for patch in ax.patches) for ax in figure.axes]
    assert red == [0, 2]
    assert [ax.get_title() for ax in figure.axes] == ["right", "half"]


def test_cosines_are_drawn_with_their_means_and_the_middle_of_them():
    _, ax = plots.canvas()
    values = torch.linspace(-1, 1, 101)
    plots_finetune.cosines(ax, {"all": (values / 2 + 0.5, values)})
    bars = [list(line.get_xdata()) for line in ax.get_lines()]
    assert bars == [pytest.approx(x, abs=1e-5) for x in ([0.1, 0.9], [0.5], [-0.8, 0.8], [0.0])]
