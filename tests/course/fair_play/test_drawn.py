"""The five samplers of notebook 07: each has its leak and no other, and their pictures are what their numbers say."""

import pytest
import torch

from metalib.banks import load_bank, split
from metalib.course.fair_play import drawn, reveals
from metalib.course.fair_play.exercise_leak_in import leak_in
from metalib.course.kit.audit import audit
from metalib.course.kit.reveal import reveal


@pytest.fixture(scope="module")
def glyphs():
    bank = load_bank("glyphs", quiet=True)
    return bank, split(bank)


@pytest.fixture(scope="module")
def five(glyphs):
    bank, (training, _, evaluation) = glyphs
    return drawn.five_samplers(bank, training, evaluation)


def test_each_leak_is_in_one_sampler(five):
    samplers, trained = five
    found = {letter: leak_in(sampler.support, sampler.query, trained) for letter, sampler in samplers.items()}
    assert found == drawn.LEAK_OF
    assert sorted(found.values()) == sorted(drawn.LEAKS)
    assert list(found.values()) != list(drawn.LEAKS)  # nobody guesses them from the list


def said_of_five(found, capsys):
    with reveal():
        reveals.five_samplers(found)
    return " ".join(capsys.readouterr().out.split())


def test_all_five_leaks_are_praised(capsys):
    said = said_of_five(drawn.LEAK_OF, capsys)
    assert "All five" in said and "Look at" not in said


@pytest.mark.parametrize("letter", "ABCDE")
def test_a_leak_that_is_missed_is_said(letter, capsys):
    said = said_of_five({**drawn.LEAK_OF, letter: "none"}, capsys)
    assert "All five" not in said and said.count("Look at") == 1
    assert f"{letter} has a leak that your detector does not see: {reveals.MEANS[drawn.LEAK_OF[letter]]}" in said


def test_the_right_words_at_the_wrong_letters_are_not_praised(capsys):
    words = list(drawn.LEAK_OF.values())
    said = said_of_five(dict(zip("ABCDE", [*words[1:], words[0]], strict=True)), capsys)
    assert "All five" not in said and said.count("has another leak") == 5


def test_without_a_leak_there_is_none(glyphs, five):
    bank, (_, _, evaluation) = glyphs
    new = [number for number, name in enumerate(bank.names) if name in set(evaluation.names)]
    fair = drawn.sampled(bank, new, leak="none", seed=5)
    assert leak_in(fair.support, fair.query, five[1]) == "none"
    assert [finding.kind for finding in audit(evaluation, fair.episodes)] == []


def test_the_numbers_are_those_of_the_pictures(glyphs, five):
    bank, _ = glyphs
    for sampler in five[0].values():
        for pictures, labels, rows in (
            (sampler.episodes.support_x, sampler.episodes.support_y, sampler.support),
            (sampler.episodes.query_x, sampler.episodes.query_y, sampler.query),
        ):
            assert labels.equal(rows.labels)
            assert (255 * pictures).round().to(torch.uint8).equal(bank.images[rows.classes, rows.drawings])
            assert rows.alphabets.equal(bank.group_ids[rows.classes])


def test_the_rest_of_the_training_classes_is_new(glyphs):
    bank, (training, _, _) = glyphs
    trained, rest = drawn.trained_part(bank, training)
    assert not trained.classes & set(rest)
    assert len(trained.classes) + len(rest) == training.n_classes
    assert set(bank.group_ids[rest].tolist()) <= set(trained.alphabets)


def test_the_queries_are_always_a_hundred():
    even, uneven = drawn.query_counts(3, None, seed=0), drawn.query_counts(3, 0.5, seed=0)
    assert [counts.tolist() for counts in even] == [[5] * 20] * 3
    assert [int(counts.sum()) for counts in uneven] == [100] * 3
    assert all(counts.max() > 5 and counts.max() <= 19 for counts in uneven)
