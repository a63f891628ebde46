"""metalib.places: the order of the folders, what counts as writable, and files that are whole or absent."""

from pathlib import Path

import pytest

from metalib import places


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """METALIB_DATA at an empty folder, and a course checkout with a data folder beside it."""
    folder = tmp_path / "shared"
    folder.mkdir()
    (tmp_path / "course" / "data").mkdir(parents=True)
    monkeypatch.setenv("METALIB_DATA", str(folder))
    monkeypatch.setattr(places, "checkout", lambda: tmp_path / "course")
    return folder


def test_the_shared_folder_comes_first_then_the_checkout_then_the_users(shared, tmp_path, tmp_user):
    assert places.data_folders() == [shared, tmp_path / "course" / "data", tmp_user]


def test_outside_a_checkout_only_the_users_folder_is_left(monkeypatch, tmp_user):
    monkeypatch.delenv("METALIB_DATA", raising=False)
    monkeypatch.setattr(places, "checkout", lambda: None)
    assert places.data_folders() == [tmp_user]


def test_a_folder_named_twice_is_searched_once(shared, tmp_path, tmp_user, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_user))
    assert places.data_folders() == [tmp_user, tmp_path / "course" / "data"]


def test_this_checkout_is_found():
    assert (places.checkout() / "metalib" / "places.py").is_file()


def test_a_relative_or_home_folder_is_written_out(shared, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METALIB_DATA", "shared")
    assert places.data_folders()[0] == shared
    monkeypatch.setenv("METALIB_DATA", "~/omniglot")
    assert places.data_folders()[0] == Path.home() / "omniglot"


def test_the_first_folder_that_has_a_file_wins(shared, tmp_user):
    (tmp_user / "a.txt").write_text("the user's")
    assert places.find("a.txt") == tmp_user / "a.txt"
    (shared / "a.txt").write_text("shared")
    assert places.find("a.txt") == shared / "a.txt"
    assert places.find("b.txt") is None


def test_a_shared_folder_that_does_not_exist_is_passed_over_and_named(shared, tmp_user, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(shared / "typo"))
    (tmp_user / "a.txt").write_text("")
    assert places.find("a.txt") == tmp_user / "a.txt"
    assert f"{shared / 'typo'} (does not exist)" in places.where_looked("Omniglot")
    assert not (shared / "typo").exists()


def test_a_shared_folder_that_is_a_file_is_passed_over_and_named(shared, tmp_user, monkeypatch):
    file = shared / "images_background.zip"
    file.write_text("")
    (tmp_user / "a.txt").write_text("")
    monkeypatch.setenv("METALIB_DATA", str(file))
    assert places.find("a.txt") == tmp_user / "a.txt"
    assert not places.is_writable(file) and not places.is_writable(file / "below")
    assert f"{file} (a file, not a folder)" in places.where_looked("Omniglot")


def test_where_looked_names_every_folder_and_the_remedy(shared, tmp_path, tmp_user):
    message = places.where_looked("Omniglot")
    assert all(str(folder) in message for folder in (shared, tmp_path / "course" / "data", tmp_user))
    assert "METALIB_DATA" in message


def test_a_folder_without_write_bits_is_read_only_for_root_too(shared, tmp_path):
    shared.chmod(0o555)
    assert not places.is_writable(shared)
    assert next(places.writable_folders()) == tmp_path / "course" / "data"
    shared.chmod(0o755)
    assert places.is_writable(shared) and not any(shared.iterdir())


def test_a_folder_is_writable_when_it_can_be_made(shared):
    assert places.is_writable(shared / "new" / "deeper") and not (shared / "new").exists()
    shared.chmod(0o555)
    assert not places.is_writable(shared / "new" / "deeper")
