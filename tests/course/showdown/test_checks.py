"""The checks of notebook 08, against right answers and typical wrong ones."""

import math

import numpy as np
import pytest
import torch
from answers import accept, expect

from metalib import evaluate, protonet
from metalib.course.showdown import exercise_episodes_needed, exercise_paired_interval
from metalib.course.showdown.checks import check_episodes_needed, check_head_steps, check_paired_interval
from metalib.course.showdown.exercise_episodes_needed import episodes_needed
from metalib.course.showdown.exercise_head_steps import head_steps
from metalib.course.showdown.exercise_paired_interval import paired_interval

# --- a paired interval


def by_hand(a, b):
    d = a - b
    return d.mean(), 1.96 * d.std() / math.sqrt(len(d))


def as_a_list(a, b):
    d = [x - y for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    mean = sum(d) / len(d)
    return [mean, 1.96 * math.sqrt(sum((x - mean) ** 2 for x in d) / (len(d) - 1) / len(d))]


def by_numpy(a, b):
    d = (a - b).numpy()
    return np.mean(d), 1.96 * np.std(d, ddof=1) / np.sqrt(len(d))


def by_the_covariance(a, b):
    """The variance of a difference, told from that of both and what they have in common."""
    common = torch.cov(torch.stack([a, b]))[0, 1]
    return torch.stack([a.mean() - b.mean(), 1.96 * ((a.var() + b.var() - 2 * common) / len(a)) ** 0.5])


@pytest.mark.parametrize("answer", [by_hand, as_a_list, by_numpy, by_the_covariance])
def test_right_intervals_pass(answer):
    accept(check_paired_interval(answer))


def test_the_course_s_interval_is_the_module_s():
    a, b = torch.rand(2, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = evaluate.paired_interval(a, b)
    assert paired_interval(a, b) == (found.mean, pytest.approx((found.high - found.low) / 2))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b: (a - b).mean(), "You return a Tensor. Return two numbers"),
        (lambda a, b: (1.0, 2.0, 3.0), "You return 3 things. Return two numbers"),
        (lambda a, b: (float("nan"), 0.1), "Both are finite"),
        (lambda a, b: (0.0, 0.1), "the mean of a − b is"),
        (lambda a, b: (paired_interval(a, b)[0], 0.5), "The mean is right. The half-width on 6 tasks is"),
    ],
)
def test_what_is_no_interval_is_told(answer, words):
    expect(check_paired_interval(answer), words)


def test_what_is_paired_is_narrower_where_tasks_are_hard_for_both():
    hard, less, apart = exercise_paired_interval.cases()

    def narrower(case):
        a, b = case
        return paired_interval(a, b)[1] < 0.6 * evaluate.Z * ((a.var() + b.var()) / len(a)) ** 0.5

    assert [narrower(case) for case in (hard, less, apart)] == [True, True, False]


# --- how many tasks


def from_the_equation(a, b, difference, paired):
    variance = (a - b).var() if paired else a.var() + b.var()
    return int(torch.ceil(variance * (2.8 / difference) ** 2))


def with_exact_points(a, b, difference, paired):
    s = math.sqrt((a - b).var() if paired else a.var() + b.var())
    return math.ceil(((1.959964 + 0.841621) * s / difference) ** 2)


@pytest.mark.parametrize("answer", [from_the_equation, with_exact_points])
def test_right_numbers_of_tasks_pass(answer):
    accept(check_episodes_needed(answer))


def test_so_many_tasks_leave_out_0_in_four_of_five_tests():
    """The claim behind the formula, by drawing."""
    generator = torch.Generator().manual_seed(0)
    s, difference = 0.05, 0.01
    pilot = s * torch.randn(100_000, generator=generator, dtype=torch.float64)
    n_tasks = episodes_needed(pilot + difference, torch.zeros_like(pilot), difference, True)
    tests = difference + s * torch.randn(5000, n_tasks, generator=generator, dtype=torch.float64)
    half = 1.96 * tests.std(dim=1) / n_tasks**0.5
    assert float((tests.mean(dim=1) > half).double().mean()) == pytest.approx(0.8, abs=0.02)


