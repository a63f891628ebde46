"""metalib.banks.store: a bank comes back as it was written, or not at all."""

import errno
from dataclasses import replace

import pytest
import safetensors.torch
import torch
from omniglot_files import left_in, namespace, put_archives, run_child
from safetensors.torch import save_file

from metalib import places
from metalib.banks import omniglot, store
from metalib.files import BadFile


@pytest.fixture
def only_user(tmp_user, monkeypatch):
    """The user's folder as the only data folder."""
    monkeypatch.delenv("METALIB_DATA", raising=False)
    monkeypatch.setattr(places, "checkout", lambda: None)
    return tmp_user


@pytest.fixture
def cache(only_user, tiny_bank):
    return store.save_cache(tiny_bank, "bank.safetensors", origin="here")


def test_a_bank_comes_back_as_it_was(cache, only_user, tiny_bank):
    bank = store.load_cache(cache, expected_origin="here")
    assert cache == only_user / "bank.safetensors" and left_in(only_user) == ["bank.safetensors"]
    assert torch.equal(bank.images, tiny_bank.images)
    assert (bank.names, bank.groups, bank.source) == (tiny_bank.names, tiny_bank.groups, tiny_bank.source)


def test_a_bank_of_unequal_classes_comes_back_as_it_was(only_user, tiny_bank):
    pictures = [tiny_bank.images[0, :3], tiny_bank.images[1, :5]]
    unequal = store.ClassBank.of_unequal(pictures, ("a", "b"), ("c", "c"), "two sizes")
    bank = store.load_cache(store.save_cache(unequal, "bank.safetensors", origin="here"))
    assert bank.sizes.tolist() == [3, 5] and torch.equal(bank.images, unequal.images)
    assert store.bank_digest(bank) != store.bank_digest(replace(bank, counts=None))


def test_the_digest_covers_pixels_names_and_groups(tiny_bank):
    other_pixels = tiny_bank.images.clone()
    other_pixels[3, 4, 0, 5, 6] ^= 1
    others = [
        store.ClassBank(other_pixels, tiny_bank.names, tiny_bank.groups, ""),
        store.ClassBank(tiny_bank.images, tiny_bank.names[::-1], tiny_bank.groups, ""),
        store.ClassBank(tiny_bank.images, tiny_bank.names, tiny_bank.groups[::-1], ""),
    ]
    assert len({store.bank_digest(bank) for bank in [tiny_bank, *others]}) == 4


@pytest.mark.parametrize("where", ["pixels", "names"])
def test_one_altered_byte_is_noticed(cache, where):
    content = bytearray(cache.read_bytes())
    content[content.index(b"class07") + 5 if where == "names" else -1000] ^= 1
    cache.write_bytes(content)
    with pytest.raises(BadFile, match=r"bank\.safetensors does not hold what was written to it: delete it"):
        store.load_cache(cache, expected_origin="here")


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html>", bytes(100_000)])
def test_a_file_that_is_no_cache_is_named(only_user, content):
    (only_user / "bank.safetensors").write_bytes(content)
    with pytest.raises(BadFile, match=r"bank\.safetensors is damaged .*: delete it"):
        store.load_cache(only_user / "bank.safetensors")


def test_a_cache_that_was_cut_off_is_named(cache):
    cache.write_bytes(cache.read_bytes()[:-1000])
    with pytest.raises(BadFile, match=r"bank\.safetensors is damaged .*: delete it"):
        store.load_cache(cache)


def test_a_safetensors_file_of_something_else_is_named(only_user):
    save_file({"images": torch.zeros(3)}, only_user / "bank.safetensors")
    with pytest.raises(BadFile, match=r"bank\.safetensors is damaged"):
        store.load_cache(only_user / "bank.safetensors")


