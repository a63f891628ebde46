"""Drawings in files: a folder that anything reads, one file to hand on, and what is refused."""

import json

import node
import numpy as np
import pytest
from PIL import Image

from metalib.course.draw_your_own import drawings_file
from metalib.course.draw_your_own.ink import on_paper
from metalib.few_shot.folder import read_folder
from metalib.files import BadFile

HOOK, BAR = [[20, 20, 20, 70.5, 45, 70]], [[52, 20, 52, 80]]
CLASSES = [[HOOK, [], BAR], [BAR], [], [], []]


def test_a_folder_holds_a_picture_a_drawing_and_is_read_as_any_other(tmp_path):
    assert drawings_file.write_folder(tmp_path / "own", CLASSES) == 3
    found = read_folder(tmp_path / "own")
    assert (found.labels, found.remarks) == (
        ("A", "A", "B"),
        ("The same picture in two classes: A/drawing-2.png = B/drawing-1.png. Take it out of one.",),
    )
    assert np.array_equal(np.asarray(Image.open(found.paths[0])), on_paper(HOOK))


def test_a_folder_is_loaded_again(tmp_path):
    drawings_file.write_folder(tmp_path, CLASSES)
    assert drawings_file.read(tmp_path) == [[HOOK, BAR], [BAR], [], [], []]


def test_what_is_no_longer_drawn_goes_and_what_is_the_learners_stays(tmp_path):
    drawings_file.write_folder(tmp_path, CLASSES)
    (tmp_path / "A" / "photo.png").write_bytes(b"mine")
    drawings_file.write_folder(tmp_path, [[HOOK], [], [BAR], [], []])
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png")) == [
        "A/drawing-1.png",
        "A/photo.png",
        "C/drawing-1.png",
    ]
    assert not (tmp_path / "B").exists()


def test_the_scripts_file_is_read_here(tmp_path):
    call = (
        'import { text } from "./metalib/course/draw_your_own/drawings_file.js";'
        f'process.stdout.write(text([..."ABCDE"], {json.dumps(CLASSES)}))'
    )
    found = node.run("node", "--input-type=module", "-e", call)
    path = tmp_path / "my-drawings.json"
    path.write_text(found.stdout, encoding="utf-8")
    assert drawings_file.read(path) == [[HOOK, BAR], [BAR], [], [], []]


def written(**classes):
    return json.dumps({"kind": drawings_file.KIND, "classes": classes})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"kind": "other", "classes": {}}', "kind 'other'"),
        (written(Z=[]), "classes Z"),
        (written(A=[BAR] * 6), "class A has 6 drawings, and may have 5"),
        (written(A=[[["1", "2"]]]), r"A\[0\]\[0\]"),
        (written(A="x"), "A is 'x'"),
        (written(A=[[[1, 2, 3]]]), "half a point"),
        (written(A=[[[1] * 4002]]), "more strokes or points"),
        (written(A=[[[1, 105.5]]]), "not on the sheet"),
        (written(A=[[[1, float("nan")]]]), "not on the sheet"),
    ],
)
def test_what_is_no_file_of_drawings_is_refused_with_its_name(tmp_path, content, words):
    path = tmp_path / "their-drawings.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BadFile, match=rf"their-drawings\.json.*{words}.*Download"):
        drawings_file.read(path)


def test_where_nothing_is_it_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere is not there: give a folder"):
        drawings_file.read(tmp_path / "nowhere")
    with pytest.raises(BadFile, match="has no drawing of the widget's"):
        drawings_file.read(tmp_path)


def picture(path, size=(105, 105), **text):
    path.parent.mkdir(exist_ok=True)
    info = drawings_file.PngInfo()
    for key, value in text.items():
        info.add_text(key, value)
    Image.new("L", size).save(path, pnginfo=info)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ((105, 105), {}),
        ((28, 28), {"strokes": json.dumps(BAR)}),
        ((105, 105), {"strokes": "no json"}),
        ((105, 105), {"strokes": "[[500, 500]]"}),
        ((105, 105), {"strokes": '{"a": 1}'}),
    ],
)
def test_a_picture_without_its_strokes_is_named(tmp_path, size, text):
    picture(tmp_path / "B" / "drawing-1.png", size, **text)
    with pytest.raises(BadFile, match=r"B/drawing-1\.png has no strokes that can be read.*from_folder"):
        drawings_file.read(tmp_path)
