"""The widget of notebook 02: its states, what it shows of them, and its callbacks, run without a browser."""

import json

import pytest

from metalib.course.kit import plots
from metalib.course.rapid_fine_tuning import plots as plots_finetune
from metalib.course.rapid_fine_tuning.adaptation_curves import MOST_LOSS, AdaptationCurves

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


def send(widget, **content):
    """What the script of a widget sends when something is moved or clicked."""
    widget._handle_custom_msg(content, [])


def test_it_begins_with_the_step_size_and_steps_that_validated_best(widget):
    state = widget.view["state"]
    assert (state["start"], state["layers"], state["step_size"], state["steps"]) == ("random", "head", 0.1, 1)
    assert state["shown"] == {"support": "90.0 %", "query": "42.0 %"}
    assert widget.view["status"] == "After 1 step: support 90.0 %, query 42.0 %"


@pytest.mark.parametrize(
    ("name", "value", "query"),
    [("start", 1, "62.0 %"), ("layers", 1, "47.0 %"), ("step_size", 0, "40.0 %"), ("steps", 2, "32.0 %")],
)
def test_each_control_shows_the_curve_that_it_names(widget, name, value, query):
    send(widget, action="set", name=name, value=value)
    assert widget.view["state"]["shown"]["query"] == query
    assert widget.view["answers"] == 1


def test_the_loss_is_cut_off_and_said_to_be_above(widget):
    send(widget, action="set", name="measure", value=1)
    send(widget, action="set", name="steps", value=2)
    assert widget.view["state"]["shown"] == {"support": "0.100", "query": f"above {MOST_LOSS:g}"}
    assert max(widget.view["curves"][1]["mean"]) == MOST_LOSS
    assert widget.view["chance"] is None


def test_a_start_is_called_by_what_its_batch_norm_takes(study):
    name = "pre-trained, batch norm from the five pictures"  # as the record has it
    for row in (*study["results"]["grid"], *study["results"]["chosen"]):
        row["start"] = row["start"].replace("pre-trained", name)
    widget = AdaptationCurves(study)
    assert widget.starts == ["random", "pre-trained, batch norm of the batch"]
    assert ("pre-trained, batch norm of the batch", "head") in widget.best


def test_the_button_goes_to_what_validated_best_for_these_layers(widget, study):
    study["results"]["chosen"][3] |= {"step_size": 0.01, "steps": 5}
    for name, value in (("start", 1), ("layers", 1), ("steps", 0)):
        send(widget, action="set", name=name, value=value)
    send(widget, action="press", name="best")
    state = widget.view["state"]
    assert (state["start"], state["layers"], state["step_size"], state["steps"]) == (
        "pre-trained",
        "all layers",
        0.01,
        5,
    )


def test_the_view_is_a_function_of_the_state_and_goes_over_the_wire(widget):
    before = widget.view
    send(widget, action="set", name="start", value=1)
    send(widget, action="set", name="start", value=0)
    assert {**widget.view, "answers": 0} == {**before, "answers": 0}
    assert json.loads(json.dumps(widget.view)) == widget.view


def test_sliders_and_choices_say_what_they_stand_at(widget):
    assert [(s["name"], s["text"], s["max"]) for s in widget.view["sliders"]] == [
        ("step_size", "0.1", 1),
        ("steps", "1", 2),
    ]
    assert [(c["name"], c["options"][c["chosen"]]) for c in widget.view["choices"]] == [
        ("start", "random"),
        ("layers", "head"),
        ("measure", "accuracy"),
    ]


def test_the_twin_has_a_panel_for_each_start_and_choice_of_layers(widget):
    figure = widget.twin()
    assert [ax.get_title() for ax in figure.axes] == [
        f"{start}\n{layers}, α = 0.1" for start in STARTS for layers in LAYERS
    ]
    drawn = [list(line.get_ydata()) for line in figure.axes[3].get_lines()]
    assert [0.2, 0.9, 1.0] in drawn
    assert any(values == pytest.approx([0.2, 0.67, 0.57]) for values in drawn)


def test_without_a_kernel_it_says_what_to_do(widget):
    assert widget._repr_mimebundle_()[0]["text/plain"].startswith("Adaptation curves, a widget: run the cell")


# --- the figures


def test_curves_stand_at_equal_distances_with_their_steps_below():
    _, ax = plots.canvas()
    plots_finetune.adaptation_curves(ax, [0, 1, 20], curve(0.2, 1, 1), curve(0.2, 0.5, 0.6), chance=0.2)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "20"]
    assert [list(line.get_xdata()) for line in ax.get_lines()[1:]] == [[0, 1, 2]] * 2
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["support set", "query set"]
    band = ax.collections[1].get_datalim(ax.transData)
    assert (band.ymin, band.ymax) == pytest.approx((0.1, 0.7))


def test_the_map_frames_the_best_cell_with_the_fewest_steps():
    _, ax = plots.canvas()
    plots_finetune.step_map(ax, [[0.2, 0.5, 0.9], [0.3, 0.9, 0.1]], step_sizes=[0.01, 0.1], steps=[0, 5, 9])
    assert [text.get_text() for text in ax.texts] == ["20.0", "50.0", "90.0", "30.0", "90.0", "10.0"]
    frame = ax.patches[0]
    assert (frame.get_x(), frame.get_y()) == (0.5, 0.5)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0.01", "0.1"]
