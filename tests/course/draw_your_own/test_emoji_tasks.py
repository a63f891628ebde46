"""Exam D as rows of a list of pictures: the same tasks, and what is nearest in them."""

import pytest
import torch

from metalib import baselines
from metalib.banks import load_bank, split
from metalib.course.draw_your_own import emoji_tasks
from metalib.course.kit.exams import EXAM_D


@pytest.fixture(scope="module")
def evaluation():
    return split(load_bank("emoji", quiet=True)).evaluation


@pytest.fixture(scope="module")
def tasks(evaluation):
    return emoji_tasks.exam_d(evaluation)


def test_the_rows_give_the_exams_pictures(tasks, evaluation):
    first = next(EXAM_D.episodes(evaluation))
    pixels = emoji_tasks.pixels(tasks.pictures).view(-1, 32, 32, 3).movedim(-1, 1)
    torch.testing.assert_close(pixels[tasks.support[:20]], first.support_x.cpu())
    torch.testing.assert_close(pixels[tasks.query[:20]], first.query_x.cpu())


def test_each_picture_is_listed_once(tasks):
    assert len({picture.tobytes() for picture in tasks.pictures}) == len(tasks.pictures)
    assert torch.cat([tasks.support, tasks.query]).unique().tolist() == list(range(len(tasks.pictures)))


def test_pixels_do_as_the_courses_pixel_neighbours(tasks, evaluation):
    z = emoji_tasks.pixels(tasks.pictures)
    ours = emoji_tasks.accuracies(z, tasks.support, tasks.query)
    theirs = EXAM_D.sit(baselines.pixel_neighbour, evaluation)
    assert float(ours.mean()) == pytest.approx(float(theirs.mean()), abs=1e-3)


def test_an_accuracy_is_the_share_of_queries_nearest_to_their_own():
    z = torch.tensor([[0.0], [1.0], [2.0], [0.1], [1.9], [2.1]])
    accuracy = emoji_tasks.accuracies(z, torch.tensor([[0, 1, 2]]), torch.tensor([[3, 4, 5]]))
    assert accuracy.tolist() == pytest.approx([2 / 3])