MALFORMED = {
    "numeric names": {"names": "[1, 2]"},
    "names that are one text": {"names": '"ab"'},
    "names in lists": {"groups": '[["a"], ["b"]]'},
    "a number for names": {"names": "5"},
    "no JSON": {"names": "a, b"},
    "brackets without end": {"names": "[" * 100_000},
    "names that are no text": {"names": '["\\ud800", "b"]'},
    "too few": {"names": '["a"]'},
    "no source": {"source": None},
    "no names": {"names": None},
    "no metadata": None,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_cache_with_malformed_metadata_is_named(only_user, name):
    change, path = MALFORMED[name], only_user / "bank.safetensors"
    right = {"names": '["a", "b"]', "groups": '["c", "c"]', "source": "here", "origin": "here", "digest": "0"}
    metadata = None if change is None else {k: v for k, v in {**right, **change}.items() if v is not None}
    save_file({"images": torch.zeros(2, 20, 1, 28, 28, dtype=torch.uint8)}, path, metadata)
    with pytest.raises(BadFile, match=r"bank\.safetensors is damaged .*: delete it"):
        store.load_cache(path)


@pytest.mark.parametrize("images", [torch.zeros(2, 20), torch.zeros(2, 20, 1, 28, 28), torch.zeros(())])
def test_a_cache_with_other_tensors_is_named(only_user, images):
    metadata = {"names": '["a", "b"]', "groups": '["c", "c"]', "source": "here", "digest": "0"}
    save_file({"images": images}, only_user / "bank.safetensors", metadata)
    with pytest.raises(BadFile, match=r"bank\.safetensors is damaged .*: delete it"):
        store.load_cache(only_user / "bank.safetensors")


def test_a_cache_of_another_origin_is_refused(cache):
    with pytest.raises(BadFile, match="other data or by another version"):
        store.load_cache(cache, expected_origin="elsewhere")


def test_the_cache_goes_to_the_first_folder_that_can_be_written(only_user, tiny_bank, tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path / "shared"))
    (tmp_path / "shared").mkdir(mode=0o555)
    assert store.save_cache(tiny_bank, "bank.safetensors", origin="") == only_user / "bank.safetensors"
    (tmp_path / "shared").chmod(0o755)
    assert store.save_cache(tiny_bank, "bank.safetensors", origin="") == tmp_path / "shared" / "bank.safetensors"


def test_where_one_disk_is_full_the_next_folder_takes_the_cache(only_user, tiny_bank, tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    real = safetensors.torch.save_file

    def full_disk(tensors, path, metadata):
        if path.parent == tmp_path:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        real(tensors, path, metadata)

    monkeypatch.setattr(safetensors.torch, "save_file", full_disk)
    assert store.save_cache(tiny_bank, "bank.safetensors", origin="") == only_user / "bank.safetensors"
    assert left_in(tmp_path) == []


def test_where_nothing_can_be_written_a_warning_says_so(only_user, tiny_bank):
    only_user.chmod(0o555)
    with pytest.warns(UserWarning, match=rf"none of {only_user} can be written: .* METALIB_USER"):
        assert store.save_cache(tiny_bank, "bank.safetensors", origin="") is None
    assert left_in(only_user) == []


FIND = """
bank = omniglot.find()
print(bank.n_classes, bank.images.float().std().item() > 0)
"""


def test_a_full_disk_costs_the_cache_and_not_the_bank(only_user, tmp_path, monkeypatch):
    """A real full disk: 64 kB of tmpfs, where the cache takes 125 kB."""
    put_archives(tmp_path / "shared")
    (tmp_path / "shared").chmod(0o555)
    monkeypatch.setenv("METALIB_DATA", str(tmp_path / "shared"))
    before = namespace("-m", f"mount -t tmpfs -o size=64k none '{only_user}'")
    code = f"{FIND}\nprint(omniglot_files.left_in(places.Path({str(only_user)!r})))"
    output, errors = run_child(code, before=before)
    assert output.split("\n")[:2] == ["8 True", "[]"]
    assert str(only_user / omniglot.CACHE) in errors and "No space left" in errors
    assert "Free some space" in errors


def test_a_read_only_disk_costs_the_cache_and_not_the_bank(only_user, tmp_path, monkeypatch):
    """A real read-only file system, whose folders have all their write bits: a bind mount."""
    put_archives(tmp_path / "shared")
    monkeypatch.setenv("METALIB_DATA", str(tmp_path / "shared"))
    folders = (tmp_path / "shared", only_user)
    binds = "; ".join(f"mount --bind '{f}' '{f}'; mount -o remount,ro,bind '{f}'" for f in folders)
    output, errors = run_child(FIND, before=namespace("-m", binds))
    assert output.strip() == "8 True"
    assert f"none of {folders[0]}, {folders[1]} can be written" in errors
    assert left_in(*folders) == ["images_background.zip", "images_evaluation.zip"]
