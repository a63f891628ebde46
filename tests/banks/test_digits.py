"""metalib.banks.digits: what the committed sheet holds, and what is refused."""

import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from metalib import places
from metalib.banks import digits, inspect_data, load_bank, split
from metalib.files import BadFile

ROOT = places.checkout()
COMMITTED = ROOT / "data" / "digits"


@pytest.fixture(scope="module")
def bank():
    return digits.read(COMMITTED)


def test_it_has_ten_classes_of_unequal_size_and_omniglots_form(bank):
    assert bank.images.shape == (10, 183, 1, 28, 28)
    assert bank.names == tuple("0123456789") and set(bank.groups) == {"digits"}
    assert int(bank.sizes.sum()) == 1797 and int(bank.sizes.min()) == 174


def test_each_picture_that_counts_has_ink_and_what_pads_a_class_has_none(bank):
    inked = bank.images.flatten(2).amax(dim=2) > 200  # [10, 183]
    assert torch.equal(inked, torch.arange(183) < bank.sizes[:, None])


def test_ink_is_bright_and_a_margin_is_paper(bank):
    edges = torch.cat([bank.images[..., :1], bank.images[..., -1:]], dim=-1)
    assert edges.max() == 0 and 30 < bank.images[:, :174].float().mean() < 90


def test_a_nought_has_a_hole_and_a_one_has_none(bank):
    """The labels are those of the pictures."""
    middle = bank.images[:, :174, 0, 11:17, 12:16].float().mean(dim=(2, 3))  # [10, 174]
    assert middle[0].median() < 60 < 150 < middle[1].median()


def test_the_sheet_has_seventeen_greys():
    with Image.open(COMMITTED / digits.SHEET) as image:
        greys = np.unique(np.asarray(image))
    assert greys.tolist() == np.rint(np.arange(17) * 255 / 16).tolist()


def test_it_is_loaded_by_its_name_and_not_divided(bank, capsys):
    assert torch.equal(load_bank("digits").images, bank.images)
    assert capsys.readouterr().out == "Bank: digits (10 classes of 174 to 183 drawings).\n"
    with pytest.raises(ValueError, match="this bank is digits"):
        split(bank)


def test_where_it_is_missing_the_error_says_where_it_was_looked_for(shared):
    with pytest.raises(FileNotFoundError, match=r"digits/digits\.png .*a checkout of the course does, in data/digits"):
        digits.load()


def test_a_damaged_sheet_is_named_before_it_is_decoded_and_passed_over_for_the_next(bank, shared, tmp_user):
    shutil.copytree(COMMITTED, shared / "digits")
    (shared / "digits" / digits.SHEET).write_bytes(b"no picture")
    with pytest.raises(BadFile, match=r"digits\.png is not the file that .*git checkout data/digits"):
        digits.load()
    shutil.copytree(COMMITTED, tmp_user / "digits")
    with pytest.warns(UserWarning, match=r"is not the file .* another folder was used"):
        assert torch.equal(digits.load().images, bank.images)


def test_the_command_names_it_and_judges_it(shared):
    shutil.copytree(COMMITTED, shared / "digits")
    assert any(": digits" in line for line in inspect_data.where() if str(shared) in line)
    assert inspect_data.verify()[1][-1] == f"right  {shared / 'digits'}: 1,797 digits"


def test_the_readmes_say_whose_it_is_and_under_which_licence():
    for path in (COMMITTED / "README.md", ROOT / "data" / "README.md", ROOT / "README.md"):
        said = " ".join(path.read_text(encoding="utf-8").split())
        assert "Alpaydin" in said and "CC BY 4.0" in said and "10.24432/C50P49" in said, path
