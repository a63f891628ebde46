"""Omniglot in the layouts that people have: what is unambiguous is taken, and of the rest it is said what was found."""

import shutil

import omniglot_files
import pytest
from omniglot_files import ALPHABETS, files, put_archives, put_together, put_trees

from metalib.app import doctor
from metalib.banks import inspect_data, load_bank, omniglot

BACKGROUND, EVALUATION = omniglot.PARTS
ZIPS = [f"{part}.zip" for part in omniglot.PARTS]


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """The small Omniglot counts as the real one; the three data folders are empty."""
    monkeypatch.delenv("METALIB_BANK", raising=False)
    return omniglot_files.settle(monkeypatch, tmp_path)


def put_renamed(pattern):
    """Archives with other names, as a browser gives them."""

    def put(folder):
        put_archives(folder)
        for part in omniglot.PARTS:
            (folder / f"{part}.zip").rename(folder / pattern.format(part))

    return put


def put_nested(folder):
    """As Windows extracts an archive: into a folder of its name."""
    for part in omniglot.PARTS:
        put_trees(folder)
        (folder / part).rename(folder / "inner")
        (folder / f"{part} (1)").mkdir()
        (folder / "inner").rename(folder / f"{part} (1)" / part)


LAYOUTS = {
    "a clone of the official repository": ("python", put_archives),
    "the same, extracted": ("python", put_trees),
    "a clone in the data folder": ("omniglot/python", put_archives),
    "the repository's download": ("omniglot-master/python", put_trees),
    "a folder of any name": ("my pictures", put_trees),
    "a second download": ("", put_renamed("{} (1).zip")),
    "a second download, another browser": ("", put_renamed("{}-2.zip")),
    "capital letters": ("", put_renamed("{}.ZIP")),
    "extracted twice": ("", put_nested),
    "all alphabets in one folder": ("", put_together),
    "all alphabets in a folder of any name": ("my pictures", put_together),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_that_can_mean_one_thing_is_taken(folders, name):
    below, put = LAYOUTS[name]
    put(folders[1] / below)
    assert omniglot.find().n_classes == 8
    assert inspect_data.verify()[0]


def test_the_variable_may_name_one_part_beside_the_other(folders, monkeypatch):
    put_trees(folders[0])
    monkeypatch.setenv("METALIB_DATA", str(folders[0] / BACKGROUND))
    assert omniglot.find().n_classes == 8
    assert inspect_data.verify()[0]
    assert f"the alphabets of {BACKGROUND}, {folders[0] / EVALUATION}" in inspect_data.where()[0]


def test_the_variable_may_name_one_part_alone_and_then_the_other_is_missed(folders, monkeypatch, capsys):
    put_trees(folders[0])
    shutil.rmtree(folders[0] / EVALUATION)
    monkeypatch.setenv("METALIB_DATA", str(folders[0] / BACKGROUND))
    assert omniglot.find() is None
    assert omniglot.sources(BACKGROUND) == [folders[0] / BACKGROUND]
    assert omniglot.missing() == f"half of Omniglot ({EVALUATION})"


def test_pictures_with_capital_suffixes_are_the_same_pictures(folders):
    put_trees(folders[0])
    for path in folders[0].rglob("*.png"):
        path.rename(path.with_suffix(".PNG"))
    assert omniglot.find().n_classes == 8


@pytest.mark.parametrize("put", [put_archives, put_together, put_trees])
def test_what_programs_hide_among_the_pictures_does_not_count(folders, monkeypatch, put):
    litter = (".ipynb_checkpoints/0_00-checkpoint.png", ".hidden.png", ".Trash/a/b/c.png", "__MACOSX/c.png")

    def littered(part):
        character = next(iter(files(part))).rpartition("/")[0]
        return {**files(part), **{f"{character}/{name}": b"litter" for name in litter}}

    monkeypatch.setattr(omniglot_files, "files", littered)
    put(folders[0])
    assert omniglot.find().n_classes == 8


# --- what is not taken is told


def passed_over(folder):
    """Name of a layout to what is said of it. The folder is filled with what cannot be taken."""
    put_archives(folder / "strange")
    (folder / "strange" / ZIPS[0]).rename(folder / "images_background_small1.zip")
    (folder / "strange" / ZIPS[1]).rename(folder / "omniglot-master.tar.gz")
    (folder / "strange").rmdir()
    (folder / "Omniglot").mkdir()
    put_together(folder / "some")
    for alphabets in ALPHABETS.values():
        shutil.rmtree(folder / "some" / alphabets[0])
    return [
        f"{folder / 'Omniglot'} (a folder without either part)",
        f"{folder / 'images_background_small1.zip'}",
        f"{folder / 'omniglot-master.tar.gz'}",
        f"{folder / 'some'} (1 of the 2 alphabets of {BACKGROUND}, without und0)",
        f"{folder / 'some'} (1 of the 2 alphabets of {EVALUATION}, without ion0)",
    ]


def assert_tells(text, expected):
    """What was found, where, and what would be taken."""
    assert [words for words in expected if words not in text] == []
    assert "images_background.zip and images_evaluation.zip" in text and "all 50 alphabets" in text


def test_the_first_line_of_a_notebook_says_what_was_passed_over(folders, monkeypatch, capsys):
    expected = passed_over(folders[0])
    monkeypatch.setattr("metalib.banks.glyphs.find", lambda: omniglot_files.bank())
    load_bank()
    assert_tells(capsys.readouterr().out, expected)


def test_the_error_where_omniglot_is_asked_for_says_what_was_passed_over(folders):
    expected = passed_over(folders[0])
    with pytest.raises(FileNotFoundError) as error:
        load_bank("omniglot")
    assert_tells(str(error.value), expected)


def test_data_where_verify_and_doctor_say_what_was_passed_over(folders):
    expected = passed_over(folders[0])
    assert_tells("\n".join(inspect_data.where()), expected)
    assert_tells("\n".join(inspect_data.verify()[1]), expected)
    assert_tells(doctor.data().remedy, expected)


def test_where_nothing_looks_like_omniglot_nothing_is_said(folders):
    (folders[0] / "holiday.zip").touch()
    (folders[0] / "Sindarin").mkdir()
    assert omniglot.passed_over() == ""


def test_an_incomplete_tree_is_named_with_what_it_lacks(folders):
    put_trees(folders[0])
    shutil.rmtree(folders[0] / BACKGROUND / "und1")
    with pytest.raises(omniglot.BadFile, match=f"{BACKGROUND} .*It lacks und1"):
        omniglot.find()
