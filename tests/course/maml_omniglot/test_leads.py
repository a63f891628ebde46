"""A label that leads: what it is measured by, and what a step leaves of it."""

import dataclasses

import pytest
import torch

from metalib.course.maml_omniglot import leads
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.runtime import seeded
from metalib.training.recipes import RECIPES


@pytest.fixture
def recipe():
    return dataclasses.replace(RECIPES["maml"], inner_lr=0.1)


@pytest.fixture
def network(recipe):
    return recipe.network()


@pytest.fixture
def tasks(tiny_bank):
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 3), 2, generator=seeded(0))
    return [episodes.task(t) for t in range(2)]


def raised(network, label, by):
    """The same network with the bias of `label` higher."""
    with torch.no_grad():
        network.head.bias[label] += by
    return network


def test_a_lead_is_over_the_mean_of_the_others():
    assert leads.lead(torch.tensor([[4.0, 1.0, 3.0], [5.0, 0.0, 0.0]]), 0) == pytest.approx((2 + 5) / 2)


def test_a_raised_label_is_the_most_frequent_and_leads_by_as_much(network, tasks, recipe):
    before, _ = leads.before_and_after(network, tasks, 3, recipe)
    raised(network, 3, 30.0)
    assert leads.most_frequent(network, tasks) == (3, 1.0)
    assert leads.before_and_after(network, tasks, 3, recipe)[0] == pytest.approx(before + 30, abs=1e-4)


def test_at_probability_one_the_heads_step_takes_what_the_formula_says(network, tasks, recipe):
    raised(network, 3, 60.0)
    head = dataclasses.replace(recipe, only="head")
    before, after = leads.before_and_after(network, tasks, 3, head)
    assert before - after == pytest.approx(leads.taken(network, tasks, 3, recipe.inner_lr), rel=0.05)


def test_at_probability_one_a_step_leaves_a_further_lead_as_it_is(network, tasks):
    raised(network, 3, 60.0)
    assert leads.foreseen(network, tasks, 3, 0.1) == pytest.approx(1, abs=1e-3)
    assert leads.measured(network, tasks, 3, 0.1, only="head") == pytest.approx(1, abs=0.05)


def test_what_the_heads_step_leaves_is_near_the_formula(network, tasks):
    found = leads.measured(network, tasks, 3, 0.1, only="head")
    assert found == pytest.approx(leads.foreseen(network, tasks, 3, 0.1), abs=0.4)


def test_without_a_step_a_lead_is_left_as_it_is(network, tasks):
    assert leads.measured(network, tasks, 3, 0.0) == pytest.approx(1, abs=1e-3)
