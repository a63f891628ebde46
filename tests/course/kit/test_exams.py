"""Facts about the exams: the same for everyone, and of the announced shape."""

import torch

from metalib.course.kit.exams import EXAM_A, EXAM_B


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
    from metalib.banks.omniglot import evaluation

    accuracies = EXAM_B.sit(lambda episodes: episodes.query_y, evaluation(omniglot))
    assert accuracies.shape == (400,)
    assert accuracies.min() == 1
