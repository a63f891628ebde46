"""Similarity of representations: what leaves it alone, what it finds, and where its estimate is unbiased."""

import pytest
import torch

from metalib.course.maml_omniglot.similarity import debiased_cka, layer_outputs, random_change, unbiased_hsic
from metalib.models import conv4
from metalib.runtime import seeded


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=seeded(seed), dtype=torch.float64)


def test_equal_representations_have_similarity_one():
    assert debiased_cka(noise(20, 8), noise(20, 8)) == pytest.approx(1)


def test_turning_and_scaling_leave_the_similarity_alone():
    x = noise(20, 8)
    turn = torch.linalg.qr(noise(8, 8, seed=1)).Q
    assert debiased_cka(x, 3 * x @ turn) == pytest.approx(1)


def test_stretching_one_direction_does_not():
    x = noise(20, 8)
    assert debiased_cka(x, x * torch.tensor([9.0] + [1.0] * 7)) < 0.95


def test_unrelated_representations_have_similarity_zero_on_average():
    found = [debiased_cka(noise(30, 500, seed=s), noise(30, 500, seed=1000 + s)) for s in range(40)]
    assert abs(sum(found) / 40) < 0.02


def by_quadruples(k, l):  # noqa: E741
    """Eq. 2 of Song et al. (2012): the mean over distinct i, j, q, r of k_ij (l_ij + l_qr − 2 l_iq)."""
    n, values = len(k), []
    for i in range(n):
        for j in range(n):
            for q in range(n):
                for r in range(n):
                    if len({i, j, q, r}) == 4:
                        values.append(k[i, j] * (l[i, j] + l[q, r] - 2 * l[i, q]))
    return torch.stack(values).mean()


def test_the_estimate_is_the_mean_over_distinct_quadruples():
    x, y = noise(6, 3), noise(6, 4, seed=1)
    torch.testing.assert_close(unbiased_hsic(x @ x.T, y @ y.T), by_quadruples(x @ x.T, y @ y.T))


def test_a_constant_added_to_all_pictures_changes_nothing():
    x, y = noise(9, 3), noise(9, 4, seed=1)
    shifted = x + 5
    torch.testing.assert_close(unbiased_hsic(shifted @ shifted.T, y @ y.T), unbiased_hsic(x @ x.T, y @ y.T))


def test_too_few_pictures_and_unequal_numbers_are_refused():
    with pytest.raises(ValueError, match="3 pictures: the unbiased estimate needs at least 4"):
        debiased_cka(noise(3, 2), noise(3, 2))
    with pytest.raises(ValueError, match="5 pictures here and 6 there"):
        debiased_cka(noise(5, 2), noise(6, 2))


def test_the_layers_end_in_what_the_network_gives():
    model = conv4(downsample="stride", width=4, n_out=3, running_stats=False)
    params, x = dict(model.named_parameters()), torch.rand(5, 1, 28, 28, generator=seeded(0))
    found = layer_outputs(model, params, x)
    assert list(found) == ["block 1", "block 2", "block 3", "block 4", "head"]
    torch.testing.assert_close(found["block 4"], model.features(x))
    torch.testing.assert_close(found["head"], model(x))


def test_a_network_without_a_head_has_four_layers():
    model = conv4(width=4, running_stats=False)
    assert len(layer_outputs(model, dict(model.named_parameters()), torch.rand(5, 1, 28, 28))) == 4


def test_a_random_change_is_as_long_in_each_tensor_and_points_elsewhere():
    theta = {"a": noise(40, 30), "b": noise(30, seed=1)}
    phi = {"a": theta["a"] + 0.1 * noise(40, 30, seed=2), "b": theta["b"]}
    moved = random_change(theta, phi, generator=seeded(3))
    assert (moved["a"] - theta["a"]).norm() == pytest.approx((phi["a"] - theta["a"]).norm())
    assert abs(torch.cosine_similarity((moved["a"] - theta["a"]).flatten(), (phi["a"] - theta["a"]).flatten(), 0)) < 0.1
    assert moved["b"].equal(theta["b"])
