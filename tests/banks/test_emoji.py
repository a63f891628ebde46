"""metalib.banks.emoji: what the committed pictures are, how they are divided, and what is refused."""

import hashlib
import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from metalib import places
from metalib.banks import emoji, emoji_choice, inspect_data, load_bank, split
from metalib.banks.emoji_choice import VENDORS
from metalib.episodes import EpisodeSpec
from metalib.files import BadFile
from metalib.runtime import seeded

ROOT = places.checkout()
COMMITTED = ROOT / "data" / "emoji"
SPEC = EpisodeSpec(n_way=5, k_shot=1, n_query=1)


@pytest.fixture(scope="module")
def bank():
    return emoji.read(COMMITTED)


@pytest.fixture(scope="module")
def listed():
    return emoji.parse((COMMITTED / emoji.LIST).read_text(encoding="utf-8"))


def drawing(bank, name, vendor):
    """[3, 32, 32] uint8."""
    [number] = [c for c, of_class in enumerate(bank.names) if of_class.split(" ", 1)[1] == name]
    return bank.images[number, VENDORS.index(vendor)]


# --- what is in it


def test_it_is_a_bank_in_colour_of_classes_of_unequal_size(bank):
    assert bank.images.shape == (1029, 5, 3, 32, 32) and bank.images.dtype == torch.uint8
    assert bank.sizes.bincount().tolist() == [0, 0, 0, 0, 194, 835]


def test_each_vendor_has_drawn_what_the_list_says(bank):
    white = (bank.images == 255).flatten(2).all(dim=2)  # [C, 5]
    drawn = {vendor: int((~white[:, v]).sum()) for v, vendor in enumerate(VENDORS)}
    assert drawn == {"noto": 1029, "fluent-emoji-flat": 1029, "twemoji": 1029, "emojione": 1029, "fxemoji": 835}
    assert torch.equal(~white[:, 4], bank.sizes == 5)


def test_no_two_drawings_are_equal_but_where_a_vendor_has_one_for_two_characters(bank):
    drawn = [(bank.images[c, v].numpy().tobytes(), c, v) for c, n in enumerate(bank.sizes.tolist()) for v in range(n)]
    twice = Counter(picture for picture, _, _ in drawn)
    assert len(drawn) == 4951 and len(twice) == 4948
    shared = [{(c, v) for other, c, v in drawn if other == picture} for picture, n in twice.items() if n > 1]
    assert all(len({v for _, v in pair}) == 1 for pair in shared)


@pytest.mark.parametrize(
    ("name", "channel"), [("red apple", 0), ("green apple", 1), ("blue heart", 2), ("tomato", 0), ("blue book", 2)]
)
@pytest.mark.parametrize("vendor", VENDORS[:4])
def test_colours_are_right(bank, name, channel, vendor):
    """The middle of a red apple is red."""
    middle = drawing(bank, name, vendor)[:, 12:22, 12:22].float().mean(dim=(1, 2))
    assert middle.argmax() == channel


@pytest.mark.parametrize("vendor", VENDORS)
def test_paper_is_white(bank, vendor):
    assert (drawing(bank, "red apple", vendor)[:, 0, 0] == 255).all()


def test_mirror_images_are_mirrored(bank):
    """Microsoft's package has one of the two hands as an alias of the other."""
    left, right = (drawing(bank, f"backhand index pointing {side}", "fluent-emoji-flat") for side in ("left", "right"))
    assert torch.equal(left.flip(-1), right)


def test_no_flag_no_clock_face_no_skin_tone(listed):
    assert not {entry.group for entry in listed} & set(emoji_choice.NO_GROUPS)
    points = [int(point, 16) for entry in listed for point in entry.code.split("-")]
    assert not set(points) & (set(emoji_choice.CLOCKS) | set(range(0x1F3FB, 0x1F400)))
    assert not set(points) & set(range(0x1F1E6, 0x1F200)) and 0x1F3F4 not in points


def test_a_character_is_one_class(listed, bank):
    assert len({entry.code for entry in listed}) == len(listed)
    assert bank.names[:1] == ("😀 grinning face",)
    assert all(0xFE0F not in map(ord, name) for name in bank.names)


def test_no_two_classes_are_near_copies(bank):
    pictures = bank.images.movedim(2, -1).numpy()
    drawn = np.arange(5) < bank.sizes[:, None].numpy()
    assert not np.triu(emoji_choice.alike(pictures, drawn), 1).any()


