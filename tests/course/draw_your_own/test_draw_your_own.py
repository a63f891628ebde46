"""The widget draw your own, as Python has it: what later cells take, what is saved, what the script is told."""

import json

import node
import numpy as np
import pytest
import torch

from metalib import maml
from metalib.course.draw_your_own.draw_your_own import DrawYourOwn
from metalib.few_shot import FewShot
from metalib.models import conv4
from metalib.training import checkpoints

SCRIPT = "draw_your_own/draw_your_own"
HOOK, BAR, RING = [[20, 20, 20, 70, 45, 70]], [[52, 20, 52, 80]], [[30, 30, 75, 30, 75, 75, 30, 75, 30, 30]]


@pytest.fixture(scope="module")
def made():
    return DrawYourOwn(folder=None)


@pytest.fixture
def widget(made):
    first = made.state
    yield made
    made.state = first


def places(*classes):
    """Five classes of five places."""
    return [[*(classes[i] if i < len(classes) else []), *[[]] * 5][:5] for i in range(5)]


def view(widget, **changes):
    (found,) = node.computed(SCRIPT, widget.data, [{"state": {**widget.state, **changes}}])
    return found["view"]


# --- what later cells take


def test_it_begins_with_fifteen_drawings_of_five_classes_which_are_not_your_own(widget):
    pictures, labels = widget.drawings()
    assert labels == [letter for letter in "ABCDE" for _ in range(3)]
    assert {(picture.shape, picture.dtype.name) for picture in pictures} == {((105, 105), "uint8")}
    assert np.median(pictures[0]) == 255 and pictures[0].min() == 0
    assert not widget.own


def test_what_is_drawn_is_what_later_cells_get(widget):
    widget.state = {**widget.state, "classes": places([HOOK], [], [BAR, RING]), "query": RING}
    pictures, labels = widget.drawings()
    assert labels == ["A", "C", "C"] and widget.own
    task = widget.task()
    assert task.support_y.tolist() == [0, 1, 1]
    assert (task.support_x.shape, task.query_x.shape) == ((3, 1, 28, 28), (1, 1, 28, 28))
    assert torch.equal(task.support_x[2], task.query_x[0]) and 0.5 < float(task.query_x.max()) <= 1
    assert np.array_equal(widget.query(), pictures[2])


def test_without_a_query_the_task_has_none(widget):
    widget.state = {**widget.state, "query": []}
    assert widget.query() is None and widget.task().query_x.shape == (0, 1, 28, 28)
    with pytest.raises(ValueError, match="no query is drawn"):
        widget.probabilities()


def test_one_class_is_no_task(widget):
    widget.state = {**widget.state, "classes": places([HOOK, BAR])}
    with pytest.raises(ValueError, match="1 of 5 classes have a drawing: draw one of at least two"):
        widget.task()


@pytest.mark.parametrize("shots", [0, 6])
def test_there_are_one_to_five_shots(shots):
    with pytest.raises(ValueError, match=r"give 1 … 5 drawings"):
        DrawYourOwn(shots=shots, folder=None)


def test_the_few_shot_classifier_of_these_drawings_says_what_the_widget_says(widget):
    classifier = FewShot("omniglot", cache=False).fit(*widget.drawings())
    found = classifier.predict_proba([widget.query()])[0]
    assert found == pytest.approx(widget.probabilities().tolist(), abs=1e-3)


# --- the script's numbers


@pytest.mark.parametrize(
    "classes", [None, places([HOOK], [BAR, RING]), places([], [RING, RING], [], [HOOK], [BAR])], ids=str
)
def test_the_script_shows_the_shares_that_python_has(widget, classes):
    widget.state = {**widget.state, "classes": classes or widget.state["classes"]}
    shown, shares = view(widget)["shown"], widget.probabilities()
    assert shown["shares"] == pytest.approx(shares.tolist(), abs=1e-4)
    present = [label for label, drawings in enumerate(widget.state["classes"]) if any(drawings)]
    assert shown["answer"] == present[int(shares.argmax())]


def test_the_twin_shows_what_the_first_state_shows(widget):
    shown = view(widget)["shown"]
    texts = [text.get_text() for text in widget.twin().axes[0].texts]
    assert [text for text in texts if text.endswith("%")] == [f"{100 * share:.0f} %" for share in shown["shares"]]
    letter = "ABCDE"[shown["answer"]]
    assert widget.twin().axes[0].get_title() == f"The query is taken for {letter}, whose prototype is nearest"
    assert f"taken for {letter}. Probabilities: A 0 %" in widget.caption()


