"""Facts about episodes: what is drawn, in which order, and what is refused."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from metalib.episodes import ClassBank, EpisodeSpec, draw_indices, gather, sample_episodes, stream_episodes
from metalib.runtime import seeded


def numbered_bank(n_classes, n_drawings, n_groups=1):
    """A bank in which each picture's pixels spell its class and drawing, so that an episode can be read back."""
    images = torch.zeros(n_classes, n_drawings, 1, 4, 4, dtype=torch.uint8)
    images[..., 0, 0, 0] = torch.arange(n_classes, dtype=torch.uint8)[:, None]
    images[..., 0, 0, 1] = torch.arange(n_drawings, dtype=torch.uint8)
    names = tuple(f"c{c}" for c in range(n_classes))
    return ClassBank(images, names, tuple(f"g{c % n_groups}" for c in range(n_classes)), "numbered")


def read(pictures):
    """(class, drawing) of each picture of a numbered bank: [T, B] each."""
    pixels = (pictures[..., 0, 0, :2] * 255).round().long()
    return pixels[..., 0], pixels[..., 1]


@given(data=st.data(), n_way=st.integers(2, 12), k_shot=st.integers(1, 6), n_query=st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_no_class_repeats_and_no_picture_is_in_both_sets(data, n_way, k_shot, n_query):
    n_classes = data.draw(st.integers(n_way, 40))
    n_drawings = data.draw(st.integers(k_shot + n_query, 20))
    seed = data.draw(st.integers(0, 2**31))
    spec = EpisodeSpec(n_way, k_shot, n_query)
    episodes = sample_episodes(numbered_bank(n_classes, n_drawings), spec, 3, generator=seeded(seed))
    support_class, support_drawing = read(episodes.support_x)
    query_class, query_drawing = read(episodes.query_x)
    for t in range(3):
        class_of = dict(zip(episodes.support_y[t].tolist(), support_class[t].tolist(), strict=True))
        assert len(set(class_of.values())) == n_way
        assert [class_of[y] for y in episodes.query_y[t].tolist()] == query_class[t].tolist()
        support = set(zip(support_class[t].tolist(), support_drawing[t].tolist(), strict=True))
        query = set(zip(query_class[t].tolist(), query_drawing[t].tolist(), strict=True))
        assert len(support) == n_way * k_shot
        assert len(query) == n_way * n_query
        assert not support & query


def test_shapes_and_types(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 2, 3), 4, generator=seeded(0))
    assert episodes.support_x.shape == (4, 10, 1, 28, 28)
    assert episodes.query_x.shape == (4, 15, 1, 28, 28)
    assert episodes.support_y.shape == (4, 10)
    assert episodes.support_x.dtype == torch.float32
    assert episodes.support_x.min() >= 0
    assert episodes.support_x.max() == 1
    assert episodes.task(2).query_y.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert tiny_bank.images.dtype == torch.uint8


def test_labels_are_a_random_order_of_the_classes():
    classes = draw_indices(numbered_bank(40, 2), EpisodeSpec(3, 1, 1), 6000, generator=seeded(0)).classes
    orders = classes.argsort(dim=1)
    _, counts = torch.unique(orders, dim=0, return_counts=True)
    assert len(counts) == math.factorial(3)
    expected = 6000 / 6
    chi_square = ((counts - expected) ** 2 / expected).sum().item()
    assert chi_square < 20.5  # the 99.9 % point with 5 degrees of freedom


def test_every_class_and_drawing_is_drawn_equally_often():
    draw = draw_indices(numbered_bank(10, 5), EpisodeSpec(5, 1, 1), 4000, generator=seeded(1))
    for counts, expected in ((draw.classes.flatten().bincount(), 2000), (draw.drawings.flatten().bincount(), 8000)):
        assert ((counts - expected).abs() < 5 * math.sqrt(expected)).all()


def test_the_generator_decides_everything(tiny_bank):
    spec = EpisodeSpec(5, 1, 2)
    torch.manual_seed(0)
    first = sample_episodes(tiny_bank, spec, 2, generator=seeded(7))
    torch.manual_seed(1)
    again = sample_episodes(tiny_bank, spec, 2, generator=seeded(7))
    other = sample_episodes(tiny_bank, spec, 2, generator=seeded(8))
    assert torch.equal(first.query_x, again.query_x)
    assert not torch.equal(first.query_x, other.query_x)


def test_within_one_group():
    bank = numbered_bank(30, 4, n_groups=3)
    draw = draw_indices(bank, EpisodeSpec(10, 1, 1, within_group=True), 50, generator=seeded(0))
    groups = bank.group_ids[draw.classes]
    assert (groups == groups[:, :1]).all()
    assert len(groups[:, 0].unique()) == 3


