"""What tests of several banks stand on."""

import pytest

from metalib import places


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """METALIB_DATA at an empty folder, and no checkout."""
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setenv("METALIB_DATA", str(folder))
    monkeypatch.setattr(places, "checkout", lambda: None)
    return folder
