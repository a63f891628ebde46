"""Facts about ProtoMAML: where it starts, what its gradient goes through, and that a query stands alone."""

import pytest
import torch
from torch.func import functional_call
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from metalib import protonet
from metalib.course.showdown import protomaml
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


@pytest.fixture
def body():
    torch.manual_seed(0)
    return conv4(width=4, downsample="stride", running_stats=False).double()


@pytest.fixture(scope="module")
def episodes(tiny_bank):
    drawn = sample_episodes(tiny_bank, EpisodeSpec(n_way=3, k_shot=2, n_query=2), 2, generator=seeded(0))
    return Episode(drawn.support_x.double(), drawn.support_y, drawn.query_x.double(), drawn.query_y)


def test_without_a_step_it_is_a_prototypical_network(body, episodes):
    """Support and queries have batch statistics of their own here, so they are embedded apart."""
    found = protomaml.losses(body, episodes, inner_lr=0.1, inner_steps=0)
    for t, loss in enumerate(found):
        task = episodes.task(t)
        centres = protonet.prototypes(body(task.support_x), task.support_y, 3)
        assert_close(loss, cross_entropy(protonet.logits(body(task.query_x), centres), task.query_y))


def by_hand(body, task, inner_lr):
    """The query loss after one step from the prototypes; its inner gradient is held fixed, as first order has it."""
    theta = dict(body.named_parameters())

    def head(parameters):
        centres = protonet.prototypes(functional_call(body, parameters, (task.support_x,)), task.support_y, 3)
        return {"weight": 2 * centres, "bias": -centres.square().sum(dim=1)}

    def logits(parameters, top, x):
        return functional_call(body, parameters, (x,)) @ top["weight"].T + top["bias"]

    held = {n: v.detach().requires_grad_() for n, v in theta.items()}
    held_head = {n: v.detach().requires_grad_() for n, v in head(theta).items()}
    loss = cross_entropy(logits(held, held_head, task.support_x), task.support_y)
    slopes = torch.autograd.grad(loss, [*held.values(), *held_head.values()])
    moved = {n: v - inner_lr * g for (n, v), g in zip(theta.items(), slopes, strict=False)}
    top = {n: v - inner_lr * g for (n, v), g in zip(head(theta).items(), slopes[len(theta) :], strict=True)}
    return cross_entropy(logits(moved, top, task.query_x), task.query_y)


def test_the_first_order_gradient_goes_through_the_prototypes_and_not_through_the_inner_gradient(body, episodes):
    (found,) = protomaml.losses(
        body, Episode(*(x[:1] for x in episodes)), inner_lr=0.05, inner_steps=1, first_order=True
    )
    wanted = by_hand(body, episodes.task(0), 0.05)
    assert_close(found, wanted)
    parameters = list(body.parameters())
    for ours, theirs in zip(
        torch.autograd.grad(found, parameters), torch.autograd.grad(wanted, parameters), strict=True
    ):
        assert_close(ours, theirs)


def test_second_order_has_another_gradient(body, episodes):
    gradients = []
    for first_order in (True, False):
        loss = protomaml.losses(body, episodes, inner_lr=0.05, inner_steps=1, first_order=first_order).mean()
        gradients.append(torch.autograd.grad(loss, list(body.parameters()))[0])
    assert (gradients[0] - gradients[1]).abs().max() > 1e-6


def test_a_query_that_stands_alone_has_the_same_answer_in_any_company(body, tiny_bank):
    drawn = sample_episodes(tiny_bank, EpisodeSpec(n_way=3, k_shot=2, n_query=8), 1, generator=seeded(0))
    episodes = Episode(drawn.support_x.double(), drawn.support_y, drawn.query_x.double() ** 3, drawn.query_y)

    def both(transductive):
        settings = {"inner_lr": 0.05, "inner_steps": 2, "transductive": transductive}
        whole = protomaml.predict(body, episodes, **settings)
        halves = [
            episodes._replace(query_x=x, query_y=y)
            for x, y in zip(*(q.split(4, dim=1) for q in episodes[2:]), strict=True)
        ]
        return whole, torch.cat([protomaml.predict(body, half, **settings) for half in halves], dim=1)

    alone, in_halves = both(transductive=False)
    assert alone.equal(in_halves)
    together, in_halves = both(transductive=True)
    assert not together.equal(in_halves)
