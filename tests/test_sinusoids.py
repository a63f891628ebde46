"""Facts about the sinusoid tasks: ranges, waves, the mean of all waves, and the errors along an adaptation."""

import math

import pytest
import torch
from torch.func import functional_call
from torch.nn.functional import mse_loss
from torch.testing import assert_close

from metalib import sinusoids
from metalib.adapt import adapt
from metalib.models import mlp
from metalib.runtime import seeded


def test_episodes_have_the_shapes_of_regression():
    episodes = sinusoids.sample_episodes(4, 5, 7, generator=seeded(0))
    assert [list(field.shape) for field in episodes] == [[4, 5, 1], [4, 5, 1], [4, 7, 1], [4, 7, 1]]
    assert {field.dtype for field in episodes} == {torch.float32}


def test_ranges_are_the_papers_and_are_filled():
    waves = sinusoids.draw_waves(20_000, generator=seeded(0))
    episodes = sinusoids.sample_episodes(2_000, 5, 5, generator=seeded(0))
    for values, (low, high) in (
        (waves.amplitude, (0.1, 5.0)),
        (waves.phase, (0.0, math.pi)),
        (episodes.support_x, (-5.0, 5.0)),
        (episodes.query_x, (-5.0, 5.0)),
    ):
        assert low <= values.min() < low + 0.01 and high - 0.01 < values.max() <= high
        assert abs(values.mean() - (low + high) / 2) < 0.1  # over five standard errors


def test_support_and_query_points_of_a_task_lie_on_one_wave():
    episodes = sinusoids.sample_episodes(50, 10, 10, generator=seeded(1))
    waves = sinusoids.draw_waves(50, generator=seeded(1))  # drawn first from the same generator
    assert_close(episodes.support_y, waves(episodes.support_x))
    assert_close(episodes.query_y, waves(episodes.query_x))


def test_a_wave_starts_at_its_phase_and_peaks_at_its_amplitude():
    waves = sinusoids.Waves(torch.tensor([2.0, 3.0]), torch.tensor([0.0, 1.0]))
    x = torch.tensor([[0.0], [1.0], [1.0 + math.pi / 2]])  # [S, 1], the same for both
    assert_close(waves(x)[1], torch.tensor([[3 * math.sin(-1)], [0.0], [3.0]]))
    assert_close(waves(x)[0, 0], torch.zeros(1))


def test_equal_seeds_give_equal_tasks_and_the_generator_goes_on():
    generator = seeded(3)
    first, second = (sinusoids.sample_episodes(2, 3, 3, generator=generator) for _ in range(2))
    again = sinusoids.sample_episodes(2, 3, 3, generator=seeded(3))
    assert all(a.equal(b) for a, b in zip(first, again, strict=True))
    assert not first.support_x.equal(second.support_x)


def test_the_mean_wave_is_minus_1_62_cosine():
    x = torch.linspace(-5, 5, 21)
    waves = sinusoids.draw_waves(200_000, generator=seeded(0))
    measured = waves(x[:, None]).mean(dim=0)[:, 0]
    assert_close(measured, sinusoids.mean_wave(x), atol=0.03, rtol=0)  # five standard errors
    assert sinusoids.mean_wave(torch.zeros(1)).item() == pytest.approx(-1.6234, abs=1e-4)


@pytest.mark.parametrize(("counts", "name"), [((0, 5, 5), "n_tasks"), ((1, 0, 5), "k_shot"), ((1, 5, -1), "n_query")])
def test_an_empty_task_is_refused(counts, name):
    with pytest.raises(ValueError, match=rf"{name} is .*: give at least 1"):
        sinusoids.sample_episodes(*counts, generator=seeded(0))


def test_query_errors_are_those_of_adapted_networks():
    torch.manual_seed(0)
    model = mlp()
    theta = dict(model.named_parameters())
    episodes = sinusoids.sample_episodes(3, 5, 20, generator=seeded(0))
    errors = sinusoids.query_errors(model, theta, episodes, inner_lr=0.02, inner_steps=4)
    assert list(errors.shape) == [3, 5] and not errors.requires_grad
    for t in range(3):
        task = episodes.task(t)
        for steps in (0, 1, 4):
            phi = theta
            if steps:
                phi = adapt(
                    model, theta, task.support_x, task.support_y, inner_lr=0.02, inner_steps=steps, loss_fn=mse_loss
                )
            assert_close(
                errors[t, steps], mse_loss(functional_call(model, phi, (task.query_x,)), task.query_y).detach()
            )