@pytest.mark.parametrize("change", [{"query": []}, {"classes": places([HOOK])}, {"classes": places()}], ids=str)
def test_where_nothing_can_be_said_the_twin_says_so(widget, change):
    """As after loading a folder of one class: no cell of the notebook may fail for it."""
    widget.state = {**widget.state, **change}
    assert widget.twin().axes[0].get_title().startswith("The query needs drawings of two classes")
    assert "nothing can be said yet" in widget.caption()


def test_the_pixels_say_what_python_says(widget):
    task = widget.task()
    distances = (task.support_x - task.query_x).square().sum(dim=(1, 2, 3))
    assert view(widget)["shown"]["pixels"] == int(task.support_y[distances.argmin()])


def test_mamls_answer_is_that_of_the_query_alone(widget):
    classes = places([HOOK], [], [BAR, RING])
    widget.state = {**widget.state, "classes": classes, "query": RING}
    (asked,) = view(widget, maml=1)["lacks"]
    found = widget.reply(asked)
    model, info = checkpoints.load("maml-tied")
    theta, recipe = maml.tie_rows(dict(model.named_parameters()), 2), info["recipe"]
    settings = {"inner_lr": recipe["inner_lr"], "inner_steps": recipe["test_steps"], "transductive": False}
    with torch.no_grad():
        right = maml.logits(model, theta, widget.task(), **settings)[0].softmax(dim=0).tolist()
    assert found == {"0": pytest.approx(right[0]), "2": pytest.approx(right[1])}


def test_the_payload_is_small_enough_to_travel(widget):
    assert len(json.dumps([widget.data, widget.state], allow_nan=False)) < 350_000
    assert len(json.dumps(widget.state)) < 10_000


def test_another_network_travels_too():
    torch.manual_seed(0)
    widget = DrawYourOwn(conv4(width=6).eval(), folder=None)
    assert view(widget)["shown"]["shares"] == pytest.approx(widget.probabilities().tolist(), abs=1e-5)


# --- saved and loaded


def test_a_click_on_save_writes_the_folder_and_says_so(tmp_path):
    widget = DrawYourOwn(folder=tmp_path / "own", shots=1)
    widget.state = {**widget.state, "saves": 1}
    assert widget.answer["found"] == {"saved 1": f"Saved as the folder {tmp_path / 'own'}."}
    assert len(list((tmp_path / "own").rglob("*.png"))) == 5
    widget.state = {**widget.state, "classes": places([HOOK], [BAR])}
    assert len(list((tmp_path / "own").rglob("*.png"))) == 5  # nobody asked
    widget.state = {**widget.state, "saves": 2}
    assert len(list((tmp_path / "own").rglob("*.png"))) == 2


def test_what_cannot_be_saved_is_said(tmp_path):
    (tmp_path / "file").touch()
    widget = DrawYourOwn(folder=tmp_path / "file" / "own", shots=1)
    widget.state = {**widget.state, "saves": 1}
    assert widget.answer["found"]["saved 1"]["error"].startswith("Not saved: ")


def test_what_was_saved_is_there_when_the_widget_is_made_anew(tmp_path):
    widget = DrawYourOwn(folder=tmp_path, shots=1)
    widget.state = {**widget.state, "classes": places([HOOK], [BAR])}
    widget.save()
    again = DrawYourOwn(folder=tmp_path, shots=1)
    assert again.state["classes"] == places([HOOK], [BAR]) and again.own
    assert again.state["said"] == f"Loaded from {tmp_path}."


def test_a_folder_with_something_else_in_it_is_said_and_keeps_no_cell_from_running(tmp_path):
    widget = DrawYourOwn(folder=tmp_path, shots=1)
    assert widget.state["classes"] == widget.first["classes"]
    assert "Not loaded" in widget.state["said"] and "no drawing of the widget's" in widget.state["said"]


def test_without_a_folder_of_its_own_a_name_is_wanted(widget, tmp_path):
    with pytest.raises(ValueError, match="save\\('my-drawings'\\)"):
        widget.save()
    assert widget.save(tmp_path / "here") == tmp_path / "here"
