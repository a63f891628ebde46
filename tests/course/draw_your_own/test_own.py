"""The learner's own pictures: from the widget, by a path, by upload; and the folder that ships."""

from datetime import datetime, timezone

import numpy as np
import pytest
from PIL import Image

from metalib.banks import load_bank, split
from metalib.course.draw_your_own import example_folder, own
from metalib.few_shot.folder import read_folder
from metalib.files import BadFile

NOW = datetime.now(timezone.utc)


class Widget:
    """So many drawings of each class."""

    def __init__(self, *counts, own=True):
        self.own, self.labels = own, [letter for letter, n in zip("ABCDE", counts, strict=False) for _ in range(n)]

    def drawings(self):
        return [np.full((2, 2), i, np.uint8) for i in range(len(self.labels))], list(self.labels)


FIRST = Widget(3, 3, 3, 3, 3, own=False)


def test_own_drawings_are_taken_without_a_class_that_has_one(capsys):
    found = own.drawn(Widget(2, 1, 3), FIRST)
    assert found.labels == ["A", "A", "C", "C", "C"]
    assert [int(picture[0, 0]) for picture in found.pictures] == [0, 1, 3, 4, 5]
    assert found.whose == "your own drawings" and not found.level
    assert capsys.readouterr().out == (
        "5 drawings of 2 classes: your own drawings. Left out, since there is one drawing of it: B.\n"
    )


@pytest.mark.parametrize("counts", [(1, 1, 1), (4,), (2, 1)])
def test_too_few_own_drawings_leave_those_that_ship(counts, capsys):
    found = own.drawn(Widget(*counts), FIRST)
    assert len(found.labels) == 15 and found.whose == "the drawings that ship"
    assert "Yours need 2 drawings of two classes" in capsys.readouterr().out


def test_untouched_drawings_are_said_to_ship(capsys):
    found = own.drawn(FIRST, FIRST)
    assert found.whose == "the drawings that ship" and found.level
    assert capsys.readouterr().out == "15 drawings of 5 classes: the drawings that ship.\n"


@pytest.mark.parametrize(
    ("name", "of_class"),
    [
        ("cat 1.jpg", "cat"),
        ("my cat-2.PNG", "my cat"),
        ("Ente_(3).jpeg", "Ente"),
        ("öl.png", "öl"),
        ("a/cat9.x", "cat"),
    ],
)
def test_a_files_class_is_its_name_up_to_the_number(name, of_class):
    assert own.class_of(name) == of_class


@pytest.mark.parametrize("name", ["1.jpg", "_2.jpg", "..jpg", "2024-cat.png"])
def test_a_name_without_a_class_is_refused(name):
    with pytest.raises(BadFile, match="says no class: call it by its class and a number"):
        own.class_of(name)


def as_uploaded(tmp_path, *names):
    """What an upload button holds of small pictures."""
    found = []
    for shade, name in enumerate(names):
        path = tmp_path / "picture.png"
        Image.new("RGB", (3, 3), (shade, 0, 0)).save(path)
        found.append({"name": name, "content": memoryview(path.read_bytes())})
    return found


def test_uploaded_files_become_a_folder_of_classes(tmp_path):
    files = as_uploaded(tmp_path, "cat 1.png", "cat 2.png", "dog 1.png", "../../dog 1.png")
    folder = own.write_folder(tmp_path / "up", files)
    assert read_folder(folder).labels == ("cat", "cat", "dog", "dog")
    assert [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.png"))] == [
        *("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    ]


def test_the_path_goes_before_the_upload_and_the_upload_before_the_example(tmp_path, capsys):
    upload = own.Upload()
    assert upload.folder() is None
    assert own.folder_of(None, upload, tmp_path) == tmp_path
    assert "the example" in capsys.readouterr().out
    upload.value = tuple(
        {**file, "type": "image/png", "size": 1, "last_modified": NOW}
        for file in as_uploaded(tmp_path, "cat 1.png", "dog 1.png")
    )
    assert {path.name for path in own.folder_of("", upload, tmp_path).iterdir()} == {"cat", "dog"}
    assert own.folder_of(str(tmp_path / "x"), upload, tmp_path) == tmp_path / "x"
    assert capsys.readouterr().out == "The folder is yours.\n" * 2


def test_the_button_has_words_for_a_page_without_widgets():
    assert "run this cell" in repr(own.Upload())


# --- the folder that ships


def test_the_example_has_three_vendors_inside_and_two_outside(tmp_path):
    example = example_folder.write(tmp_path)
    found = read_folder(example.folder)
    assert found.class_names == tuple(sorted(example_folder.NAMES)) and len(found.paths) == 15
    assert found.remarks == ()
    assert example.truth == [name for name in example_folder.NAMES for _ in range(2)]


def test_the_examples_emoji_are_of_the_evaluation_part_and_drawn_by_all_vendors():
    bank = split(load_bank("emoji", quiet=True)).evaluation
    sizes = {name.partition(" ")[2]: int(size) for name, size in zip(bank.names, bank.sizes, strict=True)}
    assert {sizes[name] for name in example_folder.NAMES} == {5}


def test_no_new_picture_lies_in_the_folder(tmp_path):
    example = example_folder.write(tmp_path)
    inside = {np.asarray(Image.open(path)).tobytes() for path in read_folder(example.folder).paths}
    assert not inside & {picture.tobytes() for picture in example.new}
