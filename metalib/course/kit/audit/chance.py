"""How much a count speaks against a right sampler: the level of the auditor's statistics, and where it comes from.

Each test counts, task by task, how often something came true: a label that was guessed, a picture that came again. For
a right sampler the distribution of each count M, given all tasks before, is known or bounded through its binomial
moments b_k ≥ E[C(M, k)]. For z ≥ 1, E[z^M] = Σ_k (z−1)^k E[C(M, k)], so the product over the tasks of
z^M / Σ_k (z−1)^k b_k has a mean of at most 1, and so has its average over several z. By Markov's inequality that
average exceeds 1/α with a probability of at most α, whatever the number of tasks and their shape. Nothing here is
asymptotic or simulated.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

LEVEL = 1e-9  # how often a right sampler has any finding of the tests below, at most
N_TESTS = 16  # labels 9, drawings 4, classes 2, repeated tasks 1
SURPRISING = math.log(N_TESTS / LEVEL)  # log evidence from which on one test is a finding: each has the same share
_LOG_Z = torch.tensor(
    [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 28.0], dtype=torch.double
)  # for weak flaws to complete ones


def log_evidence(hits: Tensor, log_moments: Tensor) -> float:
    """The log of a number that for a right sampler exceeds 1/α with a probability of at most α.

    hits         [J]: the count of step j
    log_moments  [J, K]: log b_k for k = 0 … K−1, a bound of E[C(hits, k)] given all steps before
    """
    powers = _LOG_Z.expm1().log()[:, None] * torch.arange(log_moments.shape[1])  # [Z, K]: log (z−1)^k
    log_means = (powers[:, None] + log_moments).logsumexp(dim=2).sum(dim=1)  # [Z]
    log_products = _LOG_Z * hits.sum() - log_means
    return float(log_products.logsumexp(dim=0)) - math.log(len(_LOG_Z))


def log_choose(n: Tensor, k: Tensor) -> Tensor:
    """log C(n, k), −∞ where k > n."""
    n, k = n.double(), k.double()
    return (n + 1).lgamma() - (k + 1).lgamma() - (n - k + 1).clamp(min=0).lgamma()


def guessed(n_guesses: Tensor, n_way: Tensor) -> Tensor:
    """Log moments [J, K] of how many of `n_guesses` classes have the guessed label, N labels in random order.

    C(m, k) (N−k)!/N!: k guesses for different labels are right together with the probability (N−k)!/N!, others never.
    """
    k = torch.arange(int(n_guesses.max()) + 1) if len(n_guesses) else torch.arange(1)
    m, n = n_guesses[:, None], n_way[:, None].double()
    log_ways = log_choose(m, k)
    return log_ways.where(k > m, log_ways + (n - k + 1).lgamma() - (n + 1).lgamma())


def drawn_again(n_drawn: Tensor, n_seen: Tensor, n_there: Tensor) -> Tensor:
    """Log moments [J, K] of how many of `n_drawn` things were seen before, drawn of `n_there` without replacement.

    C(m, k) C(s, k) / C(D, k), exactly.
    """
    k = torch.arange(int(n_drawn.max()) + 1) if len(n_drawn) else torch.arange(1)
    m, s, d = n_drawn[:, None], n_seen[:, None], n_there[:, None]
    return (log_choose(m, k) + log_choose(s, k) - log_choose(d, k)).where(k <= m, -math.inf)


def ordered(place: Tensor, inside: Tensor) -> float:
    """The same of an order that was foretold: the log of a mean of likelihood ratios, each with a mean of exactly 1.

    place   [T, L]: where the tasks before say that each class stands, by label; higher is later
    inside  [T, L]: which of the labels there are
    What is foretold is a distribution over the N! orders of a task's labels (Plackett, 1975): the next label is class
    i's in proportion to exp(−β · place i), of the classes that are left. A right sampler gives each order 1/N!.
    """
    log_ratios = []
    for sharpness in (0.5, 1.0, 2.0):
        weight = (-sharpness * place).where(inside, -1e9)
        left = weight.flip(1).logcumsumexp(dim=1).flip(1)  # [T, L]: of this class and those after it
        log_ratios.append((weight - left).where(inside, 0.0).sum() + (inside.sum(dim=1) + 1.0).double().lgamma().sum())
    return float(torch.stack(log_ratios).logsumexp(dim=0)) - math.log(len(log_ratios))


def with_probability(probability: Tensor) -> Tensor:
    """Log moments [J, 2] of something that comes true with a probability of at most `probability` [J]."""
    return torch.stack([torch.ones_like(probability), probability.clamp(max=1.0)], dim=1).log()
