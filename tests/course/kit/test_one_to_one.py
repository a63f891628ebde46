"""Facts about the one-to-one assignment."""

import pytest
import torch
from torch.testing import assert_close

from metalib import protonet
from metalib.course.kit import one_to_one
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


def test_rows_and_columns_sum_to_one():
    found = one_to_one.sinkhorn(3 * torch.randn(4, 20, 20, generator=seeded(0))).exp()
    assert_close(found.sum(dim=2), torch.ones(4, 20))
    assert_close(found.sum(dim=1), torch.ones(4, 20), atol=1e-3, rtol=0)


def test_it_stays_finite_where_probabilities_vanish():
    """Squared distances of a trained network are in the hundreds."""
    found = one_to_one.sinkhorn(-400 * torch.rand(20, 20, generator=seeded(0)))
    assert found.isfinite().all()


def test_two_queries_do_not_get_one_class():
    """Both are nearest to class 0; the second is nearly as near to class 1, and gets it."""
    place = {"support_x": [0.0, 3.0], "query_x": [0.1, 1.4]}
    support, query = (torch.tensor(x).view(1, 2, 1, 1, 1) for x in place.values())
    labels = torch.tensor([[0, 1]])
    task = Episode(support, labels, query, labels)
    pixels = torch.nn.Flatten()
    assert protonet.predict(pixels, task).tolist() == [[0, 0]]
    assert one_to_one.predict(pixels, task).tolist() == [[0, 1]]


def test_the_order_of_the_queries_is_nothing_it_knows(tiny_bank):
    network = conv4().eval()
    task = sample_episodes(tiny_bank, EpisodeSpec(10, 1, 1), 1, generator=seeded(0))
    order = torch.randperm(10, generator=seeded(1))
    mixed = task._replace(query_x=task.query_x[:, order], query_y=task.query_y[:, order])
    with torch.no_grad():
        assert torch.equal(one_to_one.predict(network, mixed), one_to_one.predict(network, task)[:, order])


def test_more_queries_than_classes_are_refused(tiny_bank):
    task = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 1, generator=seeded(0))
    with pytest.raises(ValueError, match="10 queries and 5 classes"):
        one_to_one.predict(torch.nn.Flatten(1), task)
