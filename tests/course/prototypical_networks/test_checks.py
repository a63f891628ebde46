"""The checks of notebook 06, against right answers and typical wrong ones."""

import math

import numpy as np
import pytest
import torch
from answers import accept, expect
from torch import nn
from torch.distributions import Categorical
from torch.nn.functional import cross_entropy, nll_loss, one_hot

from metalib.course.prototypical_networks import checks
from metalib.course.prototypical_networks import exercise_stable_loss as stable_loss
from metalib.course.prototypical_networks.checks import check_linear_head, check_prototype_loss, check_stable_loss

# --- the loss of prototypes


def means(s, s_y):
    return torch.stack([s[s_y == k].mean(dim=0) for k in range(int(s_y.max()) + 1)])


def by_hand(s, s_y, q, q_y, distance, scale):
    log_p = (-scale * distance(q, means(s, s_y))).log_softmax(dim=1)
    return -log_p.gather(1, q_y[:, None]).mean()


def by_product(s, s_y, q, q_y, distance, scale):
    belongs = one_hot(s_y).to(s)  # [S, N]
    c = belongs.T @ s / belongs.sum(dim=0)[:, None]
    return cross_entropy(-distance(q, c) * scale, q_y)


def query_by_query(s, s_y, q, q_y, distance, scale):
    c, total = means(s, s_y), 0.0
    for z, y in zip(q, q_y, strict=True):
        d = scale * distance(z[None], c)[0]
        total = total + d[y] + (-d).exp().sum().log()
    return total / len(q)


def by_module(s, s_y, q, q_y, distance, scale):
    return nn.CrossEntropyLoss()(-scale * distance(q, means(s, s_y)), q_y).reshape(1)


@pytest.mark.parametrize("answer", [by_hand, by_product, query_by_query, by_module])
def test_right_losses_of_prototypes_pass(answer):
    accept(check_prototype_loss(answer))


def from_distances(change):
    """The answer that makes `change(distances, labels, scale)` of the right distances."""
    return lambda s, s_y, q, q_y, distance, scale: change(distance(q, means(s, s_y)), q_y, scale)


def with_prototypes(make):
    return lambda s, s_y, q, q_y, distance, scale: cross_entropy(-scale * distance(q, make(s, s_y)), q_y)


def n_of(s_y):
    return int(s_y.max()) + 1


def by_appearance(s, s_y):
    return torch.stack([s[s_y == k].mean(dim=0) for k in dict.fromkeys(s_y.tolist())])


def with_the_queries(s, s_y, q, q_y, distance, scale):
    c = means(torch.cat([s, q]), torch.cat([s_y, q_y]))
    return cross_entropy(-scale * distance(q, c), q_y)


def sums(s, s_y):
    return torch.stack([s[s_y == k].sum(dim=0) for k in range(n_of(s_y))])


