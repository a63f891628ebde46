"""metalib.banks.omniglot: found wherever it lies, refused when it is not the real thing, divided as published."""

import random
import shutil
import socket
import zipfile

import omniglot_files
import pytest
import torch
from omniglot_files import archive, files, left_in, put_archives, put_trees

from metalib.banks import omniglot, split, store
from metalib.files import BadFile

ZIPS = ["images_background.zip", "images_evaluation.zip"]
BACKGROUND = omniglot.PARTS[0]


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """The small Omniglot counts as the real one; the three data folders are empty."""
    return omniglot_files.settle(monkeypatch, tmp_path)


# --- finding


def test_where_there_is_nothing_nothing_is_found_or_written(folders):
    assert omniglot.find() is None
    assert left_in(*folders) == []


@pytest.mark.parametrize("which", [0, 1, 2])
@pytest.mark.parametrize("put", [put_archives, put_trees])
@pytest.mark.parametrize("below", ["", "omniglot-py"])
def test_archives_and_trees_are_found_in_every_folder(folders, which, put, below):
    put(folders[which] / below)
    bank = omniglot.find()
    assert bank.images.shape == (8, 20, 1, 28, 28) and bank.images.dtype == torch.uint8
    assert bank.names[:3] == ("und0/character00", "und0/character01", "und1/character00")
    assert bank.groups == ("und0", "und0", "und1", "und1", "ion0", "ion0", "ion1", "ion1")
    assert (folders[0] / omniglot.CACHE).is_file()


def test_the_two_parts_may_lie_in_different_folders(folders):
    put_archives(folders[0])
    shutil.move(folders[0] / ZIPS[1], folders[2])
    assert omniglot.find().n_classes == 8


def test_half_of_omniglot_is_none(folders):
    put_archives(folders[0])
    (folders[0] / ZIPS[1]).unlink()
    assert omniglot.find() is None


def test_a_cache_in_any_folder_comes_before_archives(folders, monkeypatch):
    put_archives(folders[0])
    bank = omniglot.find()
    shutil.move(folders[0] / omniglot.CACHE, folders[2])
    monkeypatch.setattr(omniglot, "read_part", None)
    assert torch.equal(omniglot.find().images, bank.images)


def test_packing_and_folders_around_do_not_matter(folders):
    """Stored without compression, in another order, without or with more folders, with what macOS adds."""
    put_archives(folders[0])
    for part, name in zip(omniglot.PARTS, ("{}", "more/images/{}"), strict=True):
        with zipfile.ZipFile(folders[0] / f"{part}.zip", "w") as packed:
            for path, data in reversed(files(part).items()):
                packed.writestr(name.format(path.removeprefix(f"{part}/")), data)
                packed.writestr(f"__MACOSX/{path}", b"litter")
    assert omniglot.find().n_classes == 8


def test_ink_is_bright_and_paper_dark(folders):
    put_archives(folders[0])
    pixels = omniglot.find().images.float()
    assert 15 < pixels.mean() < 40  # a tenth of the pixels are ink


