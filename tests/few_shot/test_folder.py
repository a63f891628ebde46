"""metalib.few_shot.folder: a sub-folder is a class; what cannot be meant is refused by name, what is odd is said."""

import itertools
import os
import unicodedata

import pytest
from picture_files import noise
from PIL import Image

from metalib.few_shot.folder import pictures_in, read_folder
from metalib.files import BadFile

links = pytest.mark.skipif(os.name == "nt", reason="Windows lets few users make links")


SEEDS = itertools.count(1000)


def put(path, seed=None):
    """A small picture at `path`, different from all others or, with a seed, from those of other seeds."""
    return noise(path, next(SEEDS) if seed is None else seed)


@pytest.fixture
def animals(tmp_path):
    """cat with three pictures, dog with one, of four formats."""
    folder = tmp_path / "animals"
    for name in ("dog/a.png", "cat/b.jpg", "cat/a.webp", "cat/c.GIF"):
        put(folder / name)
    return folder


def refused(folder, words):
    with pytest.raises(BadFile, match=words):
        read_folder(folder)


# --- what is found


def test_sub_folders_are_classes_of_any_size_and_format(animals):
    found = read_folder(animals)
    names = ["cat/a.webp", "cat/b.jpg", "cat/c.GIF", "dog/a.png"]
    assert [path.relative_to(animals).as_posix() for path in found.paths] == names
    assert found.labels == ("cat", "cat", "cat", "dog") and found.class_names == ("cat", "dog")
    assert found.remarks == ()


def test_a_path_in_text_and_one_of_the_home_folder_will_do(animals, monkeypatch):
    monkeypatch.setenv("HOME", str(animals.parent))
    monkeypatch.setenv("USERPROFILE", str(animals.parent))
    assert read_folder("~/animals") == read_folder(str(animals)) == read_folder(animals)


