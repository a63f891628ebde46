"""The checks of notebook 02, against right answers and typical wrong ones."""

import copy
import statistics

import pytest
import torch
from answers import accept, expect
from torch import nn
from torch.nn.functional import cross_entropy, one_hot

from metalib.course.rapid_fine_tuning import exercise_fine_tuned_network as fine_tuned_network
from metalib.course.rapid_fine_tuning.checks import (
    PROBE_MISTAKES,
    check_fine_tune,
    check_linear_probe,
    check_when_to_stop,
    linear_probe,
)

# --- fine_tune: right answers in two ways


def with_zero_head(network, n_way):
    new = copy.deepcopy(network)
    new.head = nn.Linear(network.out_features, n_way)
    nn.init.zeros_(new.head.weight)
    nn.init.zeros_(new.head.bias)
    return new


def trained(new, task, inner_lr, steps):
    optimizer = torch.optim.SGD(new.parameters(), lr=inner_lr)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.step()
    return new


def by_optimizer(network, task, n_way, inner_lr, steps):
    return trained(with_zero_head(network, n_way), task, inner_lr, steps)


def by_hand(network, task, n_way, inner_lr, steps):
    new = nn.Sequential(copy.deepcopy(network.blocks), nn.Flatten(), nn.Linear(network.out_features, n_way))
    new.train(network.training)
    with torch.no_grad():
        new[2].weight.fill_(0)
        new[2].bias.fill_(0)
    for _ in range(steps):
        loss = cross_entropy(new(task.support_x), task.support_y)
        gradients = torch.autograd.grad(loss, list(new.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(new.parameters(), gradients, strict=True):
                parameter -= inner_lr * gradient
    return new


@pytest.mark.parametrize("answer", [by_optimizer, by_hand])
def test_right_fine_tuning_passes(answer):
    accept(check_fine_tune(answer))


def odd(**settings):
    return lambda *case: fine_tuned_network._mistaken(*case, **settings)


def in_place(network, task, n_way, inner_lr, steps):
    optimizer = torch.optim.SGD(network.parameters(), lr=inner_lr)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(network(task.support_x), task.support_y).backward()
        optimizer.step()
    return copy.deepcopy(network)


def head_put_on_the_original(network, task, n_way, inner_lr, steps):
    network.head = nn.Linear(network.out_features, n_way)
    return network if steps == 0 else copy.deepcopy(network)


def shallow_copy(network, task, n_way, inner_lr, steps):
    new = copy.copy(network)
    new.eval()
    for parameter in new.parameters():
        parameter.data.mul_(0.9)
    return new


def old_classes(network, task, n_way, inner_lr, steps):
    new = copy.deepcopy(network)
    optimizer = torch.optim.SGD(new.parameters(), lr=inner_lr)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.step()
    return new


def random_head(network, task, n_way, inner_lr, steps):
    new = copy.deepcopy(network)
    new.head = nn.Linear(network.out_features, n_way)
    return new


def trained_random_head(network, task, n_way, inner_lr, steps):
    return trained(random_head(network, task, n_way, inner_lr, steps), task, inner_lr, steps)


def new_blocks(network, task, n_way, inner_lr, steps):
    untrained = type(network)(**network.settings).train(network.training)
    return by_optimizer(untrained, task, n_way, inner_lr, steps)


def early_optimizer(network, task, n_way, inner_lr, steps):
    new = copy.deepcopy(network)
    optimizer = torch.optim.SGD(new.parameters(), lr=inner_lr)
    new.head = with_zero_head(network, n_way).head
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.step()
    return new


def returned_in_other_mode(*case):
    return by_optimizer(*case).train(not case[0].training)


def one_row_too_many(network, task, n_way, inner_lr, steps):
    return by_optimizer(network, task, n_way + 1, inner_lr, steps)


def returned_answers(network, task, n_way, inner_lr, steps):
    return by_optimizer(network, task, n_way, inner_lr, steps)(task.query_x)


WRONG_FINE_TUNING = {
    "changes the network that was handed in, so the next task would not start from the pre-trained one. Work on "
    "`copy.deepcopy(network)`. 1": in_place,
    "It has another head now": head_put_on_the_original,
    "You return that very network": lambda network, *rest: network,
    "learns from the query set": odd(pictures=lambda task: (task.query_x, task.query_y)),
    "support and query set together": odd(
        pictures=lambda t: (torch.cat([t.support_x, t.query_x]), torch.cat([t.support_y, t.query_y]))
    ),
    "take the steps in evaluation mode": odd(mode=False),
    "take the steps in training mode": odd(mode=True),
    "Your gradients add up": odd(zero_grad=False),
    "still has the 9 outputs of the old classes": old_classes,
    "starts with rows of the old one": odd(old_rows=True),
    "starts with random numbers": random_head,
    "Your new head starts with random numbers": trained_random_head,
    "something starts with random weights": new_blocks,
    "Make the optimizer after the new head": early_optimizer,
    "Only the head has learned": odd(trained="head"),
    "You use Adam": odd(optimizer=torch.optim.Adam),
    "Each of your steps starts from the network as it came": odd(fresh=True),
    "a sum over the pictures": odd(reduction="sum"),
    "one step too few": lambda n, t, w, a, k: by_optimizer(n, t, w, a, max(0, k - 1)),
    "one step too many": lambda n, t, w, a, k: by_optimizer(n, t, w, a, k + bool(k)),
    "for 0 steps it has none": lambda n, t, w, a, k: by_optimizer(n, t, w, a, k + 1),
    "comes back in": returned_in_other_mode,
    "gives the shape": one_row_too_many,
    "You return a tensor": returned_answers,
    "You return a dict": lambda n, *rest: dict(n.named_parameters()),
    "Return the network that has them": lambda *case: by_optimizer(*case).state_dict(),
    "You return a value of type list": lambda n, *rest: list(n.parameters()),
    "returns None": lambda n, t, w, a, k: print(end=""),
    "look for the line where it goes astray": lambda n, t, w, a, k: by_optimizer(n, t, w, 0.37 * a, k),
}


@pytest.mark.parametrize("words", WRONG_FINE_TUNING)
def test_wrong_fine_tuning_is_named(words):
    expect(check_fine_tune(WRONG_FINE_TUNING[words]), words)


def test_a_copy_that_shares_its_weights_changes_the_original():
    expect(check_fine_tune(shallow_copy), "changes the network that was handed in")


# --- linear_probe


def by_autograd(features, labels, n_way, inner_lr, steps):
    weight = torch.zeros(n_way, features.shape[1], requires_grad=True)
    bias = torch.zeros(n_way, requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=inner_lr)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(features @ weight.T + bias, labels).backward()
        optimizer.step()
    return weight, bias


def by_formula(features, labels, n_way, inner_lr, steps):
    ones = torch.cat([features, torch.ones(len(features), 1)], dim=1)  # the bias as the weight of a constant feature
    both = torch.zeros(n_way, features.shape[1] + 1)
    for _ in range(steps):
        both -= inner_lr * ((ones @ both.T).softmax(dim=1) - one_hot(labels, n_way)).T @ ones / len(ones)
    return [both[:, :-1], both[:, -1]]


@pytest.mark.parametrize("answer", [by_autograd, by_formula])
def test_right_probes_pass(answer):
    accept(check_linear_probe(answer))


WRONG_PROBES = {
    "a sum over the pictures": lambda z, y, n, a, k: by_autograd(z, y, n, a * len(y), k),
    "Your bias stays at zero": dict(PROBE_MISTAKES)["Your bias stays at zero. It is trained too: b ← b − α ∂L/∂b."],
    "Your step climbs": lambda z, y, n, a, k: by_autograd(z, y, n, -a, k),
    "one step too few": lambda z, y, n, a, k: by_autograd(z, y, n, a, k - 1),
    "the gradient at zero": lambda z, y, n, a, k: by_autograd(z, y, n, a * k, 1),
    "one column a class": lambda z, y, n, a, k: (by_autograd(z, y, n, a, k)[0].T, by_autograd(z, y, n, a, k)[1]),
    "in another order": lambda z, y, n, a, k: by_autograd(z, y, n, a, k)[::-1],
    "Return two tensors": lambda z, y, n, a, k: by_autograd(z, y, n, a, k)[0],
    "Your b never moves": lambda z, y, n, a, k: (by_autograd(z, y, n, a, k)[0], torch.zeros(n)),
    "b never moves: it comes": lambda z, y, n, a, k: (by_autograd(z, y, n, 0.6 * a, k)[0], torch.zeros(n)),
    "still zero": lambda z, y, n, a, k: by_autograd(z, y, n, 0.0, k),
    "Both start at zero": lambda z, y, n, a, k: by_autograd(z, y, n, 0.6 * a, k),
    "changes its input `z`": lambda z, y, n, a, k: by_autograd(z.mul_(2), y, n, a, k),
    "they should be": lambda z, y, n, a, k: by_autograd(z, y, n + 1, a, k),
}


@pytest.mark.parametrize("words", WRONG_PROBES)
def test_wrong_probes_are_named(words):
    expect(check_linear_probe(WRONG_PROBES[words]), words)


def test_a_first_step_from_zero_points_to_the_class_means():
    features, labels = torch.rand(6, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    weight, bias = linear_probe(features, labels, 3, 0.6, 1)
    means = torch.stack([features[labels == k].mean(dim=0) for k in range(3)])
    torch.testing.assert_close(weight, 0.6 / 3 * (means - features.mean(dim=0)))
    torch.testing.assert_close(bias, torch.zeros(3))


# --- when to stop


def by_loop(steps, validation, support, query):
    best, choice = -1.0, None
    for place, step in enumerate(steps):
        mean = float(validation[:, place].mean())
        if mean > best:
            best, choice = mean, step
    return choice


def by_argmax(steps, validation, support, query):
    return torch.tensor(steps)[validation.mean(0).argmax()]


@pytest.mark.parametrize("answer", [by_loop, by_argmax])
def test_right_stops_pass(answer):
    accept(check_when_to_stop(answer))


WRONG_STOPS = {
    "query labels of the new tasks": lambda s, v, p, q: s[int(q.mean(0).argmax())],
    "accuracy on the support set": lambda s, v, p, q: s[int((p.mean(0) == 1).nonzero()[0])],
    "the place in the list": lambda s, v, p, q: v.mean(0).argmax(),
    "you take the larger": lambda s, v, p, q: max(s, key=lambda step: (v.mean(0)[s.index(step)], step)),
    "Return a number": lambda s, v, p, q: v.mean(0).argmax() == 2,
    "tensor of shape [8]": lambda s, v, p, q: torch.tensor(s)[v.argmax(dim=1)],
    "you return 3": lambda s, v, p, q: 3,
    "the most frequent one": lambda s, v, p, q: statistics.mode(s[place] for place in v.argmax(dim=1)),
    "then their mean": lambda s, v, p, q: statistics.mean(s[place] for place in v.argmax(dim=1)) // 1,
    "their middle": lambda s, v, p, q: statistics.median(s[place] for place in v.argmax(dim=1)),
}


@pytest.mark.parametrize("words", WRONG_STOPS)
def test_wrong_stops_are_named(words):
    expect(check_when_to_stop(WRONG_STOPS[words]), words)


def test_one_step_is_no_steps():
    assert (
        "The best is after 1 step, and"
        in check_when_to_stop(lambda s, v, p, q: 3 if v.mean(0)[1] > 0.7 else by_loop(s, v, p, q)).message
    )
