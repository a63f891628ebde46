"""What every test file shares: a user folder of its own, a small bank, and the real data where they are at hand."""

import os

import pytest
import torch
from nbval.plugin import IPyNbCell

from metalib.banks import omniglot as omniglot_files
from metalib.episodes import ClassBank


def pytest_collection_modifyitems(items):
    """What a cell printed on Omniglot is compared where it runs on Omniglot; on the glyphs the counts are others."""
    at_hand = omniglot_files.caches() or all(map(omniglot_files.sources, omniglot_files.PARTS))
    if not at_hand or os.environ.get("METALIB_BANK") == "glyphs":
        for item in items:
            if isinstance(item, IPyNbCell):
                item.options["check"] = False


@pytest.fixture(autouse=True, scope="session")
def _user_of_this_session(tmp_path_factory):
    """What is set up once a session does not reach the real user folder either."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("METALIB_USER", str(tmp_path_factory.mktemp("session_user")))
        yield


@pytest.fixture(scope="session")
def playwright():
    """What drives browsers. One for all tests: a process cannot start a second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(autouse=True)
def tmp_user(tmp_path_factory, monkeypatch):
    """The per-user folder of this test: no test reads or writes the real one."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("METALIB_USER", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_bank():
    """30 random classes of 20 drawings, in 3 groups of 10."""
    images = torch.randint(0, 256, (30, 20, 1, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    names = tuple(f"class{c:02d}" for c in range(30))
    return ClassBank(images, names, tuple(f"group{c // 10}" for c in range(30)), "random pixels")


@pytest.fixture(scope="session")
def omniglot(_user_of_this_session):
    """The whole of Omniglot. Skipped where it is not at hand."""
    bank = omniglot_files.find()
    if bank is None:
        pytest.skip("Omniglot is not at hand: `metalib data fetch` gets it")
    return bank
