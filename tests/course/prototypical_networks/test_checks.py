"""The checks of notebook 06, against right answers and typical wrong ones."""

import math

import pytest
import torch
from answers import accept, expect
from torch.nn.functional import cross_entropy, one_hot

from metalib.course.prototypical_networks import exercise_stable_loss as stable_loss
from metalib.course.prototypical_networks.checks import check_linear_head, check_prototypes, check_stable_loss

# --- prototypes


def by_loop(z, y, s, n):
    rows = []
    for k in range(n):
        rows.append(z[:s][y[:s] == k].mean(dim=0))
    return torch.stack(rows)


def by_product(z, y, s, n):
    belongs = one_hot(y[:s], n).float()  # [S, N]
    return belongs.T @ z[:s] / belongs.sum(dim=0)[:, None]


@pytest.mark.parametrize("answer", [by_loop, by_product])
def test_right_prototypes_pass(answer):
    accept(check_prototypes(answer))


def sums(z, y, s, n):
    return torch.stack([z[:s][y[:s] == k].sum(dim=0) for k in range(n)])


WRONG_PROTOTYPES = {
    "the mean over the queries too": lambda z, y, s, n: torch.stack([z[y == k].mean(dim=0) for k in range(n)]),
    "as if they were sorted by label": lambda z, y, s, n: z[:s].view(n, s // n, -1).mean(dim=1),
    "as if the labels ran 0, 1, …": lambda z, y, s, n: torch.stack([z[:s][k::n].mean(dim=0) for k in range(n)]),
    "Divide by their number: take the mean": sums,
    "the number of all support pictures, K·N": lambda z, y, s, n: sums(z, y, s, n) / s,
    "every sum by the same K": lambda z, y, s, n: sums(z, y, s, n) / (s / n),
    "divide by the number of classes": lambda z, y, s, n: sums(z, y, s, n) / n,
    "in which the labels first appear": lambda z, y, s, n: torch.stack(
        [z[:s][y[:s] == k].mean(dim=0) for k in dict.fromkeys(y[:s].tolist())]
    ),
    "`set(labels)` of a tensor": lambda z, y, s, n: torch.stack([z[:s][y[:s] == k].mean(dim=0) for k in set(y[:s])]),
    "leave the support set out": lambda z, y, s, n: torch.stack([z[s:][y[s:] == k].mean(dim=0) for k in range(n)]),
    "cut from different places": lambda z, y, s, n: torch.stack([z[:s][y[-s:] == k].mean(dim=0) for k in range(n)]),
    "all *other* classes": lambda z, y, s, n: torch.stack([z[:s][y[:s] != k].mean(dim=0) for k in range(n)]),
    "run from 1 to N": lambda z, y, s, n: torch.stack([z[:s][y[:s] == k].mean(dim=0) for k in range(1, n + 1)]),
    "is nan, the mean of no rows": lambda z, y, s, n: torch.stack([z[:s][y[:s] == -k].mean(dim=0) for k in range(n)]),
    "Cut both to the same rows": lambda z, y, s, n: torch.stack([z[:s][y == k].mean(dim=0) for k in range(n)]),
    "one picture of each class": lambda z, y, s, n: torch.stack([z[y == k][0] for k in range(n)]),
    "the mean of the whole support set": lambda z, y, s, n: z[:s].mean(dim=0).repeat(n, 1),
    "to length 1": lambda z, y, s, n: torch.nn.functional.normalize(by_loop(z, y, s, n)),
    "`torch.stack(rows)`": lambda z, y, s, n: list(by_loop(z, y, s, n)),
    "one column a class": lambda z, y, s, n: by_loop(z, y, s, n).T,
    "You return a dict": lambda z, y, s, n: dict(enumerate(by_loop(z, y, s, n))),
    "You return a float": lambda z, y, s, n: by_loop(z, y, s, n).sum().item(),
    "make [N, D] = [3, 5]": lambda z, y, s, n: by_loop(z, y, s, n)[:2],
    "the prototype of label 0 starts with": lambda z, y, s, n: by_loop(z, y, s, n) + 0.1,
    "changes its input `z`": lambda z, y, s, n: by_loop(z.mul_(2), y, s, n),
}


@pytest.mark.parametrize("words", WRONG_PROTOTYPES)
def test_wrong_prototypes_are_named(words):
    expect(check_prototypes(WRONG_PROTOTYPES[words]), words)


def test_a_mask_over_other_rows_is_explained():
    def answer(z, y, s, n):
        return torch.stack([z[:s][y == k].mean(dim=0) for k in range(n)])

    expect(check_prototypes(answer), "Cut both to the same rows")


# --- the linear layer


def by_formula(c):
    return 2 * c, -(c * c).sum(dim=1)


def shifted_to_the_first_class(c):
    """Only differences of logits count: all classes less the first one."""
    weight, bias = by_formula(c)
    return weight - weight[0], (bias - bias[0]).float()


@pytest.mark.parametrize("answer", [by_formula, shifted_to_the_first_class])
def test_right_heads_pass(answer):
    accept(check_linear_head(answer))


def norm(c):
    return c.square().sum(dim=1)


WRONG_HEADS = {
    "half of what they should be": lambda c: (c, -norm(c) / 2),
    "The factor 2 is missing in W": lambda c: (c, -norm(c)),
    "Your b does nothing": lambda c: (2 * c, -norm(c).sum().expand(len(c))),
    "Your b has the wrong sign": lambda c: (2 * c, norm(c)),
    "Both signs are turned": lambda c: (-2 * c, norm(c)),
    "Your b is the length": lambda c: (2 * c, -c.norm(dim=1)),
    "Your b is twice too large": lambda c: (2 * c, -2 * norm(c)),
    "Your b is the mean of the squares": lambda c: (2 * c, -(c**2).mean(dim=1)),
    "as a dot product": lambda c: (c, torch.zeros(len(c))),
    "That is the cosine": lambda c: (2 * c / c.norm(dim=1, keepdim=True), -torch.ones(len(c))),
    "Return two tensors": lambda c: 2 * c,
    "in the other order": lambda c: by_formula(c)[::-1],
    "one column a class": lambda c: ((2 * c).T, -norm(c)),
    "sum over the D dimensions": lambda c: (2 * c, -c.square().sum(dim=0)),
    "one number a class.": lambda c: (2 * c, -c.square().sum()),
    "Your W has the shape [1, 5, 3]": lambda c: (2 * c[None], -norm(c)),
    "by your W and b": lambda c: (3 * c, -norm(c)),
}


@pytest.mark.parametrize("words", WRONG_HEADS)
def test_wrong_heads_are_named(words):
    expect(check_linear_head(WRONG_HEADS[words]), words)


# --- the loss


def by_shifting(d, y):
    shifted = d - d.min(dim=1, keepdim=True).values
    own = shifted[torch.arange(len(y)), y]
    return (own + (-shifted).exp().sum(dim=1).log()).mean()


def in_double_precision(d, y):
    m = d.double().amin(dim=1)
    return (own(d, y) - m + torch.log(torch.exp(m[:, None] - d).sum(dim=1))).mean().item()


@pytest.mark.parametrize("answer", [by_shifting, in_double_precision])
def test_right_losses_pass(answer):
    accept(check_stable_loss(answer))


def own(p, y):
    return p[torch.arange(len(y)), y]


def less_global_minimum(d, y):
    e = (-(d - d.min())).exp()
    return -own(e / e.sum(dim=1, keepdim=True), y).log().mean()


def less_row_minimum(d, y):
    e = (-(d - d.amin(dim=1, keepdim=True))).exp()
    return -own(e / e.sum(dim=1, keepdim=True), y).log().mean()


def less_a_largest(d, y, largest):
    d = d - largest
    return (own(d, y) + (-d).exp().sum(dim=1).log()).mean()


def fraction_less_largest(d, y):
    e = (d.amax(dim=1, keepdim=True) - d).exp()
    return -own(e / e.sum(dim=1, keepdim=True), y).log().mean()


WRONG_LOSSES = {
    "from `cross_entropy`": lambda d, y: cross_entropy(-d, y),
    "from `log_softmax`": lambda d, y: -own((-d).log_softmax(dim=1), y).mean(),
    "from `logsumexp`": lambda d, y: (own(d, y) + (-d).logsumexp(dim=1)).mean(),
    "You subtract the largest distance": lambda d, y: less_a_largest(d, y, d.amax(dim=1, keepdim=True)),
    "exp of 800 overflows": lambda d, y: less_a_largest(d, y, d.max()),
    "no exponential is then above": fraction_less_largest,
    "Subtract the smallest distance of each row first": lambda d, y: (own(d, y) + (-d).exp().sum(1).log()).mean(),
    "exp(−1000) is 0 to the machine": lambda d, y: -own((-d).exp() / (-d).exp().sum(1, keepdim=True), y).log().mean(),
    "the smallest distance of the whole batch": less_global_minimum,
    "the logarithm of a probability that can be 0": less_row_minimum,
    "subtract the own distance d_y": lambda d, y: (own(d, y)[:, None] - d).exp().sum(1).log().mean(),
    "another that is not the smallest": lambda d, y: less_a_largest(d, y, d.mean(dim=1, keepdim=True)),
    "The minus is missing": lambda d, y: cross_entropy(d, y),
    "Take their mean": lambda d, y: cross_entropy(-d, y, reduction="sum"),
    "You normalise over the queries": lambda d, y: -own((-d).log_softmax(dim=0), y).mean(),
    "the mean distance to the own prototype": lambda d, y: own(d, y).mean(),
    "Both need the same m": lambda d, y: (own(d, y) + (-(d - d.amin(1, keepdim=True))).exp().sum(1).log()).mean(),
    "queries times classes": lambda d, y: -(one_hot(y, 4) * (-d).log_softmax(dim=1)).mean(),
    "You return the log probability": lambda d, y: -cross_entropy(-d, y),
    "A small number that is added to p": lambda d, y: -own((-d).softmax(dim=1) + 1e-8, y).log().mean(),
    "Did you take the root": lambda d, y: cross_entropy(-d.sqrt(), y),
    "For small distances": lambda d, y: cross_entropy(-1.1 * d, y),
    "Return one number": lambda d, y: cross_entropy(-d, y, reduction="none"),
}


@pytest.mark.parametrize("words", WRONG_LOSSES)
def test_wrong_losses_are_named(words):
    expect(check_stable_loss(WRONG_LOSSES[words]), words)


def test_a_loss_that_is_not_finite_is_told_from_one_that_is():
    assert not stable_loss._same_number(math.nan, 1.0)
    assert stable_loss._same_number(math.nan, math.inf)
