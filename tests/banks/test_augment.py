"""Facts about the random changes of pictures."""

import torch
from torch.testing import assert_close

from metalib.banks.augment import jitter, jitter_pictures
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.runtime import seeded


def test_no_change_at_scale_zero_and_labels_stay(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 3, generator=seeded(0))
    same = jitter(episodes, 0.0, generator=seeded(1))
    assert_close(same.query_x, episodes.query_x, atol=1e-4, rtol=0)
    changed = jitter(episodes, 0.1, generator=seeded(1))
    assert changed.support_x.shape == episodes.support_x.shape
    assert torch.equal(changed.query_y, episodes.query_y)
    assert (changed.query_x - episodes.query_x).abs().mean() > 0.01


def test_each_picture_is_changed_in_its_own_way_by_the_generator_alone(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 1, generator=seeded(0))
    one = episodes._replace(query_x=episodes.query_x[:, :1].expand(-1, 10, -1, -1, -1))
    first, again = (jitter(one, 0.1, generator=seeded(2)).query_x for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first[0, 0], first[0, 1])
    assert first.min() >= 0
    assert first.max() <= 1


def test_the_size_of_the_change_is_the_scale():
    """A square's sides change by about the scale: the standard deviation of the logarithm of its area is √2 · scale."""
    picture = torch.zeros(1, 400, 1, 56, 56)
    picture[..., 18:38, 18:38] = 1
    areas = jitter(Episode(picture, None, picture, None), 0.05, generator=seeded(0)).query_x.sum(dim=(2, 3, 4))
    assert 0.8 < areas.log().std().item() / (2**0.5 * 0.05) < 1.2


def test_paper_beyond_the_edge_is_as_it_is_told():
    """A picture of nothing but paper stays so: dark paper by itself, white paper where it is said."""
    for paper in (0.0, 1.0):
        blank = torch.full((50, 3, 32, 32), paper)
        assert_close(jitter_pictures(blank, 0.3, generator=seeded(0), paper=paper), blank)
    assert jitter_pictures(torch.ones(50, 3, 32, 32), 0.3, generator=seeded(0)).min() == 0