def test_streams_are_cut_into_batches_and_repeat(tiny_bank):
    batches = list(stream_episodes(tiny_bank, EpisodeSpec(5, 1, 1), 7, seed=3, batch=3))
    assert [len(b.support_x) for b in batches] == [3, 3, 1]
    again = next(iter(stream_episodes(tiny_bank, EpisodeSpec(5, 1, 1), 7, seed=3, batch=3)))
    assert torch.equal(batches[0].query_x, again.query_x)


def test_rotations_are_classes_of_their_own(tiny_bank):
    rotated = tiny_bank.rotated()
    assert rotated.n_classes == 120
    assert len(set(rotated.names)) == 120
    assert torch.equal(rotated.images[30], torch.rot90(tiny_bank.images[0], 1, (-2, -1)))
    assert rotated.names[30] == "class00, turned 90°"
    assert rotated.groups[30] != rotated.groups[0]


def test_gather_takes_the_pictures_that_were_drawn():
    bank, spec = numbered_bank(9, 6), EpisodeSpec(3, 2, 2)
    draw = draw_indices(bank, spec, 2, generator=seeded(0))
    classes, drawings = read(gather(bank, spec, draw).support_x)
    assert torch.equal(classes, draw.classes.repeat_interleave(2, dim=1))
    assert torch.equal(drawings, draw.drawings[:, :, :2].flatten(1))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (EpisodeSpec(31, 1, 1), "31-way needs 31 classes and this bank has 30"),
        (EpisodeSpec(5, 10, 11), "need 21 pictures of a class and this bank has 20"),
        (EpisodeSpec(11, 1, 1, within_group=True), "the largest here has 10"),
    ],
)
def test_more_than_the_bank_has(tiny_bank, spec, message):
    with pytest.raises(ValueError, match=message):
        sample_episodes(tiny_bank, spec, 1, generator=seeded(0))


@pytest.mark.parametrize("counts", [(1, 1, 1), (5, 0, 1), (5, 1, 0), (-5, 1, 1), (5, 1.0, 1), (5, True, 1)])
def test_counts_that_make_no_task(counts):
    with pytest.raises(ValueError, match="give a whole number of at least"):
        EpisodeSpec(*counts)


@pytest.mark.parametrize("n_tasks", [0, -1])
def test_no_tasks(tiny_bank, n_tasks):
    with pytest.raises(ValueError, match=f"{n_tasks} tasks asked for"):
        sample_episodes(tiny_bank, EpisodeSpec(), n_tasks, generator=seeded(0))


def test_a_bank_that_does_not_fit_together(tiny_bank):
    with pytest.raises(ValueError, match="30 classes of images, 29 names and 30 groups"):
        ClassBank(tiny_bank.images, tiny_bank.names[:-1], tiny_bank.groups, "x")
    with pytest.raises(ValueError, match="in float32"):
        ClassBank(tiny_bank.images.float(), tiny_bank.names, tiny_bank.groups, "x")
    with pytest.raises(ValueError, match="no group nowhere"):
        tiny_bank.select_groups(["nowhere"])


# --- banks of one's own


def unequal(sizes=(3, 6, 4), channels=1, side=4):
    """Classes of these sizes, whose pixels spell class and drawing; pictures are never all dark."""
    pictures = []
    for c, size in enumerate(sizes):
        of_class = torch.full((size, channels, side, side), 255, dtype=torch.uint8)
        of_class[:, 0, 0, 0], of_class[:, 0, 0, 1] = c, torch.arange(size, dtype=torch.uint8)
        pictures.append(of_class)
    names = [f"c{c}" for c in range(len(sizes))]
    return ClassBank.of_unequal(pictures, names, ["g"] * len(sizes), "unequal")


def test_of_classes_of_unequal_size_no_padding_is_drawn_and_every_drawing_is():
    bank = unequal()
    assert (bank.n_drawings, bank.sizes.tolist()) == (6, [3, 6, 4])
    episodes = sample_episodes(bank, EpisodeSpec(3, 1, 2), 300, generator=seeded(0))
    seen = set()
    for pictures in (episodes.support_x, episodes.query_x):
        classes, drawings = read(pictures)
        seen |= set(zip(classes.flatten().tolist(), drawings.flatten().tolist(), strict=True))
    assert seen == {(c, d) for c, size in enumerate((3, 6, 4)) for d in range(size)}


def test_too_small_a_class_is_named_and_can_be_left_out():
    bank, spec = unequal(), EpisodeSpec(2, 1, 3)
    with pytest.raises(ValueError, match=r"need 4 pictures .* has 3 \(c0\), or take bank\.with_at_least\(4\)"):
        sample_episodes(bank, spec, 1, generator=seeded(0))
    assert bank.with_at_least(4).names == ("c1", "c2")
    sample_episodes(bank.with_at_least(4), spec, 1, generator=seeded(0))