WRONG_LOSSES_OF_PROTOTYPES = {
    "The minus is missing": from_distances(lambda d, y, scale: cross_entropy(scale * d, y)),
    "The minus stands outside": from_distances(lambda d, y, scale: -cross_entropy(scale * d, y)),
    "Your `scale` does nothing": from_distances(lambda d, y, scale: cross_entropy(-d, y)),
    "You divide the distances by `scale`": from_distances(lambda d, y, scale: cross_entropy(-d / scale, y)),
    "You multiply the loss by `scale`": from_distances(lambda d, y, scale: scale * cross_entropy(-d, y)),
    "You multiply the points by `scale`": lambda s, s_y, q, q_y, d, scale: by_hand(
        scale * s, s_y, scale * q, q_y, d, 1
    ),
    "You always take the squared distance": lambda s, s_y, q, q_y, d, scale: cross_entropy(
        -scale * torch.cdist(q, means(s, s_y)) ** 2, q_y
    ),
    "in the other order": lambda s, s_y, q, q_y, d, scale: cross_entropy(-scale * d(means(s, s_y), q).T, q_y),
    "You add the losses": from_distances(lambda d, y, scale: cross_entropy(-scale * d, y, reduction="sum")),
    "queries times classes": from_distances(
        lambda d, y, scale: -(one_hot(y, d.shape[1]) * (-scale * d).log_softmax(1)).mean()
    ),
    "normalise over the queries": from_distances(lambda d, y, scale: nll_loss((-scale * d).log_softmax(0), y)),
    "You take the softmax twice": from_distances(lambda d, y, scale: cross_entropy((-scale * d).softmax(1), y)),
    "The logarithm is missing": from_distances(lambda d, y, scale: nll_loss((-scale * d).softmax(1), y)),
    "You return the log probability": from_distances(lambda d, y, scale: -cross_entropy(-scale * d, y)),
    "in bits": from_distances(lambda d, y, scale: nll_loss((-scale * d).softmax(1).log2(), y)),
    "the mean distance to the own prototype": from_distances(lambda d, y, scale: nll_loss(-scale * d, y)),
    "the loss of the support pictures": lambda s, s_y, q, q_y, d, scale: by_hand(s, s_y, s, s_y, d, scale),
    "means over the queries too": with_the_queries,
    "as if they were sorted by label": with_prototypes(lambda s, s_y: s.view(n_of(s_y), -1, 5).mean(dim=1)),
    "every N-th support row": with_prototypes(
        lambda s, s_y: torch.stack([s[k :: n_of(s_y)].mean(dim=0) for k in range(n_of(s_y))])
    ),
    "Your prototypes are sums": with_prototypes(sums),
    "by the same K": with_prototypes(lambda s, s_y: sums(s, s_y) / (len(s) / n_of(s_y))),
    "in which the labels first appear": with_prototypes(by_appearance),
    "one picture of each class": with_prototypes(
        lambda s, s_y: torch.stack([s[s_y == k][0] for k in range(n_of(s_y))])
    ),
    # off by one, a constant, the wrong count
    "Labels run from 0 to N − 1": with_prototypes(lambda s, s_y: means(s, s_y)[:-1]),
    "A class without a picture has nan": with_prototypes(
        lambda s, s_y: torch.stack([s[s_y == k].mean(dim=0) for k in range(20)])
    ),
    "the loss is ": from_distances(lambda d, y, scale: 1.1 * cross_entropy(-scale * d, y)),
    # what comes back
    "numbers, one a query": from_distances(lambda d, y, scale: cross_entropy(-scale * d, y, reduction="none")),
    "tensor of shape [7, 3]": from_distances(lambda d, y, scale: (-scale * d).softmax(1)),
    "nothing can be trained by it": from_distances(lambda d, y, scale: cross_entropy(-scale * d, y).item()),
    "that of the support pictures": lambda s, s_y, q, q_y, d, scale: by_hand(s.detach(), s_y, q, q_y, d, scale),
    "that of the queries": lambda s, s_y, q, q_y, d, scale: by_hand(s, s_y, q.data, q_y, d, scale),
    "that of the scale": lambda s, s_y, q, q_y, d, scale: by_hand(s, s_y, q, q_y, d, float(scale)),
    "changes its input `q`": lambda s, s_y, q, q_y, d, scale: by_hand(s, s_y, q.mul_(2), q_y, d, scale / 4),
}


@pytest.mark.filterwarnings("ignore:Converting a tensor with requires_grad")
@pytest.mark.parametrize("words", WRONG_LOSSES_OF_PROTOTYPES)
def test_wrong_losses_of_prototypes_are_named(words):
    expect(check_prototype_loss(WRONG_LOSSES_OF_PROTOTYPES[words]), words)


def test_a_loss_without_a_graph_is_told():
    def answer(s, s_y, q, q_y, distance, scale):
        with torch.no_grad():
            return by_hand(s, s_y, q, q_y, distance, scale)

    expect(check_prototype_loss(answer), "nothing can be trained by it")


def test_a_loop_over_the_set_of_labels_is_told():
    def answer(s, s_y, q, q_y, distance, scale):
        c = torch.stack([s[s_y == k].mean(dim=0) for k in set(s_y)])  # no two tensors are equal: one row a picture
        return cross_entropy(-scale * distance(q, c), q_y)

    expect(check_prototype_loss(answer), "yours is")


def test_the_later_cells_run_the_learners_own(capsys):
    def prototype_loss(support, support_y, query, query_y, distance, scale):
        return by_hand(support, support_y, query, query_y, distance, scale)

    assert checks.mine(prototype_loss) is prototype_loss  # by_hand, a helper beside it, is part of the answer
    assert "your prototype_loss" in capsys.readouterr().out
    assert checks.mine(by_product_named()).__name__ == "prototype_loss"
    assert "your prototype_loss" in capsys.readouterr().out


def by_product_named():
    def prototype_loss(support, support_y, query, query_y, distance, scale):
        belongs = one_hot(support_y).to(support)
        return cross_entropy(-scale * distance(query, belongs.T @ support / belongs.sum(dim=0)[:, None]), query_y)

    return prototype_loss


def test_a_gradient_that_is_cut_off_at_the_size_of_training_is_told(capsys):
    def prototype_loss(support, support_y, query, query_y, distance, scale):
        belongs = one_hot(support_y).to(support)
        if len(support) == 20:
            support = support.detach()
        return cross_entropy(-scale * distance(query, belongs.T @ support / belongs.sum(dim=0)[:, None]), query_y)

    assert checks.mine(prototype_loss) is checks.prototype_loss
    assert "its gradient is not" in capsys.readouterr().out