def test_nothing_is_decoded(animals, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("it was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", refuse)
    assert len(read_folder(animals).paths) == 4


@pytest.mark.parametrize(
    "name",
    [
        *("cat/.hidden.png", ".ipynb_checkpoints/a.png", "cat/.ipynb_checkpoints/a-checkpoint.png", "cat/.DS_Store"),
        *("cat/Thumbs.db", "dog/desktop.ini", "__MACOSX/a.png", ".git/config"),
    ],
)
def test_what_programs_leave_among_the_pictures_does_not_count(animals, name):
    (animals / name).parent.mkdir(exist_ok=True)
    (animals / name).write_text("no picture")
    found = read_folder(animals)
    assert len(found.paths) == 4 and found.class_names == ("cat", "dog") and found.remarks == ()


def test_names_in_any_script_are_names(tmp_path):
    for name in ("ネコ", "Собака", "🐈", "Käfer"):
        put(tmp_path / name / f"{name} (1).png")
    assert read_folder(tmp_path).class_names == tuple(sorted(("ネコ", "Собака", "🐈", "Käfer")))


def test_a_name_as_macos_writes_it_is_the_one_that_is_typed(animals):
    put(animals / unicodedata.normalize("NFD", "Käfer") / "a.png")
    assert "Käfer" in read_folder(animals).class_names


@links
def test_two_names_that_look_the_same_are_refused(animals):
    for form in ("NFC", "NFD"):
        put(animals / unicodedata.normalize(form, "Käfer") / "a.png")
    if len(os.listdir(animals)) == 3:
        pytest.skip("this disk has one folder for both")
    refused(animals, f"{animals} has two folders that are both called Käfer: rename one, or join them")


@links
def test_a_name_that_is_no_text_is_refused(animals):
    name = os.fsencode(animals / "cat") + b"/K\xe4fer.png"
    try:
        os.rename(animals / "cat" / "b.jpg", name)
    except OSError:
        pytest.skip("this disk takes no such name")
    refused(animals, r"'.*/cat/K\\udce4fer\.png' has a name that is not UTF-8: rename it")


def test_all_files_that_cannot_be_read_are_named_at_once(animals):
    for number in range(12):
        (animals / ("cat", "dog")[number % 2] / f"notes-{number:02}.txt").write_text("no picture")
    with pytest.raises(BadFile, match=r"12 files cannot be read: .*; and 2 more$") as error:
        read_folder(animals)
    said = str(error.value)
    assert said.count(" is no picture that can be read: take it out") == 10 and "\n" not in said
    assert str(animals / "cat" / "notes-00.txt") in said and str(animals / "dog" / "notes-01.txt") in said


def test_the_pictures_of_one_folder_are_listed_in_the_same_way(animals):
    put(animals / "cat" / "more" / "d.png")
    (animals / "cat" / "Thumbs.db").write_text("no picture")
    assert [path.name for path in pictures_in(animals / "cat")] == ["a.webp", "b.jpg", "c.GIF"]


# --- what is said


def test_files_beside_the_classes_and_folders_within_are_passed_over_and_this_is_said(animals):
    put(animals / "query.png")
    (animals / "README.txt").touch()
    put(animals / "cat" / "more" / "d.png")
    found = read_folder(animals)
    assert len(found.paths) == 4
    assert found.remarks == (
        "Passed over: README.txt, query.png, cat/more. Pictures lie in the sub-folder of their class, and in no folder "
        "within it.",
    )


def test_the_same_picture_in_two_classes_is_said(animals):
    put(animals / "cat" / "x.png", seed=1)
    put(animals / "dog" / "y.png", seed=1)
    put(animals / "dog" / "z.png", seed=2)
    assert read_folder(animals).remarks == (
        "The same picture in two classes: cat/x.png = dog/y.png. Take it out of one.",
    )


def test_the_same_picture_twice_in_a_class_is_said(animals):
    for name in "xyz":
        put(animals / "dog" / f"{name}.png", seed=1)
    [said] = read_folder(animals).remarks
    assert said.startswith("The same picture twice in a class: dog/x.png = dog/y.png = dog/z.png. ")


def test_equal_sizes_alone_make_no_equal_pictures(animals):
    for name, colour in (("x", "red"), ("y", "blue")):
        Image.new("RGB", (8, 8), colour).save(animals / "dog" / f"{name}.bmp")
    assert read_folder(animals).remarks == ()


# --- what is refused


def test_a_folder_that_is_not_there_or_is_none_is_named(animals):
    with pytest.raises(FileNotFoundError, match=f"{animals / 'x'} is not there: give a folder that has a sub-folder"):
        read_folder(animals / "x")
    refused(animals / "dog" / "a.png", r"a\.png is no folder: give a folder that has a sub-folder of pictures")


def test_one_class_is_refused(animals):
    (animals / "dog" / "a.png").unlink()
    (animals / "dog").rmdir()
    refused(animals, rf"{animals} has 1 class \(cat\), and two are the fewest: give a folder that has a sub-folder")
    refused(animals / "cat", f"{animals / 'cat'} has 0 classes")


def test_an_empty_class_is_refused(animals):
    (animals / "bird").mkdir()
    (animals / "bird" / ".hidden.png").touch()
    refused(animals, f"{animals / 'bird'} has no picture: put some into it, or take it out")


def test_a_folder_of_parts_is_refused_with_the_one_that_is_meant(animals):
    put(animals.parent / "test" / "cat" / "a.png")
    refused(
        animals.parent,
        f"{animals} has no picture, only the folders cat, dog: put some into it, or take it out; if those are the "
        "classes, give this folder",
    )


def test_a_text_file_among_the_pictures_is_refused(animals):
    (animals / "cat" / "notes.txt").write_text("Tom, at the window")
    refused(animals, f"{animals / 'cat' / 'notes.txt'} is no picture that can be read: take it out, or save it")


@links
def test_a_link_within_the_folder_is_followed(animals):
    (animals / "dog" / "b.jpg").symlink_to(animals / "cat" / "b.jpg")
    found = read_folder(animals)
    assert found.labels.count("dog") == 2
    assert found.remarks == ("The same picture in two classes: cat/b.jpg = dog/b.jpg. Take it out of one.",)


@links
@pytest.mark.parametrize("name", ["cat/z.png", "bird"])
def test_a_link_out_of_the_folder_is_refused(animals, name):
    outside = animals.parent / "outside"
    put(outside / "a.png")
    (animals.parent / "way").symlink_to(outside)  # the link leads to a link
    (animals / name).symlink_to(animals.parent / "way" / ("a.png" if name.endswith("png") else ""))
    refused(
        animals, f"{animals / name} is a link that leads out of the folder, to {outside}.*: put a copy in its place"
    )


@links
def test_a_folder_with_a_similar_name_is_outside_too(animals):
    put(animals.parent / "animals2" / "a.png")
    (animals / "bird").symlink_to("../animals2")
    refused(animals, "leads out of the folder")


@links
@pytest.mark.parametrize("target", ["gone.png", "z.png"])
def test_a_link_to_nothing_or_to_itself_is_refused(animals, target):
    (animals / "cat" / "z.png").symlink_to(target)
    refused(animals, f"{animals / 'cat' / 'z.png'} is a link to nothing")


@links
def test_the_folder_itself_may_be_a_link(animals):
    (animals.parent / "link").symlink_to(animals)
    assert read_folder(animals.parent / "link").labels == read_folder(animals).labels


@links
def test_a_class_folder_that_may_not_be_read_is_named(animals, monkeypatch):
    listdir = os.listdir

    def refuse(place):
        if str(place).endswith("cat"):
            raise PermissionError(13, "Permission denied")
        return listdir(place)

    monkeypatch.setattr(os, "listdir", refuse)
    refused(animals, rf"{animals / 'cat'} cannot be read \(Permission denied\): check its permissions")
