"""Facts about accuracies and their intervals."""

import math
import os
import statistics
import subprocess
import sys

import pytest
import torch

from metalib.episodes import EpisodeSpec, stream_episodes
from metalib.evaluate import Interval, bootstrap_interval, evaluate, mean_interval, paired_interval, wilson_interval
from metalib.runtime import seeded


def stream(bank, n=30):
    return stream_episodes(bank, EpisodeSpec(5, 1, 4), n, seed=0, batch=8)


def test_an_oracle_is_always_right_and_a_constant_one_time_in_five(tiny_bank):
    assert evaluate(lambda e: e.query_y, stream(tiny_bank)).tolist() == [1.0] * 30
    constant = evaluate(lambda e: torch.zeros_like(e.query_y), stream(tiny_bank))
    assert constant.tolist() == pytest.approx([0.2] * 30)


def test_episodes_stream_one_batch_at_a_time(tiny_bank):
    alive = []

    def watched():
        for number, batch in enumerate(stream(tiny_bank)):
            alive.append(number)
            yield batch

    seen = []
    evaluate(lambda e: seen.append(len(alive)) or e.query_y, watched())
    assert seen == [1, 2, 3, 4]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory of a process as Linux gives it")
def test_a_thousand_20_way_5_shot_episodes_stay_below_one_gigabyte():
    program = """
import resource, torch
from metalib.baselines import pixel_neighbour
from metalib.episodes import ClassBank, EpisodeSpec, stream_episodes
from metalib.evaluate import evaluate
images = torch.zeros(30, 20, 1, 28, 28, dtype=torch.uint8)
bank = ClassBank(images, tuple(map(str, range(30))), ("a",) * 30, "blank")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(evaluate(pixel_neighbour, stream_episodes(bank, EpisodeSpec(20, 5, 15), 1000, seed=0))) == 1000
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    output = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert int(output) * 1024 < 1e9


def test_a_prediction_of_the_wrong_shape(tiny_bank):
    with pytest.raises(ValueError, match=r"shape \[8\] for queries of shape \[8, 20\]"):
        evaluate(lambda e: e.query_y[:, 0], stream(tiny_bank))


def test_a_query_without_a_label_is_no_wrong_answer(tiny_bank):
    hidden = (e._replace(query_y=e.query_y * 0 - 100) for e in stream(tiny_bank))
    with pytest.raises(ValueError, match="query labels run from -100 to -100"):
        evaluate(lambda e: e.query_y, hidden)


def test_no_episodes():
    with pytest.raises(ValueError, match="no episodes"):
        evaluate(lambda e: e.query_y, [])


def test_mean_interval_against_the_standard_library():
    values = [0.9, 0.7, 1.0, 0.8, 0.6]
    interval = mean_interval(torch.tensor(values, dtype=torch.float64))
    assert interval.mean == pytest.approx(statistics.mean(values))
    half = statistics.NormalDist().inv_cdf(0.975) * statistics.stdev(values) / math.sqrt(5)
    assert interval.half_width == pytest.approx(half, rel=1e-6)


def test_mean_interval_covers_the_truth_19_times_in_20():
    generator = torch.Generator().manual_seed(0)
    inside = 0
    for _ in range(1000):
        interval = mean_interval(torch.rand(200, generator=generator))
        inside += interval.low <= 0.5 <= interval.high
    assert 0.93 < inside / 1000 < 0.97


def test_pairing_removes_what_episodes_share():
    generator = torch.Generator().manual_seed(0)
    shared, noise = torch.randn(500, generator=generator), 0.01 * torch.randn(500, generator=generator)
    a, b = shared + 0.02 + noise, shared
    paired = paired_interval(a, b)
    assert paired.low > 0
    assert paired.half_width < 0.05 * mean_interval(a).half_width


def test_the_bootstrap_agrees_with_the_normal_approximation_where_there_are_many_values():
    values = torch.rand(400, generator=seeded(0))
    normal, found = mean_interval(values, "runs"), bootstrap_interval(values, "runs", generator=seeded(1))
    assert (found.mean, found.n, found.unit) == (normal.mean, 400, "runs")
    assert (found.low, found.high) == pytest.approx((normal.low, normal.high), abs=0.002)
    assert found == bootstrap_interval(values, "runs", generator=seeded(1))


def test_the_bootstrap_has_the_quantiles_of_a_binomial_and_stays_among_the_values():
    """Of 0, 0, 0, 1 the number of ones among four is Binomial(4, 1/4): its 2.5 and 97.5 % points are 0 and 3."""
    found = bootstrap_interval(torch.tensor([0.0, 0.0, 0.0, 1.0]), generator=seeded(0))
    assert (found.mean, found.low, found.high) == (0.25, 0.0, 0.75)


def test_pairs_can_have_another_interval():
    a, b = torch.rand(20, generator=seeded(0)), torch.rand(20, generator=seeded(1))
    of_differences = bootstrap_interval(a.double() - b.double(), "runs", generator=seeded(2))
    assert of_differences == paired_interval(
        a, b, "runs", of=lambda values, unit: bootstrap_interval(values, unit, generator=seeded(2))
    )


def test_paired_results_need_the_same_episodes():
    with pytest.raises(ValueError, match="3 here and 4 there"):
        paired_interval(torch.ones(3), torch.ones(4))


@pytest.mark.parametrize(("values", "message"), [([0.5], "at least 2 values"), ([0.5, math.nan], "1 of 2 values")])
def test_values_without_an_interval(values, message):
    with pytest.raises(ValueError, match=message):
        mean_interval(torch.tensor(values))
    with pytest.raises(ValueError, match=message):
        bootstrap_interval(torch.tensor(values), generator=seeded(0))


def test_wilson_solves_its_equation():
    """The bounds are the p at which the observed share lies exactly z standard errors of p away (Wilson, 1927)."""
    interval = wilson_interval(7, 10)
    for bound in (interval.low, interval.high):
        assert abs(0.7 - bound) == pytest.approx(1.959964 * math.sqrt(bound * (1 - bound) / 10), rel=1e-9)


def test_wilson_stays_within_bounds_and_keeps_a_width():
    none, all_ = wilson_interval(0, 10), wilson_interval(10, 10)
    assert none.low == pytest.approx(0, abs=1e-12) and 0.2 < none.high < 0.35
    assert all_.high == pytest.approx(1) and 0.65 < all_.low < 0.8


@pytest.mark.parametrize("counts", [(1, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_impossible_counts(counts):
    with pytest.raises(ValueError, match="0 ≤ successes ≤ trials"):
        wilson_interval(*counts)


def test_how_an_interval_reads():
    assert str(Interval(0.981, 0.979, 0.983, 1000)) == "98.1 ± 0.2 % (1,000 episodes)"
    assert str(Interval(0.99689, 0.99642, 0.99736, 1000)) == "99.69 ± 0.05 % (1,000 episodes)"
    equal = bootstrap_interval(torch.ones(20), "runs", generator=seeded(0))
    assert (equal.low, equal.high) == (1.0, 1.0) and str(equal) == "100.0 % (20 runs, all alike: no interval)"
    assert str(wilson_interval(7, 10)) == "70.0 % (39.7 to 89.2, 10 questions)"


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval(0.007, 0.004, 0.01, 600), "+0.7 ± 0.3 points (600 episodes)"),
        (Interval(-0.018, -0.026, -0.01, 1000), "-1.8 ± 0.8 points (1,000 episodes)"),
        (Interval(-0.0002, -0.0012, 0.0008, 600), "0.0 ± 0.1 points (600 episodes)"),
        (Interval(0.0002, -0.0001, 0.0005, 600), "+0.02 ± 0.03 points (600 episodes)"),
        (Interval(0.0, 0.0, 0.0, 600), "0.0 points (600 episodes, all alike: no interval)"),
        (Interval(0.025, -0.0, 0.06, 20, "runs"), "+2.5 points (0.0 to +6.0, 20 runs)"),
    ],
)
def test_a_difference_reads_in_points(interval, words):
    assert interval.points() == words