def test_unlikeness_is_the_stated_measure():
    white, black, half = (np.full((32, 32, 3), value, np.uint8) for value in (255, 0, 255))
    half[:16] = 0
    unlike = emoji_choice.unlikeness(np.stack([white, black, half]))
    assert unlike[1, 1] == pytest.approx(0) and unlike[0, 1] == pytest.approx(1)
    assert unlike[1, 2] == pytest.approx(1 / 3)  # half of the ink differs: ½ / (1 + ½)


def test_drawings_of_two_classes_that_are_the_same_are_known(bank):
    """One or two vendors may draw two characters alike: these are no near-copies. data/emoji/README.md tells it."""
    of_picture, same = {}, []
    for name, drawings, count in zip(bank.names, bank.images, bank.sizes.tolist(), strict=True):
        for drawing in drawings[:count]:
            before = of_picture.setdefault(drawing.numpy().tobytes(), name)
            same += [(before[2:], name[2:])] if before != name else []
    assert same == [
        ("grinning cat", "cat face"),  # of evaluation and training
        ("hourglass done", "hourglass not done"),
        ("black medium square", "white square button"),
    ]


def test_near_copies_are_of_one_vendor_in_three_of_them():
    """Two classes that three vendors draw alike: the later one goes. Alike for two, or across vendors: both stay."""
    pictures = np.random.default_rng(0).integers(0, 256, (3, 5, 32, 32, 3)).astype(np.uint8)
    drawn = np.ones((3, 5), bool)
    pictures[1, :2] = pictures[0, :2]
    pictures[1, 2] = pictures[0, 3]
    assert emoji_choice.without_near_copies(pictures, drawn) == [0, 1, 2]
    pictures[1, 4] = pictures[0, 4]
    assert emoji_choice.without_near_copies(pictures, drawn) == [0, 2]
    drawn[1, 4] = False
    assert emoji_choice.without_near_copies(pictures, drawn) == [0, 1, 2]


# --- how it is divided


def test_no_class_and_no_subgroup_is_in_two_parts(bank):
    parts = split(bank)
    assert sorted(name for part in parts for name in part.names) == sorted(bank.names)
    subgroups = [group.partition("/")[2] for part in parts for group in set(part.groups)]
    assert len(subgroups) == len(set(subgroups)) == len(set(bank.groups))


def test_the_counts_that_the_docstrings_and_the_readme_state(bank):
    readme = (COMMITTED / "README.md").read_text(encoding="utf-8")
    for function in (emoji.training, emoji.validation, emoji.evaluation):
        part = function(bank)
        subgroups, things = len(set(part.groups)), int(emoji.objects(part).sum())
        assert f"{subgroups} subgroups, {part.n_classes} characters" in function.__doc__
        assert f"| {function.__name__} | {subgroups} | {part.n_classes} | {things} |" in readme
    assert all(number in readme for number in ("1,029 characters", "835 of the characters"))


def test_the_list_has_the_parts(listed):
    assert all(entry.part == emoji_choice.part(entry.subgroup) for entry in listed)
    named = emoji_choice.VALIDATION | emoji_choice.EVALUATION
    assert named <= {entry.subgroup for entry in listed} and not emoji_choice.VALIDATION & emoji_choice.EVALUATION


def test_only_the_whole_bank_is_divided(bank):
    with pytest.raises(ValueError, match=r"divides the whole bank of emoji, and this bank is emoji, training \(564"):
        emoji.evaluation(emoji.training(bank))


def test_the_papers_split_is_omniglots(bank):
    with pytest.raises(ValueError, match="this bank is emoji"):
        split(bank, "paper")


# --- tasks across vendors


@pytest.mark.parametrize("things", [True, False])
def test_supports_are_by_one_vendor_and_queries_by_another(bank, things):
    part = emoji.evaluation(bank)
    named = replace(part, images=numbered(part))
    batch = emoji.across_vendors(named, SPEC, 60, things=things, generator=seeded(3))
    supports, queries = ((x[..., 0, 0] * 255).round().long() for x in (batch.support_x, batch.query_x))  # [60, 5, 3]
    pairs = Counter()
    for support, query in zip(supports, queries, strict=True):
        (classes, by), (asked, other) = ((256 * x[:, 0] + x[:, 1], x[:, 2]) for x in (support, query))
        assert len(classes.unique()) == 5 and torch.equal(asked, classes)  # in the order of the labels
        assert len(by.unique()) == len(other.unique()) == 1 and by[0] != other[0]
        assert (emoji.objects(part)[classes] == things).all()
        assert (part.sizes[classes] > max(by[0], other[0])).all()
        pairs[int(by[0]), int(other[0])] += 1
    assert len(pairs) > 12  # of 20