def test_every_change_of_a_bank_keeps_the_sizes():
    bank = unequal()
    assert bank.to("cpu").sizes.tolist() == [3, 6, 4]
    assert bank.select([2, 0]).sizes.tolist() == [4, 3]
    assert bank.rotated().sizes.tolist() == [3, 6, 4] * 4
    joined = bank.join(numbered_bank(2, 9))
    assert joined.sizes.tolist() == [3, 6, 4, 9, 9] and joined.n_drawings == 9
    assert joined.images[1, :6].equal(bank.images[1]) and joined.images[4].equal(numbered_bank(2, 9).images[1])


def test_full_counts_draw_the_episodes_of_a_bank_without_them():
    plain = numbered_bank(7, 5)
    counted = ClassBank(plain.images, plain.names, plain.groups, plain.source, torch.full((7,), 5))
    one, other = (sample_episodes(bank, EpisodeSpec(3, 1, 2), 9, generator=seeded(3)) for bank in (plain, counted))
    assert all(a.equal(b) for a, b in zip(one, other, strict=True))


def test_arrays_lists_and_whole_numbers_are_taken():
    plain = numbered_bank(3, 4)
    bank = ClassBank(plain.images.numpy().copy(), [7, 8, 9], np.array(["a", "a", "b"]), "own", np.array([4, 2, 3]))
    assert (bank.names, bank.groups) == (("7", "8", "9"), ("a", "a", "b"))
    assert bank.images.equal(plain.images) and bank.sizes.tolist() == [4, 2, 3]
    assert EpisodeSpec(np.int64(5), np.int32(1), 1) == EpisodeSpec(5, 1, 1)
    assert type(EpisodeSpec(np.int64(5), 1, 1).n_way) is int


def test_colour_is_the_third_axis():
    bank = unequal(channels=3)
    assert sample_episodes(bank, EpisodeSpec(2, 1, 1), 1, generator=seeded(0)).query_x.shape == (1, 2, 3, 4, 4)
    with pytest.raises(ValueError, match=r"on the third axis, .* \[3, 6, 4, 4, 3\] .* images\.movedim\(-1, 2\)"):
        ClassBank(bank.images.movedim(2, -1), bank.names, bank.groups, "last")
    with pytest.raises(ValueError, match=r"\[1, 4, 4\] and of \[3, 4, 4\] do not join"):
        unequal().join(bank)


def test_classes_that_do_not_make_one_array_are_sent_to_of_unequal():
    classes = [torch.zeros(n, 1, 4, 4, dtype=torch.uint8) for n in (2, 2)]
    assert ClassBank(classes, "ab", "aa", "lists are taken").n_classes == 2
    with pytest.raises(ValueError, match=r"take ClassBank\.of_unequal"):
        ClassBank([classes[0], classes[1][:1]], "ab", "aa", "unequal")
    for wrong in (
        [],
        [classes[0], classes[0].float()],
        [classes[0], classes[0][:0]],
        [classes[0], classes[0][..., :3]],
    ):
        with pytest.raises(ValueError, match="give each at least one picture, all of one size, channels and type"):
            ClassBank.of_unequal(wrong, "ab", "aa", "wrong")


@pytest.mark.parametrize("classes", [[True, False, True], torch.tensor([True, False, True]), [1.7]])
def test_a_mask_chooses_no_classes(classes):
    with pytest.raises(ValueError, match=r"a class is chosen by (True|1\.7.*): give numbers from 0 to 2"):
        unequal().select(classes)


@pytest.mark.parametrize("classes", [[-1], [0, 3]])
def test_a_class_that_is_not_there_is_not_selected(classes):
    with pytest.raises(ValueError, match=rf"no class {classes[-1]}: the bank's 3 classes are 0 … 2"):
        unequal().select(classes)


def test_pictures_that_are_not_square_are_not_turned():
    with pytest.raises(ValueError, match=r"pictures of \[4, 6\] change their shape when turned"):
        ClassBank(torch.zeros(2, 3, 1, 4, 6, dtype=torch.uint8), "ab", "aa", "wide").rotated()


@pytest.mark.parametrize("counts", [[0, 1, 1], [7, 1, 1], [1, 1]])
def test_counts_that_do_not_fit(counts):
    images = torch.zeros(3, 6, 1, 4, 4, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"counts are .*: give each of the 3 classes its number of drawings, 1 to 6"):
        ClassBank(images, "abc", "aaa", "wrong", torch.tensor(counts))