# --- the linear layer


def by_formula(c):
    return 2 * c, -(c * c).sum(dim=1)


def shifted_to_the_first_class(c):
    """Only differences of logits count: all classes less the first one."""
    weight, bias = by_formula(c)
    return weight - weight[0], (bias - bias[0]).float()


def in_numpy(c):
    array = c.numpy()
    return 2 * array, -np.square(array).sum(axis=1)


def in_lists(c):
    return (2 * c).tolist(), (-c.square().sum(dim=1)).tolist()


def in_whole_numbers_of_a_list(c):
    weight, bias = by_formula(c)
    return [weight, bias.numpy()]


@pytest.mark.parametrize(
    "answer", [by_formula, shifted_to_the_first_class, in_numpy, in_lists, in_whole_numbers_of_a_list]
)
def test_right_heads_pass(answer):
    accept(check_linear_head(answer))


def norm(c):
    return c.square().sum(dim=1)


WRONG_HEADS = {
    "half of what they should be": lambda c: (c, -norm(c) / 2),
    "The factor 2 is missing in W": lambda c: (c, -norm(c)),
    "Your b does nothing": lambda c: (2 * c, -norm(c).sum().expand(len(c))),
    "Your b has the wrong sign": lambda c: (2 * c, norm(c)),
    "Your W has the wrong sign": lambda c: (-2 * c, -norm(c)),
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
    "list of 5 tensors": lambda c: (list(2 * c), -norm(c)),
    "Your W is a dict": lambda c: (dict(enumerate(c)), -norm(c)),
    "complex numbers": lambda c: (2 * c + 0j, -norm(c)),
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


def in_numpy_alone(d, y):
    d = d.double().numpy()
    m = d.min(axis=1, keepdims=True)
    return (d[np.arange(len(y)), y.numpy()] - m[:, 0] + np.log(np.exp(m - d).sum(axis=1))).mean()


def as_an_array_of_one(d, y):
    return by_shifting(d, y).reshape(1).requires_grad_()


@pytest.mark.parametrize("answer", [by_shifting, in_double_precision, in_numpy_alone, as_an_array_of_one])
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


def helper(d, y):
    return cross_entropy(-d, y)


def by_running_logarithm(d, y):
    return (own(d, y) + (-d).logcumsumexp(dim=1)[:, -1]).mean()


def by_pairs(d, y):
    total = -d[:, 0]
    for k in range(1, d.shape[1]):
        total = torch.logaddexp(total, -d[:, k])
    return (own(d, y) + total).mean()


READY_MADE = {
    "from `cross_entropy`": lambda d, y: cross_entropy(-d, y),
    "from `cross_entropy`, by a module": lambda d, y: nn.CrossEntropyLoss()(-d, y),
    "from `cross_entropy`, by a helper": lambda d, y: helper(d, y),
    "from `log_softmax`": lambda d, y: -own((-d).log_softmax(dim=1), y).mean(),
    "from `log_softmax`, by a module": lambda d, y: -own(nn.LogSoftmax(dim=1)(-d), y).mean(),
    "from `log_softmax`, by modules": lambda d, y: nn.NLLLoss()(nn.LogSoftmax(dim=1)(-d), y),
    "from `nll_loss`": lambda d, y: nn.NLLLoss()(d.amin(1, keepdim=True) - d - shifted_sum(d).log()[:, None], y),
    "from `logsumexp`": lambda d, y: (own(d, y) + (-d).logsumexp(dim=1)).mean(),
    "from `logsumexp`, by a distribution": lambda d, y: -Categorical(logits=-d).log_prob(y).mean(),
    "from `logcumsumexp`": by_running_logarithm,
    "from `logaddexp`": by_pairs,
    "from `logsumexp`, by another name": lambda d, y: (own(d, y) + getattr(torch, "logsum" + "exp")(-d, 1)).mean(),
}


def shifted_sum(d):
    return (d.amin(1, keepdim=True) - d).exp().sum(1)


@pytest.mark.parametrize("words", READY_MADE)
def test_ready_made_losses_are_named(words):
    expect(check_stable_loss(READY_MADE[words]), words.split(",")[0])


WRONG_LOSSES = {
    "You subtract the largest distance": lambda d, y: less_a_largest(d, y, d.amax(dim=1, keepdim=True)),
    "exp of 800 overflows": lambda d, y: less_a_largest(d, y, d.max()),
    "no exponential is then above": fraction_less_largest,
    "What may you subtract": lambda d, y: (own(d, y) + (-d).exp().sum(1).log()).mean(),
    "exp(−1000) is 0": lambda d, y: -own((-d).exp() / (-d).exp().sum(1, keepdim=True), y).log().mean(),
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