def test_several_queries_of_a_class_are_by_several_vendors(bank):
    named = replace(emoji.evaluation(bank), images=numbered(emoji.evaluation(bank)))
    batch = emoji.across_vendors(named, EpisodeSpec(5, 1, 3), 20, generator=seeded(3))
    by = [(x[..., 2, 0, 0] * 255).round().view(20, 5, -1) for x in (batch.support_x, batch.query_x)]
    vendors = torch.cat(by, dim=2)  # [20, 5, 4]
    assert (vendors == vendors[:, :1]).all()  # the same for all classes
    assert all(len(of_task[0].unique()) == 4 for of_task in vendors)


def test_half_of_a_streams_tasks_are_of_objects(bank):
    part = emoji.validation(bank)
    named = replace(part, images=numbered(part))
    batches = list(emoji.stream_across_vendors(named, SPEC, 50, seed=0, batch=20))
    assert [len(batch.support_y) for batch in batches] == [20, 5, 20, 5]
    pictures = (torch.cat([batch.query_x for batch in batches])[..., 0, 0] * 255).round().long()
    assert emoji.objects(part)[256 * pictures[..., 0] + pictures[..., 1]].all(dim=1).tolist() == 25 * [True] + 25 * [
        False
    ]


def numbered(bank):
    """Pictures that say what they are: class number in two bytes, and vendor, as the colour of every pixel."""
    images = torch.zeros_like(bank.images)
    numbers = torch.arange(bank.n_classes)
    images[:, :, 0], images[:, :, 1] = (x.view(-1, 1, 1, 1).to(torch.uint8) for x in (numbers // 256, numbers % 256))
    images[:, :, 2] = torch.arange(5, dtype=torch.uint8).view(1, 5, 1, 1)
    return images


def test_tasks_across_vendors_are_seeded(bank):
    part = emoji.validation(bank)
    one, same, other = (
        emoji.across_vendors(part, SPEC, 4, things=True, generator=seeded(seed)).query_x for seed in (0, 0, 1)
    )
    assert torch.equal(one, same) and not torch.equal(one, other)


@pytest.mark.parametrize(("shots", "queries"), [(2, 1), (1, 5)])
def test_a_vendor_has_drawn_a_character_once(bank, shots, queries):
    with pytest.raises(ValueError, match="give 1 shot and at most 4 queries a class"):
        emoji.across_vendors(bank, EpisodeSpec(5, shots, queries), 1, things=True, generator=seeded(0))


def test_too_few_classes_are_told(bank):
    few = emoji.evaluation(bank).select(range(4))
    with pytest.raises(ValueError, match=r"5-way needs as many classes, and \d of this bank do: lower n_way"):
        emoji.across_vendors(few, SPEC, 1, things=False, generator=seeded(0))


# --- without colour


def test_grey_is_as_bright_as_the_eye_has_it():
    colours = torch.eye(3).view(3, 3, 1, 1).expand(-1, -1, 32, 32)  # red, green, blue
    assert emoji.grey(colours)[:, 0, 0, 0].tolist() == pytest.approx([0.299, 0.587, 0.114])
    assert emoji.grey(torch.ones(2, 5, 3, 8, 8)).shape == (2, 5, 1, 8, 8)


def test_small_pictures_are_grey_and_of_omniglots_size():
    picture = torch.rand(2, 5, 3, 32, 32, generator=seeded(0))
    assert emoji.small(picture).shape == (2, 5, 1, 28, 28)
    assert emoji.small(torch.full((1, 3, 32, 32), 0.25)).allclose(torch.tensor(0.25))


def test_outlines_are_bright_where_a_picture_changes():
    square = torch.ones(1, 3, 32, 32)
    square[..., 8:24, 8:24] = 0
    lines = emoji.outlines(square)
    assert lines.shape == (1, 1, 28, 28) and lines.max() == 1 and lines.min() >= 0
    assert lines[0, 0, 14, 14] < 1e-6 and lines[0, 0, 0, 0] < 1e-6 and lines[0, 0, 14, 7] > 0.5
    assert torch.allclose(lines, emoji.outlines(0.5 * square + 0.5), atol=1e-5)  # of the strongest, 1
    assert emoji.outlines(torch.ones(1, 3, 32, 32)).max() == 0  # nothing drawn, no lines


# --- where it is looked for


def test_it_is_a_bank_by_name(bank, capsys):
    assert torch.equal(load_bank("emoji").images, bank.images)
    assert capsys.readouterr().out == "Bank: emoji (1,029 classes of 4 or 5 drawings).\n"


def test_notebooks_are_not_made_for_it(monkeypatch):
    monkeypatch.setenv("METALIB_BANK", "emoji")
    with pytest.raises(ValueError, match=r"METALIB_BANK asks for 'emoji'.*choose omniglot or glyphs$"):
        load_bank()


def test_it_is_found_in_a_data_folder(bank, shared):
    shutil.copytree(COMMITTED, shared / "emoji")
    assert torch.equal(emoji.load().images, bank.images)


def test_where_it_is_missing_the_error_says_where_it_was_looked_for(shared, tmp_user):
    with pytest.raises(FileNotFoundError) as error:
        emoji.load()
    assert all(word in str(error.value) for word in ("emoji", str(shared), str(tmp_user), "data/emoji"))


@pytest.mark.parametrize("name", emoji.DIGESTS)
@pytest.mark.parametrize("damage", ["cut", "altered", "missing"])
def test_a_damaged_file_is_named_before_it_is_decoded(shared, monkeypatch, name, damage):
    shutil.copytree(COMMITTED, shared / "emoji")
    path = shared / "emoji" / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes(content[:-1] if damage == "cut" else content[:-1] + bytes([content[-1] ^ 1]))
    decoded = []
    monkeypatch.setattr(emoji.Image, "open", lambda *_, **__: decoded.append(name))
    monkeypatch.setattr(emoji, "_pictures", lambda png, n: decoded.append(hashlib.sha256(png).hexdigest()))
    with pytest.raises(BadFile, match=rf"{path} (is not the file|cannot be read).*git checkout data/emoji"):
        emoji.read(shared / "emoji")
    assert set(decoded) <= set(emoji.DIGESTS.values())


def test_a_damaged_folder_is_passed_over_with_a_warning_for_the_next(bank, shared, tmp_user):
    shutil.copytree(COMMITTED, shared / "emoji")
    (shared / "emoji" / "noto.png").write_bytes(b"")
    with pytest.raises(BadFile, match=r"noto\.png is not the file"):
        emoji.load()
    shutil.copytree(COMMITTED, tmp_user / "emoji")
    with pytest.warns(UserWarning, match=r"noto\.png is not the file .* another folder was used"):
        assert torch.equal(emoji.load().images, bank.images)


def test_the_command_names_it_and_judges_it(shared):
    shutil.copytree(COMMITTED, shared / "emoji")
    assert any(": emoji" in line for line in inspect_data.where() if str(shared) in line)
    _, lines = inspect_data.verify()
    assert lines[-1] == f"right  {shared / 'emoji'}: 1,029 emoji" and lines[0].startswith("nothing to verify")
    (shared / "emoji" / "noto.png").write_bytes(b"")
    right, lines = inspect_data.verify()
    assert not right and lines[-1].startswith(f"WRONG  {shared / 'emoji' / 'noto.png'} is not the file")


# --- what is committed


def test_it_is_small_and_has_its_licences():
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 4_000_000
    licences = (COMMITTED / "LICENSES").read_text(encoding="utf-8")
    blocks = {vendor: licences.partition(f"\n{vendor}.png\n")[2].partition("\n\n")[0] for vendor in VENDORS}
    for vendor, block in blocks.items():
        assert f"@iconify-json/{vendor} " in block and "rasterised, subset" in block and "https://github.com/" in block
    said = {
        vendor: [word for word in ("Apache License 2.0", "MIT", "CC BY 4.0") if word in blocks[vendor]]
        for vendor in VENDORS
    }
    assert [said[vendor][0] for vendor in VENDORS] == [
        "Apache License 2.0",
        "MIT",
        "CC BY 4.0",
        "CC BY 4.0",
        "CC BY 4.0",
    ]
    assert "EmojiTwo" in blocks["emojione"] and "EmojiOne" in blocks["emojione"]
    assert "Permission is hereby granted" in licences and "END OF TERMS AND CONDITIONS" in licences


def test_the_readmes_say_that_it_is_not_under_mit():
    for path in (ROOT / "README.md", ROOT / "data" / "README.md", COMMITTED / "README.md"):
        said = " ".join(path.read_text(encoding="utf-8").split())
        assert "not under the MIT licence" in said and "emoji" in said, path
    assert "LICENSES" in (ROOT / "data" / "README.md").read_text(encoding="utf-8")


def test_the_script_that_drew_it_names_versions_and_no_host():
    said = (COMMITTED / "draw.py").read_text(encoding="utf-8")
    licences = (COMMITTED / "LICENSES").read_text(encoding="utf-8")
    for vendor in VENDORS:
        version = said.partition(f"@iconify-json/{vendor}@")[2].split()[0]
        assert f"@iconify-json/{vendor} {version}" in licences
    assert "://" not in said.replace("http://www.w3.org", "")
