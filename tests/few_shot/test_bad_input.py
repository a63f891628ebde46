"""The whole way from a folder to labels: what cannot be read is named with its remedy, and nothing is half-written."""

import re
import sys

import numpy as np
import pytest
from picture_files import LARGE, heic, noise, saved
from PIL import Image

from metalib.app import cli
from metalib.few_shot import FewShot
from metalib.files import BadFile


@pytest.fixture
def animals(tmp_path):
    """Three classes of three small pictures."""
    folder = tmp_path / "animals"
    for number in range(9):
        noise(folder / ("bird", "cat", "dog")[number // 3] / f"{number}.png", seed=number)
    return folder


@pytest.fixture
def query(tmp_path):
    """A picture outside the folder."""
    return noise(tmp_path / "query.png", seed=100)


# --- pictures that cannot be read: each function makes one at a path, and gives what is said of it


def text(path):
    path.write_text("Tom, at the window")
    return "is no picture that can be read: take it out, or save it as PNG or JPEG"


def empty(path):
    path.touch()
    return "is empty: copy or export it again"


def of_50_megapixels(path):
    path.write_bytes(LARGE["jpg"](8192, 6144))
    return "has 8,192 × 6,144 pixels and may have 40,000,000: save it smaller"


def bomb(path):
    path.write_bytes(LARGE["png"](65000, 65000))
    return "would fill the memory"


def cut_off(path):
    content = saved(path, np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return "cannot be decoded"


def of_an_iphone(path):
    heic(path)
    return "is a HEIC picture, which Pillow does not read: `pip install pillow-heif`"


def without_a_white(path):
    saved(path, np.float32([[0, 1.5]]), format="TIFF")
    return "has values from 0 to 1.5, of which nobody knows what is white: save 8 bits"


UNREADABLE = [text, empty, of_50_megapixels, bomb, cut_off, of_an_iphone, without_a_white]


@pytest.fixture(params=UNREADABLE, ids=lambda make: make.__name__)
def unreadable(request, monkeypatch):
    """One of these functions, where HEIC's package is not installed."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    return request.param


def contents(folder):
    """What lies in a folder: each file's path, with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(capsys, *arguments):
    """What `metalib classify` says where it ends with wrong input, and prints nothing else."""
    assert cli.main(["classify", *map(str, arguments)]) == cli.WRONG_INPUT
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err.removeprefix("metalib classify: ")


def test_a_support_picture_that_cannot_be_read_ends_it_and_nothing_is_kept(animals, unreadable, tmp_user):
    path = animals / "dog" / "z.jpg"
    words = unreadable(path)
    with pytest.raises(BadFile, match=re.escape(f"{path} {words}")):
        FewShot.from_folder(animals)
    assert contents(tmp_user) == {}


def test_a_query_that_cannot_be_read_ends_it_and_the_classifier_is_as_before(animals, query, unreadable, tmp_user):
    classifier = FewShot.from_folder(animals)
    [label], before = classifier.predict([query]), contents(tmp_user)
    path = query.with_name("other.jpg")
    words = unreadable(path)
    with pytest.raises(BadFile, match=re.escape(f"{path} {words}")):
        classifier.predict([query, noise(query.with_name("new.png"), seed=101), path])
    assert contents(tmp_user) == before and classifier.predict([query]) == [label]


def test_the_command_prints_and_writes_nothing_where_a_query_cannot_be_read(
    animals, query, unreadable, tmp_path, tmp_user, capsys
):
    path, saved_to = query.with_name("z.jpg"), tmp_path / "animals.safetensors"
    words = unreadable(path)
    assert refused(capsys, animals, query, path, "--save", saved_to).startswith(f"{path} {words}")
    assert not saved_to.exists()
    assert all(written.parent == tmp_user / "features" for written in contents(tmp_user))


def test_the_command_names_a_support_picture_or_a_labelled_one_that_cannot_be_read(animals, query, capsys):
    text(path := animals / "cat" / "notes.txt")
    assert refused(capsys, animals, query).startswith(f"{path} is no picture")
    path = path.rename(query.with_name("notes.txt"))
    labelled = query.parent / "labelled"
    for name in ("bird", "cat"):
        noise(labelled / name / "a.png", seed=400)
    path = path.rename(labelled / "cat" / "notes.txt")
    assert refused(capsys, animals, "--labelled", labelled).startswith(f"{path} is no picture")


def test_nothing_is_learned_before_all_queries_are_known_to_be_pictures(animals, query, capsys, monkeypatch):
    """Fine-tuning may take minutes."""
    monkeypatch.setattr(FewShot, "fit", None)
    text(query.with_name("notes.txt"))
    assert "notes.txt is no picture" in refused(capsys, animals, query, query.with_name("notes.txt"))
    assert "notes.txt is no picture" in refused(capsys, animals, query.parent)


def test_all_queries_that_cannot_be_read_are_named_at_once(animals, query, tmp_path, capsys):
    text(path := query.with_name("notes.txt"))
    (tmp_path / "new").mkdir()
    empty(inside := tmp_path / "new" / "empty.png")
    said = refused(capsys, animals, path, tmp_path / "new", tmp_path / "gone.png", query)
    assert said.startswith(f"3 files cannot be read: {path} is no picture")
    assert f"; {inside} is empty" in said and f"; {tmp_path / 'gone.png'} is not there" in said


def test_a_folder_is_not_taken_for_a_list(animals):
    for pictures in (animals / "cat", str(animals / "cat")):
        with pytest.raises(ValueError, match=r"cat is a folder: give a list of its files, sorted\(Path\('.*cat'\)"):
            FewShot.from_folder(animals).predict(pictures)


# --- folders that cannot be meant


def one_class(folder):
    for name in ("bird", "cat"):
        (folder / name).rename(folder.parent / name)
    return f"{folder} has 1 class (dog), and two are the fewest: give a folder that has a sub-folder of pictures"


def empty_class(folder):
    (folder / "empty").mkdir()
    return f"{folder / 'empty'} has no picture: put some into it, or take it out"


def no_folder(folder):
    folder.rename(folder.with_name("renamed"))
    folder.touch()
    return f"{folder} is no folder: give a folder that has a sub-folder"


def link_out(folder):
    link = folder / "cat" / "z.png"
    link.symlink_to(noise(folder.parent / "outside.png", seed=200))
    return f"{link} is a link that leads out of the folder, to {folder.parent / 'outside.png'}: put a copy in its place"


@pytest.fixture(params=[one_class, empty_class, no_folder, link_out], ids=lambda spoil: spoil.__name__)
def spoilt(request, animals):
    """What is said of the folder, which was spoilt."""
    if request.param is link_out and sys.platform == "win32":
        pytest.skip("Windows lets few users make links")
    return request.param(animals)


def test_a_folder_that_cannot_be_meant_is_named_with_the_remedy(animals, spoilt, tmp_user):
    with pytest.raises(BadFile, match=re.escape(spoilt)):
        FewShot.from_folder(animals)
    assert contents(tmp_user) == {}


def test_the_command_names_a_folder_that_cannot_be_meant(animals, query, spoilt, capsys):
    assert refused(capsys, animals, query).startswith(spoilt)


# --- what is read, and said


def test_names_in_any_script_come_back_as_labels(animals):
    (animals / "cat").rename(animals / "ネコ")
    (animals / "dog" / "8.png").rename(animals / "dog" / "Käfer 🐕.png")
    classifier = FewShot.from_folder(animals)
    assert list(classifier.classes_) == ["bird", "dog", "ネコ"]
    assert list(classifier.predict([animals / "ネコ" / "3.png", animals / "dog" / "Käfer 🐕.png"])) == ["ネコ", "dog"]


ODD = (
    "The same picture in two classes: bird/twin.png = dog/twin.png. Take it out of one.",
    "cat/moving.gif: several frames or pages, of which the first one counts",
    "cat/ghost.png: transparent in parts, which are shown white",
)


def odd(folder):
    """Put into the folder what ODD speaks of."""
    for name in ("bird", "dog"):
        noise(folder / name / "twin.png", seed=300)
    moving_and_ghost(folder / "cat")


def moving_and_ghost(folder):
    """Put there a GIF of two frames, and a picture with a transparent corner."""
    moving = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    moving[0].putpixel((0, 0), (0, 0, 0))
    saved(folder / "moving.gif", moving[0], save_all=True, append_images=moving[1:])
    ghost = Image.new("RGBA", (8, 8), (0, 0, 0, 255))
    ghost.putpixel((0, 0), (0, 0, 0, 0))
    saved(folder / "ghost.png", ghost)


def test_what_is_odd_is_said_the_second_time_too(animals):
    """By then the features are kept, and no picture is opened."""
    odd(animals)
    for _ in range(2):
        assert set(ODD) <= set(FewShot.from_folder(animals).remarks)


def test_the_command_says_what_is_odd_too(animals, query, capsys):
    odd(animals)
    for form, stream in (("--json", "out"), ("--csv", "err")):
        assert cli.main(["classify", str(animals), str(query), form]) == 0
        said = getattr(capsys.readouterr(), stream)
        assert [words for words in ODD if words not in said] == []


def test_the_command_says_what_is_odd_about_queries(animals, query, capsys):
    moving_and_ghost(query.parent)
    paths = [str(query.parent / name) for name in ("query.png", "moving.gif", "ghost.png")]
    for _ in range(2):  # the features are kept by then
        assert cli.main(["classify", str(animals), *paths]) == 0
        said = capsys.readouterr().out
        assert "moving.gif: several frames or pages" in said and "ghost.png: transparent in parts" in said
