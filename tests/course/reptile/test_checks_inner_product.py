"""The check of the inner product of two gradients, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect
from torch.func import functional_call, grad
from torch.nn.functional import mse_loss

from metalib.course.reptile import exercise_alignment as alignment
from metalib.course.reptile.checks import check_inner_product


def by_autograd(model, theta, x, y, rows, reduction="mean"):
    loss = mse_loss(functional_call(model, theta, (x[rows],)), y[rows], reduction=reduction)
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(theta.values()))])


def drawn(size, batch_size, generator):
    order = torch.randperm(size, generator=generator)
    return order[:batch_size], order[batch_size : 2 * batch_size]


def product(model, theta, x, y, batch_size, generator, *, draw=drawn, combine=torch.dot, reduction="mean"):
    return combine(*(by_autograd(model, theta, x, y, rows, reduction) for rows in draw(len(x), batch_size, generator)))


def name_by_name_tensor(model, theta, x, y, batch_size, generator):
    """Right, written otherwise: torch.func, rows by random keys, a Python sum. It still has a graph."""
    order = torch.rand(len(x), generator=generator).argsort()

    def gradient(rows):
        return grad(lambda theta: (functional_call(model, theta, (x[rows],)) - y[rows]).square().mean())(theta)

    first, second = gradient(order[:batch_size]), gradient(order[-batch_size:])
    return sum((first[name] * second[name]).sum() for name in theta)


def name_by_name(*case):
    return float(name_by_name_tensor(*case))


@pytest.mark.parametrize("answer", [product, name_by_name, name_by_name_tensor])
def test_right_inner_products_pass(answer):
    accept(check_inner_product(answer))


def twice(size, batch_size, generator):
    return (torch.randperm(size, generator=generator)[:batch_size],) * 2


def apart(size, batch_size, generator):
    return [torch.randperm(size, generator=generator)[:batch_size] for _ in range(2)]


def halves(size, batch_size, generator):
    return torch.randperm(size, generator=generator).chunk(2)


def repeating(size, batch_size, generator):
    return [torch.randint(size, (batch_size,), generator=generator) for _ in range(2)]


def first_is_fixed(size, batch_size, generator):
    rest = torch.randperm(size - batch_size, generator=generator) + batch_size
    return torch.arange(batch_size), rest[:batch_size]


def a_block(size, batch_size, generator):
    place = torch.randint(size - 2 * batch_size + 1, (1,), generator=generator).item()
    return torch.arange(place, place + 2 * batch_size).split(batch_size)


def two_blocks(size, batch_size, generator):
    """A block that may go past the last row, and the one after it."""
    place = torch.randint(size, (1,), generator=generator)
    return ((torch.arange(2 * batch_size) + place) % size).split(batch_size)


def lowest_of_the_rest(size, batch_size, generator):
    first = torch.randperm(size, generator=generator)[:batch_size]
    rest = torch.tensor([row for row in range(size) if row not in first])
    return first, rest[:batch_size]


def highest_of_the_rest(size, batch_size, generator):
    first, _ = lowest_of_the_rest(size, batch_size, generator)
    return first, torch.tensor([row for row in range(size) if row not in first])[-batch_size:]


def one_of_few(size, batch_size, generator):
    """One of six shuffles."""
    return drawn(size, batch_size, torch.Generator().manual_seed(int(torch.randint(6, (1,), generator=generator))))


WRONG_PRODUCTS = {
    "You take the absolute value": lambda *case: abs(product(*case)),
    "Some point comes more than once": lambda *case: product(*case, draw=repeating),
    "is always the same one": lambda *case: product(*case, draw=first_is_fixed),
    "stand next to one another": lambda *case: product(*case, draw=two_blocks),
    "you draw the place of a block": lambda *case: product(*case, draw=a_block),
    "has the first of the rows that are left": lambda *case: product(*case, draw=lowest_of_the_rest),
    "has the last of the rows that are left": lambda *case: product(*case, draw=highest_of_the_rest),
    "Every pair has to have the same chance": lambda *case: product(*case, draw=one_of_few),
    "You take one minibatch twice": lambda *case: product(*case, draw=twice),
    "Your two minibatches share points": lambda *case: product(*case, draw=apart),
    "You use all points for both": lambda *case: product(*case, draw=lambda size, *_: (slice(None), slice(None))),
    "You return the cosine": lambda *case: product(*case, combine=lambda a, b: torch.cosine_similarity(a, b, dim=0)),
    "You return the distance": lambda *case: product(*case, combine=lambda a, b: (a - b).norm()),
    "sums over the points": lambda *case: product(*case, reduction="sum"),
    "the mean over the parameters": lambda *case: product(*case, combine=lambda a, b: (a * b).mean()),
    "You use a single parameter tensor": lambda *case: product(*case, combine=lambda a, b: a[:5] @ b[:5]),
    "Your sign is wrong": lambda *case: -product(*case),
    "have one point each": lambda m, t, x, y, b, g: product(m, t, x, y, 1, g),
    "do not have `batch_size` points each": lambda m, t, x, y, b, g: product(m, t, x, y, 3, g),
    "Halves of the data": lambda *case: product(*case, draw=halves),
    "always take the same two": lambda *case: product(*case, draw=lambda size, b, g: (slice(0, b), slice(b, 2 * b))),
    "you draw from elsewhere": lambda m, t, x, y, b, g: product(m, t, x, y, b, None),
    "Return one number": lambda *case: product(*case, combine=lambda a, b: a * b),
    "You return a dict": lambda *case: {"0.weight": 1.0},
    "No two disjoint minibatches": lambda *case: product(*case) + 100,
}


@pytest.mark.parametrize("words", WRONG_PRODUCTS)
def test_wrong_inner_products_are_named(words):
    expect(check_inner_product(WRONG_PRODUCTS[words]), words)


def test_every_value_that_a_mistake_can_give_is_told_from_the_right_ones():
    for shape in alignment.SHAPES:
        case = alignment._case(*shape)
        for message, values in alignment.MISTAKES[:-1]:  # pairs that may overlap hold all right ones
            assert not all(alignment._all_in([value], alignment._disjoint(case)) for value in values(case)), message
