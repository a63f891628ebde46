"""metalib.banks.load_bank and split: which bank a learner gets, and what is said about it."""

import sys
import types

import omniglot_files
import pytest
import torch
from omniglot_files import left_in, put_archives

from metalib import banks
from metalib.banks import fetch, load_bank, omniglot, split
from metalib.episodes import ClassBank
from metalib.files import BadFile


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """The small Omniglot counts as the real one; the three data folders are empty."""
    monkeypatch.delenv("METALIB_BANK", raising=False)
    return omniglot_files.settle(monkeypatch, tmp_path)


@pytest.fixture(autouse=True)
def glyphs(monkeypatch):
    """A glyph bank of three classes in place of the real one, which takes a while to draw."""
    images = torch.zeros(3, 20, 1, 28, 28, dtype=torch.uint8)
    module = types.ModuleType("metalib.banks.glyphs")
    module.find, module.SOURCE = lambda: ClassBank(images, ("a", "b", "c"), ("Lao",) * 3, "Glyphs"), "Glyphs"
    module.training, module.validation, module.evaluation = (
        lambda bank, c=c: bank.select([c], f"part {c}") for c in range(3)
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(banks, "glyphs", module, raising=False)


@pytest.fixture
def no_fetch(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was used without being asked for")

    monkeypatch.setattr(fetch, "fetch", refuse)


def test_omniglot_is_taken_where_it_is_at_hand(folders, no_fetch, capsys):
    put_archives(folders[0])
    assert load_bank().n_classes == 8
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Bank: Omniglot (8 classes of 20 drawings), since it is at hand."
    assert "glyphs" in said[1] and "METALIB_BANK" in said[1] and len(said) == 2


def test_glyphs_are_taken_where_it_is_not(folders, no_fetch, capsys):
    assert load_bank().source == "Glyphs"
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "Bank: Glyphs (3 classes of 20 drawings), since Omniglot is not at hand."
    assert "metalib data fetch" in said[1] and "download=True" in said[1] and len(said) == 2
    assert left_in(*folders) == []


def test_half_of_omniglot_is_told(folders, no_fetch, capsys):
    put_archives(folders[0])
    (folders[0] / "images_evaluation.zip").unlink()
    assert load_bank().source == "Glyphs"
    assert "since half of Omniglot (images_evaluation) is not at hand" in capsys.readouterr().out


def test_quiet_is_quiet(folders, capsys):
    load_bank(quiet=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("by", "asked"), [("name", "load_bank asks"), ("environment", "METALIB_BANK asks")])
@pytest.mark.parametrize(("bank", "source"), [("glyphs", "Glyphs"), ("omniglot", "Omniglot")])
def test_a_bank_can_be_asked_for(folders, no_fetch, monkeypatch, capsys, by, asked, bank, source):
    put_archives(folders[0])
    if by == "environment":
        monkeypatch.setenv("METALIB_BANK", bank)
    assert load_bank(bank if by == "name" else None).source == source
    assert f"since {asked} for it." in capsys.readouterr().out


def test_a_name_in_the_call_comes_before_the_environment(folders, monkeypatch):
    put_archives(folders[0])
    monkeypatch.setenv("METALIB_BANK", "glyphs")
    assert load_bank("omniglot").source == "Omniglot"


def test_an_unknown_bank_is_refused_with_the_choices(folders, monkeypatch):
    with pytest.raises(ValueError, match=r"load_bank asks for 'mnist'.*choose omniglot or glyphs"):
        load_bank("mnist")
    monkeypatch.setenv("METALIB_BANK", "Omniglott")
    with pytest.raises(ValueError, match=r"METALIB_BANK asks for 'Omniglott'.*choose omniglot or glyphs"):
        load_bank()


def test_omniglot_that_is_asked_for_and_not_there_is_an_error_that_says_where_it_looked(folders, no_fetch, monkeypatch):
    monkeypatch.setenv("METALIB_BANK", "omniglot")
    with pytest.raises(FileNotFoundError, match=r"METALIB_BANK asks for Omniglot.*metalib data fetch") as error:
        load_bank()
    assert all(str(folder) in str(error.value) for folder in folders)


def test_damaged_data_stop_with_two_ways_on(folders, no_fetch):
    put_archives(folders[0])
    (folders[0] / "images_evaluation.zip").write_bytes(b"")
    with pytest.raises(BadFile, match=r"images_evaluation.zip is truncated.*metalib data fetch.*METALIB_BANK=glyphs"):
        load_bank()


@pytest.mark.parametrize("damaged", [False, True])
def test_download_fetches_what_is_not_at_hand(folders, monkeypatch, damaged):
    if damaged:
        (folders[0] / omniglot.CACHE).write_bytes(b"")
        folders[0].chmod(0o555)
    monkeypatch.setattr(fetch, "fetch", lambda: put_archives(folders[1]))
    if damaged:
        with pytest.warns(UserWarning, match="is damaged"):
            assert load_bank(download=True).source == "Omniglot"
    else:
        assert load_bank(download=True).source == "Omniglot"


def test_download_asks_for_nothing_where_it_is_not_needed(folders, no_fetch):
    assert load_bank("glyphs", download=True).source == "Glyphs"
    put_archives(folders[0])
    assert load_bank(download=True).source == "Omniglot"


def test_a_glyph_bank_is_split_by_its_own_rule():
    assert [part.names for part in split(banks.glyphs.find())] == [("a",), ("b",), ("c",)]


def test_omniglot_is_split_as_published(request):
    parts = split(request.getfixturevalue("omniglot"))
    assert (parts.training.n_classes, parts.validation.n_classes, parts.evaluation.n_classes) == (827, 137, 659)


def test_a_part_of_omniglot_is_not_split_again(folders):
    put_archives(folders[0])
    with pytest.raises(ValueError, match="this bank has 8 of 4: hand over the whole bank"):
        split(load_bank(quiet=True))


def test_glyphs_by_the_papers_protocol_are_an_error_that_says_where_the_protocol_can_be_had():
    with pytest.raises(
        ValueError,
        match=r"this bank is Glyphs \(3 classes\): take Omniglot.*metalib data fetch.*or divide by alphabets",
    ):
        split(banks.glyphs.find(), "paper")


def test_a_bank_of_ones_own_is_not_taken_for_the_glyphs(tiny_bank):
    with pytest.raises(ValueError, match="this bank is random pixels: divide it by its groups"):
        split(tiny_bank)