def test_pairing_saves_tasks_in_every_case_and_half_the_difference_takes_four_times_as_many():
    cases = exercise_episodes_needed.cases()
    for (a, b, difference, _), (*_, unpaired) in zip(cases[::2], cases[1::2], strict=True):
        assert unpaired is False
        assert episodes_needed(a, b, difference, True) < episodes_needed(a, b, difference, False)
        fine, coarse = (episodes_needed(a, b, part * difference, True) for part in (0.5, 1))
        assert fine == pytest.approx(4 * coarse, abs=4)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a, b, difference, paired: (1, 2), "You return a tuple. Return a number: how many tasks."),
        (lambda a, b, difference, paired: math.inf, "A number of tasks is finite"),
        (lambda a, b, difference, paired: 7, "on the same tasks"),
    ],
)
def test_what_is_no_number_of_tasks_is_told(answer, words):
    expect(check_episodes_needed(answer), words)


# --- steps of a head


def by_autograd(W, b, s, y, rate, steps):
    for _ in range(steps):
        W, b = W.detach().requires_grad_(), b.detach().requires_grad_()
        loss = torch.nn.functional.cross_entropy(s @ W.T + b, y)
        of_W, of_b = torch.autograd.grad(loss, (W, b))
        W, b = W - rate * of_W, b - rate * of_b
    return W, b


def with_sgd(W, b, s, y, rate, steps):
    head = torch.nn.Linear(W.shape[1], W.shape[0])
    head.load_state_dict({"weight": W, "bias": b})
    descent = torch.optim.SGD(head.parameters(), lr=rate)
    for _ in range(steps):
        descent.zero_grad()
        torch.nn.functional.cross_entropy(head(s), y).backward()
        descent.step()
    return head.weight, head.bias


def picture_by_picture(W, b, s, y, rate, steps):
    for _ in range(steps):
        gain_W, gain_b = torch.zeros_like(W), torch.zeros_like(b)
        for z, label in zip(s, y.tolist(), strict=True):
            off = -(W @ z + b).softmax(dim=0)
            off[label] += 1
            gain_W += torch.outer(off, z)
            gain_b += off
        W, b = W + rate * gain_W / len(s), b + rate * gain_b / len(s)
    return [W, b]


@pytest.mark.parametrize("answer", [by_autograd, with_sgd, picture_by_picture])
def test_right_steps_of_a_head_pass(answer):
    accept(check_head_steps(answer))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda W, b, s, y, rate, steps: W, "Return two tensors"),
        (lambda W, b, s, y, rate, steps: (W.T, b), "Your W has the shape [4, 3], and the one you were given [3, 4]"),
        (lambda W, b, s, y, rate, steps: (W, b / 0), "no finite real numbers"),
        (lambda W, b, s, y, rate, steps: (W + 1, b), "your W is off by up to"),
        (lambda W, b, s, y, rate, steps: (W.add_(1), b), "Your function changes its input `W`"),
    ],
)
def test_what_is_no_head_is_told(answer, words):
    expect(check_head_steps(answer), words)


def test_the_first_step_from_zeros_is_the_prototypes_less_their_mean():
    """The claim that the notebook derives: W_k = rate / N · (c_k − c̄), with equally many pictures of each class."""
    s, y = torch.randn(12, 5, generator=torch.Generator().manual_seed(0)), torch.arange(12) % 4
    W, b = head_steps(torch.zeros(4, 5), torch.zeros(4), s, y, 2.0, 1)
    c = protonet.prototypes(s, y, 4)
    torch.testing.assert_close(W, 2.0 / 4 * (c - c.mean(dim=0)))
    torch.testing.assert_close(b, torch.zeros(4))
