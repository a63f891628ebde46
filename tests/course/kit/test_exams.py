"""Facts about the exams: the same for everyone, and of the announced shape."""

import pytest
import torch

from metalib.banks import load_bank, split, twenty_runs
from metalib.banks import omniglot as omniglot_bank
from metalib.course.kit.exams import EXAM_A, EXAM_B, EXAM_C, EXAM_D, EXAMS
from metalib.evaluate import mean_interval


def nearest_pixels(episodes):
    return torch.cdist(episodes.query_x.flatten(2), episodes.support_x.flatten(2)).argmin(dim=2)  # [T, Q]


def test_the_exams_are_as_the_course_announces():
    assert (EXAM_A.n_episodes, EXAM_A.spec.n_way, EXAM_A.spec.k_shot, EXAM_A.spec.n_query) == (600, 5, 1, 15)
    assert (EXAM_B.n_episodes, EXAM_B.spec.n_way, EXAM_B.spec.n_query, EXAM_B.spec.within_group) == (400, 20, 1, True)


def test_everyone_sits_the_same_episodes(tiny_bank):
    first, again = next(EXAM_A.episodes(tiny_bank)), next(EXAM_A.episodes(tiny_bank))
    assert torch.equal(first.query_x, again.query_x)
    sums = torch.tensor([batch.query_x.sum().item() for batch in EXAM_A.episodes(tiny_bank)])
    assert len(sums) == 30
    assert len(sums.unique()) == 30


def test_an_oracle_gets_full_marks(omniglot):
    evaluation = omniglot_bank.evaluation(omniglot)
    for exam in (EXAM_B, EXAM_C):
        accuracies = exam.sit(lambda episodes: episodes.query_y, evaluation)
        assert accuracies.shape == (exam.n_episodes,)
        assert accuracies.min() == 1


def test_exam_c_is_lakes_twenty_runs(tiny_bank):
    """Of the bank at hand it takes nothing but the device."""
    assert (EXAM_C.n_episodes, EXAM_C.questions, EXAM_C.total, EXAM_C.seed) == (20, 20, 400, 0)
    assert str(EXAM_C) == ("exam C (20 runs, 20-way 1-shot within one alphabet, 1 query a class, each query alone)")
    batches = list(EXAM_C.episodes(tiny_bank))
    assert {batch.query_x.shape for batch in batches} == {(20, 1, 1, 28, 28)}
    runs = twenty_runs.load()
    assert torch.equal(torch.stack([batch.query_y.squeeze(1) for batch in batches]), runs.labels)
    one_by_one = EXAM_C.sit(nearest_pixels, tiny_bank)
    together = [(nearest_pixels(e) == e.query_y).double().mean(dim=1) for e in twenty_runs.episodes(runs)]
    assert torch.equal(one_by_one, together[0])


def test_exam_c_is_of_the_official_evaluation_alphabets_only(omniglot, tiny_bank):
    """A network of the random split has learned some of its drawings."""
    assert EXAM_C.possible(split(omniglot).evaluation)
    assert not EXAM_C.possible(split(omniglot, "paper").evaluation)
    assert not EXAM_C.possible(tiny_bank)


def test_intervals_are_over_what_the_exam_counts(tiny_bank):
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randint(15, 21, (20,), generator=generator) / 20 for _ in range(2))
    over_runs, over_episodes = EXAM_C.interval(a), EXAM_A.interval(a)
    assert (over_runs.n, over_runs.unit, over_episodes.unit) == (20, "runs", "episodes")
    assert over_episodes == mean_interval(a)
    assert over_runs == EXAM_C.interval(a) != over_episodes
    assert over_runs.half_width == pytest.approx(over_episodes.half_width, rel=0.15)
    difference = EXAM_C.paired(a, b)
    assert difference == EXAM_C.interval(a.double() - b.double()) and difference.unit == "runs"
    with pytest.raises(ValueError, match="20 here and 19 there"):
        EXAM_C.paired(a, b[1:])


def test_every_exam_has_a_letter_of_its_own():
    assert len({exam.letter for exam in EXAMS}) == len(EXAMS)


@pytest.fixture(scope="module")
def emoji():
    """The evaluation part."""
    return split(load_bank("emoji", quiet=True)).evaluation


def test_exam_d_is_as_the_course_announces(emoji):
    assert (EXAM_D.n_episodes, EXAM_D.questions, EXAM_D.spec.n_way, EXAM_D.spec.k_shot) == (400, 5, 5, 1)
    assert str(EXAM_D).endswith("5-way 1-shot, 1 query a class, supports by one vendor, queries by another)")
    batches = list(EXAM_D.episodes(emoji))
    assert {batch.query_x.shape for batch in batches} == {(20, 5, 3, 32, 32)} and len(batches) == 20


def test_emoji_sit_exam_d_alone_and_nothing_else_does(emoji, tiny_bank):
    assert [exam.letter for exam in EXAMS if exam.possible(emoji)] == ["D"]
    assert not EXAM_D.possible(tiny_bank)
    assert not EXAM_D.possible(load_bank("emoji", quiet=True))


def test_exam_ds_halves_are_told_apart():
    right = torch.cat([torch.ones(200), torch.zeros(200)])
    halves = EXAM_D.by_half(right)
    assert {name: half.mean for name, half in halves.items()} == {"objects": 1.0, "faces, people and signs": 0.0}
    assert {half.n for half in halves.values()} == {200}
    assert EXAM_A.by_half(torch.ones(600)) == {}
