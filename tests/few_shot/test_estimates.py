"""Facts about estimates from few pictures: who is asked by whom, what that is worth, and what cannot be known."""

import pytest
import torch
from features_of_tasks import PLAIN, Watched, features, labelled, numbered

from metalib.evaluate import wilson_interval
from metalib.few_shot import estimates
from metalib.few_shot.estimates import bootstrap, honest_interval, k_fold, leave_one_of_each_out, leave_one_out

# --- who is asked


@pytest.mark.parametrize("sizes", [(3, 3, 3), (2, 5, 4), (4, 6)])
def test_each_round_leaves_out_one_of_each_class_and_rounds_are_as_many_as_the_smallest_has(sizes):
    y = labelled(*sizes)
    rounds = estimates.one_of_each(y, shuffles=4)
    assert len(rounds) == 4 * min(sizes)
    assert all(y[asked].tolist() == list(range(len(sizes))) for asked in rounds)


def test_once_through_asks_each_picture_of_the_smallest_class_once_and_none_twice():
    y = labelled(3, 5, 3)
    rounds = estimates.one_of_each(y, shuffles=2)
    for once in (rounds[:3], rounds[3:]):
        asked = torch.cat(once)
        assert len(asked.unique()) == 9 and set(estimates.rows_of(y)[0].tolist()) <= set(asked.tolist())


def test_the_first_time_they_come_in_their_order_then_shuffled_by_the_seed():
    y = labelled(4, 4, 4)
    first = torch.stack(estimates.one_of_each(y, shuffles=1))
    assert torch.equal(first, torch.stack(estimates.rows_of(y), dim=1))
    again, same, other = (torch.stack(estimates.one_of_each(y, shuffles=2, seed=seed))[4:] for seed in (0, 0, 1))
    assert torch.equal(again, same) and not torch.equal(again, other) and not torch.equal(again, first)


@pytest.mark.parametrize(
    "way", [leave_one_of_each_out, leave_one_out, lambda *task: k_fold(*task, folds=2), bootstrap], ids=range(4)
)
def test_no_picture_has_a_part_in_its_own_answer(way):
    y, head = labelled(3, 4, 3), Watched()
    way(numbered(y), y, head)
    assert head.asked


def test_all_others_answer_so_that_every_class_is_one_picture_short():
    y, head = labelled(3, 5, 4), Watched()
    leave_one_of_each_out(numbered(y), y, head)
    assert all(learned.bincount().tolist() == [2, 4, 3] for learned in head.learned)


def test_folds_ask_each_picture_once_and_share_out_every_class():
    y, head = labelled(4, 5, 4), Watched()
    found = k_fold(numbered(y), y, head, folds=2)
    assert sorted(i for of_round in head.asked for i in of_round) == list(range(13)) and found.accuracy.n == 13
    assert all(int(learned.bincount().min()) >= 2 for learned in head.learned) and found.shots == 2


def test_the_bootstrap_learns_from_as_many_of_each_class_as_there_are():
    y, head = labelled(3, 4), Watched()
    bootstrap(numbered(y), y, head, resamples=20)
    assert all(learned.bincount().tolist() == [3, 4] for learned in head.learned)


# --- what it is worth


def test_left_out_answers_are_those_of_the_class_means_of_the_others():
    y = labelled(3, 3, 3)
    z = features(y, apart=0.4, seed=1)
    found = estimates.left_out(z, y, PLAIN, estimates.one_of_each(y, shuffles=1))
    for picture, logits in zip(found.picture.tolist(), found.logits, strict=True):
        place = estimates.rows_of(y)[int(y[picture])].tolist().index(picture)
        means = [z[torch.cat([rows[:place], rows[place + 1 :]])].mean(dim=0) for rows in estimates.rows_of(y)]
        torch.testing.assert_close(logits, torch.stack([-(z[picture] - mean).square().sum() for mean in means]))


def mean_over_tasks(way, shots, *, apart, tasks=150):
    y = torch.arange(5).repeat_interleave(shots)
    shares = [way(features(y, apart=apart, seed=seed), y, PLAIN).accuracy.mean for seed in range(tasks)]
    return sum(shares) / tasks


@pytest.mark.parametrize(("shots", "below"), [(2, 0.1), (3, 0.165)])
def test_without_anything_to_see_one_of_each_is_at_chance_and_one_alone_is_below(shots, below):
    """A picture's own class mean, one picture short, is the noisier one and so the farther one."""
    assert mean_over_tasks(leave_one_of_each_out, shots, apart=0) == pytest.approx(0.2, abs=0.035)
    assert mean_over_tasks(leave_one_out, shots, apart=0) < below


