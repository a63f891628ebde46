"""The check of Reptile's start in closed form, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect

from metalib.course.kit import verdict
from metalib.course.reptile import checks
from metalib.course.reptile import exercise_reptile_start as start
from metalib.course.reptile.checks import check_reptile_start


def by_solving(c, A, alpha, k, *, weight=lambda power, A: torch.eye(len(A[0])).to(A) - power, step=-1):
    """Right; `weight` and `step` make it wrong."""
    W = weight(torch.linalg.matrix_power(torch.eye(len(A[0])).to(A) + step * alpha * A, k), A)
    return torch.linalg.solve(W.sum(dim=0), torch.einsum("tij,tj->i", W, c))


def by_eigenvalues(c, A, alpha, k):
    """Right, task by task, and a list: I − Mᵏ has A's eigenvectors, and the eigenvalues 1 − (1 − αλ)ᵏ."""
    total, pull = 0, 0
    for centre, curvature in zip(c, A, strict=True):
        values, vectors = torch.linalg.eigh(curvature)
        W = vectors @ torch.diag(1 - (1 - alpha * values) ** k) @ vectors.T
        total, pull = total + W, pull + W @ centre
    return (torch.linalg.inv(total) @ pull).tolist()


def by_running_it(c, A, alpha, k, updates=600, epsilon=1.0):
    """Right: Reptile itself, update after update."""
    M, theta = torch.linalg.matrix_power(torch.eye(len(A[0])).to(A) - alpha * A, k), torch.zeros_like(c[0])
    for _ in range(updates):
        phi = c + torch.einsum("tij,tj->ti", M, theta - c)
        theta = theta + epsilon * (phi - theta).mean(dim=0)
    return theta


@pytest.mark.parametrize("answer", [by_solving, by_eigenvalues, by_running_it])
def test_right_starts_pass(answer):
    accept(check_reptile_start(answer))


def test_an_untouched_start_is_not_attempted():
    def reptile_start(c, A, alpha, k):
        """Reptile's start [D] for k inner steps."""
        ...

    assert check_reptile_start(reptile_start).passed is None


def test_the_start_for_very_many_steps_is_the_mean_of_the_optima():
    *_, (c, A, alpha, k) = (start._quadratics(n, d, k) for n, d, k in ((3, 2, 2), (4, 3, 2000)))
    torch.testing.assert_close(checks.reptile_start(c, A, alpha, k), c.mean(dim=0))


def weighing(weight):
    return lambda *case: by_solving(*case, weight=weight)


def moves(c, A, alpha, k):
    return c - torch.einsum("tij,tj->ti", torch.linalg.matrix_power(torch.eye(len(A[0])).to(A) - alpha * A, k), c)


def entry_by_entry(c, A, alpha, k):
    eye = torch.eye(len(A[0])).to(A)
    W = eye - (eye - alpha * A) ** k
    return torch.linalg.solve(W.sum(dim=0), torch.einsum("tij,tj->i", W, c))


def with_ones(
    c,
    A,
    alpha,
    k,
    *,
    M=lambda eye, aA: eye - aA,
    W=lambda eye, Mk: eye - Mk,
    power=torch.linalg.matrix_power,
):
    """Right, and wrong where M or W takes 1 for the identity."""
    eye = torch.eye(len(A[0])).to(A)
    weights = W(eye, power(M(eye, alpha * A), k))
    return torch.linalg.solve(weights.sum(dim=0), torch.einsum("tij,tj->i", weights, c))


def test_the_helper_of_the_wrong_starts_is_right_by_itself():
    accept(check_reptile_start(with_ones))


WRONG_STARTS = {
    "You weigh the optima by their curvatures": weighing(lambda power, A: A),
    "the mean of the optima, whatever k is": lambda c, A, alpha, k: c.mean(dim=0),
    "what is *left* of the way": weighing(lambda power, A: power),
    "`torch.linalg.matrix_power(M, k)`": entry_by_entry,
    "You forgot α": lambda c, A, alpha, k: by_solving(c, A, 1.0, k),
    "Your inner steps climb": lambda *case: by_solving(*case, step=1),
    "one inner step too many": lambda c, A, alpha, k: by_solving(c, A, alpha, k + 1),
    "one inner step too few": lambda c, A, alpha, k: by_solving(c, A, alpha, k - 1),
    "first-order MAML's start": weighing(lambda power, A: A @ power),
    "that is MAML's start": weighing(lambda power, A: power @ A @ power),
    "That is the right-hand side": lambda *case: moves(*case).sum(dim=0),
    "where *one* update leads": lambda *case: moves(*case).mean(dim=0),
    "Your sign is wrong": lambda *case: -by_solving(*case),
    "the first task only": lambda c, A, alpha, k: c[0],
    "Your M is 1 − α A": lambda *case: with_ones(*case, M=lambda eye, aA: 1 - aA),
    "in *every* place, beside the diagonal too. The identity": lambda *case: with_ones(
        *case, M=lambda eye, aA: 1 - aA, W=lambda eye, Mk: 1 - Mk
    ),
    "`torch.eye(D) - alpha * A`": lambda *case: with_ones(*case, M=lambda eye, aA: 1 - aA, power=torch.pow),
    "with I = `torch.eye(D)`": lambda *case: with_ones(*case, W=lambda eye, Mk: 1 - Mk),
    "the power of I − M": lambda *case: with_ones(*case, M=lambda eye, aA: aA, W=lambda eye, Mk: Mk),
    "One side of your equation is a sum": lambda c, *rest: by_solving(c, *rest) / len(c),
    "One side of your equation is a mean": lambda c, *rest: by_solving(c, *rest) * len(c),
    "Return one point, [2]": lambda c, A, alpha, k: c,
    "has the type dict": lambda c, A, alpha, k: {"start": c[0]},
    "the start is": lambda c, A, alpha, k: torch.zeros(c.shape[1]),
}


@pytest.mark.parametrize("words", WRONG_STARTS)
def test_wrong_starts_are_named(words):
    expect(check_reptile_start(WRONG_STARTS[words]), words)


def test_a_right_start_that_takes_too_long_is_told_to_solve_the_system(monkeypatch):
    monkeypatch.setattr(verdict, "SECONDS_OF_A_CALL", 0.2)
    expect(check_reptile_start(lambda *case: by_running_it(*case, updates=10**7)), "linear in θ")