def test_finding_makes_no_network_request(folders, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was used")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)
    assert omniglot.find() is None
    put_archives(folders[0])
    assert omniglot.find().n_classes == 8 and omniglot.find().n_classes == 8


def test_of_two_processes_that_want_the_cache_one_makes_it_and_the_other_waits(folders):
    put_archives(folders[0])
    wait = "read = omniglot.read_part; omniglot.read_part = lambda *a: print('made', flush=True) or input() or read(*a)"
    never = "omniglot.read_part = None"
    told = "print(store.bank_digest(omniglot.find()))"
    with omniglot_files.child(f"{wait}; {told}") as first:
        assert first.stdout.readline() == "made\n"  # it holds the lock, and waits for a line
        with omniglot_files.child(f"{never}; {told}") as second:
            waiting = second.stderr.readline()
            ends = [first.communicate("\n\n", timeout=120), second.communicate(timeout=120)]
    assert waiting == f"another process prepares {omniglot.CACHE}: waiting for it\n"
    answer = store.bank_digest(omniglot.find())
    assert ends == [(f"made\n{answer}\n", ""), (f"{answer}\n", "")]
    assert left_in(*folders) == [*ZIPS, omniglot.CACHE]


def test_a_process_that_ends_without_the_cache_does_not_block_the_next(folders):
    put_archives(folders[0])
    with omniglot_files.child("import os; omniglot.read_part = lambda *_: os._exit(9); omniglot.find()") as process:
        assert process.wait(120) == 9
    assert omniglot.find().n_classes == 8


# --- damaged caches


@pytest.mark.parametrize("damage", ["altered", "cut", "empty", "stale"])
def test_a_damaged_cache_is_made_anew_with_a_warning(folders, damage):
    put_archives(folders[1])
    bank, cache = omniglot.find(), folders[0] / omniglot.CACHE
    content = cache.read_bytes()
    if damage == "stale":
        store.save_cache(bank, omniglot.CACHE, origin="an older version")
    else:
        altered = content[:-100] + bytes([content[-100] ^ 1]) + content[-99:]
        cache.write_bytes({"altered": altered, "cut": content[:-1], "empty": b""}[damage])
    with pytest.warns(UserWarning, match=rf"{cache} .*delete it.* another file was used"):
        assert torch.equal(omniglot.find().images, bank.images)
    assert torch.equal(omniglot.find().images, bank.images)  # without a warning: the cache is right again
    assert left_in(*folders) == sorted([*ZIPS, omniglot.CACHE])


def test_a_damaged_cache_that_cannot_be_replaced_is_passed_over_for_the_next(folders):
    put_archives(folders[1])
    omniglot.find()
    (folders[0] / omniglot.CACHE).write_bytes(b"")
    folders[0].chmod(0o555)
    for _ in range(2):
        with pytest.warns(UserWarning, match=f"{folders[0]}.* is damaged"):
            assert omniglot.find().n_classes == 8
    assert (folders[1] / omniglot.CACHE).is_file()


def test_a_damaged_cache_with_nothing_beside_it_is_an_error_that_says_what_to_do(folders):
    (folders[2] / omniglot.CACHE).write_bytes(b"")
    with pytest.raises(BadFile, match=rf"{omniglot.CACHE} is damaged .*metalib data fetch"):
        omniglot.find()


# --- damaged archives and trees


def _archive_with(entry, data=b""):
    return archive({entry: data, **files(BACKGROUND)})


def _with_wrong_pixel():
    content = files(BACKGROUND)
    first, second = list(content)[:2]
    return archive({**content, first: content[second]})


def _damaged_inside():
    content = archive(files(BACKGROUND))
    return content[: len(content) // 2] + bytes(50) + content[len(content) // 2 + 50 :]


def _no_deflate_stream():
    content = bytearray(archive(files(BACKGROUND)))
    content[30 + len(next(iter(files(BACKGROUND))))] = 0xFF  # after the first entry's header: a block type there is not
    return bytes(content)


BAD_ARCHIVES = {
    "truncated": (lambda: archive(files(BACKGROUND))[:-2000], "truncated or no zip archive"),
    "damaged inside": (_damaged_inside, "truncated or no zip archive"),
    "no deflate stream": (_no_deflate_stream, "truncated or no zip archive"),
    "empty": (lambda: b"", "truncated or no zip archive"),
    "a web page": (lambda: b"<!DOCTYPE html><html></html>", "truncated or no zip archive"),
    "no picture": (lambda: archive({"readme.txt": b"hello"}), r"other pictures .* \(0 pictures"),
    "the other part": (lambda: archive(files(omniglot.PARTS[1])), "other pictures or names"),
    "another drawing": (_with_wrong_pixel, r"other pictures or names .* \(80 pictures, digest"),
    "a picture in no class": (lambda: _archive_with("cat.png"), "'cat.png' that lies in no alphabet"),
    "a class too small": (
        lambda: archive({name: data for name, data in files(BACKGROUND).items() if not name.endswith("01_07.png")}),
        "und0/character01 has 19 pictures and Omniglot has 20",
    ),
    "an unreadable picture": (
        lambda: _archive_with(f"{BACKGROUND}/a/b/c.png", b"hello"),
        "a/b/c.png is no readable PNG",
    ),
    "out by dots": (lambda: _archive_with("../evil.png"), "'../evil.png' that leads out of its folder"),
    "out by dots inside": (lambda: _archive_with("a/../../b/c.png"), "leads out of its folder"),
    "absolute": (lambda: _archive_with("/tmp/a/b/evil.png"), "leads out of its folder"),
    "out by backslash": (lambda: _archive_with("..\\evil.png"), "leads out of its folder"),
    "a drive": (lambda: _archive_with("C:\\a\\b\\evil.png"), "leads out of its folder"),
}


@pytest.mark.parametrize("name", BAD_ARCHIVES)
def test_a_bad_archive_is_named_with_the_remedy_and_nothing_is_written(folders, name):
    make, reason = BAD_ARCHIVES[name]
    put_archives(folders[1])
    (folders[1] / ZIPS[0]).write_bytes(make())
    with pytest.raises(BadFile, match=rf"{folders[1] / ZIPS[0]}.*{reason}.*metalib data fetch"):
        omniglot.find()
    assert left_in(folders[0].parent, folders[2]) == ZIPS


def test_a_bad_archive_is_passed_over_for_a_good_one(folders):
    put_archives(folders[0])
    (folders[0] / ZIPS[0]).write_bytes(b"")
    put_trees(folders[2])
    with pytest.warns(UserWarning, match=f"{folders[0] / ZIPS[0]} is truncated"):
        assert omniglot.find().n_classes == 8


@pytest.mark.parametrize("content", [b"", b"hello", omniglot_files.png(torch.ones(105, 105).bool().numpy())[:60]])
def test_an_unreadable_picture_in_a_tree_is_named(folders, content):
    put_trees(folders[0])
    name = f"{BACKGROUND}/und1/character00/10_03.png"
    (folders[0] / name).write_bytes(content)
    with pytest.raises(BadFile, match=rf"{folders[0]}.*{name} is no readable PNG.*metalib data fetch"):
        omniglot.find()
    assert not (folders[0] / omniglot.CACHE).exists()


def test_a_class_of_a_tree_with_too_few_pictures_is_named(folders):
    put_trees(folders[0])
    (folders[0] / f"{BACKGROUND}/und1/character00/10_03.png").unlink()
    with pytest.raises(BadFile, match=rf"{BACKGROUND}: und1/character00 has 19 pictures .*metalib data fetch"):
        omniglot.find()
    assert not (folders[0] / omniglot.CACHE).exists()


def test_an_archive_with_any_bytes_altered_gives_the_same_pictures_or_bad_data(tmp_path, monkeypatch):
    monkeypatch.setattr(omniglot, "DIGESTS", omniglot_files.digests())
    good, draw = archive(files(BACKGROUND)), random.Random(0)
    path = tmp_path / ZIPS[0]
    path.write_bytes(good)
    whole = omniglot.read_part(path, BACKGROUND)
    for _ in range(60):
        content = bytearray(good)
        for _ in range(draw.choice([1, 20])):
            content[draw.choice([draw.randrange(len(good)), -draw.randrange(1, 6000)])] = draw.randrange(256)
        path.write_bytes(content)
        try:
            part = omniglot.read_part(path, BACKGROUND)
        except BadFile:
            continue
        assert part.names == whole.names and (part.images == whole.images).all()


# --- the real data set


@pytest.fixture
def whole(request):
    """The real Omniglot; the fixture's own name is that of the module under test."""
    return request.getfixturevalue("omniglot")


def test_the_official_parts_have_their_sizes(whole):
    assert (whole.n_classes, whole.n_drawings) == (1623, 20)
    assert len(set(whole.names)) == 1623
    parts = [part(whole) for part in (omniglot.background, omniglot.evaluation, omniglot.training, omniglot.validation)]
    assert [part.n_classes for part in parts] == [964, 659, 827, 137]
    assert [len(set(part.groups)) for part in parts] == [30, 20, 26, 4]
    assert parts[3].groups[0] == "Sanskrit" and parts[3].groups[-1] == "Tifinagh"


def test_the_parts_share_no_class_and_leave_none_out(whole):
    training, validation, evaluation = (set(part.names) for part in split(whole))
    assert not training & validation and not training & evaluation and not validation & evaluation
    assert training | validation == set(omniglot.background(whole).names)
    assert training | validation | evaluation == set(whole.names)


def test_rotation_comes_after_the_split(whole):
    rotated = omniglot.training(whole).rotated()
    assert rotated.n_classes == 4 * 827 == len(set(rotated.names))
    assert torch.equal(rotated.images[827], torch.rot90(rotated.images[0], 1, (-2, -1)))
    with pytest.raises(ValueError, match="6,492 of 200: hand over the whole bank, before any selection or rotation"):
        omniglot.evaluation(whole.rotated())
    with pytest.raises(ValueError, match="659 of 20: hand over the whole bank"):
        omniglot.training(omniglot.evaluation(whole))


def test_real_ink_is_bright_and_real_paper_dark(whole):
    pixels = whole.images.flatten(2)
    assert (pixels.amax(2) > 100).all() and pixels.float().mean() < 40
    assert whole.images[..., [0, -1]].float().mean() < 10  # the margins are paper


def test_the_resized_pictures_are_these_to_the_last_bit(whole):
    """Checkpoints and exams depend on them: another filter, order or version of Pillow would show here."""
    assert store.bank_digest(whole) == "d2ae29e5fab2a9161dac9b94e04eb78141076182905a77edd5e0b9b353f55e83"


def test_real_archives_or_trees_give_the_bank_that_the_cache_gives(whole):
    part = omniglot.PARTS[1]
    if not omniglot.sources(part):
        pytest.skip("only a cached bank is at hand, no archive")
    evaluation = omniglot.evaluation(whole)
    names, alphabets, images = omniglot.read_part(omniglot.sources(part)[0], part)
    assert (names, alphabets) == (evaluation.names, evaluation.groups)
    assert torch.equal(torch.from_numpy(images), evaluation.images[:, :, 0])