def test_it_is_the_accuracy_of_one_shot_fewer():
    def true_accuracy(shots):
        y = torch.arange(5).repeat_interleave(shots + 20)
        found = []
        for seed in range(150):
            z = features(y, apart=0.6, seed=seed).view(5, shots + 20, -1)
            known = torch.arange(5).repeat_interleave(shots)
            fitted = PLAIN.fit(z[:, :shots].flatten(0, 1), known, 5)
            answers = fitted.logits(z[:, shots:].flatten(0, 1)).argmax(dim=1)
            found.append((answers == torch.arange(5).repeat_interleave(20)).double().mean())
        return float(torch.stack(found).mean())

    said = mean_over_tasks(leave_one_of_each_out, 2, apart=0.6)
    assert said == pytest.approx(true_accuracy(1), abs=0.025) and said < true_accuracy(2) - 0.05


def test_more_shuffles_ask_the_same_pictures_and_count_them_once():
    y = labelled(3, 3, 3, 3)
    z = features(y, apart=0.4, seed=0)
    once, often = (leave_one_of_each_out(z, y, PLAIN, shuffles=n).accuracy for n in (1, 8))
    assert once.n == often.n == 12 and round(12 * once.mean, 9) == int(round(12 * once.mean, 9))
    assert often.mean not in {k / 12 for k in range(13)}


# --- the interval


@pytest.mark.parametrize(("share", "n", "shots"), [(0.8, 25, 4), (0.0, 10, 1), (1.0, 4, 1), (0.5, 15, 2)])
def test_the_lower_end_is_wilsons_and_the_upper_one_lies_no_lower_than_it(share, n, shots):
    ours, plain = honest_interval(share, n, shots), wilson_interval(share * n, n)
    assert ours.low == plain.low and 1 >= ours.high >= plain.high - 1e-12
    assert ours.low <= ours.mean <= ours.high and ours.unit == "pictures" and ours.n == n


def test_the_upper_end_leaves_room_for_one_shot_more():
    """With shots → shots + 1 the errors fall to shots / (shots + 1) at best."""
    errors = 1 - wilson_interval(0.6 * 20 * 0.5, 20 * 0.5).high
    assert honest_interval(0.6, 20, 1, shared=1).high == pytest.approx(1 - errors / 2)
    assert honest_interval(0.6, 20, 9, shared=1).high < honest_interval(0.6, 20, 1, shared=1).high


def test_the_smallest_class_has_the_say():
    y = labelled(2, 6, 6)
    found = leave_one_of_each_out(features(y, apart=1, seed=0), y, PLAIN)
    assert (found.shots, found.accuracy.n) == (1, 6)


# --- what is said


def test_one_picture_of_a_class_leaves_nothing_to_be_said_but_what_to_do():
    y = labelled(1, 4)
    for way in (leave_one_of_each_out, leave_one_out):
        found = way(numbered(y), y, PLAIN)
        assert found.accuracy is None and "add a picture of each class that has one" in str(found)


def test_the_words_have_the_numbers():
    y = torch.arange(5).repeat_interleave(3)
    found = leave_one_of_each_out(features(y, apart=5, seed=0), y, PLAIN)
    low = f"between {100 * found.accuracy.low:.0f} and {100 * found.accuracy.high:.0f} %"
    assert "Of 15 pictures" in found.words and "2 pictures of the smallest class" in found.words
    assert "With all 3" in found.words and low in found.words


@pytest.mark.parametrize(
    ("shuffles", "said"), [(1, "% were right: that"), (5, "% were right on average over 5 shuffles:")]
)
def test_a_mean_over_shuffles_is_called_one(shuffles, said):
    """So that nobody takes 78 % of 10 pictures for a count."""
    y = torch.arange(5).repeat_interleave(2)
    found = leave_one_of_each_out(features(y, apart=0.5, seed=0), y, PLAIN, shuffles=shuffles)
    assert said in found.words and "that is the accuracy with 1 picture of the smallest class" in found.words


def test_only_as_many_shuffles_are_told_as_there_were():
    y = torch.arange(2).repeat_interleave(30)  # twice 30 rounds are `ENOUGH`
    found = leave_one_of_each_out(features(y, apart=0.5, seed=0), y, PLAIN, shuffles=5)
    assert "on average over 2 shuffles" in found.words


@pytest.mark.parametrize("folds", [1, 4])
def test_folds_that_cannot_be_are_refused(folds):
    y = labelled(3, 5)
    with pytest.raises(ValueError, match=rf"{folds} folds and 3 pictures of the smallest class: give 2 folds to 3"):
        k_fold(numbered(y), y, PLAIN, folds=folds)


def test_a_bootstrap_in_which_nothing_is_left_to_ask_says_so():
    y = labelled(1, 1)
    assert bootstrap(numbered(y), y, PLAIN).accuracy is None
